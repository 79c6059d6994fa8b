package faulttest

import (
	"net"
	"sync"
	"testing"
	"time"
)

// Ways in which a proxy treats bytes.
type manner int

const (
	passing    manner = iota
	holding           // a network that stalls: everything arrives in the end, late
	swallowing        // a network that loses: nobody is told; what has lost bytes ends when the network is back
	delaying          // a slow network: everything comes late by a fixed time
)

// slowness is how late bytes come while delaying.
const slowness = 150 * time.Millisecond

// proxy is the network between one node and Redis.
type proxy struct {
	listener net.Listener
	target   string

	mu      sync.Mutex
	manner  manner
	changed chan struct{} // closed at the next change of manner
	conns   map[net.Conn]bool
}

func newProxy(t testing.TB, target string) *proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{listener: l, target: target, changed: make(chan struct{}), conns: map[net.Conn]bool{}}
	go p.accept()
	t.Cleanup(func() {
		_ = l.Close()
		p.cut()
		p.treat(passing)
	})
	return p
}

func (p *proxy) addr() string { return p.listener.Addr().String() }

// treat has all bytes treated in another manner from here on.
func (p *proxy) treat(m manner) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.manner = m
	close(p.changed)
	p.changed = make(chan struct{})
}

// cut ends all connections.
func (p *proxy) cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for conn := range p.conns {
		_ = conn.Close()
	}
}

func (p *proxy) now() (manner, <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.manner, p.changed
}

func (p *proxy) accept() {
	for {
		conn, err := p.listener.Accept()
		if err != nil {
			return
		}
		go p.serve(conn)
	}
}

func (p *proxy) serve(client net.Conn) {
	defer client.Close()
	p.passable()
	server, err := net.DialTimeout("tcp", p.target, time.Second)
	if err != nil {
		return
	}
	defer server.Close()
	p.keep(client, server)
	defer p.forget(client, server)
	go p.forward(server, client)
	p.forward(client, server)
}

// passable waits until a connection could come about.
func (p *proxy) passable() {
	for m, changed := p.now(); m == holding || m == swallowing; m, changed = p.now() {
		<-changed
	}
}

func (p *proxy) keep(conns ...net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, conn := range conns {
		p.conns[conn] = true
	}
}

func (p *proxy) forget(conns ...net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, conn := range conns {
		delete(p.conns, conn)
	}
}

// forward carries bytes one way until either side ends, and then ends the other side.
func (p *proxy) forward(to, from net.Conn) {
	defer to.Close()
	defer from.Close()
	buf := make([]byte, 32<<10)
	for {
		n, err := from.Read(buf)
		if err != nil || !p.carry(to, buf[:n]) {
			return
		}
	}
}

// carry treats one piece, and reports whether the connection can go on.
func (p *proxy) carry(to net.Conn, piece []byte) bool {
	for {
		m, changed := p.now()
		switch m {
		case swallowing:
			<-changed
			return false
		case holding:
			<-changed
			continue
		case delaying:
			<-time.After(slowness)
		case passing:
		}
		_, err := to.Write(piece)
		return err == nil
	}
}
