package stream

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"

	"github.com/claimcall/claimcall/internal/call"
)

// fakeSRS stands in for the API of SRS. It answers nothing but what the real one has.
type fakeSRS struct {
	t *testing.T

	mu         sync.Mutex
	publishing map[string]string // client by stream
	clients    []srsClient
	kicked     []string
	stubborn   bool // refuses to end clients
}

func (f *fakeSRS) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	id, one := strings.CutPrefix(r.URL.Path, "/api/v1/clients/")
	switch {
	case r.Method == http.MethodGet && r.URL.Path == "/api/v1/streams/":
		f.page(w, r, "streams", f.streams())
	case r.Method == http.MethodGet && one && id == "":
		entries := make([]any, len(f.clients))
		for i, c := range f.clients {
			entries[i] = map[string]any{"id": c.ID, "vhost": "vid-1", "stream": "vid-2", "ip": "127.0.0.1", "url": "/live/" + c.Name, "name": c.Name, "publish": false}
		}
		f.page(w, r, "clients", entries)
	case r.Method == http.MethodDelete && one && !f.stubborn:
		f.end(w, id)
	default:
		f.t.Logf("asked %s %s", r.Method, r.URL)
		w.WriteHeader(http.StatusInternalServerError)
		fmt.Fprint(w, `{"code":1061}`)
	}
}

func (f *fakeSRS) streams() []any {
	entries := []any{map[string]any{"id": "vid-9", "name": "somebody", "app": "live", "publish": map[string]any{"active": true, "cid": "x"}}}
	for _, name := range slices.Sorted(maps.Keys(f.publishing)) {
		entries = append(entries, map[string]any{
			"id": "vid-1", "name": name, "vhost": "vid-2", "app": "live", "tcUrl": "rtmp://127.0.0.1/live", "url": "/live/" + name,
			"publish": map[string]any{"active": f.publishing[name] != "", "cid": f.publishing[name]},
		})
	}
	return entries
}

// page answers with the part of the list that start and count ask for, of which SRS wants ten at least.
func (f *fakeSRS) page(w http.ResponseWriter, r *http.Request, list string, entries []any) {
	start, err1 := strconv.Atoi(r.URL.Query().Get("start"))
	count, err2 := strconv.Atoi(r.URL.Query().Get("count"))
	if err1 != nil || err2 != nil || count < 10 {
		f.t.Errorf("asked for %s", r.URL)
	}
	start = min(start, len(entries))
	_ = json.NewEncoder(w).Encode(map[string]any{
		"code": 0, "server": "vid-0", "service": "s", "pid": "1", list: entries[start:min(start+count, len(entries))],
	})
}

func (f *fakeSRS) end(w http.ResponseWriter, id string) {
	i := slices.IndexFunc(f.clients, func(c srsClient) bool { return c.ID == id })
	if i < 0 {
		fmt.Fprintf(w, `{"code":%d}`, srsGone)
		return
	}
	f.clients = slices.Delete(f.clients, i, i+1)
	f.kicked = append(f.kicked, id)
	fmt.Fprint(w, `{"code":0}`)
}

// inProcess answers requests without a network.
func (f *fakeSRS) inProcess(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	f.ServeHTTP(w, r)
	return w.Result(), nil
}

func testSRSConfig(t testing.TB, hub Authority) SRSConfig {
	return SRSConfig{
		RTMPBase: "rtmp://media.example:1935", FLVBase: "https://media.example", WebRTCBase: "https://rtc.example",
		API: "http://127.0.0.1:1985", HookSecret: "0123456789abcdef", Keys: testKeys(t), Authority: hub, Log: zap.NewNop(),
	}
}

func testSRS(t *testing.T, hub Authority) (*SRS, *fakeSRS) {
	t.Helper()
	s, err := NewSRS(testSRSConfig(t, hub))
	if err != nil {
		t.Fatal(err)
	}
	f := &fakeSRS{t: t, publishing: map[string]string{}}
	s.api.client.Transport = roundTripper(f.inProcess)
	return s, f
}

