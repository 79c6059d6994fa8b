package call

// cancel is the caller giving up. After accept it is a hangup, since the caller wants out all the same.
func (s *step) cancel(ev Cancel) error {
	if err := s.late(ev.By); err != nil {
		return err
	}
	if ev.By.Role != s.Caller {
		return ErrWrongState
	}
	s.leave(ev.By.Role)
	return nil
}

// hangup is a party leaving. Before accept, the called party's hangup is a rejection.
func (s *step) hangup(ev Hangup) error {
	if err := s.late(ev.By); err != nil {
		return err
	}
	if !s.Accepted() && ev.By.Role == s.Called() {
		return s.reject(Reject{By: ev.By, Session: ev.Session})
	}
	s.leave(ev.By.Role)
	return nil
}

// leave ends the call by the will of a party.
func (s *step) leave(by Role) {
	if s.Accepted() {
		s.close(HungUp, by)
		return
	}
	s.stop(Canceled, by)
}

// finish ends the call by the will of nobody in it.
func (s *step) finish(ev Finish) error {
	if s.State == Ended {
		return errSame
	}
	s.stop(ev.Reason, "")
	return nil
}

// stop ends the call whatever its state; devices that ring are told to stop.
func (s *step) stop(why Reason, by Role) {
	if s.State == Ringing {
		s.unring(why, "")
	}
	s.close(why, by)
}

// close ends the call: whoever takes part is told, holds are released and streams dropped.
// A party that was only rung has been told by the withdrawal.
func (s *step) close(why Reason, by Role) {
	wasRinging, wasAccepted := s.State == Ringing, s.Accepted()
	held := s.Version > 0 // a call that never began holds nobody
	s.State, s.EndedAt, s.End = Ended, s.now, End{Reason: why, By: by}
	for _, side := range []Role{Claimant, Adjuster} {
		if s.User(side).ID == "" {
			continue
		}
		if held {
			s.add(Release{User: s.User(side), WrapUp: wasAccepted && side == Adjuster})
		}
		if !wasRinging || side == s.Caller {
			s.add(Notify{Notice: NoticeHangup, To: s.User(side), Reason: why, By: by})
		}
	}
	s.dropStreams()
}
