package call

import "slices"

// ring puts the call to an adjuster. It is refused while the claimant is gone, so that nobody is rung for a
// caller who is not there.
func (s *step) ring(ev Ring) error {
	if s.State == Ended {
		return ErrEnded
	}
	if s.State != Queued || !s.Claimant.Online {
		return ErrWrongState
	}
	s.State = Ringing
	s.RingAt = s.now
	s.Adjuster = Leg{User: ev.User, Name: ev.Name, Online: true, Seen: ev.Seen}
	s.add(Hold{User: s.User(Adjuster), Ringing: true})
	s.notify(NoticeInvite, Adjuster)
	s.notify(NoticeRinging, Claimant)
	return nil
}

// pickUp connects a waiting call with the adjuster who asked for its claimant. Whoever is being rung is let go.
func (s *step) pickUp(ev PickUp) error {
	by := User{Role: Adjuster, ID: ev.User}
	switch {
	case s.State == Ended:
		return ErrEnded
	case s.Accepted() && s.Has(by):
		return errSame
	case s.Caller != Claimant || s.Accepted() || !s.Claimant.Online:
		return ErrWrongState
	case s.State == Ringing && s.Has(by):
		return s.accept(Accept{By: by, Session: ev.Session})
	case s.State == Ringing:
		s.unring(AnsweredElsewhere, "")
		s.add(Release{User: s.User(Adjuster)})
		s.addRung(s.Adjuster.User)
	}
	s.Adjuster = Leg{User: ev.User, Name: ev.Name, Seen: ev.Seen}
	s.add(Hold{User: by})
	s.connect(Adjuster, ev.Session)
	return nil
}

// accept lets the first session of the called party win; its other sessions stop ringing.
func (s *step) accept(ev Accept) error {
	if err := s.live(ev.By); err != nil {
		return err
	}
	leg := s.Leg(ev.By.Role)
	switch {
	case ev.By.Role != s.Called():
		return ErrWrongState
	case s.Accepted() && leg.Session == ev.Session:
		return errSame
	case s.Accepted():
		return ErrAnsweredElsewhere
	}
	if s.RequestID == "" {
		s.RequestID = ev.RequestID
	}
	s.connect(ev.By.Role, ev.Session)
	s.unring(AnsweredElsewhere, ev.Session)
	return nil
}

// connect moves a call on that has not been accepted yet: session answers on the called side.
func (s *step) connect(called Role, session string) {
	s.State = Connecting
	s.AcceptedAt, s.JoinFrom = s.now, s.now
	leg := s.Leg(called)
	leg.Session, leg.Online = session, true
	leg.GoneAt = zeroTime
	s.add(Take{User: s.User(Adjuster)})
	s.add(Notify{Notice: NoticeAccept, To: s.User(called), Session: session})
	s.notify(NoticeAccept, called.Other())
}

// reject ends a direct invite, and sends a queued call to the next adjuster.
func (s *step) reject(ev Reject) error {
	if err := s.late(ev.By); err != nil {
		return err
	}
	switch {
	case ev.By.Role != s.Called():
		return ErrWrongState
	case s.Accepted():
		return errSame // another device of the same user was faster with its yes
	}
	s.decline(ev)
	s.unring(Rejected, ev.Session)
	if s.Caller == Adjuster {
		s.close(Rejected, ev.By.Role)
		return nil
	}
	s.requeue(true)
	return nil
}

// decline keeps the words of a no.
func (s *step) decline(ev Reject) {
	if ev.Why == "" {
		return
	}
	s.Declined = slices.DeleteFunc(s.Declined, func(n No) bool { return n.User == ev.By })
	s.Declined = append(s.Declined, No{User: ev.By, Why: ev.Why})
}

// unring stops the ringing on every device of the called party except the one that answered.
func (s *step) unring(why Reason, except string) {
	s.why = why
	s.add(Notify{Notice: NoticeWithdrawn, To: s.User(s.Called()), Except: except, Reason: why})
}

// left gives up the ring at somebody who has signed out for good.
func (s *step) left(ev Left) error {
	if s.State != Ringing || !s.Has(ev.User) || ev.User.Role != s.Called() || s.Leg(s.Called()).Online {
		return errSame
	}
	s.giveUp()
	return nil
}

// giveUp ends the ring at somebody who is not there: a direct invite with it, a queued call goes to the next.
func (s *step) giveUp() {
	s.unring(GoneOffline, "")
	if s.Caller == Adjuster {
		s.close(GoneOffline, "")
		return
	}
	s.requeue(false)
}

// requeue puts the call back to the head of its queue and lets the adjuster go.
func (s *step) requeue(missed bool) {
	s.add(Release{User: s.User(Adjuster), Missed: missed})
	s.addRung(s.Adjuster.User)
	s.State = Queued
	s.Adjuster = Leg{}
	s.notify(NoticeQueued, Claimant)
}
