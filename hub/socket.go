package hub

import (
	"crypto/rand"
	"errors"
	"math/big"
	"sync"
	"time"

	"go.uber.org/zap"
	"golang.org/x/time/rate"

	"github.com/claimcall/claimcall/internal/call"
	"github.com/claimcall/claimcall/internal/store"
	"github.com/claimcall/claimcall/protocol"
)

// missedBeats is how many heartbeats a client may miss before its socket counts as dead.
const missedBeats = 2.5

// maxRefusals is how many commands over the limit in a row close a socket.
const maxRefusals = 200

// socket is one Conn from the upgrade to its end, seated on a session once it has said hello.
//
// One goroutine reads and handles commands in order. Events come from anywhere by deliver.
type socket struct {
	hub     *Hub
	conn    Conn
	opening Opening
	out     outbox
	watch   *time.Timer // closes the socket unless it is heard in time
	limiter *rate.Limiter
	refused int // commands over the limit since the last one within it

	// Set by hello, before the first command, and by the reading goroutine alone.
	identity Identity
	user     call.User
	session  string
	seat     int64 // Session.Conn of the seat that this socket has

	mu     sync.Mutex
	live   bool            // the welcome is out
	held   []store.Message // came before it
	busy   bool            // a call runs: beats are short
	shown  string          // the call that the welcome showed
	shownV int64           // and its version: what is not newer was in the welcome
	knownV int64           // version of the presence in the welcome, likewise
}

// Serve signs a socket in and handles its commands until it ends.
func (h *Hub) Serve(c Conn, o Opening) {
	if !h.enter() {
		c.Close(protocol.CloseGoingAway, protocol.CloseGoingAway.String())
		return
	}
	defer h.exit()
	s := &socket{
		hub: h, conn: c, opening: o,
		limiter: rate.NewLimiter(rate.Limit(h.Limits.Commands), h.Limits.Burst),
	}
	s.out.start(c, h.Limits.Queue)
	s.watch = time.AfterFunc(h.Limits.Hello, s.unheard)
	defer s.watch.Stop()
	if s.hello() {
		s.read()
		h.stand(s)
	}
	s.out.wait()
}

// read handles commands until the socket is gone.
func (s *socket) read() {
	for {
		frame, err := s.conn.Read()
		switch {
		case errors.Is(err, ErrNotText):
			s.fail("", protocol.NewError(protocol.CodeNotText))
		case errors.Is(err, ErrTooLarge):
			s.fail("", protocol.NewError(protocol.CodeTooLarge))
		case err != nil:
			s.out.shut()
			return
		}
		s.heard()
		if err == nil {
			s.dispatch(frame)
		}
	}
}

// unheard closes a socket that said nothing for too long.
func (s *socket) unheard() {
	s.mu.Lock()
	live := s.live
	s.mu.Unlock()
	if live {
		s.close(protocol.CloseHeartbeatTimeout)
		return
	}
	s.close(protocol.CloseHelloTimeout)
}

// heard puts off the moment at which the socket counts as dead.
func (s *socket) heard() {
	s.watch.Reset(time.Duration(missedBeats * float64(s.beat())))
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

// sitsOn reports whether the socket is live on the session.
func (s *socket) sitsOn(session string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.live && s.session == session
}

// allowed keeps to the rate of commands. A client that goes on regardless is closed.
func (s *socket) allowed() bool {
	if s.limiter.Allow() {
		s.refused = 0
		return true
	}
	s.refused++
	if s.refused > maxRefusals {
		s.close(protocol.CloseRateLimited)
	}
	return false
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
func (s *socket) fail(id string, e *protocol.Error) { s.answer(protocol.TypeError, id, e) }

// send queues a frame. When the client does not read, the socket is closed, and nobody waits.
func (s *socket) send(frame []byte) {
	if !s.out.put(frame) {
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
		s.mu.Unlock()
		return
	}
	meant := s.meantLocked(m)
	s.mu.Unlock()
	if meant && len(m.Frame) > 0 {
		s.send(m.Frame)
	}
}

// meantLocked reports whether m is for this session and newer than its snapshot, and notes how the call stands.
func (s *socket) meantLocked(m store.Message) bool {
	if m.Session != "" && m.Session != s.session || m.Except == s.session {
		return false
	}
	if m.Call == "" {
		return m.Version > s.knownV
	}
	s.busy = running(m)
	return m.Call != s.shown || m.Version > s.shownV
}

// running reports whether the call of m keeps its recipient in a call.
func running(m store.Message) bool {
	return m.State != call.Ended && (m.State != call.Queued || m.To.Role == call.Claimant)
}

// goLive sends the welcome, which shows p, and c if that is not nil; after it goes what came meanwhile and is newer.
func (s *socket) goLive(welcome []byte, p call.Presence, c *call.Call) {
	s.mu.Lock()
	s.knownV = p.Version
	if c != nil {
		s.shown, s.shownV = c.ID, c.Version
		s.busy = c.State != call.Ended
	}
	s.out.put(welcome)
	for _, m := range s.held {
		if s.meantLocked(m) && len(m.Frame) > 0 {
			s.out.put(m.Frame)
		}
	}
	s.live, s.held = true, nil
	s.mu.Unlock()
	s.heard()
}
