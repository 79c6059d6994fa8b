package httpapi

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"

	"github.com/claimcall/claimcall/hub"
	"github.com/claimcall/claimcall/internal/socket"
	"github.com/claimcall/claimcall/protocol"
)

func TestFramesReachTheHub(t *testing.T) {
	largest := strings.Repeat("x", protocol.MaxFrame)
	tests := []struct {
		name string
		kind websocket.MessageType
		send string
		want event
	}{
		{"text", websocket.MessageText, `{"type":"ping"}`, event{frame: `{"type":"ping"}`}},
		{"empty", websocket.MessageText, "", event{}},
		{"not UTF-8, which the hub answers", websocket.MessageText, "\xff\xfe", event{frame: "\xff\xfe"}},
		{"as large as may be", websocket.MessageText, largest, event{frame: largest}},
		{"too large by one", websocket.MessageText, largest + "x", event{err: hub.ErrTooLarge}},
		{"too large by far", websocket.MessageText, strings.Repeat("x", socket.MaxSkipped), event{err: hub.ErrTooLarge}},
		{"binary", websocket.MessageBinary, "\x00\x01", event{err: hub.ErrNotText}},
		{"large binary", websocket.MessageBinary, strings.Repeat("x", socket.MaxSkipped), event{err: hub.ErrNotText}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				events := make(chan event, 8)
				client := newSite(t, Config{Hub: fakeHub{serve: readAll(events)}}).connect(nil)
				greet(t, client, events)
				for _, frame := range []struct {
					kind websocket.MessageType
					text string
				}{{tt.kind, tt.send}, {websocket.MessageText, "next"}} {
					if err := client.Write(t.Context(), frame.kind, []byte(frame.text)); err != nil {
						t.Fatal(err)
					}
				}
				if got := <-events; got != tt.want {
					t.Errorf("got %d bytes and %v", len(got.frame), got.err)
				}
				if got := <-events; got != (event{frame: "next"}) {
					t.Errorf("afterwards got %.20q and %v, want the next frame", got.frame, got.err)
				}
			})
		})
	}
}

// greet sends a first frame, after which larger ones are read.
func greet(t *testing.T, client *websocket.Conn, events <-chan event) {
	t.Helper()
	if err := client.Write(t.Context(), websocket.MessageText, []byte("hello")); err != nil {
		t.Fatal(err)
	}
	if got := <-events; got != (event{frame: "hello"}) {
		t.Fatalf("got %q and %v", got.frame, got.err)
	}
}

// Whoever has not signed in has only as much read as a hello may be long.
func TestTheFirstFrameIsSmall(t *testing.T) {
	hello := strings.Repeat("x", protocol.MaxHello)
	for _, tt := range []struct {
		kind websocket.MessageType
		send string
		want event
	}{
		{websocket.MessageText, hello, event{frame: hello}},
		{websocket.MessageText, hello + "x", event{err: hub.ErrTooLarge}},
		{websocket.MessageText, strings.Repeat("x", socket.MaxSkipped), event{err: hub.ErrTooLarge}},
		{websocket.MessageBinary, strings.Repeat("x", socket.MaxSkipped), event{err: hub.ErrNotText}},
	} {
		synctest.Test(t, func(t *testing.T) {
			serve := func(c hub.Conn, _ hub.Opening) {
				read, err := c.Read()
				if got := (event{string(read), err}); got != tt.want {
					t.Errorf("got %d bytes and %v", len(got.frame), got.err)
				}
				c.Close(protocol.CloseBadFrame, protocol.CloseBadFrame.String())
				_, _ = c.Read()
			}
			client := newSite(t, Config{Hub: fakeHub{serve: serve}}).connect(nil)
			go func() { _ = client.Write(t.Context(), tt.kind, []byte(tt.send)) }()
			wantClosed(t, client, protocol.CloseBadFrame)
		})
	}
}

