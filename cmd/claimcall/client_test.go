package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/claimcall/claimcall/protocol"
)

// script is a hub that does with each socket, in turn, what a test says.
func script(t *testing.T, sockets ...func(*websocket.Conn, protocol.Hello)) string {
	t.Helper()
	turn := make(chan func(*websocket.Conn, protocol.Hello), len(sockets))
	for _, s := range sockets {
		turn <- s
	}
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{protocol.Subprotocol}})
		if err != nil {
			t.Error(err)
			return
		}
		defer func() { _ = conn.CloseNow() }()
		_, frame, err := conn.Read(context.Background())
		if err != nil {
			t.Error(err)
			return
		}
		var hello struct{ Data protocol.Hello }
		if err := json.Unmarshal(frame, &hello); err != nil {
			t.Error(err)
		}
		select {
		case s := <-turn:
			s(conn, hello.Data)
		default:
			t.Error("one socket too many")
		}
	}))
	t.Cleanup(web.Close)
	return web.URL
}

func write(t *testing.T, conn *websocket.Conn, typ protocol.Type, data any) {
	t.Helper()
	frame, err := protocol.Encode(typ, "1", data)
	if err != nil {
		t.Error(err)
	}
	if err := conn.Write(context.Background(), websocket.MessageText, frame); err != nil {
		t.Error(err)
	}
}

// listener is a handler that only counts, and ends at a bye.
type listener struct {
	welcomes, losses int
	alarm            time.Time
}

func (l *listener) handle(e protocol.Envelope, _ sender) error {
	switch e.Type {
	case protocol.TypeWelcome:
		l.welcomes++
	case protocol.TypeBye:
		return errDone
	}
	return nil
}

func (l *listener) deadline() time.Time        { return l.alarm }
func (l *listener) expired(sender) error       { return errors.New("expired") }
func (l *listener) interrupted(sender) error   { return errDone }
func (l *listener) troubles() <-chan int       { return nil }
func (l *listener) troubled(int, sender) error { return nil }
func (l *listener) disconnected(error)         { l.losses++ }

func TestTheClientComesBackWithResume(t *testing.T) {
	url := script(t,
		func(c *websocket.Conn, h protocol.Hello) {
			if h.Token != "token" || h.Resume != "" {
				t.Errorf("first hello: %+v", h)
			}
			write(t, c, protocol.TypeWelcome, protocol.Welcome{Resume: "first", HeartbeatMS: 60000})
		},
		func(c *websocket.Conn, h protocol.Hello) {
			if h.Resume != "first" {
				t.Errorf("second hello: %+v", h)
			}
			write(t, c, protocol.TypeWelcome, protocol.Welcome{Resume: "second", HeartbeatMS: 60000})
			_ = c.Close(websocket.StatusCode(protocol.CloseGoingAway), "")
		},
		func(c *websocket.Conn, h protocol.Hello) {
			if h.Resume != "second" {
				t.Errorf("third hello: %+v", h)
			}
			write(t, c, protocol.TypeWelcome, protocol.Welcome{Resume: "third", HeartbeatMS: 60000})
			write(t, c, protocol.TypeBye, protocol.Bye{})
			_, _, _ = c.Read(context.Background())
		},
	)
	l := &listener{}
	if err := newClient(url, "token", l).run(t.Context()); err != nil || l.welcomes != 3 || l.losses != 2 {
		t.Errorf("got %v after %d welcomes and %d losses", err, l.welcomes, l.losses)
	}
}

