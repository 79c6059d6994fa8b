package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"syscall"
	"time"

	"github.com/coder/websocket"

	"github.com/claimcall/claimcall/protocol"
)

// Limits of the client.
const (
	dialLimit   = 10 * time.Second
	answerLimit = 10 * time.Second // for a pong, before the socket counts as dead
	firstPause  = 100 * time.Millisecond
	longestWait = 3 * time.Second
	giveUpAfter = 2 * time.Minute // without a welcome; longer than any grace
)

// errDone ends a client whose call is over.
var errDone = errors.New("done")

// handler is told what comes. It is called by one goroutine.
type handler interface {
	// handle takes in an event or an answer, and may send commands. errDone, or any other error, ends the client.
	handle(e protocol.Envelope, send sender) error
	// deadline returns when to call expired; the zero time for never.
	deadline() time.Time
	expired(send sender) error
	// interrupted is told that the user wants to leave. The client goes on until handle or expired returns an error.
	interrupted(send sender) error
	// troubles yields generations of streams whose media service can't be reached; troubled is told of each.
	troubles() <-chan int
	troubled(generation int, send sender) error
	// disconnected is told that the socket is gone and that the client will come back.
	disconnected(why error)
}

// sender sends one command and returns its id.
type sender func(t protocol.Type, data any) (string, error)

// client keeps a session of a hub: it signs in, keeps the heart beating, and comes back with resume.
type client struct {
	url     string
	token   string
	resume  string
	seen    bool // a welcome was had
	handler handler
}

func newClient(url, token string, h handler) *client {
	return &client{url: url, token: token, handler: h}
}

// run stays signed in until the handler has had enough, the hub does not want us back, or ctx ends twice: the first end
// is told to the handler, which gets a moment to say goodbye.
func (c *client) run(ctx context.Context) error {
	var lostAt time.Time
	for pause := firstPause; ; pause = min(2*pause, longestWait) {
		welcomed, err := c.connect(ctx)
		switch {
		case errors.Is(err, errDone):
			return nil
		case !comeBack(err) || !c.seen || ctx.Err() != nil:
			return err
		case welcomed:
			lostAt, pause = time.Now(), firstPause
		case time.Since(lostAt) > giveUpAfter:
			return fmt.Errorf("the server has been gone for %s: %w", giveUpAfter, err)
		}
		c.handler.disconnected(err)
		select {
		case <-time.After(jitter(pause)):
		case <-ctx.Done():
			return err
		}
	}
}

// jitter spreads clients that were cut off at the same moment.
func jitter(d time.Duration) time.Duration {
	n, err := rand.Int(rand.Reader, big.NewInt(int64(d)))
	if err != nil {
		return d
	}
	return d/2 + time.Duration(n.Int64())/2
}

// comeBack reports whether err is one after which the hub may want us back.
func comeBack(err error) bool {
	var refused *protocol.Error
	if errors.As(err, &refused) {
		return refused.Retry
	}
	var failed *callError
	if errors.As(err, &failed) {
		return false
	}
	status := websocket.CloseStatus(err)
	return status == -1 || protocol.CloseCode(status).Reconnect()
}

// connect opens a socket and serves it to its end, which always has a reason.
func (c *client) connect(ctx context.Context) (welcomed bool, err error) {
	dialing, cancel := context.WithTimeout(ctx, dialLimit)
	defer cancel()
	ws, _, err := websocket.Dial(dialing, c.url, &websocket.DialOptions{Subprotocols: []string{protocol.Subprotocol}})
	if err != nil {
		return false, unreachable(c.url, err)
	}
	defer func() { _ = ws.CloseNow() }()
	ws.SetReadLimit(2 * protocol.MaxFrame)

	l := newLink(ws)
	if _, err := l.send(protocol.TypeHello, protocol.Hello{Token: c.token, Resume: c.resume, Client: "claimcall-call"}); err != nil {
		return false, err
	}
	err = c.serve(ctx, l)
	if errors.Is(err, errDone) {
		_ = ws.Close(websocket.StatusNormalClosure, "")
	}
	return l.welcomed, err
}

// unreachable says in short why there is no socket.
func unreachable(url string, err error) error {
	if errors.Is(err, syscall.ECONNREFUSED) {
		return fmt.Errorf("can't reach %s: %w; is \"claimcall serve --dev\" running?", withoutQuery(url), innermost(err))
	}
	return fmt.Errorf("can't reach %s: %w", withoutQuery(url), innermost(err))
}

// innermost returns the cause of an error, which says it shortest, and without the address.
func innermost(err error) error {
	for cause := errors.Unwrap(err); cause != nil; cause = errors.Unwrap(cause) {
		err = cause
	}
	return err
}

// serve handles what happens on a link until it ends.
func (c *client) serve(ctx context.Context, l *link) error {
	defer l.end()
	leaving := ctx.Done()
	for {
		l.alarmAt(c.handler.deadline())
		var err error
		select {
		case frame, ok := <-l.frames:
			if !ok {
				return l.err
			}
			err = c.take(frame, l)
		case <-l.beat.C:
			err = l.ping()
		case <-l.alarm.C:
			err = c.handler.expired(l.send)
		case generation := <-c.handler.troubles():
			err = c.handler.troubled(generation, l.send)
		case <-leaving:
			leaving = nil
			err = c.handler.interrupted(l.send)
		}
		if err != nil {
			return err
		}
	}
}

// take sorts one frame: the heartbeat is the client's own business, the rest is the handler's.
func (c *client) take(frame []byte, l *link) error {
	e, err := protocol.DecodeEnvelope(frame)
	if err != nil {
		return fmt.Errorf("the server sent a frame that can't be read: %w", err)
	}
	switch e.Type {
	case protocol.TypePong:
		return l.pong(e)
	case protocol.TypeWelcome:
		var w protocol.Welcome
		if err := json.Unmarshal(e.Data, &w); err != nil {
			return fmt.Errorf("welcome: %w", err)
		}
		c.resume, c.seen, l.welcomed = w.Resume, true, true
		l.nextBeat(w.HeartbeatMS)
	case protocol.TypeError:
		if !l.welcomed {
			var refused protocol.Error
			if err := json.Unmarshal(e.Data, &refused); err != nil {
				return fmt.Errorf("error: %w", err)
			}
			return &refused
		}
	}
	return c.handler.handle(e, l.send)
}

// newID makes an id for a request or a command.
func newID() string { return strings.ToLower(rand.Text()) }
