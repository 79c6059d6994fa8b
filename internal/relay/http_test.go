package relay

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bluenviron/gortmplib/pkg/amf0"
	"github.com/coder/websocket"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"
)

// client without kept connections, which would count as leaked goroutines.
var testHTTP = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}

func (s *server) get(path string) *http.Response {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, s.http+path, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	res, err := testHTTP.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = res.Body.Close() })
	return res
}

func TestHTTPFLV(t *testing.T) {
	s := serve(t, Config{Gate: signedGate("ok")})
	pub := s.publishes("s?txSecret=ok")
	send(t, pub, metaData(amf0.Object{{Key: "encoder", Value: "test"}}), aacConfig())
	s.takes(pub, "s", aacFrame(time.Minute, "last"))

	res := s.get("/live/s.flv?txSecret=ok")
	for key, want := range map[string]string{
		"Content-Type": "video/x-flv", "Cache-Control": "no-store", "Access-Control-Allow-Origin": "*",
	} {
		if got := res.Header.Get(key); got != want {
			t.Errorf("%s: %q", key, got)
		}
	}
	send(t, pub, aacFrame(61*time.Second, "a"), aacFrame(62*time.Second, "b"))
	pub.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	checkSound(t, body)
}

// checkSound wants metadata, a sequence header, and the frames a and b a second apart.
func checkSound(t *testing.T, file []byte) {
	t.Helper()
	flags, tags, err := demux(file)
	if err != nil {
		t.Fatal(err)
	}
	var kinds []kind
	for _, tag := range tags {
		kinds = append(kinds, tag.kind)
	}
	if flags != 4 || !slices.Equal(kinds, []kind{kindData, kindAudio, kindAudio, kindAudio}) {
		t.Fatalf("flags %d, tags %v", flags, kinds)
	}
	if a, b := tags[2], tags[3]; a.ms != 0 || b.ms != 1000 || string(b.body) != "\xaf\x01b" {
		t.Fatalf("%+v %+v", a, b)
	}
}

func TestWSFLV(t *testing.T) {
	s := serve(t, Config{Gate: signedGate("ok")})
	pub := s.publishes("s?txSecret=ok")
	send(t, pub, metaData(amf0.Object{{Key: "encoder", Value: "test"}}), aacConfig())
	s.takes(pub, "s", aacFrame(time.Minute, "last"))

	conn := s.dialWS("/live/s.flv?txSecret=ok")
	send(t, pub, aacFrame(61*time.Second, "a"), aacFrame(62*time.Second, "b"))
	pub.Close()
	var file []byte
	for {
		kind, b, err := conn.Read(t.Context())
		if websocket.CloseStatus(err) == websocket.StatusNormalClosure {
			break
		}
		if err != nil || kind != websocket.MessageBinary {
			t.Fatalf("%v, %v", kind, err)
		}
		file = append(file, b...)
	}
	checkSound(t, file)
}

func (s *server) dialWS(path string) *websocket.Conn {
	s.t.Helper()
	conn, res, err := websocket.Dial(s.t.Context(), s.http+path, &websocket.DialOptions{
		HTTPClient: testHTTP,
		HTTPHeader: http.Header{"Origin": {"https://elsewhere.test"}},
	})
	if err != nil {
		s.t.Fatalf("%v, %v", err, res)
	}
	s.t.Cleanup(func() { _ = conn.CloseNow() })
	return conn
}

