package call

// note keeps what the adjuster writes. An adjuster who is only rung has nothing to write yet.
func (s *step) note(ev Noted) error {
	if err := s.member(ev.By); err != nil {
		return err
	}
	switch {
	case ev.By.Role != Adjuster:
		return ErrNotParty
	case s.Caller == Claimant && s.State == Ringing:
		return ErrWrongState
	case s.Notes == ev.Text:
		return errSame
	}
	s.Notes = ev.Text
	return nil
}
