package call

import "slices"

// providerFailed moves the call to the next provider. Where none is left, the last one gets a fresh generation, once: it
// may have been away for a moment only, as when it is restarted.
func (s *step) providerFailed(ev ProviderFailed) error {
	if err := s.mayFail(ev); err != nil {
		return err
	}
	s.avoid = ev.Avoid
	s.prove()
	next := s.spare()
	switch byParty := ev.By.ID != ""; {
	case next >= 0 && (byParty || s.isUp(s.Providers[next])):
		s.failOver(next, ev.By.Role)
	case !byParty:
		return errSame
	case s.Proven || !slices.Contains(s.Failed, s.ProviderName()):
		s.failOver(s.Provider, ev.By.Role)
	default:
		s.close(MediaFailed, "")
	}
	return nil
}

// mayFail checks that the event is about the newest generation and, if a party says so, that it may.
func (s *step) mayFail(ev ProviderFailed) error {
	if ev.By.ID != "" {
		return s.streaming(ev.By, ev.Session, ev.Generation)
	}
	if s.State != Active || ev.Generation != 0 && ev.Generation != s.Generation {
		return errSame
	}
	return nil
}

// publishOver takes streams to the next provider into which nobody pushes. There is no such timer without a next one.
func (c Call) publishOver(t Timing) timer {
	if c.HandedAt.IsZero() || t.Publish <= 0 || !slices.ContainsFunc(c.Providers, c.untried) {
		return timer{}
	}
	return timer{c.HandedAt.Add(t.Publish), (*step).missPush}
}

// missPush moves the call if the next provider is any better. Else it goes on where it is: it may be the people who take
// their time.
func (s *step) missPush() {
	s.HandedAt = zeroTime
	if end := s.nextTimer(s.timing).at; !end.After(s.now) {
		return // the call is over anyway
	}
	if next := s.spare(); s.isUp(s.Providers[next]) {
		s.failOver(next, "")
	}
}

// failOver hands out streams of the given provider. The party whose event it was gets them with the answer.
func (s *step) failOver(next int, by Role) {
	if s.Proven {
		s.Failed = nil
	}
	s.Failed = append(s.Failed, s.ProviderName())
	s.renew()
	s.Provider, s.Proven = next, false
	for _, side := range []Role{Claimant, Adjuster} {
		if side != by {
			s.inform(Notify{Notice: NoticeStreams}, side)
		}
	}
}

// spare returns the first provider that is untried and up, in want of such a one the first that is untried, or -1.
func (s *step) spare() int {
	up := slices.IndexFunc(s.Providers, func(name string) bool { return s.untried(name) && s.isUp(name) })
	if up < 0 {
		return slices.IndexFunc(s.Providers, s.untried)
	}
	return up
}

// untried reports whether the call may still move to the provider. What failed before one that has proven itself may be
// tried again after it.
func (c Call) untried(provider string) bool {
	return provider != c.ProviderName() && (c.Proven || !slices.Contains(c.Failed, provider))
}

func (s *step) isUp(provider string) bool { return !slices.Contains(s.avoid, provider) }

// carries takes note of which pushes are seen.
func (s *step) carries() {
	if s.Claimant.Flow == Publishing || s.Adjuster.Flow == Publishing {
		s.HandedAt = zeroTime
	}
	switch both := s.Claimant.Flow == Publishing && s.Adjuster.Flow == Publishing; {
	case both && s.CarriedFrom.IsZero():
		s.CarriedFrom = s.now
	case !both:
		s.prove()
		s.CarriedFrom = zeroTime
	}
}

// prove says that the provider in use has proven itself if by now it has.
func (s *step) prove() {
	if !s.CarriedFrom.IsZero() && s.now.Sub(s.CarriedFrom) >= s.timing.MediaSteady {
		s.Proven = true
	}
}
