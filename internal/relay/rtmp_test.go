package relay

import (
	"bytes"
	"context"
	"errors"
	"net"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bluenviron/gortmplib"
	"github.com/bluenviron/gortmplib/pkg/amf0"
	"github.com/bluenviron/gortmplib/pkg/message"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"
)

func TestRTMPToRTMP(t *testing.T) {
	w := &notices{}
	s := serve(t, Config{Gate: signedGate("ok"), Watcher: w})
	pub := s.publishes("room-c-g1?txSecret=ok&txTime=1")
	send(t, pub, metaData(amf0.Object{{Key: "audiocodecid", Value: 10.0}, {Key: "encoder", Value: "test"}}),
		aacConfig())
	s.takes(pub, "room-c-g1", aacFrame(5*time.Second, "last"))
	if !s.Publishing("room-c-g1") {
		t.Fatal("not publishing")
	}

	viewer := s.plays("room-c-g1?txSecret=ok")
	go func() {
		for i := range 50 {
			_ = pub.Write(aacFrame(5*time.Second+time.Duration(i)*20*time.Millisecond, strings.Repeat("x", i*100)+"two"))
		}
	}()
	var last time.Duration
	for i, m := range frames(t, viewer, 20) {
		au := m.(*message.Audio)
		if i == 0 && au.DTS != 0 || au.DTS < last || !bytes.HasSuffix(au.AU, []byte("two")) {
			t.Fatalf("frame %d at %v", i, au.DTS)
		}
		last = au.DTS
	}

	pub.Close()
	codes := statuses(viewer)
	if !slices.Contains(codes, "NetStream.Play.UnpublishNotify") || !slices.Contains(codes, "NetStream.Play.Stop") {
		t.Fatalf("end was told as %v", codes)
	}
	s.Close()
	if got := w.String(); got != "+room-c-g1 -room-c-g1" {
		t.Fatalf("watcher was told %q", got)
	}
}

func TestRTMPViewerGetsHeadersAndGroup(t *testing.T) {
	s := serve(t, Config{Gate: openGate()})
	pub := s.publishes("s")
	send(t, pub, metaData(amf0.Object{{Key: "encoder", Value: "test"}}), aacConfig(),
		h264Frame(0, true, "old"), h264Frame(40*time.Millisecond, true, "key"), h264Frame(80*time.Millisecond, false, "inter"))
	s.takes(pub, "s", aacFrame(90*time.Millisecond, "last"))

	viewer := s.plays("s")
	var got []string
	for len(got) < 5 {
		m, err := viewer.Read()
		if err != nil {
			t.Fatal(err)
		}
		switch m := m.(type) {
		case *message.DataAMF0:
			got = append(got, m.Payload[0].(string))
		case *message.Audio:
			got = append(got, "audio "+m.DTS.String()+string(m.AU))
		case *message.Video:
			got = append(got, "video "+m.DTS.String()+string(m.AU))
		}
	}
	want := []string{"onMetaData", "audio 0s", "video 0skey", "video 40msinter", "audio 50mslast"}
	if !slices.Equal(got, want) {
		t.Fatalf("got %q", got)
	}
}

// takes returns when the relay has taken in what the publisher sent up to now
// and one more frame.
func (s *server) takes(pub *gortmplib.Client, name string, last message.Message) {
	s.t.Helper()
	st := s.names.acquire(name)
	defer s.names.release(st)
	v := st.subscribe(func() {})
	defer st.unsubscribe(v)
	send(s.t, pub, last)
	for {
		p, err := v.next(s.t.Context())
		if err != nil {
			s.t.Fatal(err)
		}
		if bytes.HasSuffix(p.body(), []byte("last")) {
			return
		}
	}
}

func TestSecondPublisherIsTurnedAway(t *testing.T) {
	s := serve(t, Config{Gate: openGate()})
	first := s.publishes("s")
	send(t, first, aacConfig(), aacFrame(0, "a"))
	viewer := s.plays("s")
	if _, err := s.client("s", true); err == nil {
		t.Fatal("a second publisher was let in")
	}
	send(t, first, aacFrame(time.Second, "b"))
	frames(t, viewer, 1)
}

func TestRTMPRefusals(t *testing.T) {
	core, logs := observer.New(zap.DebugLevel)
	s := serve(t, Config{Gate: signedGate("right"), Log: zap.New(core)})
	busy := s.publishes("busy?txSecret=right")
	defer busy.Close()
	tests := map[string]struct {
		key     string
		publish bool
		want    string
	}{
		"publish, wrong signature": {"s?txSecret=wrong", true, "NetStream.Publish.Denied"},
		"publish, no signature":    {"s", true, "NetStream.Publish.Denied"},
		"publish, bad name":        {"no/name?txSecret=right", true, "NetStream.Publish.BadName"},
		"publish, busy":            {"busy?txSecret=right", true, "NetStream.Publish.BadName"},
		"play, wrong signature":    {"s?txSecret=wrong", false, "NetStream.Play.Failed"},
		"play, bad name":           {"..?txSecret=right", false, "NetStream.Play.Failed"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if codes := s.refusal(tt.key, tt.publish); !slices.Equal(codes, []string{tt.want}) {
				t.Fatalf("told %v", codes)
			}
		})
	}
	for _, entry := range logs.All() {
		for _, field := range entry.Context {
			if strings.Contains(field.String, "txSecret") || strings.Contains(field.String, "wrong") {
				t.Fatalf("log shows %q", field.String)
			}
		}
	}
}