func TestSRSHandsOut(t *testing.T) {
	s, _ := testSRS(t, &fakeHub{})
	config := testSRSConfig(t, &fakeHub{})
	config.FLVBase, config.WebRTCBase, config.BridgeBase, config.BridgeWebRTC = "", "", "https://call.example", true
	bridged, err := NewSRS(config)
	if err != nil {
		t.Fatal(err)
	}
	config.BridgeBase = ""
	bare, err := NewSRS(config)
	if err != nil {
		t.Fatal(err)
	}
	const rtmp, whip, whep = "rtmp rtmp://media.example:1935/live/", "whip https://rtc.example/rtc/v1/whip/", "whep https://rtc.example/rtc/v1/whep/"
	for _, c := range []struct {
		provider   Provider
		leg        call.Role
		push, play string
	}{
		{s, call.Claimant, rtmp + "room-c-g1, " + whip, rtmp + "room-a-g1, " + whep + ", flv https://media.example/live/room-a-g1.flv"},
		{s, call.Adjuster, whip + ", " + rtmp + "room-a-g1", whep + ", flv https://media.example/live/room-c-g1.flv, " + rtmp + "room-c-g1"},
		{bridged, call.Adjuster, "whip https://call.example/whip/room-a-g1, " + rtmp + "room-a-g1",
			"whep https://call.example/whep/room-c-g1, ws-flv wss://call.example/live/room-c-g1.flv, flv https://call.example/live/room-c-g1.flv, " + rtmp + "room-c-g1"},
		{bare, call.Adjuster, rtmp + "room-a-g1", rtmp + "room-c-g1"},
	} {
		streams, err := c.provider.HandOut(call.StreamName{Room: "room", Leg: c.leg, Generation: 1}, time.Now().Add(time.Hour))
		if err != nil {
			t.Fatal(err)
		}
		if push, play := forms(streams.Push), forms(streams.Play); push != c.push || play != c.play {
			t.Errorf("%s pushes to %s, plays %s", c.leg, push, play)
		}
	}
}

