package socket

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"sync"
	"time"

	"github.com/coder/websocket"

	"github.com/claimcall/claimcall/hub"
	"github.com/claimcall/claimcall/protocol"
)

const (
	// WriteLimit is how long a frame may take to be written before its socket is given up.
	WriteLimit = 5 * time.Second
	// CloseLimit is how long a peer gets to take our close frame and to answer with its own.
	CloseLimit = time.Second
	// MaxSkipped is the largest message in bytes that is read to its end only to say that it is too large.
	MaxSkipped = 1 << 20
	// A peer may send ControlBurst pings and pongs at once, and one each ControlEvery for as long as it likes.
	ControlBurst = 50
	ControlEvery = 100 * time.Millisecond
)

// Conn is a hub.Conn, and a hub.Waiter, on coder/websocket. Between messages it holds no buffer and no goroutine.
type Conn struct {
	ws   *websocket.Conn
	wire *wire         // below ws
	read *bytes.Buffer // what the last Read returned; nil if none is lent

	// For whoever reads, one at a time:
	greeted bool      // the first message was read
	calm    time.Time // when the pings and pongs that came would have come, one each ControlEvery

	input *bufio.Reader // between ws and wire, to see whether it is empty
	wait  waiting

	told func(protocol.CloseCode) // if not nil, called by the first Close

	end        sync.Once
	background sync.WaitGroup // the close handshake

	mu      sync.Mutex
	closing bool // from here on the library reads, and input is its own
	code    protocol.CloseCode
}

// Read returns the next text message. See hub.Conn.
func (c *Conn) Read() ([]byte, error) {
	c.giveBack()
	if c.isClosing() {
		return nil, fmt.Errorf("socket: read: %w", net.ErrClosed)
	}
	kind, message, err := c.ws.Reader(context.Background())
	switch {
	case err != nil:
		return nil, fmt.Errorf("socket: read: %w", err)
	case c.isClosing():
		return nil, fmt.Errorf("socket: read: %w", net.ErrClosed)
	}
	greeted := c.greeted
	c.greeted = true
	switch {
	case kind == websocket.MessageText && greeted:
		return c.take(message, protocol.MaxFrame, c.skip)
	case kind == websocket.MessageText:
		return c.take(message, protocol.MaxHello, leave)
	case greeted:
		return nil, c.skip(message, 0, hub.ErrNotText)
	}
	return nil, hub.ErrNotText
}

// take reads a message, or has over decide what becomes of the rest of one that is larger than limit.
func (c *Conn) take(message io.Reader, limit int64, over func(io.Reader, int64, error) error) ([]byte, error) {
	c.read = frames.Get().(*bytes.Buffer)
	c.read.Reset()
	n, err := c.read.ReadFrom(io.LimitReader(message, limit+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("socket: read: %w", err)
	case n > limit:
		return nil, over(message, n, hub.ErrTooLarge)
	}
	return c.read.Bytes(), nil
}

// leave does not read the rest: whoever has not signed in is sent away for such a message.
func leave(_ io.Reader, _ int64, why error) error { return why }

// control reports whether a ping may be answered. Pings and pongs never reach the hub, which limits all else.
func (c *Conn) control() bool {
	now := time.Now()
	if c.calm.Before(now) {
		c.calm = now
	}
	c.calm = c.calm.Add(ControlEvery)
	if c.calm.Sub(now) > ControlBurst*ControlEvery {
		c.Close(protocol.CloseRateLimited, protocol.CloseRateLimited.String())
		return false
	}
	return true
}

func (c *Conn) isClosing() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.closing
}

func (c *Conn) setClosing(code protocol.CloseCode) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closing, c.code = true, code
}

// Code returns what the socket was closed with from this side; 0 if it was not.
func (c *Conn) Code() protocol.CloseCode {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.code
}

// frames lends buffers for the time between two calls of Read, so that an idle socket has none.
var frames = sync.Pool{New: func() any { return new(bytes.Buffer) }}

func (c *Conn) giveBack() {
	if c.read != nil {
		frames.Put(c.read)
		c.read = nil
	}
}

// skip reads the rest of a message of which n bytes are read, and returns why it was skipped. One that goes on beyond
// all measure ends the socket.
func (c *Conn) skip(message io.Reader, n int64, why error) error {
	rest, err := io.Copy(io.Discard, io.LimitReader(message, MaxSkipped-n+1))
	switch {
	case err != nil:
		return fmt.Errorf("socket: read: %w", err)
	case n+rest > MaxSkipped:
		c.Close(protocol.CloseBadFrame, protocol.CloseBadFrame.String())
		return fmt.Errorf("socket: read: message of more than %d bytes", MaxSkipped)
	}
	return why
}

// Write sends one text message. See hub.Conn.
func (c *Conn) Write(frame []byte) error {
	if c.isClosing() {
		return fmt.Errorf("socket: write: %w", net.ErrClosed)
	}
	c.wire.gather()
	err := c.ws.Write(context.Background(), websocket.MessageText, frame)
	if failed := c.wire.send(); err == nil {
		err = failed
	}
	if err != nil {
		c.drop()
		return fmt.Errorf("socket: write: %w", err)
	}
	return nil
}

// Close tells the peer and ends the socket, all in the background. See hub.Conn.
func (c *Conn) Close(code protocol.CloseCode, reason string) {
	c.end.Do(func() {
		c.setClosing(code)
		if c.told != nil {
			c.told(code)
		}
		patience := CloseLimit
		if code == protocol.CloseHeartbeatTimeout {
			patience = 0 // it does not answer: whoever reads shall know at once
		}
		now := time.Now()
		_ = c.wire.SetReadDeadline(now.Add(patience))
		c.wire.hurry(now.Add(CloseLimit))
		c.background.Go(func() { _ = c.ws.Close(websocket.StatusCode(code), reason) })
		c.wait.over()
	})
}

// drop ends the socket without telling the peer. It does nothing while Close is about to.
func (c *Conn) drop() {
	c.end.Do(func() {
		c.setClosing(0)
		_ = c.ws.CloseNow()
		c.wait.over()
	})
}

// Finish frees the socket, after the hub is done with it.
func (c *Conn) Finish() {
	c.drop()
	c.wait.forget()
	c.background.Wait()
	c.giveBack()
}
