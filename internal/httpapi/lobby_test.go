package httpapi

import (
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"

	"github.com/claimcall/claimcall/hub"
	"github.com/claimcall/claimcall/protocol"
)

func TestTheLobbyIsBounded(t *testing.T) {
	var l lobby
	var leave func()
	for i := range maxWaitingAddress {
		var ok bool
		if leave, ok = l.enter("192.0.2.1"); !ok {
			t.Fatalf("%d: refused", i)
		}
	}
	if _, ok := l.enter("192.0.2.1"); ok {
		t.Error("one address may have any number")
	}
	leave()
	leave()
	if _, ok := l.enter("192.0.2.1"); !ok {
		t.Error("a place that became free is not given away")
	}
	if _, ok := l.enter("192.0.2.1"); ok {
		t.Error("a place was given away twice")
	}
	for i := range maxWaiting - maxWaitingAddress {
		if _, ok := l.enter(fmt.Sprint(i)); !ok {
			t.Fatalf("another address was refused at %d", i)
		}
	}
	if _, ok := l.enter("198.51.100.1"); ok {
		t.Error("together they may be any number")
	}
}

func TestTheLobbyForgets(t *testing.T) {
	var l lobby
	for i := range 100 {
		leave, _ := l.enter(fmt.Sprint(i))
		leave()
	}
	if l.total != 0 || len(l.byAddr) != 0 {
		t.Errorf("%d sockets and %d addresses are left", l.total, len(l.byAddr))
	}
}

func TestSocketsLeaveTheLobby(t *testing.T) {
	ends := map[string]func(hub.Conn, hub.Opening){
		"by signing in": func(c hub.Conn, o hub.Opening) {
			o.Allowed(protocol.RoleClaimant)
			_, _ = c.Read()
		},
		"by ending": func(hub.Conn, hub.Opening) {},
	}
	for name, serve := range ends {
		synctest.Test(t, func(t *testing.T) {
			s := New(Config{Hub: fakeHub{serve: serve}})
			site := newSiteOf(t, s)
			site.connect(nil)
			synctest.Wait()
			if s.lobby.total != 0 {
				t.Errorf("%s: still there", name)
			}
		})
	}
}

func TestAFullLobbyRefuses(t *testing.T) {
	s := New(Config{Hub: fakeHub{}})
	s.lobby.total = maxWaiting
	w := ask(s.Handler(), "GET", "/ws", "", "Upgrade", "websocket", "Sec-WebSocket-Protocol", protocol.Subprotocol)
	if w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" {
		t.Errorf("got %d", w.Code)
	}
	s.lobby.total = 0
	if w := ask(s.Handler(), "GET", "/ws", "", "Upgrade", "websocket", "Sec-WebSocket-Protocol", protocol.Subprotocol); w.Code == http.StatusServiceUnavailable || s.lobby.total != 0 {
		t.Errorf("a refused upgrade: got %d, and %d wait", w.Code, s.lobby.total)
	}
}