// TestSRSAddressesOpen: what the address of each protocol carries to the hook lets its owner in.
func TestSRSAddressesOpen(t *testing.T) {
	s, _ := testSRS(t, &fakeHub{})
	own := someName()
	streams, err := s.HandOut(own, time.Now().Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	client := 0
	for action, urls := range map[string][]string{
		"on_publish": {streams.Push[0].URL, streams.Push[1].URL},
		"on_play":    {streams.Play[0].URL, streams.Play[1].URL, streams.Play[2].URL},
	} {
		for _, address := range urls {
			u, err := url.Parse(address)
			if err != nil {
				t.Fatal(err)
			}
			name, param := own, u.RawQuery // of WebRTC
			if action == "on_play" {
				name = own.Other()
			}
			if u.Scheme == "rtmp" || strings.HasSuffix(u.Path, ".flv") {
				param = "?" + param
			} else if u.Query().Get("app") != "live" || u.Query().Get("stream") != name.String() {
				t.Errorf("%s is for %s", action, u.Query().Get("stream"))
			}
			client++
			if code := postSRS(t, s, srsBody(action, fmt.Sprint("c", client), name.String(), param)); code != http.StatusOK {
				t.Errorf("%s by %s: %d", action, u.Scheme, code)
			}
			s.claims.end(fmt.Sprint("c", client))
		}
	}
}

// srsBody is a hook as SRS 6 writes it.
func srsBody(action, client, name, param string) string {
	body, err := json.Marshal(map[string]any{
		"server_id": "vid-0", "service_id": "5l3r", "action": action, "client_id": client, "ip": "127.0.0.1", "vhost": "__defaultVhost__",
		"app": "live", "tcUrl": "rtmp://127.0.0.1/live", "stream": name, "param": param, "stream_url": "/live/" + name, "stream_id": "vid-1",
	})
	if err != nil {
		panic(err)
	}
	return string(body)
}

func postSRS(t *testing.T, s *SRS, body string) int {
	t.Helper()
	w := httptest.NewRecorder()
	s.Hook(w, httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", strings.NewReader(body)))
	if allowed := w.Body.String() == `{"code":0}`; allowed != (w.Code == http.StatusOK) {
		t.Errorf("status %d with %s", w.Code, w.Body)
	}
	return w.Code
}

func TestSRSHooks(t *testing.T) {
	hub := &fakeHub{}
	s, srs := testSRS(t, hub)
	publish := "?" + args(t, Publish, streamA)
	expect := func(want int, body string) {
		t.Helper()
		if got := postSRS(t, s, body); got != want {
			t.Errorf("got %d, want %d", got, want)
		}
	}
	expect(http.StatusOK, srsBody("on_publish", "c1", streamA, publish))
	srs.publishing[streamA] = "c1"
	expect(http.StatusForbidden, srsBody("on_publish", "c2", streamA, publish)) // SRS keeps the first, too
	expect(http.StatusOK, srsBody("on_play", "c3", streamA, args(t, Play, streamA)))
	expect(http.StatusOK, srsBody("on_stop", "c3", streamA, ""))
	expect(http.StatusOK, srsBody("on_unpublish", "c2", streamA, publish)) // never the publisher
	expect(http.StatusOK, srsBody("on_unpublish", "c0", streamA, publish)) // of long ago
	if want := []string{"srs +room-c-g1"}; !slices.Equal(hub.heard(), want) {
		t.Errorf("the hub heard %v", hub.heard())
	}
	srs.publishing[streamA] = ""
	expect(http.StatusOK, srsBody("on_unpublish", "c1", streamA, publish))
	expect(http.StatusOK, srsBody("on_publish", "c4", streamA, publish))
	if want := []string{"srs +room-c-g1", "srs -room-c-g1", "srs +room-c-g1"}; !slices.Equal(hub.heard(), want) {
		t.Errorf("the hub heard %v", hub.heard())
	}
}

func TestSRSHookOfAPublisherFromBefore(t *testing.T) {
	hub := &fakeHub{}
	s, _ := testSRS(t, hub)
	postSRS(t, s, srsBody("on_unpublish", "c1", streamA, "?txSecret=0&txTime=0"))
	postSRS(t, s, srsBody("on_unpublish", "c1", streamA, args(t, Play, streamA)))
	if len(hub.heard()) > 0 {
		t.Errorf("anybody may end a stream: %v", hub.heard())
	}
	postSRS(t, s, srsBody("on_unpublish", "c1", streamA, "?"+args(t, Publish, streamA)))
	if want := []string{"srs -room-c-g1"}; !slices.Equal(hub.heard(), want) {
		t.Errorf("the hub heard %v", hub.heard())
	}
}

func TestSRSHookRefuses(t *testing.T) {
	hub := &fakeHub{}
	s, _ := testSRS(t, hub)
	publish, play := args(t, Publish, streamA), args(t, Play, streamA)
	good := srsBody("on_publish", "c1", streamA, "?"+publish)
	for why, body := range map[string]string{
		"no signature":      srsBody("on_publish", "c1", streamA, ""),
		"play with a push":  srsBody("on_play", "c1", streamA, publish),
		"push with a play":  srsBody("on_publish", "c1", streamA, play),
		"another stream":    srsBody("on_publish", "c1", streamB, publish),
		"no stream name":    srsBody("on_publish", "c1", "stream", publish),
		"stream in param":   srsBody("on_publish", "c1", streamA, "app=live&stream="+streamB+"&"+publish),
		"app in param":      srsBody("on_publish", "c1", streamA, "app=vod&stream="+streamA+"&"+publish),
		"secret repeated":   srsBody("on_publish", "c1", streamA, publish+"&txSecret=0"),
		"bad escape":        srsBody("on_publish", "c1", streamA, publish+"&x=%zz"),
		"another app":       strings.Replace(good, `"app":"live"`, `"app":"vod"`, 1),
		"no client":         srsBody("on_publish", "", streamA, publish),
		"odd client":        srsBody("on_publish", "a/b", streamA, publish),
		"no action":         srsBody("", "c1", streamA, publish),
		"stream twice":      strings.Replace(good, `{`, `{"stream":"`+streamA+`",`, 1),
		"in another case":   strings.Replace(good, `{`, `{"Stream":"`+streamB+`",`, 1),
		"client as number":  strings.Replace(good, `"c1"`, `1`, 1),
		"more than one":     good + good,
		"a list":            "[" + good + "]",
		"cut":               good[:len(good)-5],
		"a form":            "action=on_publish",
		"nothing":           "",
		"too long":          srsBody("on_publish", "c1", streamA, publish+"&x="+strings.Repeat("x", maxHook)),
		"end without owner": srsBody("on_unpublish", "", streamA, publish),
	} {
		if code := postSRS(t, s, body); code != http.StatusForbidden {
			t.Errorf("%s: got %d", why, code)
		}
	}
	if len(hub.asked) > 0 || len(hub.heard()) > 0 {
		t.Errorf("the hub was asked %v and told %v", hub.asked, hub.heard())
	}
	hub.answer = call.ErrStreamRefused // replayed after the end
	if code := postSRS(t, s, good); code != http.StatusForbidden {
		t.Errorf("after the end: %d", code)
	}
	hub.answer = errAway
	if code := postSRS(t, s, good); code != http.StatusServiceUnavailable {
		t.Errorf("nobody can tell: %d", code)
	}
	if code := postSRS(t, s, srsBody("on_hls", "c1", streamA, "")); code != http.StatusOK {
		t.Errorf("a hook of another kind: %d", code)
	}
}

func TestSRSLive(t *testing.T) {
	s, srs := testSRS(t, &fakeHub{})
	for i := range 1200 {
		srs.publishing[fmt.Sprintf("room%04d-c-g1", i)] = fmt.Sprint("c", i)
	}
	srs.publishing["room0000-c-g1"] = "" // has left; a player keeps the stream there
	live, err := s.Live(t.Context())
	if err != nil || len(live) != 1199 {
		t.Errorf("%d of 1199, %v", len(live), err)
	}
	for why, answer := range map[string]string{
		"an error": `{"code":1061}`, "no code": `{"streams":[]}`, "no JSON": "<html>", "too much": `{"code":0` + strings.Repeat(" ", maxSRSPage) + `}`,
	} {
		s.api.client.Transport = roundTripper(func(*http.Request) (*http.Response, error) { return answerWith(http.StatusOK, answer), nil })
		if _, err := s.Live(t.Context()); err == nil {
			t.Errorf("%s: accepted", why)
		}
		if s.Check(t.Context()) == nil {
			t.Errorf("%s: is well", why)
		}
	}
}

func TestSRSDrops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, srs := testSRS(t, &fakeHub{})
		for i := range 1000 { // on more than one page
			srs.clients = append(srs.clients, srsClient{ID: fmt.Sprint("x", i), Name: streamB})
			if i%300 == 0 {
				srs.clients = append(srs.clients, srsClient{ID: fmt.Sprint("c", i), Name: streamA})
			}
		}
		late := time.AfterFunc(settle/2, func() { // admitted just before the end
			srs.mu.Lock()
			defer srs.mu.Unlock()
			srs.clients = append(srs.clients, srsClient{ID: "late", Name: streamA})
		})
		defer late.Stop()
		if err := s.Drop(t.Context(), someName()); err != nil {
			t.Fatal(err)
		}
		if want := []string{"c0", "c300", "c600", "c900", "late"}; !slices.Equal(srs.kicked, want) {
			t.Errorf("ended %v", srs.kicked)
		}
		srs.clients = []srsClient{{ID: "c1", Name: streamA}}
		srs.stubborn = true
		if err := s.Drop(t.Context(), someName()); err == nil {
			t.Error("a drop that SRS refused is none")
		}
	})
}

