package relay

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/pion/webrtc/v4"
)

// offering is a browser that offers to publish, or to play, and never connects by itself.
func (s *server) offering(t testing.TB, action Action) *browser {
	t.Helper()
	b := s.browser(t)
	if action == Publish {
		b.sampleTrack(webrtc.MimeTypeH264, "video")
		b.sampleTrack(webrtc.MimeTypeOpus, "audio")
		return b
	}
	for _, kind := range []webrtc.RTPCodecType{webrtc.RTPCodecTypeVideo, webrtc.RTPCodecTypeAudio} {
		receive := webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly}
		if _, err := b.pc.AddTransceiverFromKind(kind, receive); err != nil {
			t.Fatal(err)
		}
	}
	return b
}

func TestWHIPAnswersAsTheRFCSays(t *testing.T) {
	s := serveWeb(t, Config{Gate: signedGate("ok")})
	b := s.offering(t, Publish)
	res := b.post("/whip/s?txSecret=ok")
	wantStatus(t, res, http.StatusCreated)
	for header, want := range map[string]string{
		"Content-Type": typeSDP, "Accept-Patch": typeFragment, "Access-Control-Allow-Origin": "*", "Cache-Control": "no-store",
	} {
		if got := res.Header.Get(header); got != want {
			t.Errorf("%s: %q", header, got)
		}
	}
	for _, header := range []string{"Location", "Link", "ETag", "Accept-Post"} {
		if !strings.Contains(res.Header.Get("Access-Control-Expose-Headers"), header) {
			t.Errorf("scripts can't see %s", header)
		}
	}
	if !strings.HasPrefix(b.session, "/whip/s/") || len(b.session) < len("/whip/s/")+26 || strings.Contains(b.session, "txSecret") {
		t.Errorf("session at %s", b.session)
	}
	sdp := b.pc.RemoteDescription().SDP
	for _, want := range []string{"a=ice-lite", "a=recvonly", "H264/90000", "opus/48000/2", "a=end-of-candidates", " tcptype passive"} {
		if !strings.Contains(sdp, want) {
			t.Errorf("no %s in the answer: %s", want, sdp)
		}
	}
	wantStatus(t, s.request(t, http.MethodDelete, b.session, "", "", nil), http.StatusOK)
	s.goneSoon(t, b.session)
}

// goneSoon waits until a session is not there any more.
func (s *server) goneSoon(t testing.TB, session string) {
	t.Helper()
	eventually(t, "the session is gone", func() bool {
		return s.request(t, http.MethodDelete, session, "", "", nil).StatusCode == http.StatusNotFound
	})
}

// eventually asks until the answer is yes, and ends the test if it never is.
func eventually(t testing.TB, what string, yes func() bool) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(20 * time.Second); !yes(); <-tick.C {
		if time.Now().After(deadline) {
			t.Fatalf("not yet: %s", what)
		}
	}
}

func TestWHIPTakesTheSignatureAsABearer(t *testing.T) {
	s := serveWeb(t, Config{Gate: signedGate("ok")})
	offer := s.offering(t, Publish).offer()
	for token, want := range map[string]int{
		"Bearer txSecret=ok&txTime=1": 201, "bearer ?txSecret=ok": 201, "Bearer txSecret=wrong": 403, "Basic txSecret=ok": 403, "": 403,
	} {
		res := s.request(t, http.MethodPost, "/whip/n"+fmt.Sprint(len(token)), typeSDP, offer, http.Header{"Authorization": {token}})
		wantStatus(t, res, want)
	}
}