// refusal attempts what must not succeed and returns the codes of every onStatus until the end.
func (s *server) refusal(key string, publish bool) []string {
	s.t.Helper()
	p := s.raw()
	verb := "play"
	if publish {
		verb = "publish"
	}
	p.command("connect", 1, amf0.Object{{Key: "app", Value: "live"}, {Key: "tcUrl", Value: "rtmp://h/live"}})
	p.command("createStream", 2, nil)
	p.command(verb, 3, nil, key)
	return p.statuses()
}

func TestOtherApplicationIsRefused(t *testing.T) {
	s := serve(t, Config{Gate: openGate()})
	p := s.raw()
	p.command("connect", 1, amf0.Object{{Key: "app", Value: "other"}})
	m, err := p.mrw.Read()
	cmd, ok := m.(*message.CommandAMF0)
	if err != nil || !ok || cmd.Name != "_error" {
		t.Fatalf("%+v, %v", m, err)
	}
	if _, err := p.mrw.Read(); err == nil {
		t.Fatal("still open")
	}
}

func TestWithoutGateNobodyPasses(t *testing.T) {
	s := serve(t, Config{})
	if codes := s.refusal("s", true); !slices.Equal(codes, []string{"NetStream.Publish.Denied"}) {
		t.Fatalf("told %v", codes)
	}
}

func TestDropEndsConnections(t *testing.T) {
	s := serve(t, Config{Gate: openGate()})
	pub := s.publishes("s")
	viewer := s.plays("s")
	send(t, pub, aacConfig(), aacFrame(0, "a"))
	frames(t, viewer, 1)
	s.Drop("s")
	s.Drop("s")
	if codes := statuses(viewer); !slices.Contains(codes, "NetStream.Play.UnpublishNotify") {
		t.Fatalf("viewer was told %v", codes)
	}
	statuses(pub) // returns when the connection is closed
	again := s.publishes("s")
	send(t, again, aacFrame(0, "b"))
}

func TestViewerComesFirst(t *testing.T) {
	s := serve(t, Config{Gate: openGate()})
	viewer := s.plays("s")
	pub := s.publishes("s")
	send(t, pub, aacConfig(), aacFrame(time.Hour, "a"))
	if m := frames(t, viewer, 1)[0].(*message.Audio); m.DTS != 0 || string(m.AU) != "a" {
		t.Fatalf("got %+v", m)
	}
}

func TestPublisherSaysGoodbye(t *testing.T) {
	s := serve(t, Config{Gate: openGate()})
	pub := s.publishes("s")
	send(t, pub, &message.CommandAMF0{ChunkStreamID: 3, Name: "deleteStream", CommandID: 9, Arguments: []any{nil, 1.0}})
	statuses(pub)
	if s.Publishing("s") {
		t.Fatal("still publishing")
	}
}

func TestMessageTooLarge(t *testing.T) {
	s := serve(t, Config{Gate: openGate(), Limits: Limits{MaxMessage: 1000}})
	pub := s.publishes("s")
	send(t, pub, aacFrame(0, strings.Repeat("x", 1000)))
	statuses(pub) // returns when the relay has closed the connection
}

// Fake time: the relay and its clients talk over pipes.

type pipes struct {
	conns chan net.Conn
	done  chan struct{}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case nc := <-p.conns:
		return nc, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	select {
	case <-p.done:
	default:
		close(p.done)
	}
	return nil
}

func (p *pipes) Addr() net.Addr { return &net.TCPAddr{} }

func (p *pipes) dial(context.Context, string, string) (net.Conn, error) {
	near, far := net.Pipe()
	p.conns <- far
	return near, nil
}

