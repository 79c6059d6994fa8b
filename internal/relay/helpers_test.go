package relay

import (
	"context"
	"errors"
	"net"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bluenviron/gortmplib"
	"github.com/bluenviron/gortmplib/pkg/amf0"
	"github.com/bluenviron/gortmplib/pkg/message"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/mpeg4audio"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// gateFunc is a Gate made of a function.
type gateFunc func(context.Context, Attempt) error

func (f gateFunc) Allow(ctx context.Context, a Attempt) (Route, error) { return Route{}, f(ctx, a) }

func openGate() Gate { return gateFunc(func(context.Context, Attempt) error { return nil }) }

// signedGate lets in whoever carries the word.
func signedGate(word string) Gate {
	return gateFunc(func(_ context.Context, a Attempt) error {
		if a.Query.Get("txSecret") != word {
			return errors.New("bad signature")
		}
		return nil
	})
}

// notices records what a Watcher is told.
type notices struct {
	mu   sync.Mutex
	list []string
}

func (n *notices) Published(name string)   { n.add("+" + name) }
func (n *notices) Unpublished(name string) { n.add("-" + name) }

func (n *notices) add(s string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.list = append(n.list, s)
}

func (n *notices) String() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return strings.Join(n.list, " ")
}

// server is a relay that listens on loopback.
type server struct {
	*Relay
	t    testing.TB
	rtmp string // host:port
	http string // http://host:port
}

func serve(t testing.TB, c Config) *server {
	t.Helper()
	r := New(c)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- r.ServeRTMP(ctx, ln) }()
	web := httptest.NewServer(r.Handler())
	t.Cleanup(func() {
		cancel()
		if err := <-served; err != nil {
			t.Error(err)
		}
		r.Close()
		web.Close()
	})
	return &server{Relay: r, t: t, rtmp: ln.Addr().String(), http: web.URL}
}

// client opens an RTMP connection with the Go client. key may carry a query.
func (s *server) client(key string, publish bool) (*gortmplib.Client, error) {
	return dial(s.t, key, publish, func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, s.rtmp)
	})
}

func dial(t testing.TB, key string, publish bool, dialer func(context.Context, string, string) (net.Conn, error)) (*gortmplib.Client, error) {
	t.Helper()
	c := &gortmplib.Client{
		URL:         &url.URL{Scheme: "rtmp", Host: "relay.test", Path: "/live", Fragment: key},
		Publish:     publish,
		DialContext: dialer,
	}
	if err := c.Initialize(t.Context()); err != nil {
		return nil, err
	}
	t.Cleanup(c.Close)
	return c, nil
}

func (s *server) publishes(key string) *gortmplib.Client {
	s.t.Helper()
	c, err := s.client(key, true)
	if err != nil {
		s.t.Fatalf("publish: %v", err)
	}
	return c
}

func (s *server) plays(key string) *gortmplib.Client {
	s.t.Helper()
	c, err := s.client(key, false)
	if err != nil {
		s.t.Fatalf("play: %v", err)
	}
	return c
}

const messageStream = 0x1000000

// aac returns the messages that start an audio stream.
func aacConfig() message.Message {
	return &message.Audio{
		ChunkStreamID: message.AudioChunkStreamID, MessageStreamID: messageStream,
		Codec: message.CodecMPEG4Audio, Rate: message.AudioRate44100, Depth: message.AudioDepth16, IsStereo: true,
		AACType:   message.AudioAACTypeConfig,
		AACConfig: &mpeg4audio.AudioSpecificConfig{Type: 2, SampleRate: 48000, ChannelConfig: 2},
	}
}

func aacFrame(at time.Duration, payload string) message.Message {
	return &message.Audio{
		ChunkStreamID: message.AudioChunkStreamID, MessageStreamID: messageStream, DTS: at,
		Codec: message.CodecMPEG4Audio, Rate: message.AudioRate44100, Depth: message.AudioDepth16, IsStereo: true,
		AACType: message.AudioAACTypeAU, AU: []byte(payload),
	}
}