func TestTheClientBeats(t *testing.T) {
	beats := make(chan time.Time, 2)
	url := script(t, func(c *websocket.Conn, _ protocol.Hello) {
		write(t, c, protocol.TypeWelcome, protocol.Welcome{HeartbeatMS: 10})
		for range 2 {
			if _, frame, err := c.Read(context.Background()); err != nil || !json.Valid(frame) {
				t.Errorf("got %s and %v", frame, err)
			}
			beats <- time.Now()
			write(t, c, protocol.TypePong, protocol.Pong{NextMS: 50})
		}
		write(t, c, protocol.TypeBye, protocol.Bye{})
		_, _, _ = c.Read(context.Background())
	})
	if err := newClient(url, "token", &listener{}).run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if gap := -(<-beats).Sub(<-beats); gap < 40*time.Millisecond {
		t.Errorf("the second beat came after %v, want 50ms", gap)
	}
}

func TestTheClientDoesNotComeBack(t *testing.T) {
	refuse := func(c *websocket.Conn, _ protocol.Hello) {
		write(t, c, protocol.TypeError, protocol.NewError(protocol.CodeTokenExpired))
		_ = c.Close(websocket.StatusCode(protocol.CloseTokenExpired), "")
	}
	evict := func(c *websocket.Conn, _ protocol.Hello) {
		write(t, c, protocol.TypeWelcome, protocol.Welcome{HeartbeatMS: 60000})
		_ = c.Close(websocket.StatusCode(protocol.CloseReplaced), "")
	}
	babble := func(c *websocket.Conn, _ protocol.Hello) {
		_ = c.Write(context.Background(), websocket.MessageText, []byte("hello?"))
		_, _, _ = c.Read(context.Background())
	}
	for name, socket := range map[string]func(*websocket.Conn, protocol.Hello){"refused": refuse, "replaced": evict, "not our hub": babble} {
		l := &listener{}
		if err := newClient(script(t, socket), "token", l).run(t.Context()); err == nil || l.losses > 0 {
			t.Errorf("%s: got %v and %d losses", name, err, l.losses)
		}
	}
}

func TestTheClientCanBeInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	url := script(t, func(c *websocket.Conn, _ protocol.Hello) {
		write(t, c, protocol.TypeWelcome, protocol.Welcome{HeartbeatMS: 60000})
		cancel()
		if _, _, err := c.Read(context.Background()); websocket.CloseStatus(err) != websocket.StatusNormalClosure {
			t.Errorf("got %v, want a close", err)
		}
	})
	if err := newClient(url, "token", &listener{}).run(ctx); err != nil {
		t.Error(err)
	}
}

func TestTheHandlersAlarm(t *testing.T) {
	url := script(t, func(c *websocket.Conn, _ protocol.Hello) {
		write(t, c, protocol.TypeWelcome, protocol.Welcome{HeartbeatMS: 60000})
		_, _, _ = c.Read(context.Background())
	})
	l := &listener{alarm: time.Now().Add(20 * time.Millisecond)}
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	_, err := newClient(url, "token", l).connect(ctx)
	if err == nil || err.Error() != "expired" {
		t.Errorf("got %v", err)
	}
}

func TestAfterWhichErrorsToComeBack(t *testing.T) {
	for _, tt := range []struct {
		err  error
		want bool
	}{
		{errors.New("network is down"), true},
		{fmt.Errorf("socket: %w", websocket.CloseError{Code: 1006}), true},
		{websocket.CloseError{Code: websocket.StatusCode(protocol.CloseSlowConsumer)}, true},
		{websocket.CloseError{Code: websocket.StatusCode(protocol.CloseForbidden)}, false},
		{protocol.NewError(protocol.CodeUnauthorized), false},
		{protocol.NewError(protocol.CodeUnavailable), true},
		{&callError{"lost"}, false},
	} {
		if got := comeBack(tt.err); got != tt.want {
			t.Errorf("%v: got %v", tt.err, got)
		}
	}
}

func TestJitterSpreads(t *testing.T) {
	seen := map[time.Duration]bool{}
	for range 100 {
		d := jitter(time.Second)
		if d < time.Second/2 || d > time.Second {
			t.Fatalf("got %v", d)
		}
		seen[d] = true
	}
	if len(seen) < 50 {
		t.Errorf("only %d different pauses", len(seen))
	}
}