// inBubble runs f with a relay in fake time and ends everything after it.
func inBubble(t *testing.T, c Config, f func(*testing.T, *Relay, *pipes)) {
	synctest.Test(t, func(t *testing.T) {
		r := New(c)
		p := &pipes{conns: make(chan net.Conn), done: make(chan struct{})}
		served := make(chan error)
		go func() { served <- r.ServeRTMP(context.Background(), p) }()
		f(t, r, p)
		r.Close()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
}

func TestSilentPublisherIsDropped(t *testing.T) {
	inBubble(t, Config{Gate: openGate()}, func(t *testing.T, r *Relay, p *pipes) {
		pub, err := dial(t, "s", true, p.dial)
		if err != nil {
			t.Fatal(err)
		}
		send(t, pub, aacConfig())
		start := time.Now()
		for range 3 { // neither pings nor commands count as life
			time.Sleep(3 * time.Second)
			send(t, pub, &message.CommandAMF0{ChunkStreamID: 3, Name: "hello", Arguments: []any{nil}})
		}
		statuses(pub)
		if took := time.Since(start); took != 10*time.Second || r.Publishing("s") {
			t.Fatalf("dropped after %v", took)
		}
	})
}

func TestHandshakeHasATimeLimit(t *testing.T) {
	for name, opening := range map[string]string{"silent": "", "half": "\x03abc"} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, Config{Gate: openGate()}, func(t *testing.T, _ *Relay, p *pipes) {
				nc, _ := p.dial(t.Context(), "", "")
				defer nc.Close()
				start := time.Now()
				if opening != "" {
					_, _ = nc.Write([]byte(opening))
				}
				if _, err := nc.Read(make([]byte, 1)); err == nil || time.Since(start) != 5*time.Second {
					t.Fatalf("%v after %v", err, time.Since(start))
				}
			})
		})
	}
}

func TestGateHasATimeLimit(t *testing.T) {
	slow := gateFunc(func(ctx context.Context, _ Attempt) error {
		<-ctx.Done()
		return ctx.Err()
	})
	inBubble(t, Config{Gate: slow}, func(t *testing.T, _ *Relay, p *pipes) {
		start := time.Now()
		if _, err := dial(t, "s", true, p.dial); err == nil || time.Since(start) != 5*time.Second {
			t.Fatalf("%v after %v", err, time.Since(start))
		}
	})
}

func TestViewerWaitsOnlySoLong(t *testing.T) {
	inBubble(t, Config{Gate: openGate()}, func(t *testing.T, _ *Relay, p *pipes) {
		viewer, err := dial(t, "s", false, p.dial)
		if err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		codes := statuses(viewer)
		if time.Since(start) != 30*time.Second || !slices.Contains(codes, "NetStream.Play.StreamNotFound") {
			t.Fatalf("%v after %v", codes, time.Since(start))
		}
	})
}

// A viewer that takes nothing goes after the write timeout; the publisher and the other viewer do not notice.
func TestStalledViewerIsClosed(t *testing.T) {
	inBubble(t, Config{Gate: openGate()}, func(t *testing.T, r *Relay, p *pipes) {
		pub, err := dial(t, "s", true, p.dial)
		if err != nil {
			t.Fatal(err)
		}
		good, err := dial(t, "s", false, p.dial)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := dial(t, "s", false, p.dial); err != nil { // and never reads again
			t.Fatal(err)
		}
		start := time.Now()
		send(t, pub, aacConfig())
		for i := range 100 {
			send(t, pub, aacFrame(time.Duration(i)*100*time.Millisecond, "x"))
			frames(t, good, 1)
			time.Sleep(100 * time.Millisecond)
		}
		if took := time.Since(start); took != 10*time.Second {
			t.Fatalf("publisher or viewer was held up: %v", took)
		}
		if n := r.connections(); n != 2 {
			t.Fatalf("%d connections", n)
		}
	})
}

func TestConnectionLimit(t *testing.T) {
	inBubble(t, Config{Gate: openGate(), Limits: Limits{MaxPublishers: 1, MaxViewers: 1}}, func(t *testing.T, r *Relay, p *pipes) {
		for _, publish := range []bool{false, true} { // a viewer takes no place of a publisher
			first, err := dial(t, "s", publish, p.dial)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := dial(t, "other", publish, p.dial); err == nil {
				t.Fatalf("one too many, publishing %v", publish)
			}
			first.Close()
			synctest.Wait()
			if _, err := dial(t, "other", publish, p.dial); err != nil {
				t.Fatalf("a place that became free is not given away: %v", err)
			}
		}
	})
}

func TestServeRTMPReturnsListenerErrors(t *testing.T) {
	r := New(Config{})
	defer r.Close()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = ln.Close()
	if err := r.ServeRTMP(t.Context(), ln); !errors.Is(err, net.ErrClosed) {
		t.Fatalf("got %v", err)
	}
}

func TestPanicEndsOnlyItsConnection(t *testing.T) {
	core, logs := observer.New(zap.ErrorLevel)
	gate := gateFunc(func(_ context.Context, a Attempt) error {
		if a.Name == "bad" {
			panic("boom")
		}
		return nil
	})
	s := serve(t, Config{Gate: gate, Log: zap.New(core)})
	if _, err := s.client("bad", true); err == nil {
		t.Fatal("let in")
	}
	s.publishes("good")
	if logs.Len() != 1 {
		t.Fatalf("%d log lines", logs.Len())
	}
}
