package socket

import (
	"sync"
	"syscall"
)

// waiting is how a socket waits without a goroutine: somebody goes on, once, when there is input or when the socket is
// closed from this side.
type waiting struct {
	acceptor *Acceptor
	raw      syscall.RawConn // nil if the connection is no socket of the system

	mu     sync.Mutex
	poller *poller // that watches; nil before the first wait
	goOn   func()  // of whoever waits; nil for nobody
	woken  bool    // there is something to read since the last wait
	ended  bool    // no one waits any more
	turn   uint32  // counts the waits, so that late news of one before is known
	number int32   // by which the poller knows the socket; 0 before the first wait
}

// Wait has goOn called by a goroutine of its own once Read would return: there is input, or the socket has ended. It
// returns false, and goOn is not called, when Read is to be called at once: there is input already, or waiting takes a
// goroutine here. See hub.Waiter.
func (c *Conn) Wait(goOn func()) bool {
	c.giveBack()
	return !c.hasInput() && c.wait.begin(goOn)
}

// hasInput reports whether there is something to read that was taken from the connection already, or never will be.
func (c *Conn) hasInput() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.closing || c.input.Buffered() > 0 || len(c.wire.ahead) > 0
}

// begin has the poller watch.
func (w *waiting) begin(goOn func()) bool {
	if w.raw == nil {
		return false
	}
	poller := w.acceptor.polled()
	w.mu.Lock()
	defer w.mu.Unlock()
	if poller == nil || w.ended || w.woken {
		w.woken = false
		return false
	}
	w.poller = poller
	w.turn++
	w.goOn = goOn
	if err := w.poller.watch(w); err != nil {
		w.goOn = nil
		return false
	}
	return true
}

// ready has whoever waits go on, if turn is the present one.
func (w *waiting) ready(turn uint32) {
	w.mu.Lock()
	goOn := w.goOn
	if turn != w.turn {
		goOn = nil
	}
	if goOn != nil {
		w.goOn, w.woken = nil, true
	}
	w.mu.Unlock()
	if goOn != nil {
		w.poller.run(goOn)
	}
}

// over has whoever waits go on, and nobody wait from here on.
func (w *waiting) over() {
	w.mu.Lock()
	goOn := w.goOn
	w.goOn, w.ended = nil, true
	w.mu.Unlock()
	if goOn != nil {
		w.poller.run(goOn)
	}
}

// forget has the poller forget the socket, which has ended.
func (w *waiting) forget() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.poller != nil {
		w.poller.forget(w)
	}
}
