package socket

import (
	"context"
	"fmt"
	"net/http"
	"sync"

	"github.com/coder/websocket"

	"github.com/claimcall/claimcall/protocol"
)

// Acceptor makes sockets of requests. Its methods may be called concurrently.
type Acceptor struct {
	mu     sync.Mutex
	asked  bool    // for the poller; it is not made again
	poller *poller // nil until it is asked for, where there is none, and after Close
}

// NewAcceptor returns an acceptor. Close it once its sockets have ended.
func NewAcceptor() *Acceptor { return &Acceptor{} }

// Close frees what sockets share. One that still waits gets a goroutine of its own.
func (a *Acceptor) Close() {
	a.mu.Lock()
	p := a.poller
	a.poller, a.asked = nil, true
	a.mu.Unlock()
	if p != nil {
		p.close()
	}
}

// polled returns the poller, or nil where there is none.
func (a *Acceptor) polled() *poller {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.asked {
		a.asked, a.poller = true, newPoller()
	}
	return a.poller
}

// Accept makes a socket of the request, or answers why not. closing, if not nil, is called when the socket is closed from
// this side.
func (a *Acceptor) Accept(w http.ResponseWriter, r *http.Request, closing func(protocol.CloseCode)) (*Conn, error) {
	h := &hijacker{ResponseWriter: w}
	c := &Conn{told: closing}
	ws, err := websocket.Accept(h, r, &websocket.AcceptOptions{
		Subprotocols:       []string{protocol.Subprotocol},
		InsecureSkipVerify: true, // Opening.Allowed checks the Origin, once the role is known
		CompressionMode:    websocket.CompressionDisabled,
		OnPingReceived:     func(context.Context, []byte) bool { return c.control() },
		OnPongReceived:     func(context.Context, []byte) { c.control() },
	})
	if err != nil {
		return nil, fmt.Errorf("socket: accept: %w", err)
	}
	ws.SetReadLimit(-1) // Read has limits of its own, and codes of its own for them
	c.ws, c.wire, c.input = ws, h.wire, h.input
	c.wait.acceptor, c.wait.raw = a, h.raw
	return c, nil
}
