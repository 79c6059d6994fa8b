package httpapi

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"syscall"
	"time"

	"github.com/coder/websocket"

	"github.com/claimcall/claimcall/hub"
	"github.com/claimcall/claimcall/protocol"
)

const (
	// writeLimit is how long a frame may take to be written before its socket is given up.
	writeLimit = 5 * time.Second
	// closeLimit is how long a peer gets to take our close frame and to answer with its own.
	closeLimit = time.Second
	// maxSkipped is the largest message in bytes that is read to its end only to say that it is too large.
	maxSkipped = 1 << 20
	// A peer may send controlBurst pings and pongs at once, and one each controlEvery for as long as it likes.
	controlBurst = 50
	controlEvery = 100 * time.Millisecond
)

// accept makes a socket of the request, or answers why not.
func accept(w http.ResponseWriter, r *http.Request) (*socket, error) {
	lean := &leanWriter{ResponseWriter: w}
	s := &socket{}
	ws, err := websocket.Accept(lean, r, &websocket.AcceptOptions{
		Subprotocols:       []string{protocol.Subprotocol},
		InsecureSkipVerify: true, // Opening.Allowed checks the Origin, once the role is known
		CompressionMode:    websocket.CompressionDisabled,
		OnPingReceived:     func(context.Context, []byte) bool { return s.control() },
		OnPongReceived:     func(context.Context, []byte) { s.control() },
	})
	if err != nil {
		return nil, fmt.Errorf("httpapi: accept: %w", err)
	}
	ws.SetReadLimit(-1) // Read has limits of its own, and codes of its own for them
	s.ws, s.conn, s.input, s.raw = ws, lean.conn, lean.input, lean.raw
	return s, nil
}

// socket is a hub.Conn on coder/websocket. Between messages it holds no buffer and starts no goroutine.
type socket struct {
	ws   *websocket.Conn
	conn net.Conn      // below ws, for deadlines
	read *bytes.Buffer // what the last Read returned; nil if none is lent

	// For whoever reads, one at a time:
	greeted bool      // the first message was read
	calm    time.Time // when the pings and pongs that came would have come, one each controlEvery

	input *bufio.Reader   // between ws and conn, to see whether it is empty
	raw   syscall.RawConn // below conn, to wait for input; nil if conn is no socket of the system

	told func(protocol.CloseCode) // if not nil, called by the first Close

	end        sync.Once
	background sync.WaitGroup // the close handshake

	mu      sync.Mutex
	closing bool // from here on the library reads, and input is its own
}

// Read returns the next text message. See hub.Conn.
func (s *socket) Read() ([]byte, error) {
	s.giveBack()
	if err := s.await(); err != nil {
		return nil, fmt.Errorf("httpapi: read: %w", err)
	}
	kind, message, err := s.ws.Reader(context.Background())
	switch {
	case err != nil:
		return nil, fmt.Errorf("httpapi: read: %w", err)
	case s.isClosing():
		return nil, fmt.Errorf("httpapi: read: %w", net.ErrClosed)
	}
	greeted := s.greeted
	s.greeted = true
	switch {
	case kind == websocket.MessageText && greeted:
		return s.take(message, protocol.MaxFrame, s.skip)
	case kind == websocket.MessageText:
		return s.take(message, protocol.MaxHello, leave)
	case greeted:
		return nil, s.skip(message, 0, hub.ErrNotText)
	}
	return nil, hub.ErrNotText
}