func TestPingsAreLimited(t *testing.T) {
	for name, head := range map[string]byte{"ping": opPing, "pong": opPong} {
		synctest.Test(t, func(t *testing.T) {
			site := newSite(t, Config{Hub: fakeHub{serve: readAll(make(chan event, 8))}})
			start := time.Now()
			var pongs, code int
			for _, got := range speak(t, site, strings.Repeat(frame(fin|head, ""), 1000)) {
				if got.op == opPong {
					pongs++
				}
				code = max(code, got.code())
			}
			if want := map[byte]int{opPing: socket.ControlBurst}[head]; pongs != want || code != int(protocol.CloseRateLimited) {
				t.Errorf("%s: %d pongs and close code %d", name, pongs, code)
			}
			if took := time.Since(start); took > socket.CloseLimit {
				t.Errorf("%s: took %v", name, took)
			}
		})
	}
}

func TestSteadyPingsAreAnswered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := newSite(t, Config{Hub: fakeHub{serve: readAll(make(chan event, 8))}}).connect(nil)
		go func() { _, _, _ = client.Reader(t.Context()) }() // sees the pongs
		for i := range 1000 {
			if err := client.Ping(t.Context()); err != nil {
				t.Fatalf("ping %d: %v", i, err)
			}
			time.Sleep(socket.ControlEvery)
		}
	})
}

func TestFragmentsAndPings(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		events := make(chan event, 8)
		client := newSite(t, Config{Hub: fakeHub{serve: readAll(events)}}).connect(nil)
		go func() { _, _, _ = client.Reader(t.Context()) }() // sees the pongs
		w, err := client.Writer(t.Context(), websocket.MessageText)
		if err != nil {
			t.Fatal(err)
		}
		for _, part := range []string{"one ", "two ", "three"} {
			if _, err := io.WriteString(w, part); err != nil {
				t.Fatal(err)
			}
			if err := client.Ping(t.Context()); err != nil {
				t.Fatalf("ping between fragments: %v", err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		if got := <-events; got.frame != "one two three" {
			t.Errorf("got %q and %v", got.frame, got.err)
		}
	})
}

func TestFramesBeyondMeasureCloseTheSocket(t *testing.T) {
	for _, kind := range []websocket.MessageType{websocket.MessageText, websocket.MessageBinary} {
		synctest.Test(t, func(t *testing.T) {
			events := make(chan event, 8)
			client := newSite(t, Config{Hub: fakeHub{serve: readAll(events)}}).connect(nil)
			greet(t, client, events)
			go func() { _ = client.Write(t.Context(), kind, bytes.Repeat([]byte("x"), socket.MaxSkipped+1)) }()
			wantClosed(t, client, protocol.CloseBadFrame)
			if got := <-events; got.err == nil {
				t.Errorf("the hub got %d bytes", len(got.frame))
			}
		})
	}
}

// wantClosed reads until the server closes, and compares code and reason.
func wantClosed(t *testing.T, client *websocket.Conn, want protocol.CloseCode) {
	t.Helper()
	for {
		_, _, err := client.Read(t.Context())
		if err == nil {
			continue
		}
		var got websocket.CloseError
		if !errors.As(err, &got) || int(got.Code) != int(want) || got.Reason != want.String() {
			t.Errorf("closed with %v, want %d %s", err, want, want)
		}
		return
	}
}

func TestWriteReachesTheClient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		frame := strings.Repeat("x", protocol.MaxFrame)
		serve := func(c hub.Conn, _ hub.Opening) {
			if err := c.Write([]byte(frame)); err != nil {
				t.Error(err)
			}
			time.Sleep(time.Hour) // a deadline left behind would break what follows
			if err := c.Write([]byte("late")); err != nil {
				t.Error(err)
			}
			_, _ = c.Read()
		}
		client := newSite(t, Config{Hub: fakeHub{serve: serve}}).connect(nil)
		client.SetReadLimit(-1)
		for _, want := range []string{frame, "late"} {
			kind, got, err := client.Read(t.Context())
			if err != nil || kind != websocket.MessageText || string(got) != want {
				t.Errorf("got %v, %d bytes, %v", kind, len(got), err)
			}
		}
	})
}

func TestWriteGivesUpAfterItsLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		done := make(chan struct{})
		serve := func(c hub.Conn, _ hub.Opening) {
			defer close(done)
			start := time.Now()
			if err := c.Write([]byte("nobody reads this")); err == nil {
				t.Error("written")
			}
			if took := time.Since(start); took != socket.WriteLimit {
				t.Errorf("gave up after %v, want %v", took, socket.WriteLimit)
			}
			if _, err := c.Read(); err == nil {
				t.Error("the socket is still there")
			}
		}
		newSite(t, Config{Hub: fakeHub{serve: serve}}).connect(nil)
		<-done
	})
}

