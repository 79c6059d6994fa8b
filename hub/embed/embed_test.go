package embed

import (
	"context"
	"errors"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/claimcall/claimcall/hub"
	"github.com/claimcall/claimcall/hub/storage"
	"github.com/claimcall/claimcall/internal/store"
	"github.com/claimcall/claimcall/protocol"
)

func anybody(token string) (hub.Identity, error) {
	return hub.Identity{User: token, Role: protocol.RoleClaimant, Expires: time.Now().Add(time.Hour)}, nil
}

func TestOpenRefuses(t *testing.T) {
	if _, err := Open(Config{Store: "memory:"}); err == nil {
		t.Error("nobody can sign in, and Open did not mind")
	}
	if _, err := Open(Config{Store: "gopher://x", Authenticate: anybody}); !errors.Is(err, storage.ErrUnknown) {
		t.Errorf("got %v", err)
	}
}

func TestClientsWaitForRun(t *testing.T) {
	server, err := Open(Config{Store: filepath.Join(t.TempDir(), "calls.db"), Authenticate: anybody})
	if err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(server.Handler())
	defer web.Close()

	// Before Run, a client waits as long as it likes.
	short, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, _, err := websocket.Dial(short, web.URL, &websocket.DialOptions{Subprotocols: []string{protocol.Subprotocol}}); err == nil {
		t.Error("a client came in before Run")
	}

	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- server.Run(ctx) }()
	conn, _, err := websocket.Dial(t.Context(), web.URL, &websocket.DialOptions{Subprotocols: []string{protocol.Subprotocol}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.CloseNow() }()
	if err := server.Hub.Ready(t.Context()); err != nil {
		t.Error(err)
	}

	hello, err := protocol.Encode(protocol.TypeHello, "1", protocol.Hello{Token: "zhang"})
	if err != nil {
		t.Fatal(err)
	}
	if err := conn.Write(t.Context(), websocket.MessageText, hello); err != nil {
		t.Fatal(err)
	}
	if _, frame, err := conn.Read(t.Context()); err != nil || !strings.Contains(string(frame), `"welcome"`) {
		t.Fatalf("got %s and %v", frame, err)
	}
	closed := make(chan error, 1)
	go func() {
		var err error
		for err == nil {
			_, _, err = conn.Read(context.Background())
		}
		closed <- err
	}()
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
	if err := <-closed; websocket.CloseStatus(err) != websocket.StatusCode(protocol.CloseGoingAway) {
		t.Errorf("the client saw %v", err)
	}
	if err := server.Hub.Ready(t.Context()); err == nil {
		t.Error("ready after the end")
	}
	if _, err := server.store.Call(t.Context(), "x"); !errors.Is(err, store.ErrClosed) {
		t.Errorf("the store is still open: %v", err)
	}
}

func TestNoStreams(t *testing.T) {
	expires := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	s, err := NoStreams{}.HandOut("none", hub.StreamName{Room: "r", Leg: "claimant", Generation: 3}, expires)
	if err != nil || s.Provider != "none" || s.Generation != 3 || s.Push == nil || s.Play == nil || len(s.Push)+len(s.Play) > 0 {
		t.Errorf("got %+v and %v", s, err)
	}
	NoStreams{}.Drop(t.Context(), "none", hub.StreamName{})
}