func TestWHIPRefusals(t *testing.T) {
	s := serveWeb(t, Config{Gate: signedGate("ok")})
	offer, watching := s.offering(t, Publish).offer(), s.offering(t, Play).offer()
	whip := "/whip/s?txSecret=ok"
	tests := []struct {
		method, path, kind, body string
		want                     int
	}{
		{"OPTIONS", whip, "", "", 204},
		{"HEAD", whip, "", "", 204},
		{"GET", "/whep/s", "", "", 204},
		{"PUT", whip, typeSDP, offer, 405},
		{"DELETE", whip, "", "", 405},
		{"POST", "/whip/a.b?txSecret=ok", typeSDP, offer, 404},
		{"POST", "/whip/s?txSecret=no", typeSDP, offer, 403},
		{"POST", whip, "application/json", offer, 415},
		{"POST", whip, "", offer, 415},
		{"POST", whip, typeSDP, "", 400},
		{"POST", whip, typeSDP, "v=0", 400},
		{"POST", whip, typeSDP, watching, 400},
		{"POST", "/whep/s?txSecret=ok", typeSDP, offer, 400},
		{"POST", whip, typeSDP, strings.Replace(offer, "m=audio", "m=video", 1), 400},
		{"POST", whip, typeSDP, strings.Replace(offer, "m=audio", "m=application", 1), 400},
		{"POST", whip, typeSDP, strings.NewReplacer("H264", "H263", "opus", "speex").Replace(offer), 201}, // payload types are what counts
		{"POST", whip, typeSDP, offer + strings.Repeat("a=x\r\n", maxSDP/5), 413},
		{"OPTIONS", "/whip/s/none", "", "", 204},
		{"DELETE", "/whip/s/none", "", "", 404},
		{"PATCH", "/whip/s/none", typeFragment, "", 404},
		{"POST", "/whip/s/none", typeSDP, offer, 405},
	}
	for _, tt := range tests {
		res := s.request(t, tt.method, tt.path, tt.kind, tt.body, nil)
		if res.StatusCode != tt.want && !(tt.want == 201 && res.StatusCode == 400) {
			t.Errorf("%s %s %s %.20q: %d, want %d", tt.method, tt.path, tt.kind, tt.body, res.StatusCode, tt.want)
		}
		if res.Header.Get("Access-Control-Allow-Origin") != "*" {
			t.Errorf("%s %s: scripts can't read the answer", tt.method, tt.path)
		}
	}
}

func TestWHIPPatch(t *testing.T) {
	s := serveWeb(t, Config{Gate: openGate()})
	b := s.offering(t, Publish)
	wantStatus(t, b.post("/whip/s"), 201)
	own := "a=ice-ufrag:" + remoteUfrag(b.pc.LocalDescription().SDP) + "\r\na=ice-pwd:x\r\n"
	candidate := "m=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:0\r\na=candidate:1 1 udp 1 127.0.0.1 9 typ host\r\n"
	tests := []struct {
		match, kind, body string
		want              int
	}{
		{b.etag, typeFragment, own + candidate, 204},
		{"*", typeFragment, candidate, 204},
		{"", typeFragment, candidate, 428},
		{`"other"`, typeFragment, candidate, 412},
		{b.etag, typeFragment, "nonsense", 400},
		{b.etag, "text/plain", candidate, 415},
		{"*", typeFragment, "a=ice-ufrag:new1\r\na=ice-pwd:x\r\n", 422},
		{b.etag, typeFragment, strings.Repeat("a", maxSDP+1), 413},
	}
	for _, tt := range tests {
		header := http.Header{}
		if tt.match != "" {
			header.Set("If-Match", tt.match)
		}
		res := s.request(t, http.MethodPatch, b.session, tt.kind, tt.body, header)
		if res.StatusCode != tt.want {
			t.Errorf("%s %s %.20q: %d, want %d", tt.match, tt.kind, tt.body, res.StatusCode, tt.want)
		}
	}
	if res := s.request(t, http.MethodDelete, strings.Replace(b.session, "/s/", "/other/", 1), "", "", nil); res.StatusCode != 404 {
		t.Errorf("a session answers to another name: %d", res.StatusCode)
	}
}

func TestOffersLoseTheirCandidates(t *testing.T) {
	const text = "v=0\r\na=candidate:1 1 udp 1 10.0.0.1 9 typ host\r\na=mid:0\r\na=end-of-candidates\r\n"
	if got := withoutCandidates(text); got != "v=0\r\na=mid:0\r\na=end-of-candidates\r\n" {
		t.Errorf("left %q", got)
	}
}

// A session keeps nothing of the candidates that it is sent.
func TestCandidatesAreNotKept(t *testing.T) {
	s := serveWeb(t, Config{Gate: openGate(), Limits: Limits{HandshakeTimeout: time.Minute}})
	b := s.offering(t, Publish)
	wantStatus(t, b.post("/whip/s"), 201)
	before := runtime.NumGoroutine()
	for i := range 20 {
		var fragment strings.Builder
		fragment.WriteString("a=mid:0\r\n")
		for j := range 250 {
			fmt.Fprintf(&fragment, "a=candidate:%d 1 udp 1 10.0.%d.%d 9 typ host\r\n", j, i, j)
		}
		wantStatus(t, s.request(t, http.MethodPatch, b.session, typeFragment, fragment.String(), http.Header{"If-Match": {"*"}}), 204)
	}
	if more := runtime.NumGoroutine() - before; more > 100 {
		t.Errorf("%d more goroutines", more)
	}
}