func TestSRSEndsAClientThatIsGone(t *testing.T) {
	s, _ := testSRS(t, &fakeHub{})
	if err := s.api.end(t.Context(), "gone"); err != nil {
		t.Error(err)
	}
	s.api.client.Transport = roundTripper(func(*http.Request) (*http.Response, error) { return nil, errAway })
	if err := s.api.end(t.Context(), "c1"); !errors.Is(err, errAway) || strings.Contains(err.Error(), "1985") {
		t.Errorf("got %v", err)
	}
}

func TestSRSCheckWantsRTMP(t *testing.T) {
	s, _ := testSRS(t, &fakeHub{})
	s.internal = "rtmp://" + nowhere(t)
	if s.Check(t.Context()) == nil {
		t.Error("well without RTMP")
	}
	s.internal = "rtmp://" + rtmpServer(t, 3)
	if err := s.Check(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestNewSRSChecks(t *testing.T) {
	for why, change := range map[string]func(*SRSConfig){
		"wrong rtmp":   func(c *SRSConfig) { c.RTMPBase = "" },
		"wrong inside": func(c *SRSConfig) { c.InternalBase = "http://h" },
		"wrong api":    func(c *SRSConfig) { c.API = "" },
		"wrong webrtc": func(c *SRSConfig) { c.WebRTCBase = "rtmp://h" },
		"wrong flv":    func(c *SRSConfig) { c.FLVBase = "h:80" },
		"wrong bridge": func(c *SRSConfig) { c.BridgeBase = "ws://h" },
		"short secret": func(c *SRSConfig) { c.HookSecret = "short" },
		"odd secret":   func(c *SRSConfig) { c.HookSecret = "0123456789abcdef/x" },
		"no authority": func(c *SRSConfig) { c.Authority = nil },
		"no keys":      func(c *SRSConfig) { c.Keys = Keys{} },
		"no log":       func(c *SRSConfig) { c.Log = nil },
	} {
		c := testSRSConfig(t, &fakeHub{})
		change(&c)
		if _, err := NewSRS(c); err == nil {
			t.Errorf("%s: accepted", why)
		}
	}
}

// FuzzSRSHook looks for a body that is admitted although it names the stream twice, or another one than was signed.
func FuzzSRSHook(f *testing.F) {
	good := signedQuery(f, testKeys(f), Publish, streamA, time.Now()).Encode()
	for _, param := range []string{"?" + good, good, "app=live&stream=" + streamA + "&" + good, "x=%zz", ""} {
		f.Add(srsBody("on_publish", "c1", streamA, param))
	}
	f.Add(srsBody("on_unpublish", "c1", streamA, ""))
	f.Fuzz(func(t *testing.T, body string) {
		h, err := parseSRSHook([]byte(body))
		if err != nil {
			return
		}
		hub := &fakeHub{}
		s, _ := testSRS(t, hub)
		if s.handle(t.Context(), h) == nil && h.Action == "on_publish" && (h.Stream != streamA || strings.Count(strings.ToLower(body), `"stream":`) > 1) {
			t.Errorf("admitted %s", body)
		}
	})
}
