package httpapi

import (
	"context"
	"net"
	"net/http"
	"sync"
	"testing"

	"github.com/coder/websocket"

	"github.com/claimcall/claimcall/hub"
	"github.com/claimcall/claimcall/protocol"
)

// fakeHub does with a socket what a test says.
type fakeHub struct {
	serve func(hub.Conn, hub.Opening)
	ready func() error
	drain func(context.Context)
}

func (f fakeHub) Serve(c hub.Conn, o hub.Opening) {
	if f.serve != nil {
		f.serve(c, o)
	}
	o.Ended()
}

func (f fakeHub) Ready(context.Context) error {
	if f.ready != nil {
		return f.ready()
	}
	return nil
}

func (f fakeHub) Drain(ctx context.Context) {
	if f.drain != nil {
		f.drain(ctx)
	}
}

// memory is a listener whose connections are pipes: time may stand still between their two ends.
type memory struct {
	conns chan net.Conn
	once  sync.Once
	done  chan struct{}
}

func newMemory() *memory { return &memory{conns: make(chan net.Conn), done: make(chan struct{})} }

func (m *memory) Accept() (net.Conn, error) {
	select {
	case c := <-m.conns:
		return c, nil
	case <-m.done:
		return nil, net.ErrClosed
	}
}

func (m *memory) Close() error {
	m.once.Do(func() { close(m.done) })
	return nil
}

func (m *memory) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 80} }

func (m *memory) dial(ctx context.Context) (net.Conn, error) {
	ours, theirs := net.Pipe()
	select {
	case m.conns <- theirs:
		return ours, nil
	case <-m.done:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// site is a running server without a network. Use it inside a synctest bubble.
type site struct {
	t    *testing.T
	net  *memory
	stop func() // ends the server and returns when it has ended
}

func newSite(t *testing.T, c Config) *site {
	t.Helper()
	return newSiteOf(t, New(c))
}

func newSiteOf(t *testing.T, server *Server) *site {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	s := &site{t: t, net: newMemory()}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if err := server.Run(ctx, s.net, nil); err != nil {
			t.Errorf("run: %v", err)
		}
	}()
	s.stop = func() {
		cancel()
		<-ended
	}
	t.Cleanup(s.stop)
	return s
}

// connect opens a socket as a client does.
func (s *site) connect(header http.Header) *websocket.Conn {
	s.t.Helper()
	transport := &http.Transport{
		DisableKeepAlives: true,
		DialContext:       func(ctx context.Context, _, _ string) (net.Conn, error) { return s.net.dial(ctx) },
	}
	conn, _, err := websocket.Dial(s.t.Context(), "ws://call.example.org/ws", &websocket.DialOptions{
		HTTPClient: &http.Client{Transport: transport}, HTTPHeader: header, Subprotocols: []string{protocol.Subprotocol},
	})
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = conn.CloseNow() })
	return conn
}

// raw opens a connection of bytes.
func (s *site) raw() net.Conn {
	s.t.Helper()
	conn, err := s.net.dial(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// event is what a Read of the hub returned.
type event struct {
	frame string
	err   error
}

// readAll passes on what the hub reads, until the socket is gone.
func readAll(events chan<- event) func(hub.Conn, hub.Opening) {
	return func(c hub.Conn, _ hub.Opening) {
		for {
			frame, err := c.Read()
			events <- event{string(frame), err}
			if err != nil && err != hub.ErrNotText && err != hub.ErrTooLarge {
				close(events)
				return
			}
		}
	}
}