func TestICEServersWithCredentials(t *testing.T) {
	w := &webRTC{WebRTC: WebRTC{ICEServers: []string{"stun:stun.example.org", "turn:turn.example.org?transport=tcp"}, TURNSecret: "secret"}}
	links := w.links(time.Unix(1_800_000_000, 0))
	want := []string{
		`<stun:stun.example.org>; rel="ice-server"`,
		`<turn:turn.example.org?transport=tcp>; rel="ice-server"; username="1800086400"; credential="Z1vzVn6Rqn9F9DKc2ILwJ8Mq+go="; credential-type="password"`,
	}
	if len(links) != 2 || links[0] != want[0] || !strings.HasPrefix(links[1], want[1][:strings.Index(want[1], "credential=")]) {
		t.Errorf("got %q", links)
	}
}

// stills is a clip of which only the form matters.
func stills() clip {
	sps := []byte{0, 0, 0, 1, 0x67, 66, 0xC0, 31, 0x8C, 0x8D, 0x40}
	picture := append(append(sps, 0, 0, 0, 1, 0x68, 0xCE, 0x3C, 0x80, 0, 0, 0, 1, 0x65), make([]byte, 3000)...)
	return clip{pictures: [][]byte{picture}, sound: [][]byte{{0xFC, 0xFF, 0xFE}}}
}

func TestWHIPIsOneOfTheNames(t *testing.T) {
	var told notices
	s := serveWeb(t, Config{Gate: openGate(), Watcher: &told})
	b := s.browser(t)
	wantStatus(t, b.publishes("/whip/s", stills()), 201)
	eventually(t, "it is publishing", func() bool { return s.Publishing("s") })
	if res := s.offering(t, Publish).post("/whip/s"); res.StatusCode != http.StatusConflict || res.Header.Get("Retry-After") == "" {
		t.Errorf("a second publisher: %d", res.StatusCode)
	}
	if _, err := s.client("s", true); err == nil {
		t.Error("a second publisher by RTMP")
	}
	s.Drop("s")
	wait(t, b.over, "the end of the browser's connection")
	eventually(t, "the watcher knows", func() bool { return told.String() == "+s -s" })
}

func TestClosedPageIsNoticed(t *testing.T) {
	s := serveWeb(t, Config{Gate: openGate()})
	b := s.browser(t)
	wantStatus(t, b.publishes("/whip/s", stills()), 201)
	eventually(t, "it is publishing", func() bool { return s.Publishing("s") })
	_ = b.pc.GracefulClose()
	eventually(t, "it is not publishing", func() bool { return !s.Publishing("s") })
}

func TestSilentBrowserLosesItsName(t *testing.T) {
	s := serveWeb(t, Config{Gate: openGate(), Limits: Limits{PublisherIdle: 100 * time.Millisecond}})
	b := s.offering(t, Publish)
	wantStatus(t, b.post("/whip/s"), 201)
	wait(t, b.connected, "the connection")
	s.goneSoon(t, b.session)
}

func TestWHEPWithoutPublisher(t *testing.T) {
	s := serveWeb(t, Config{Gate: openGate(), Limits: Limits{WaitPublisher: 50 * time.Millisecond}})
	res := s.offering(t, Play).post("/whep/s")
	if res.StatusCode != http.StatusConflict || res.Header.Get("Retry-After") == "" {
		t.Errorf("got %d", res.StatusCode)
	}
}

func TestWHEPWaitsForThePublisher(t *testing.T) {
	s := serveWeb(t, Config{Gate: openGate()})
	viewer, publisher := s.browser(t), s.browser(t)
	answered := make(chan error, 1)
	var got received
	go func() {
		res, r := viewer.plays("/whep/s")
		got = r
		if res.StatusCode != 201 {
			answered <- fmt.Errorf("status %d", res.StatusCode)
		}
		close(answered)
	}()
	eventually(t, "the viewer waits", func() bool { return s.connections() == 1 })
	wantStatus(t, publisher.publishes("/whip/s", stills()), 201)
	if err := <-answered; err != nil {
		t.Fatal(err)
	}
	next(t, got.video)
}

func TestWHEPIsFull(t *testing.T) {
	s := serveWeb(t, Config{Gate: openGate(), Limits: Limits{MaxViewers: 1, ViewersPerName: 1}})
	send(t, s.publishes("s"), aacConfig(), aacFrame(0, "a"))
	wantStatus(t, s.offering(t, Play).post("/whep/s"), 201)
	if res := s.offering(t, Play).post("/whep/s"); res.StatusCode != 503 || res.Header.Get("Retry-After") == "" {
		t.Errorf("got %d", res.StatusCode)
	}
}