// take reads a message, or has over decide what becomes of the rest of one that is larger than limit.
func (s *socket) take(message io.Reader, limit int64, over func(io.Reader, int64, error) error) ([]byte, error) {
	s.read = frames.Get().(*bytes.Buffer)
	s.read.Reset()
	n, err := s.read.ReadFrom(io.LimitReader(message, limit+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("httpapi: read: %w", err)
	case n > limit:
		return nil, over(message, n, hub.ErrTooLarge)
	}
	return s.read.Bytes(), nil
}

// leave does not read the rest: whoever has not signed in is sent away for such a message.
func leave(_ io.Reader, _ int64, why error) error { return why }

// control reports whether a ping may be answered. Pings and pongs never reach the hub, which limits all else.
func (s *socket) control() bool {
	now := time.Now()
	if s.calm.Before(now) {
		s.calm = now
	}
	s.calm = s.calm.Add(controlEvery)
	if s.calm.Sub(now) > controlBurst*controlEvery {
		s.Close(protocol.CloseRateLimited, protocol.CloseRateLimited.String())
		return false
	}
	return true
}

// await returns when the library will find something to read, or why it never will.
func (s *socket) await() error {
	empty, err := s.emptyInput()
	if err != nil || !empty || s.raw == nil {
		return err
	}
	return await(s.raw)
}

// emptyInput reports whether all that came was read.
func (s *socket) emptyInput() (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closing {
		return false, net.ErrClosed
	}
	ahead, _ := s.conn.(*aheadConn)
	return s.input.Buffered() == 0 && (ahead == nil || len(ahead.ahead) == 0), nil
}

func (s *socket) isClosing() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.closing
}

func (s *socket) setClosing() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closing = true
}

// frames lends buffers for the time between two calls of Read, so that an idle socket has none.
var frames = sync.Pool{New: func() any { return new(bytes.Buffer) }}

func (s *socket) giveBack() {
	if s.read != nil {
		frames.Put(s.read)
		s.read = nil
	}
}

// skip reads the rest of a message of which n bytes are read, and returns why it was skipped. One that goes on beyond
// all measure ends the socket.
func (s *socket) skip(message io.Reader, n int64, why error) error {
	rest, err := io.Copy(io.Discard, io.LimitReader(message, maxSkipped-n+1))
	switch {
	case err != nil:
		return fmt.Errorf("httpapi: read: %w", err)
	case n+rest > maxSkipped:
		s.Close(protocol.CloseBadFrame, protocol.CloseBadFrame.String())
		return fmt.Errorf("httpapi: read: message of more than %d bytes", maxSkipped)
	}
	return why
}

// Write sends one text message. See hub.Conn.
func (s *socket) Write(frame []byte) error {
	if s.isClosing() {
		return fmt.Errorf("httpapi: write: %w", net.ErrClosed)
	}
	// A deadline costs far less than a context with a timeout, which is a timer and a closure for each message.
	_ = s.conn.SetWriteDeadline(time.Now().Add(writeLimit))
	if err := s.ws.Write(context.Background(), websocket.MessageText, frame); err != nil {
		s.drop()
		return fmt.Errorf("httpapi: write: %w", err)
	}
	if !s.isClosing() {
		_ = s.conn.SetWriteDeadline(time.Time{}) // a pong may be due much later
	}
	return nil
}

// Close tells the peer and ends the socket, all in the background. See hub.Conn.
func (s *socket) Close(code protocol.CloseCode, reason string) {
	s.end.Do(func() {
		s.setClosing()
		if s.told != nil {
			s.told(code)
		}
		patience := closeLimit
		if code == protocol.CloseHeartbeatTimeout {
			patience = 0 // it does not answer: whoever reads shall know at once
		}
		now := time.Now()
		_ = s.conn.SetReadDeadline(now.Add(patience))
		_ = s.conn.SetWriteDeadline(now.Add(closeLimit))
		s.background.Go(func() { _ = s.ws.Close(websocket.StatusCode(code), reason) })
	})
}

// drop ends the socket without telling the peer. It does nothing while Close is about to.
func (s *socket) drop() {
	s.end.Do(func() {
		s.setClosing()
		_ = s.ws.CloseNow()
	})
}

// finish frees the socket after the hub is done with it.
func (s *socket) finish() {
	s.drop()
	s.background.Wait()
	s.giveBack()
}