func TestHTTPRefusals(t *testing.T) {
	s := serve(t, Config{Gate: signedGate("right"), Limits: Limits{WaitPublisher: time.Millisecond}})
	tests := map[string]struct {
		method, path string
		want         int
	}{
		"wrong signature":   {"GET", "/live/s.flv?txSecret=wrong", 403},
		"no signature":      {"GET", "/live/s.flv", 403},
		"nobody publishes":  {"GET", "/live/s.flv?txSecret=right", 404},
		"not an flv":        {"GET", "/live/s.m3u8?txSecret=right", 404},
		"bad name":          {"GET", "/live/s%20s.flv?txSecret=right", 404},
		"other application": {"GET", "/other/s.flv?txSecret=right", 404},
		"other method":      {"POST", "/live/s.flv?txSecret=right", 405},
	}
	for name, tt := range tests {
		for _, upgrade := range []bool{false, true} {
			t.Run(name, func(t *testing.T) {
				req := httptest.NewRequest(tt.method, tt.path, nil)
				if upgrade {
					req.Header.Set("Upgrade", "websocket")
				}
				w := httptest.NewRecorder()
				s.Handler().ServeHTTP(w, req)
				if w.Code != tt.want {
					t.Fatalf("status %d", w.Code)
				}
				if strings.Contains(w.Body.String(), "signature") || strings.Contains(w.Body.String(), "wrong") {
					t.Fatalf("told %q", w.Body)
				}
				if tt.path != "/other/s.flv?txSecret=right" && w.Header().Get("Access-Control-Allow-Origin") != "*" {
					t.Fatal("a page can't read the status")
				}
			})
		}
	}
}

func TestHTTPConnectionLimit(t *testing.T) {
	s := serve(t, Config{Gate: openGate(), Limits: Limits{MaxViewers: 1}})
	s.plays("s")
	s.awaitViewer("s")
	if res := s.get("/live/s.flv"); res.StatusCode != http.StatusServiceUnavailable {
		t.Fatalf("status %d", res.StatusCode)
	}
}

func TestDropEndsFLV(t *testing.T) {
	s := serve(t, Config{Gate: openGate()})
	pub := s.publishes("s")
	s.takes(pub, "s", aacFrame(0, "last"))
	res := s.get("/live/s.flv")
	conn := s.dialWS("/live/s.flv")
	s.Drop("s")
	if _, err := io.ReadAll(res.Body); err != nil {
		t.Fatal(err)
	}
	_, _, err := conn.Read(t.Context())
	if websocket.CloseStatus(err) != websocket.StatusNormalClosure {
		t.Fatalf("WebSocket ended with %v", err)
	}
}

// A call that ends before its picture comes is no fault, and pages would show 404 as one.
func TestDropEndsFLVThatWaits(t *testing.T) {
	for _, upgrade := range []bool{false, true} {
		s := serve(t, Config{})
		s.gate = gateFunc(func(_ context.Context, a Attempt) error {
			s.Drop(a.Name) // between the answer and the first packet
			return nil
		})
		if upgrade {
			_, _, err := s.dialWS("/live/s.flv").Read(t.Context())
			if websocket.CloseStatus(err) != websocket.StatusNormalClosure {
				t.Errorf("WebSocket ended with %v", err)
			}
		} else if res := s.get("/live/s.flv"); res.StatusCode != http.StatusNoContent {
			t.Errorf("status %d", res.StatusCode)
		}
	}
}

func TestCloseEndsFLV(t *testing.T) {
	s := serve(t, Config{Gate: openGate()})
	pub := s.publishes("s")
	s.takes(pub, "s", aacFrame(0, "last"))
	res := s.get("/live/s.flv")
	conn := s.dialWS("/live/s.flv")
	s.Close()
	_, _ = io.ReadAll(res.Body)
	if _, _, err := conn.Read(t.Context()); err == nil {
		t.Fatal("WebSocket still open")
	}
}

func TestFLVViewerComesFirst(t *testing.T) {
	s := serve(t, Config{Gate: openGate()})
	first := make(chan byte)
	go func() {
		res, err := testHTTP.Get(s.http + "/live/s.flv")
		if err != nil {
			t.Error(err)
			return
		}
		defer res.Body.Close()
		var b [1]byte
		_, _ = io.ReadFull(res.Body, b[:])
		first <- b[0]
	}()
	s.awaitViewer("s")
	pub := s.publishes("s")
	send(t, pub, aacConfig(), aacFrame(0, "a"))
	if b := <-first; b != 'F' {
		t.Fatalf("starts with %q", b)
	}
}

