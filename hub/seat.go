package hub

import (
	"context"
	"slices"

	"go.uber.org/zap"

	"github.com/claimcall/claimcall/internal/call"
	"github.com/claimcall/claimcall/internal/store"
	"github.com/claimcall/claimcall/protocol"
)

// sitsOn notes the seat of the socket. The version is that of the presence that has it; 0 before it is committed.
func (s *socket) sitsOn(session call.Session, version int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.session, s.seat, s.seated = session.ID, session.Conn, version
}

// seatNow returns the session of the socket, and its seat there.
func (s *socket) seatNow() (session string, seat int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.session, s.seat
}

// closeReplaced leaves the session of a socket that has just sat down to the newest socket on this node. The others
// are not to come back: the session goes on.
func (h *Hub) closeReplaced(s *socket) {
	for _, other := range h.socketsOf(s.user) {
		session, seat := other.seatNow()
		switch {
		case other == s || session != s.session:
		case seat < s.seat:
			other.close(protocol.CloseReplaced)
		case seat > s.seat:
			s.close(protocol.CloseReplaced)
		}
	}
}

// closeUnseated closes the sockets of this node that the presence has no seat for any more.
func (h *Hub) closeUnseated(p call.Presence) {
	for _, s := range h.socketsOf(p.User) {
		if code := s.unseatedBy(p); code != 0 {
			s.close(code)
		}
	}
}

// seatsTaken returns a message to each other node on which a change of a presence leaves a socket without its seat. It
// is a bell: the node looks for itself. A node that counts as dead is told too, in case it is not.
func (h *Hub) seatsTaken(was, next call.Presence) []store.Message {
	var bells []store.Message
	for _, s := range was.Sessions {
		if now, _ := next.Session(s.ID); !s.Online || s.Node == h.Node || now.Online && now.Conn == s.Conn {
			continue
		}
		told := func(m store.Message) bool { return m.Node == s.Node }
		if !slices.ContainsFunc(bells, told) {
			bells = append(bells, store.Message{To: was.User, Node: s.Node})
		}
	}
	return bells
}

// lookAround closes the sockets of a user on this node that have lost their seats.
func (h *Hub) lookAround(u call.User) {
	ctx, cancel := context.WithTimeout(h.life, storeTimeout)
	defer cancel()
	p, err := h.presence(ctx, u)
	if err != nil {
		h.log.Warn("seats not looked at; the heartbeat tells", zap.Error(err))
		return
	}
	h.closeUnseated(p)
}

// unseatedBy returns the code to close with if a presence, unless it is older than the seat, has taken the seat away.
func (s *socket) unseatedBy(p call.Presence) protocol.CloseCode {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.seated == 0 || p.Version < s.seated {
		return 0
	}
	session, known := p.Session(s.session)
	switch {
	case !known && len(p.Sessions) >= call.MaxSessions:
		return protocol.CloseTooManySessions
	case known && (session.Conn > s.seat || session.Conn == s.seat && session.Node != s.hub.Node):
		return protocol.CloseReplaced
	case !known, !session.Online, session.Conn < s.seat:
		return protocol.CloseInternal // this node counted as dead for a while, or the store has lost the seat: come back
	}
	return 0
}

// seatTaken reports whether another socket of this node has the very seat, after a sign-in that was cut off.
func (h *Hub) seatTaken(s *socket) bool {
	for _, other := range h.socketsOf(s.user) {
		if session, seat := other.seatNow(); other != s && session == s.session && seat == s.seat {
			return true
		}
	}
	return false
}
