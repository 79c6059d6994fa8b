package call

import "slices"

// presence takes over which of a user's sessions have a socket.
func (s *step) presence(ev PresenceChanged) error {
	if s.State == Ended || !s.Has(ev.User) {
		return errSame
	}
	leg := s.Leg(ev.User.Role)
	if ev.Version < leg.Seen {
		return errSame // an equal one says it again, which mends a leg that was joined over a dying socket
	}
	before := *leg
	leg.Seen = ev.Version
	leg.Online = len(ev.Sessions) > 0
	if leg.Session != "" {
		leg.Online = slices.Contains(ev.Sessions, leg.Session)
	}
	return s.linkChanged(ev.User.Role, before)
}

// flow takes over whether the media side sees a leg's push.
func (s *step) flow(ev FlowChanged) error {
	if s.State != Active || ev.Generation != s.Generation {
		return errSame
	}
	leg := s.Leg(ev.Leg)
	before := *leg
	switch {
	case ev.Publishing:
		leg.Flow = Publishing
	case leg.Flow == Publishing:
		leg.Flow = Silent
	}
	if err := s.linkChanged(ev.Leg, before); err != nil {
		return err
	}
	s.carries()
	return nil
}

// linkChanged restarts or stops the leg's grace, and tells the other side when its view of the leg changed.
func (s *step) linkChanged(side Role, before Leg) error {
	leg := s.Leg(side)
	gone, was := leg.gone(side), before.gone(side)
	switch {
	case gone && !was:
		leg.GoneAt = s.now
	case !gone:
		leg.GoneAt = zeroTime
	}
	if was && !gone && s.State == Connecting && !leg.Joined {
		s.JoinFrom = s.now
	}
	if *leg == before {
		return errSame
	}
	if leg.Link() != before.Link() && s.User(side.Other()).ID != "" {
		s.inform(Notify{Notice: NoticePeer, Leg: side}, side.Other())
	}
	return nil
}

// gone reports whether the side's grace runs: no socket, and for a claimant no push either.
func (l Leg) gone(side Role) bool {
	return !l.Online && (side != Claimant || l.Flow != Publishing)
}