// awaitViewer returns when someone waits for name.
func (s *server) awaitViewer(name string) {
	s.t.Helper()
	st := s.names.acquire(name)
	defer s.names.release(st)
	for {
		st.mu.Lock()
		n := len(st.viewers)
		st.mu.Unlock()
		if n > 0 {
			return
		}
		select {
		case <-s.t.Context().Done():
			s.t.Fatal("nobody came")
		case <-time.After(time.Millisecond):
		}
	}
}

// stuckWriter is a response that takes nothing until its deadline.
type stuckWriter struct {
	http.ResponseWriter
	deadline time.Time
}

func (w *stuckWriter) SetReadDeadline(time.Time) error { return nil }

func (w *stuckWriter) SetWriteDeadline(t time.Time) error {
	w.deadline = t
	return nil
}

func (w *stuckWriter) FlushError() error { return nil }

func (w *stuckWriter) Write([]byte) (int, error) {
	time.Sleep(time.Until(w.deadline))
	return 0, context.DeadlineExceeded
}

func TestStalledFLVViewerIsClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := New(Config{Gate: openGate()})
		defer r.Close()
		s := r.names.acquire("s")
		p, err := r.publish(s, func() {})
		if err != nil {
			t.Fatal(err)
		}
		for _, body := range []string{"\xaf\x00\x11\x90", "\xaf\x01a"} {
			if err := p.write(kindAudio, 0, []byte(body)); err != nil {
				t.Fatal(err)
			}
		}
		start := time.Now()
		w := &stuckWriter{ResponseWriter: httptest.NewRecorder()}
		r.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/live/s.flv", nil))
		if took := time.Since(start); took != 5*time.Second {
			t.Fatalf("closed after %v", took)
		}
		if !r.Publishing("s") {
			t.Fatal("the publisher was disturbed")
		}
	})
}

func TestStalledWSViewerIsClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := New(Config{Gate: openGate()})
		p := &pipes{conns: make(chan net.Conn), done: make(chan struct{})}
		web := &http.Server{Handler: r.Handler()}
		served := make(chan error)
		go func() { served <- web.Serve(p) }()

		s := r.names.acquire("s")
		pub, err := r.publish(s, func() {})
		if err != nil {
			t.Fatal(err)
		}
		for _, body := range []string{"\xaf\x00\x11\x90", "\xaf\x01a"} {
			if err := pub.write(kindAudio, 0, []byte(body)); err != nil {
				t.Fatal(err)
			}
		}
		conn, _, err := websocket.Dial(t.Context(), "http://relay.test/live/s.flv", &websocket.DialOptions{
			HTTPClient: &http.Client{Transport: &http.Transport{DialContext: p.dial}},
		})
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(5*time.Second - time.Millisecond)
		if n := r.connections(); n != 1 {
			t.Fatalf("%d viewers before the limit", n)
		}
		time.Sleep(2 * time.Millisecond)
		if n := r.connections(); n != 0 || !r.Publishing("s") {
			t.Fatalf("%d viewers after the limit", n)
		}
		_ = conn.CloseNow()
		r.Close()
		_ = web.Close()
		<-served
	})
}

func (r *Relay) connections() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.conns
}

func TestPanicEndsOnlyItsRequest(t *testing.T) {
	core, logs := observer.New(zap.ErrorLevel)
	r := New(Config{Log: zap.New(core), Gate: gateFunc(func(context.Context, Attempt) error { panic("boom") })})
	defer r.Close()
	defer func() {
		if v := recover(); v != http.ErrAbortHandler {
			t.Errorf("net/http gets %v", v)
		}
		if logs.Len() != 1 || r.connections() != 0 {
			t.Errorf("%d log lines, %d connections", logs.Len(), r.connections())
		}
	}()
	r.Handler().ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/live/s.flv", nil))
}
