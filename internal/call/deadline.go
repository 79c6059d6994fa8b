package call

import "time"

var zeroTime time.Time

// timer is something that happens to a call at a moment if nothing else happens before.
type timer struct {
	at   time.Time // zero: never
	fire func(*step)
}

// tick fires every timer that is due, the earliest first.
func (s *step) tick() error {
	due := s.nextTimer(s.timing)
	if due.at.IsZero() || due.at.After(s.now) {
		return errSame
	}
	for !due.at.IsZero() && !due.at.After(s.now) {
		due.fire(s)
		due = s.nextTimer(s.timing)
	}
	return nil
}

// nextTimer returns the timer of the call that fires first.
func (c Call) nextTimer(t Timing) timer {
	var next timer
	for _, each := range c.timers(t) {
		if !each.at.IsZero() && (next.at.IsZero() || each.at.Before(next.at)) {
			next = each
		}
	}
	return next
}

// timers returns all that can happen to the call by the passing of time alone.
func (c Call) timers(t Timing) []timer {
	claimantLost := c.lostTimer(Claimant, t)
	adjusterLost := c.lostTimer(Adjuster, t)
	switch c.State {
	case Queued:
		return []timer{{c.CreatedAt.Add(t.Queue), ending(NoAdjuster)}, claimantLost}
	case Ringing:
		return []timer{{c.RingAt.Add(t.Ring), (*step).missRing}, c.callerLost(t), c.ringGone(t)}
	case Connecting:
		return []timer{c.joinOver(t), c.connectOver(t), claimantLost, adjusterLost}
	case Active:
		return []timer{{c.ActiveAt.Add(t.MaxCall), ending(MaxDuration)}, claimantLost, adjusterLost, c.publishOver(t)}
	}
	return nil
}

func ending(why Reason) func(*step) {
	return func(s *step) { s.stop(why, "") }
}

// lostTimer ends the call when a side is gone longer than its grace.
func (c Call) lostTimer(side Role, t Timing) timer {
	leg := c.Leg(side)
	if leg.GoneAt.IsZero() {
		return timer{}
	}
	return timer{leg.GoneAt.Add(t.Grace(side)), ending(Lost)}
}

// joinOver ends an accepted call that a side does not join. It waits for a side whose grace runs: whoever comes
// back in time finds the call, and gets the full time to join it.
func (c Call) joinOver(t Timing) timer {
	for _, leg := range []Leg{c.Claimant, c.Adjuster} {
		if !leg.Joined && !leg.GoneAt.IsZero() {
			return timer{}
		}
	}
	return timer{c.JoinFrom.Add(t.Join), ending(JoinTimeout)}
}

// connectOver bounds the time to join for a side that comes and goes and never joins.
func (c Call) connectOver(t Timing) timer {
	return timer{c.AcceptedAt.Add(t.GraceClaimant + t.Join), ending(JoinTimeout)}
}

// callerLost ends a ringing call whose caller is gone. The called party answers to the ring's own timers.
func (c Call) callerLost(t Timing) timer { return c.lostTimer(c.Caller, t) }

// ringGone gives up a rung adjuster whose last socket is gone, long before the ring would end.
func (c Call) ringGone(t Timing) timer {
	if c.Caller != Claimant || c.Adjuster.GoneAt.IsZero() {
		return timer{}
	}
	return timer{c.Adjuster.GoneAt.Add(t.RingGone), (*step).giveUp}
}

// missRing is a ring that nobody answered. An adjuster who was not there, as after the end of a node, has missed nothing.
func (s *step) missRing() {
	s.unring(NoAnswer, "")
	if s.Caller == Adjuster {
		s.close(NoAnswer, "")
		return
	}
	s.requeue(s.Adjuster.Online)
}

// EndsAt returns when the present state ends by itself; zero once the call has ended. Before that, a Deadline may only
// bring other streams.
func (c Call) EndsAt(t Timing) time.Time {
	if c.Deadline.IsZero() {
		return zeroTime
	}
	t.Publish = 0
	return c.nextTimer(t).at
}
