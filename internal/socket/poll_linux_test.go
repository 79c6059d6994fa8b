package socket

import (
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"

	"github.com/coder/websocket"

	"github.com/claimcall/claimcall/protocol"
)

// Close wakes whoever waits, though nothing comes.
func TestCloseWakesWhoWaits(t *testing.T) {
	acceptor := NewAcceptor()
	defer acceptor.Close()
	conns, woken := make(chan *Conn, 1), make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if c, err := acceptor.Accept(w, r, nil); err == nil {
			conns <- c
		}
	}))
	defer server.Close()
	client := dial(t, server.URL)
	c := <-conns
	if !c.Wait(func() { close(woken) }) {
		t.Fatal("no poller")
	}
	c.Close(protocol.CloseReplaced, "replaced")
	<-woken
	if _, _, err := client.Read(t.Context()); websocket.CloseStatus(err) != websocket.StatusCode(protocol.CloseReplaced) {
		t.Errorf("the peer is told %v", err)
	}
	if c.Wait(func() { t.Error("woken again") }) {
		t.Error("a closed socket waits")
	}
	if _, err := c.Read(); err == nil {
		t.Error("a closed socket reads")
	}
	c.Finish()
	if c.Code() != protocol.CloseReplaced {
		t.Errorf("closed with %v", c.Code())
	}
}

// An idle socket has no goroutine.
func TestNoGoroutineWaits(t *testing.T) {
	url := serve(t)
	first := dial(t, url)
	says(t, first, "x")
	hears(t, first, "x")
	for range 20 {
		client := dial(t, url)
		says(t, client, "x")
		hears(t, client, "x")
	}
	for range 100 { // the last answer is heard a moment before its goroutine has gone
		if n := readers(); n == 0 {
			return
		}
		says(t, first, "x")
		hears(t, first, "x")
	}
	t.Errorf("%d goroutines read for idle sockets", readers())
}

// readers counts the goroutines that are about to read from a socket.
func readers() int {
	stacks := make([]byte, 1<<20)
	return strings.Count(string(stacks[:runtime.Stack(stacks, true)]), "(*echo).read(")
}
