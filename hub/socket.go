package hub

import (
	"context"
	"crypto/rand"
	"errors"
	"math/big"
	"slices"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/claimcall/claimcall/internal/call"
	"github.com/claimcall/claimcall/internal/store"
	"github.com/claimcall/claimcall/protocol"
)

// missedBeats is how many heartbeats a client may miss before its socket counts as dead.
const missedBeats = 2.5

// maxHeld is how many messages may wait for a welcome. There are a few at most, unless the store hangs.
const maxHeld = 256

// maxRefusals is how many more commands over the limit than within it close a socket.
const maxRefusals = 200

// socket is one Conn from the upgrade to its end, seated on a session once it has said hello.
//
// One goroutine at a time reads and handles commands in order. Events come from anywhere by deliver.
type socket struct {
	hub     *Hub
	conn    Conn
	opening Opening
	out     outbox
	watch   *time.Timer // closes the socket unless it is heard in time
	ration  *ration     // from hello on
	refused int         // commands over the limit, less those within it

	// Of the reading goroutine alone. The user is set before the socket is registered, and stays.
	identity Identity
	user     call.User
	told     time.Duration // when the client was told to ping next
	meter    meter         // of its streams
	leaving  bool          // it has signed out
	waiter   Waiter        // conn, if it is one
	goOn     func()        // read, for waiter

	// Written by the reading goroutine alone, which may read without the mutex.
	mu      sync.Mutex
	pass    pass   // of the present token
	session string // empty before there is a seat
	seat    int64  // Session.Conn of the seat that this socket has
	seated  int64  // version of the presence that has the seat; 0 until it is committed

	live   bool            // the welcome is out
	held   []store.Message // came before it
	busy   bool            // a call runs: beats are short
	call   string          // the call that the client was told of last
	callV  int64           // and its newest version
	shown  string          // the call that the welcome showed
	shownV int64           // and its version: what is not newer was in the welcome
	knownV int64           // version of the presence in the welcome, likewise
}

// Serve signs a socket in and handles its commands. It returns when the socket has ended or, if c is a Waiter, once it
// waits. What o says is to be done at the end is done then.
func (h *Hub) Serve(c Conn, o Opening) {
	if !h.enter() {
		c.Close(protocol.CloseGoingAway, protocol.CloseGoingAway.String())
		o.ended()
		return
	}
	s := &socket{hub: h, conn: c, opening: o}
	s.out.start(c, h.Limits.Queue)
	s.watch = time.AfterFunc(h.Limits.Hello, s.unheard)
	if !s.hello() {
		s.leave()
		return
	}
	s.opening = Opening{Ended: o.Ended} // the token, and all that Allowed knows, need not be kept for as long as this lasts
	if s.waiter, _ = c.(Waiter); s.waiter != nil {
		s.goOn = s.read
	}
	s.read()
}

// leave ends what the socket took part in, after its last command.
func (s *socket) leave() {
	s.watch.Stop()
	s.hub.stand(s)
	s.out.wait()
	s.hub.exit()
	s.opening.ended()
}

// read handles commands until the socket is gone, or its client has signed out. It returns as well when the socket can
// wait for the next one by itself, and is called again then.
func (s *socket) read() {
	for !s.leaving {
		if s.waiter != nil && s.waiter.Wait(s.goOn) {
			return
		}
		frame, err := s.conn.Read()
		if err != nil && !skipped(err) {
			s.out.shut()
			break
		}
		s.heard()
		s.dispatch(frame, err)
	}
	s.leave()
}

// skipped reports whether an error of Read is about one frame only.
func skipped(err error) bool { return errors.Is(err, ErrNotText) || errors.Is(err, ErrTooLarge) }

// unheard ends a socket whose token has run out, and closes one that said nothing for too long.
func (s *socket) unheard() {
	s.mu.Lock()
	live, over := s.live, s.pass.over()
	s.mu.Unlock()
	switch {
	case over:
		s.bye(protocol.CloseTokenExpired, 0)
	case live:
		s.close(protocol.CloseHeartbeatTimeout)
	default:
		s.close(protocol.CloseHelloTimeout)
	}
}

// heard puts off the moment at which the socket counts as dead. It keeps to what the client was told: one that was
// told to ping in 30 s is not late when a call begins meanwhile. No socket outlives its token.
func (s *socket) heard() {
	s.watch.Reset(s.passNow().left(time.Duration(missedBeats * float64(s.told))))
}

// tellBeat returns when the client is to send the next ping, and holds it to that from here on.
func (s *socket) tellBeat() time.Duration {
	s.told = s.beat()
	s.heard()
	return s.told
}

// beat returns when the client is to send the next ping.
func (s *socket) beat() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.busy {
		return s.hub.Limits.HeartbeatCall
	}
	return s.hub.Limits.HeartbeatIdle
}

