package socket

import (
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// wire is the connection below the library. It first gives what net/http had read ahead, and gathers what the library
// writes of a message in pieces, so that each frame is one write: frames never mix, whoever writes them.
type wire struct {
	net.Conn
	ahead []byte        // of whoever reads
	turn  chan struct{} // full while somebody writes

	mu       sync.Mutex
	gathered *[]byte // while gathering

	last atomic.Int64 // when all writing ends, in nanoseconds of Unix time; 0 until the socket closes
}

func newWire(conn net.Conn, ahead []byte) *wire {
	return &wire{Conn: conn, ahead: ahead, turn: make(chan struct{}, 1)}
}

// Read returns what was read ahead, then what comes.
func (w *wire) Read(p []byte) (int, error) {
	if len(w.ahead) == 0 {
		return w.Conn.Read(p)
	}
	n := copy(p, w.ahead)
	w.ahead = w.ahead[n:]
	return n, nil
}

// Write adds to what is being gathered, or writes at once.
func (w *wire) Write(p []byte) (int, error) {
	if w.added(p) {
		return len(p), nil
	}
	return w.write(p)
}

func (w *wire) added(p []byte) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.gathered == nil {
		return false
	}
	*w.gathered = append(*w.gathered, p...)
	return true
}

// chunks lends what messages are gathered in.
var chunks = sync.Pool{New: func() any { return new(make([]byte, 0, 1024)) }}

// maxChunk is the largest buffer in bytes that is kept for the next message.
const maxChunk = 64 << 10

// gather has what is written from here on wait for send.
func (w *wire) gather() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.gathered = chunks.Get().(*[]byte)
}

// send writes what was gathered.
func (w *wire) send() error {
	w.mu.Lock()
	gathered := w.gathered
	w.gathered = nil
	w.mu.Unlock()
	_, err := w.write(*gathered)
	if cap(*gathered) <= maxChunk {
		*gathered = (*gathered)[:0]
		chunks.Put(gathered)
	}
	return err
}

// write writes within the limit. A deadline costs far less than a context with a timeout, which is a timer and a closure
// for each message.
func (w *wire) write(p []byte) (int, error) {
	w.turn <- struct{}{}
	defer func() { <-w.turn }()
	_ = w.SetWriteDeadline(time.Now().Add(WriteLimit))
	if last := w.last.Load(); last != 0 {
		_ = w.SetWriteDeadline(time.Unix(0, last))
	}
	return w.Conn.Write(p)
}

// hurry bounds all that is written from here on, and what is being written.
func (w *wire) hurry(last time.Time) {
	w.last.Store(last.UnixNano())
	_ = w.SetWriteDeadline(last)
}
