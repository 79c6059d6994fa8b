package call

import "slices"

// join puts a session on its leg. When both legs have joined, the call is active and streams are handed out.
func (s *step) join(ev Join) error {
	if err := s.live(ev.By); err != nil {
		return err
	}
	if !s.Accepted() {
		return ErrWrongState
	}
	leg := s.Leg(ev.By.Role)
	if leg.Joined && leg.Session == ev.Session {
		return errSame
	}
	s.moveLeg(ev)
	s.avoid = ev.Avoid
	for _, side := range []Role{Claimant, Adjuster} {
		s.inform(Notify{Notice: NoticeJoined, Leg: ev.By.Role}, side)
	}
	if s.Claimant.Joined && s.Adjuster.Joined {
		s.activate()
	}
	return nil
}

// moveLeg seats the session on its leg, and tells the one that sat there before.
func (s *step) moveLeg(ev Join) {
	leg := s.Leg(ev.By.Role)
	if leg.Session != "" && leg.Session != ev.Session {
		s.add(Notify{Notice: NoticeWithdrawn, To: ev.By, Session: leg.Session, Reason: AnsweredElsewhere})
	}
	leg.Session, leg.Joined, leg.Online = ev.Session, true, true
	leg.GoneAt = zeroTime
	s.forgetQuality(ev.By.Role)
}

// activate hands out streams of a new generation to both sides. The first come from the first provider that is not down.
func (s *step) activate() {
	if s.State != Active {
		s.State = Active
		s.ActiveAt = s.now
		s.Provider = max(0, slices.IndexFunc(s.Providers, s.isUp))
	}
	s.renew()
	s.inform(Notify{Notice: NoticeStreams}, Claimant)
	s.inform(Notify{Notice: NoticeStreams}, Adjuster)
}

// refresh hands out new streams because a party's own ones failed. That party gets them with the answer.
func (s *step) refresh(ev Refresh) error {
	if err := s.streaming(ev.By, ev.Session, ev.Generation); err != nil {
		return err
	}
	s.renew()
	s.inform(Notify{Notice: NoticeStreams}, ev.By.Role.Other())
	return nil
}

// streaming checks that an event comes from a device that has streams of the call, and is about the newest of them.
func (s *step) streaming(by User, session string, generation int) error {
	if err := s.live(by); err != nil {
		return err
	}
	switch {
	case s.State != Active:
		return ErrWrongState
	case s.Leg(by.Role).Session != session:
		return ErrNotJoined
	case generation != 0 && generation < s.Generation:
		return errSame
	}
	return nil
}