func TestNewerBrowsersTakeThePlace(t *testing.T) {
	s := serveWeb(t, Config{Gate: openGate(), Limits: Limits{ViewersPerName: 1}})
	wantStatus(t, s.browser(t).publishes("/whip/s", stills()), 201)
	first := s.browser(t)
	res, got := first.plays("/whep/s")
	wantStatus(t, res, 201)
	next(t, got.video)
	res, got = s.browser(t).plays("/whep/s")
	wantStatus(t, res, 201)
	next(t, got.video)
	wait(t, first.over, "the end of the first viewer")
}

// What does not connect is not kept: neither many of them, nor for long.
func TestHalfOpenBrowsers(t *testing.T) {
	const most = 20
	s := serveWeb(t, Config{Gate: openGate(), Limits: Limits{MaxHandshakes: most, HandshakeTimeout: 500 * time.Millisecond}})
	offer := s.offering(t, Publish).offer()
	for i := range 1000 {
		res := s.request(t, http.MethodPost, fmt.Sprintf("/whip/s%d", i), typeSDP, offer, nil)
		wantStatus(t, res, 201)
		_ = res.Body.Close()
		if i%100 == 99 {
			eventually(t, "the oldest have gone", func() bool { return s.halfOpen() <= most })
		}
	}
	eventually(t, "all have gone", func() bool { return s.connections() == 0 && s.halfOpen() == 0 })
}

// Who may publish one name can't push those out who are about to connect to others.
func TestOffersForOneNameLeaveOthersAlone(t *testing.T) {
	s := serveWeb(t, Config{Gate: openGate(), Limits: Limits{MaxHandshakes: 2 * maxOffers, HandshakeTimeout: time.Minute}})
	other := s.offering(t, Publish)
	offer := s.offering(t, Publish).offer()
	res := s.request(t, http.MethodPost, "/whip/other", typeSDP, other.offer(), nil)
	wantStatus(t, res, 201)
	for range 5 * maxOffers {
		wantStatus(t, s.request(t, http.MethodPost, "/whip/s", typeSDP, offer, nil), 201)
	}
	eventually(t, "the oldest have gone", func() bool { return s.halfOpen() == maxOffers+1 })
	wantStatus(t, s.request(t, http.MethodDelete, res.Header.Get("Location"), "", "", nil), 200)
}

func (s *server) halfOpen() int {
	s.web.mu.Lock()
	defer s.web.mu.Unlock()
	return len(s.web.sessions)
}

func TestBrowsersOverTCPOnly(t *testing.T) {
	s := serveWeb(t, Config{Gate: openGate()})
	tcp := func(e *webrtc.SettingEngine) { e.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeTCP4}) }
	wantStatus(t, s.browserWith(t, tcp).publishes("/whip/s", stills()), 201)
	res, got := s.browserWith(t, tcp).plays("/whep/s")
	wantStatus(t, res, 201)
	next(t, got.video)
	next(t, got.audio)
}

func TestCloseEndsBrowsers(t *testing.T) {
	s := serveWeb(t, Config{Gate: openGate()})
	b := s.browser(t)
	wantStatus(t, b.publishes("/whip/s", stills()), 201)
	wantStatus(t, s.offering(t, Publish).post("/whip/half"), 201)
	eventually(t, "it is publishing", func() bool { return s.Publishing("s") })
	s.Close()
	wait(t, b.over, "the end of the browser's connection")
	if n := s.halfOpen(); n != 0 {
		t.Errorf("%d sessions are left", n)
	}
	if res := s.request(t, http.MethodPost, "/whip/s", typeSDP, b.pc.LocalDescription().SDP, nil); res.StatusCode != 503 {
		t.Errorf("after the end: %d", res.StatusCode)
	}
}

func TestDropEndsAWaitForTheAnswer(t *testing.T) {
	s := serveWeb(t, Config{Gate: openGate()})
	viewer := s.offering(t, Play)
	done := make(chan int, 1)
	go func() { done <- viewer.post("/whep/s").StatusCode }()
	eventually(t, "the viewer waits", func() bool { return s.connections() == 1 })
	s.Drop("s")
	if got := <-done; got != http.StatusConflict {
		t.Errorf("got %d", got)
	}
}

func TestGateSeesWhatABrowserWants(t *testing.T) {
	asked := make(chan Attempt, 1)
	s := serveWeb(t, Config{Gate: gateFunc(func(_ context.Context, a Attempt) error {
		asked <- a
		return errRefused
	})})
	wantStatus(t, s.offering(t, Play).post("/whep/s?txSecret=a&txTime=b"), 403)
	a := <-asked
	if want := (url.Values{"txSecret": {"a"}, "txTime": {"b"}}); a.Action != Play || a.Protocol != protocolWHEP || a.Name != "s" || a.Query.Encode() != want.Encode() {
		t.Errorf("asked about %+v", a)
	}
}