func TestCloseTellsCodeAndReason(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		serve := func(c hub.Conn, _ hub.Opening) {
			c.Close(protocol.CloseReplaced, protocol.CloseReplaced.String())
			c.Close(protocol.CloseInternal, "a second time")
			if err := c.Write([]byte("too late")); err == nil {
				t.Error("written after close")
			}
			if _, err := c.Read(); err == nil {
				t.Error("read after close")
			}
		}
		start := time.Now()
		wantClosed(t, newSite(t, Config{Hub: fakeHub{serve: serve}}).connect(nil), protocol.CloseReplaced)
		if took := time.Since(start); took != 0 {
			t.Errorf("took %v", took)
		}
	})
}

// A peer that takes nothing and answers nothing must not hold up whoever closes.
func TestCloseDoesNotWaitForAStuckPeer(t *testing.T) {
	tests := []struct {
		code protocol.CloseCode
		want time.Duration // until Read ends
	}{
		{protocol.CloseGoingAway, socket.CloseLimit},
		{protocol.CloseSlowConsumer, socket.CloseLimit},
		{protocol.CloseHeartbeatTimeout, 0},
	}
	for _, tt := range tests {
		synctest.Test(t, func(t *testing.T) {
			done := make(chan struct{})
			serve := func(c hub.Conn, _ hub.Opening) {
				defer close(done)
				start := time.Now()
				ended := make(chan time.Duration)
				go func() { _ = c.Write([]byte("stuck")) }()
				go func() {
					if _, err := c.Read(); err == nil {
						t.Error("read from a stuck peer")
					}
					ended <- time.Since(start)
				}()
				synctest.Wait()
				c.Close(tt.code, tt.code.String())
				if took := time.Since(start); took != 0 {
					t.Errorf("%s: Close took %v", tt.code, took)
				}
				if took := <-ended; took != tt.want {
					t.Errorf("%s: Read ended after %v, want %v", tt.code, took, tt.want)
				}
			}
			newSite(t, Config{Hub: fakeHub{serve: serve}}).connect(nil)
			<-done
		})
	}
}

// What a client still sends while it is being closed must not reach the hub.
func TestNothingIsReadAfterClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		conns, reads := make(chan hub.Conn, 1), make(chan event, 8)
		serve := func(c hub.Conn, o hub.Opening) {
			conns <- c
			readAll(reads)(c, o)
		}
		client := newSite(t, Config{Hub: fakeHub{serve: serve}}).connect(nil)
		conn := <-conns
		synctest.Wait()
		conn.Close(protocol.CloseGoingAway, protocol.CloseGoingAway.String())
		go func() { _ = client.Write(t.Context(), websocket.MessageText, []byte("after")) }()
		wantClosed(t, client, protocol.CloseGoingAway)
		for got := range reads {
			if got.err == nil {
				t.Errorf("the hub read %q", got.frame)
			}
		}
	})
}

func TestTheClientClosing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		events := make(chan event, 8)
		site := newSite(t, Config{Hub: fakeHub{serve: readAll(events)}})
		if err := site.connect(nil).Close(websocket.StatusNormalClosure, ""); err != nil {
			t.Errorf("close handshake: %v", err)
		}
		if got := <-events; got.err == nil {
			t.Errorf("got %q", got.frame)
		}
	})
}

func TestOpeningSaysWhoComes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		openings := make(chan hub.Opening, 1)
		site := newSite(t, Config{Hub: fakeHub{serve: func(_ hub.Conn, o hub.Opening) { openings <- o }}})
		site.connect(http.Header{"Authorization": {"Bearer a.b.c"}, "Origin": {"https://elsewhere.example"}})
		o := <-openings
		if o.Token != "a.b.c" || !o.Allowed(protocol.RoleClaimant) || o.Allowed(protocol.RoleAdjuster) {
			t.Errorf("got %+v", o)
		}
	})
}

