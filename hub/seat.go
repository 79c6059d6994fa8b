package hub

import (
	"github.com/claimcall/claimcall/internal/call"
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
	case known && session.Conn != s.seat:
		return protocol.CloseReplaced
	case !known, !session.Online:
		return protocol.CloseInternal // this node counted as dead for a while: come back
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