func h264Frame(at time.Duration, key bool, payload string) message.Message {
	return &message.Video{
		ChunkStreamID: message.VideoChunkStreamID, MessageStreamID: messageStream, DTS: at,
		Codec: message.CodecH264, IsKeyFrame: key, Type: message.VideoTypeAU, AU: []byte(payload),
	}
}

func metaData(fields amf0.Object) message.Message {
	return &message.DataAMF0{
		ChunkStreamID: 4, MessageStreamID: messageStream,
		Payload: amf0.Data{"@setDataFrame", "onMetaData", fields},
	}
}

func send(t testing.TB, c *gortmplib.Client, msgs ...message.Message) {
	t.Helper()
	for _, m := range msgs {
		if err := c.Write(m); err != nil {
			t.Fatalf("write: %v", err)
		}
	}
}

// frames reads until n audio or video frames (not configuration) have come.
func frames(t testing.TB, c *gortmplib.Client, n int) []message.Message {
	t.Helper()
	var got []message.Message
	for len(got) < n {
		m, err := c.Read()
		if err != nil {
			t.Fatalf("after %d of %d frames: %v", len(got), n, err)
		}
		if isFrame(m) {
			got = append(got, m)
		}
	}
	return got
}

func isFrame(m message.Message) bool {
	switch m := m.(type) {
	case *message.Audio:
		return m.AACType == message.AudioAACTypeAU
	case *message.Video:
		return m.Type == message.VideoTypeAU
	}
	return false
}

// statuses reads to the end of the connection and returns the codes of onStatus on the way.
func statuses(c *gortmplib.Client) []string {
	var codes []string
	for {
		m, err := c.Read()
		if err != nil {
			return codes
		}
		if code := statusCode(m); code != "" {
			codes = append(codes, code)
		}
	}
}

// Packets for tests of the core.

func videoConfig(mark byte) packet {
	return mustPacket(kindVideo, 0, []byte{0x17, 0, 0, 0, 0, 1, 66, 0, 30, 0xFF, 0xE0, mark})
}

func audioConfig(mark byte) packet { return mustPacket(kindAudio, 0, []byte{0xAF, 0, 0x11, mark}) }

func keyFrame(ms int64, size int) packet { return videoFrame(0x17, ms, size) }

func interFrame(ms int64, size int) packet { return videoFrame(0x27, ms, size) }

func videoFrame(head byte, ms int64, size int) packet {
	return mustPacket(kindVideo, ms, append([]byte{head, 1, 0, 0, 0}, make([]byte, max(size, 1))...))
}

func audioFrame(ms int64, size int) packet {
	return mustPacket(kindAudio, ms, append([]byte{0xAF, 1}, make([]byte, max(size, 1))...))
}

func metaPacket(t testing.TB, fields amf0.Object) packet {
	t.Helper()
	body, err := amf0.Data{"onMetaData", fields}.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	return mustPacket(kindData, 0, body)
}

func mustPacket(k kind, ms int64, body []byte) packet {
	p, ok := newPacket(k, ms, body)
	if !ok {
		panic("test packet is not one")
	}
	return p
}

func testStream(l Limits) *stream { return newStream("s", l.withDefaults()) }

func writeAll(t testing.TB, s *stream, packets ...packet) {
	t.Helper()
	for _, p := range packets {
		if err := s.write(p); err != nil {
			t.Fatal(err)
		}
	}
}

// script writes packets in short: K and I for video, A for audio, V and S for
// the configurations of video and sound, M for metadata, each with its time.
func script(packets []packet) string {
	var b strings.Builder
	for i, p := range packets {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(letter(p))
	}
	return b.String()
}

func letter(p packet) string {
	switch {
	case p.kind == kindData:
		return "M"
	case p.config && p.kind == kindVideo:
		return "V"
	case p.config:
		return "S"
	case p.key:
		return "K"
	case p.kind == kindVideo:
		return "I"
	}
	return "A"
}

// queued empties the viewer's queue without waiting.
func queued(v *viewer) []packet {
	var out []packet
	for {
		p, ok, _ := v.take()
		if !ok {
			return out
		}
		out = append(out, p)
	}
}
