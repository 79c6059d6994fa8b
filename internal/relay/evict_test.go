package relay

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"
)

func TestTheOldestViewerGivesWay(t *testing.T) {
	s := testStream(Limits{ViewersPerName: 2})
	var evicted []int
	var viewers []*viewer
	for i := range 3 {
		viewers = append(viewers, s.subscribe(func() { evicted = append(evicted, i) }))
	}
	if len(evicted) != 1 || evicted[0] != 0 {
		t.Fatalf("evicted %v", evicted)
	}
	if _, err := viewers[0].next(t.Context()); !errors.Is(err, errEvicted) {
		t.Errorf("the oldest: %v", err)
	}
	writeAll(t, s, keyFrame(0, 1))
	for _, v := range viewers[1:] {
		if got := script(queued(v)); got != "K" {
			t.Errorf("a viewer that stayed got %q", got)
		}
	}
	s.unsubscribe(viewers[0])
	s.unsubscribe(viewers[1])
	if s.subscribe(func() {}); len(evicted) != 1 || len(s.viewers) != 2 {
		t.Errorf("a free place was not used: %d viewers", len(s.viewers))
	}
}

// playing has a relay with one place for a viewer of "s", which is being published.
func playing(t *testing.T, f func(*testing.T, *Relay, *pipes)) {
	t.Helper()
	inBubble(t, Config{Gate: openGate(), Limits: Limits{ViewersPerName: 1}}, func(t *testing.T, r *Relay, p *pipes) {
		pub, err := dial(t, "s", true, p.dial)
		if err != nil {
			t.Fatal(err)
		}
		send(t, pub, h264Frame(0, true, "a"))
		synctest.Wait()
		f(t, r, p)
	})
}

// comesIn has a newer viewer take the place at once, though the one before is in the middle of a write.
func comesIn(t *testing.T, r *Relay, p *pipes) {
	t.Helper()
	synctest.Wait()
	start := time.Now()
	newer, err := dial(t, "s", false, p.dial)
	if err != nil {
		t.Fatal(err)
	}
	frames(t, newer, 1)
	synctest.Wait()
	if n := r.connections(); n != 2 || time.Since(start) != 0 {
		t.Errorf("%d connections after %v, want the publisher's and the newer viewer's", n, time.Since(start))
	}
}

func TestEvictionEndsAWriteOfRTMP(t *testing.T) {
	playing(t, func(t *testing.T, r *Relay, p *pipes) {
		if _, err := dial(t, "s", false, p.dial); err != nil { // and never reads again
			t.Fatal(err)
		}
		comesIn(t, r, p)
	})
}

func TestEvictionEndsAWriteOfFLV(t *testing.T) {
	tests := map[string]func(context.Context, *pipes) error{
		"flv": func(ctx context.Context, web *pipes) error {
			nc, err := web.dial(ctx, "", "")
			if err != nil {
				return err
			}
			context.AfterFunc(ctx, func() { _ = nc.Close() })
			_, err = nc.Write([]byte("GET /live/s.flv HTTP/1.1\r\nHost: relay.test\r\n\r\n"))
			return err
		},
		"ws-flv": func(ctx context.Context, web *pipes) error {
			conn, _, err := websocket.Dial(ctx, "http://relay.test/live/s.flv", &websocket.DialOptions{
				HTTPClient: &http.Client{Transport: &http.Transport{DialContext: web.dial}},
			})
			if err != nil {
				return err
			}
			context.AfterFunc(ctx, func() { _ = conn.CloseNow() })
			return nil
		},
	}
	for name, open := range tests {
		t.Run(name, func(t *testing.T) {
			playing(t, func(t *testing.T, r *Relay, p *pipes) {
				web := &pipes{conns: make(chan net.Conn), done: make(chan struct{})}
				server := &http.Server{Handler: r.Handler()}
				served := make(chan error)
				go func() { served <- server.Serve(web) }()
				ctx, cancel := context.WithCancel(t.Context())
				if err := open(ctx, web); err != nil {
					t.Fatal(err)
				}
				comesIn(t, r, p)
				cancel()
				_ = server.Close()
				<-served
			})
		})
	}
}

func TestEvictionEndsAWait(t *testing.T) {
	inBubble(t, Config{Gate: openGate(), Limits: Limits{ViewersPerName: 1}}, func(t *testing.T, r *Relay, p *pipes) {
		for range 3 {
			w := httptest.NewRecorder()
			go r.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/live/s.flv", nil))
		}
		synctest.Wait()
		if n := r.connections(); n != 1 {
			t.Errorf("%d viewers wait", n)
		}
	})
}

// One address to play, opened over and over, keeps neither publishers nor viewers of other names out.
func TestOneNameDoesNotFillTheRelay(t *testing.T) {
	inBubble(t, Config{Gate: openGate(), Limits: Limits{MaxViewers: 40}}, func(t *testing.T, r *Relay, p *pipes) {
		for i := range 200 {
			if _, err := dial(t, "s", false, p.dial); err != nil {
				t.Fatalf("viewer %d: %v", i, err)
			}
			synctest.Wait()
			if n := r.connections(); n > 8 {
				t.Fatalf("%d viewers of one name", n)
			}
		}
		for _, publish := range []bool{true, false} {
			if _, err := dial(t, "other", publish, p.dial); err != nil {
				t.Errorf("publishing %v: %v", publish, err)
			}
		}
	})
}