// answer sends the answer to a command.
func (s *socket) answer(t protocol.Type, id string, data any) {
	frame, err := protocol.Encode(t, id, data)
	if err != nil {
		s.hub.log.Error("answer not encoded", zap.String("type", string(t)), zap.Error(err))
		return
	}
	s.send(frame)
}

// fail answers with an error.
func (s *socket) fail(id string, e *protocol.Error) {
	s.hub.Observer.Failed(e.Code)
	s.answer(protocol.TypeError, id, e)
}

// send queues a frame. When the client does not read, the socket is closed, and nobody waits.
func (s *socket) send(frame []byte) {
	if !s.out.put(frame) {
		s.hub.Observer.Dropped()
		s.close(protocol.CloseSlowConsumer)
	}
}

// close ends the socket at once.
func (s *socket) close(code protocol.CloseCode) {
	s.out.shut()
	s.conn.Close(code, code.String())
}

// end closes the socket once what is queued has been written.
func (s *socket) end(code protocol.CloseCode) {
	s.out.finish(func() { s.conn.Close(code, code.String()) })
}

// bye announces the end, and ends the socket when the client has been told.
func (s *socket) bye(code protocol.CloseCode, spread time.Duration) {
	after := time.Duration(0)
	if spread > 0 {
		n, _ := rand.Int(rand.Reader, big.NewInt(int64(spread)))
		after = time.Duration(n.Int64())
	}
	frame, err := protocol.Encode(protocol.TypeBye, "", protocol.Bye{
		Code: code, Reconnect: code.Reconnect(), AfterMS: after.Milliseconds(),
	})
	if err == nil {
		s.out.put(frame)
	}
	s.end(code)
}

// deliver takes in a message for the socket's user. Before the welcome it is kept back.
func (s *socket) deliver(m store.Message) {
	s.mu.Lock()
	if !s.live {
		s.held = append(s.held, m)
		full := len(s.held) > maxHeld
		s.mu.Unlock()
		if full {
			s.close(protocol.CloseInternal)
		}
		return
	}
	meant := s.meantLocked(m)
	s.mu.Unlock()
	if meant && len(m.Frame) > 0 {
		s.send(m.Frame)
	}
}

// dropOutdated drops what is held back of calls that are not shown in the welcome, and that have moved on since: that they
// did may have gone by while the user had no seat here.
func (s *socket) dropOutdated(ctx context.Context, shown string) error {
	for _, id := range s.heldCalls(shown) {
		c, err := s.hub.Store.Call(ctx, id)
		if ignoreGone(err) != nil {
			return err
		}
		s.mu.Lock()
		s.held = slices.DeleteFunc(s.held, func(m store.Message) bool {
			return m.Call == id && (err != nil || m.Version < c.Version)
		})
		s.mu.Unlock()
	}
	return nil
}

// heldCalls returns the calls but one of which news is held back.
func (s *socket) heldCalls(but string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var ids []string
	for _, m := range s.held {
		if m.Call != "" && m.Call != but && !slices.Contains(ids, m.Call) {
			ids = append(ids, m.Call)
		}
	}
	return ids
}

// meantLocked reports whether m is for this session and newer than its snapshot, and notes how the call stands.
func (s *socket) meantLocked(m store.Message) bool {
	if m.Session != "" && m.Session != s.session || m.Except == s.session {
		return false
	}
	if m.Call == "" {
		return m.Version > s.knownV
	}
	s.learnLocked(m.Call, m.Version, running(m))
	// A place in the queue is news about a call of the same version: the snapshot has none.
	return m.Call != s.shown || m.Version > s.shownV || m.Version == s.shownV && m.State == call.Queued
}

// learnLocked notes what the client is told of a call.
func (s *socket) learnLocked(id string, version int64, running bool) {
	if id != s.call {
		s.callV = 0
	}
	s.call, s.callV, s.busy = id, max(s.callV, version), running
}

// running reports whether the call of m keeps its recipient in a call.
func running(m store.Message) bool {
	return m.State != call.Ended && (m.State != call.Queued || m.To.Role == call.Claimant)
}

// goLive sends the snapshot, which shows p, and c if that is not nil; after it goes what came meanwhile and is newer.
func (s *socket) goLive(snapshot [][]byte, p call.Presence, c *call.Call) {
	s.mu.Lock()
	s.knownV = p.Version
	if c != nil {
		s.shown, s.shownV = c.ID, c.Version
		s.learnLocked(c.ID, c.Version, c.State != call.Ended)
	}
	for _, m := range s.held {
		if s.meantLocked(m) && len(m.Frame) > 0 {
			snapshot = append(snapshot, m.Frame)
		}
	}
	for _, frame := range snapshot {
		s.send(frame)
	}
	s.live, s.held = true, nil
	s.mu.Unlock()
	s.heard()
}
