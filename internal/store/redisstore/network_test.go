package redisstore

import (
	"io"
	"net"
	"sync"
	"testing"
)

// network passes bytes on to a server, or swallows them without a word, as a network does that is cut.
type network struct {
	listener net.Listener
	target   string
	running  sync.WaitGroup

	mu    sync.Mutex
	gone  bool // everything is swallowed
	conns []net.Conn
}

// startNetwork starts a network to the server at an address. The test's end stops it.
func startNetwork(t testing.TB, target string) *network {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	n := &network{listener: l, target: target}
	n.running.Go(n.accept)
	t.Cleanup(n.close)
	return n
}

func (n *network) addr() string { return n.listener.Addr().String() }

func (n *network) swallow(all bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.gone = all
}

func (n *network) accept() {
	for {
		near, err := n.listener.Accept()
		if err != nil {
			return
		}
		far, err := net.Dial("tcp", n.target)
		if err != nil {
			_ = near.Close()
			continue
		}
		n.mu.Lock()
		n.conns = append(n.conns, near, far)
		n.mu.Unlock()
		n.running.Go(func() { n.pass(near, far) })
		n.running.Go(func() { n.pass(far, near) })
	}
}

// pass carries one direction of a connection. A connection that lost bytes is never of use again; that it is broken is
// seen only by its silence.
func (n *network) pass(from, to net.Conn) {
	buffer := make([]byte, 32<<10)
	lost := false
	for {
		count, err := from.Read(buffer)
		if err != nil {
			if !lost {
				_ = to.Close()
			}
			return
		}
		n.mu.Lock()
		lost = lost || n.gone
		n.mu.Unlock()
		if lost {
			continue
		}
		if _, err := to.Write(buffer[:count]); err != nil {
			_, _ = io.Copy(io.Discard, from)
			return
		}
	}
}

func (n *network) close() {
	_ = n.listener.Close()
	n.mu.Lock()
	for _, c := range n.conns {
		_ = c.Close()
	}
	n.mu.Unlock()
	n.running.Wait()
}