func TestServerEndsAfterItsSockets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		drained := make(chan struct{})
		h := fakeHub{
			drain: func(context.Context) { close(drained) },
			serve: func(c hub.Conn, _ hub.Opening) {
				<-drained
				time.Sleep(3 * time.Second)
				c.Close(protocol.CloseGoingAway, protocol.CloseGoingAway.String())
			},
		}
		site := newSite(t, Config{Hub: h})
		client := site.connect(nil)
		go func() { _, _, _ = client.Read(context.Background()) }()
		start := time.Now()
		site.stop()
		if took := time.Since(start); took != 3*time.Second {
			t.Errorf("ended after %v, want 3s", took)
		}
	})
}

// Pipes have no file descriptor to wait for, so this one has a real connection.
func TestOverARealConnection(t *testing.T) {
	events := make(chan event, 8)
	conns := make(chan hub.Conn, 1)
	web := httptest.NewServer(New(Config{Hub: fakeHub{serve: func(c hub.Conn, o hub.Opening) {
		conns <- c
		readAll(events)(c, o)
	}}}).Handler())
	defer web.Close()
	client, _, err := websocket.Dial(t.Context(), web.URL+"/ws", &websocket.DialOptions{Subprotocols: []string{protocol.Subprotocol}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = client.CloseNow() }()
	large := strings.Repeat("x", protocol.MaxFrame)
	for _, text := range []string{"one", large, "", "three"} {
		if err := client.Write(t.Context(), websocket.MessageText, []byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	for _, want := range []string{"one", large, "", "three"} {
		if got := <-events; got.frame != want || got.err != nil {
			t.Errorf("got %.20q and %v, want %.20q", got.frame, got.err, want)
		}
	}
	(<-conns).Close(protocol.CloseReplaced, protocol.CloseReplaced.String())
	wantClosed(t, client, protocol.CloseReplaced)
	if got := <-events; got.err == nil {
		t.Errorf("got %q after the close", got.frame)
	}
}

// Several frames may arrive at once, with the request or later, and must not wait for more to come.
func TestFramesThatComeTogether(t *testing.T) {
	events := make(chan event, 64)
	web := httptest.NewServer(New(Config{Hub: fakeHub{serve: readAll(events)}}).Handler())
	defer web.Close()
	conn, err := net.Dial("tcp", web.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	batch := strings.Repeat(frame(fin|opText, "x"), 10)
	for _, text := range []string{upgrade + batch, batch, batch} {
		if _, err := io.WriteString(conn, text); err != nil {
			t.Fatal(err)
		}
		for range 10 {
			select {
			case got := <-events:
				if got.frame != "x" {
					t.Fatalf("got %q and %v", got.frame, got.err)
				}
			case <-time.After(10 * time.Second):
				t.Fatal("a frame is stuck")
			}
		}
	}
}

func TestBothListenersAreServedAndClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		public, internal := newMemory(), newMemory()
		ended := make(chan error)
		go func() { ended <- New(Config{Hub: fakeHub{}}).Run(ctx, public, internal) }()
		for name, l := range map[string]*memory{"public": public, "internal": internal} {
			conn, err := l.dial(ctx)
			if err != nil {
				t.Fatal(err)
			}
			go func() {
				_, _ = io.WriteString(conn, "GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
			}()
			if answer, err := io.ReadAll(conn); err != nil || !strings.HasPrefix(string(answer), "HTTP/1.1 200") {
				t.Errorf("%s: %q %v", name, answer, err)
			}
		}
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		for _, l := range []*memory{public, internal} {
			if _, err := l.dial(context.Background()); err == nil {
				t.Error("still listening")
			}
		}
	})
}

func TestServerEndsInTimeWhateverHappens(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		h := fakeHub{
			drain: func(ctx context.Context) { <-ctx.Done() },
			serve: func(hub.Conn, hub.Opening) { <-release },
		}
		live := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-release })
		site := newSite(t, Config{Hub: h, Live: live})
		site.connect(nil)
		viewer := site.raw()
		go func() { _, _ = io.Copy(io.Discard, viewer) }()
		if _, err := io.WriteString(viewer, "GET /live/x.flv HTTP/1.1\r\nHost: h\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		start := time.Now()
		site.stop()
		if took := time.Since(start); took != drainLimit+shutdownLimit {
			t.Errorf("ended after %v, want %v", took, drainLimit+shutdownLimit)
		}
		close(release)
	})
}
