package relay

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
	"github.com/pion/webrtc/v4/pkg/media"
	"github.com/pion/webrtc/v4/pkg/media/h264reader"
	"github.com/pion/webrtc/v4/pkg/media/oggreader"
)

// serveWeb is serve with WebRTC on a UDP and a TCP port of loopback.
func serveWeb(t testing.TB, c Config) *server {
	t.Helper()
	return serveWebOver(t, c, plain)
}

func plain(udp net.PacketConn) net.PacketConn { return udp }

// serveWebOver is serveWeb on the network that over makes of the UDP port.
func serveWebOver(t testing.TB, c Config, over func(net.PacketConn) net.PacketConn) *server {
	t.Helper()
	return serveWebWith(t, c, WebRTC{}, over)
}

// serveWebWith is serveWeb with more settings.
func serveWebWith(t testing.TB, c Config, web WebRTC, over func(net.PacketConn) net.PacketConn) *server {
	t.Helper()
	udp, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	tcp, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	web.UDP, web.TCP = over(udp), tcp
	c.WebRTC = &web
	return serve(t, c)
}

// browser is a peer connection as a page would have it.
type browser struct {
	t       testing.TB
	pc      *webrtc.PeerConnection
	s       *server
	session string // its address at the relay
	etag    string
	// connected is closed when media can flow, over when it can't any more.
	connected, over chan struct{}
	// asked has an entry when somebody wants a key frame of what is published.
	asked chan struct{}
}

func (s *server) browser(t testing.TB) *browser {
	t.Helper()
	return s.browserWith(t, func(*webrtc.SettingEngine) {})
}

func (s *server) browserWith(t testing.TB, set func(*webrtc.SettingEngine)) *browser {
	t.Helper()
	return s.browserOf(t, webrtc.Configuration{}, set)
}

func (s *server) browserOf(t testing.TB, configuration webrtc.Configuration, set func(*webrtc.SettingEngine)) *browser {
	t.Helper()
	var settings webrtc.SettingEngine
	settings.SetIncludeLoopbackCandidate(true)
	settings.SetICEMulticastDNSMode(1)
	settings.SetIPFilter(func(ip net.IP) bool { return ip.IsLoopback() })
	set(&settings)
	engine := &webrtc.MediaEngine{}
	if err := registerCodecs(engine); err != nil {
		t.Fatal(err)
	}
	pc, err := webrtc.NewAPI(webrtc.WithSettingEngine(settings), webrtc.WithMediaEngine(engine)).NewPeerConnection(configuration)
	if err != nil {
		t.Fatal(err)
	}
	b := &browser{t: t, pc: pc, s: s, connected: make(chan struct{}), over: make(chan struct{}), asked: make(chan struct{}, 1)}
	var once, twice sync.Once
	pc.OnConnectionStateChange(func(state webrtc.PeerConnectionState) {
		switch state {
		case webrtc.PeerConnectionStateConnected:
			once.Do(func() { close(b.connected) })
		case webrtc.PeerConnectionStateFailed, webrtc.PeerConnectionStateClosed, webrtc.PeerConnectionStateDisconnected:
			twice.Do(func() { close(b.over) })
		}
	})
	t.Cleanup(func() { _ = pc.GracefulClose() })
	return b
}

// offer returns an offer with all candidates.
func (b *browser) offer() string {
	b.t.Helper()
	offer, err := b.pc.CreateOffer(nil)
	if err != nil {
		b.t.Fatal(err)
	}
	gathered := webrtc.GatheringCompletePromise(b.pc)
	if err := b.pc.SetLocalDescription(offer); err != nil {
		b.t.Fatal(err)
	}
	<-gathered
	return b.pc.LocalDescription().SDP
}

// post sends the offer and takes the answer.
func (b *browser) post(path string) *http.Response {
	b.t.Helper()
	res := b.s.request(b.t, http.MethodPost, path, typeSDP, b.offer(), nil)
	if res.StatusCode == http.StatusCreated {
		b.session, b.etag = res.Header.Get("Location"), res.Header.Get("ETag")
		body, err := io.ReadAll(res.Body)
		if err != nil {
			b.t.Fatal(err)
		}
		if err := b.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: string(body)}); err != nil {
			b.t.Fatal(err)
		}
	}
	return res
}

// request returns the answer to a request, whose body the test closes at its end.
func (s *server) request(t testing.TB, method, path, contentType, body string, header http.Header) *http.Response {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, s.http+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for key, values := range header {
		req.Header[key] = values
	}
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { res.Body.Close() })
	return res
}

func wantStatus(t testing.TB, res *http.Response, want int) {
	t.Helper()
	if res.StatusCode != want {
		text, _ := io.ReadAll(res.Body)
		t.Fatalf("got %d %s, want %d", res.StatusCode, text, want)
	}
}

// wait ends the test if c is not closed within a time in which everything happens.
func wait(t testing.TB, c <-chan struct{}, what string) {
	t.Helper()
	select {
	case <-c:
	case <-time.After(20 * time.Second):
		t.Fatal(what + " did not happen")
	}
}

// clip is a picture and a tone as ffmpeg encodes them: frames of H.264 with start codes, and packets of Opus.
type clip struct {
	pictures [][]byte
	sound    [][]byte
}

const (
	clipFPS   = 25
	clipOpus  = 20 * time.Millisecond
	clipFrame = time.Second / clipFPS
)

func makeClip(t *testing.T, source string, hz string) clip {
	t.Helper()
	dir := t.TempDir()
	video, sound := filepath.Join(dir, "v.h264"), filepath.Join(dir, "a.ogg")
	cmd := ffmpeg(t, "-t", "4", "-f", "lavfi", "-i", source, "-t", "4", "-f", "lavfi", "-i", "sine=frequency="+hz+":sample_rate=48000",
		"-map", "0:v", "-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-profile:v", "baseline",
		"-pix_fmt", "yuv420p", "-bf", "0", "-g", "25", "-bsf:v", "h264_metadata=aud=insert", video,
		"-map", "1:a", "-c:a", "libopus", "-page_duration", "20000", sound)
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v: %s", err, cmd.Stderr)
	}
	return clip{readPictures(t, video), readSound(t, sound)}
}

// readPictures cuts a stream into frames, each of which begins with a delimiter.
func readPictures(t *testing.T, path string) (frames [][]byte) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	r, err := h264reader.NewReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	for {
		nal, err := r.NextNAL()
		if err != nil {
			return frames
		}
		if nal.UnitType == h264reader.NalUnitTypeAUD {
			frames = append(frames, nil)
		}
		last := len(frames) - 1
		frames[last] = append(append(frames[last], 0, 0, 0, 1), nal.Data...)
	}
}

func readSound(t *testing.T, path string) (packets [][]byte) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r, _, err := oggreader.NewWith(f)
	if err != nil {
		t.Fatal(err)
	}
	for {
		page, _, err := r.ParseNextPage()
		if err != nil {
			return packets
		}
		if !bytes.HasPrefix(page, []byte("OpusTags")) {
			packets = append(packets, page)
		}
	}
}

// publishes has the browser publish the clip over and over until the test ends. It returns the answer to its offer.
func (b *browser) publishes(path string, c clip) *http.Response {
	b.t.Helper()
	video := b.sampleTrack(webrtc.MimeTypeH264, "video")
	sound := b.sampleTrack(webrtc.MimeTypeOpus, "audio")
	res := b.post(path)
	if res.StatusCode != http.StatusCreated {
		return res
	}
	stop := make(chan struct{})
	var work sync.WaitGroup
	work.Go(func() { b.repeat(stop, video, c.pictures, clipFrame) })
	work.Go(func() { b.repeat(stop, sound, c.sound, clipOpus) })
	b.t.Cleanup(func() {
		close(stop)
		work.Wait()
	})
	return res
}

func (b *browser) sampleTrack(mime, kind string) *webrtc.TrackLocalStaticSample {
	b.t.Helper()
	capability := webrtc.RTPCodecCapability{MimeType: mime, ClockRate: 90000}
	if kind == "audio" {
		capability.ClockRate, capability.Channels = 48000, 2
	}
	track, err := webrtc.NewTrackLocalStaticSample(capability, kind, "test")
	if err != nil {
		b.t.Fatal(err)
	}
	tr, err := b.pc.AddTransceiverFromTrack(track, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendonly})
	if err != nil {
		b.t.Fatal(err)
	}
	go b.heed(tr.Sender())
	return track
}

// heed notes requests for key frames.
func (b *browser) heed(sender *webrtc.RTPSender) {
	for {
		packets, _, err := sender.ReadRTCP()
		if err != nil {
			return
		}
		for _, p := range packets {
			if _, ok := p.(*rtcp.PictureLossIndication); ok {
				select {
				case b.asked <- struct{}{}:
				default:
				}
			}
		}
	}
}

func (b *browser) repeat(stop <-chan struct{}, track *webrtc.TrackLocalStaticSample, samples [][]byte, each time.Duration) {
	select {
	case <-b.connected:
	case <-stop:
		return
	}
	tick := time.NewTicker(each)
	defer tick.Stop()
	for i := 0; ; i++ {
		_ = track.WriteSample(media.Sample{Data: samples[i%len(samples)], Duration: each})
		select {
		case <-tick.C:
		case <-stop:
			return
		}
	}
}

// received is what a browser gets of a stream.
type received struct {
	video, audio chan *rtp.Packet
}

// plays has the browser play; packets that the test does not take are thrown away.
func (b *browser) plays(path string) (*http.Response, received) {
	b.t.Helper()
	got := received{make(chan *rtp.Packet, 4096), make(chan *rtp.Packet, 4096)}
	for _, kind := range []webrtc.RTPCodecType{webrtc.RTPCodecTypeVideo, webrtc.RTPCodecTypeAudio} {
		_, err := b.pc.AddTransceiverFromKind(kind, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly})
		if err != nil {
			b.t.Fatal(err)
		}
	}
	b.pc.OnTrack(func(track *webrtc.TrackRemote, _ *webrtc.RTPReceiver) {
		to := got.video
		if track.Kind() == webrtc.RTPCodecTypeAudio {
			to = got.audio
		}
		for {
			p, _, err := track.ReadRTP()
			if err != nil {
				return
			}
			select {
			case to <- p:
			default:
			}
		}
	})
	return b.post(path), got
}

// asksForKey sends a request for a key frame.
func (b *browser) asksForKey(ssrc uint32) {
	_ = b.pc.WriteRTCP([]rtcp.Packet{&rtcp.PictureLossIndication{MediaSSRC: ssrc}})
}

// next returns the next packet of a track.
func next(t testing.TB, from <-chan *rtp.Packet) *rtp.Packet {
	t.Helper()
	select {
	case p := <-from:
		return p
	case <-time.After(20 * time.Second):
		t.Fatal("no packet came")
		return nil
	}
}

// film collects received pictures as a stream with start codes.
func film(t testing.TB, from <-chan *rtp.Packet, frames int) []byte {
	t.Helper()
	var out []byte
	a := assembler{limit: 1 << 20}
	for range frames {
		for {
			p := next(t, from)
			if err := a.push(p.Payload); err != nil {
				t.Fatal(err)
			}
			if p.Marker {
				break
			}
		}
		for _, nal := range a.frame() {
			out = append(append(out, 0, 0, 0, 1), nal...)
		}
	}
	return out
}
