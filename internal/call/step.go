package call

import (
	"errors"
	"slices"
	"time"
)

// Errors that Step returns. None of them changes the call.
var (
	ErrEnded             = errors.New("call: has ended")
	ErrNotParty          = errors.New("call: not a party of this call")
	ErrWithdrawn         = errors.New("call: no longer offered to this user")
	ErrAnsweredElsewhere = errors.New("call: answered on another device")
	ErrWrongState        = errors.New("call: not possible in this state")
	ErrNotJoined         = errors.New("call: session has not joined")
)

// errSame ends the handling of an event that is late, repeated or without consequence.
var errSame = errors.New("call: nothing changes")

// Step applies ev to c at time now. It returns the changed call and what must follow from it.
// It does not modify its arguments, and it does no I/O.
//
// A late or repeated event changes nothing and is no error; the call comes back with the same version.
func Step(c Call, ev Event, now time.Time, t Timing) (Call, []Effect, error) {
	s := step{Call: c.Clone(), now: now, timing: t}
	switch err := s.handle(ev); {
	case errors.Is(err, errSame):
		return c, nil, nil
	case err != nil:
		return c, nil, err
	}
	return s.done(c, doer(ev)), s.effects, nil
}

// step is one step under way: a copy of the call that its methods change, and the effects so far.
type step struct {
	Call
	now     time.Time
	timing  Timing
	avoid   []string // providers known to be down
	why     Reason   // for which a ring came to nothing
	effects []Effect
}

func (s *step) handle(ev Event) error {
	switch ev := ev.(type) {
	case Ring:
		return s.ring(ev)
	case PickUp:
		return s.pickUp(ev)
	case Accept:
		return s.accept(ev)
	case Reject:
		return s.reject(ev)
	case Join:
		return s.join(ev)
	case Cancel:
		return s.cancel(ev)
	case Hangup:
		return s.hangup(ev)
	case Refresh:
		return s.refresh(ev)
	case ProviderFailed:
		return s.providerFailed(ev)
	case Reported:
		return s.reported(ev)
	case PresenceChanged:
		return s.presence(ev)
	case FlowChanged:
		return s.flow(ev)
	case Noted:
		return s.note(ev)
	case Left:
		return s.left(ev)
	case Finish:
		return s.finish(ev)
	case Tick:
		s.avoid = ev.Avoid
		return s.tick()
	}
	return ErrWrongState
}

// done closes the step: a new version, its moment, and the deadline that now holds.
func (s *step) done(before Call, by Role) Call {
	s.Version++
	s.mark(before, by)
	s.Deadline = s.Call.nextTimer(s.timing).at
	return s.Call
}

func (s *step) add(e Effect) { s.effects = append(s.effects, e) }

// notify adds a notice to every session of the user on one side.
func (s *step) notify(n Notice, to Role) {
	s.add(Notify{Notice: n, To: s.User(to)})
}

// inform adds n for a side: to its session if it has one, else to all of the user's.
func (s *step) inform(n Notify, to Role) {
	n.To, n.Session = s.User(to), s.Leg(to).Session
	s.add(n)
}

// member checks that u may act on this call at all.
func (s *step) member(u User) error {
	switch {
	case s.Has(u):
		return nil
	case s.WasRung(u):
		return ErrWithdrawn
	}
	return ErrNotParty
}

// live checks that u may act and that there is still a call to act on.
func (s *step) live(u User) error {
	err := s.member(u)
	if s.State == Ended && !errors.Is(err, ErrNotParty) {
		return ErrEnded
	}
	return err
}

// late is for events that a party may repeat or send too late: no error once the call or the ring is over.
func (s *step) late(u User) error {
	err := s.live(u)
	if errors.Is(err, ErrEnded) || errors.Is(err, ErrWithdrawn) {
		return errSame
	}
	return err
}

// renew hands out streams of the next generation. The old ones are dropped, and with them the push that
// stood in for a claimant without a socket: the grace runs from here.
func (s *step) renew() {
	s.dropStreams()
	s.prove()
	s.Generation++
	s.HandedAt, s.CarriedFrom = s.now, zeroTime
	s.Claimant.Flow, s.Adjuster.Flow = NotYet, NotYet
	if s.Claimant.gone(Claimant) && s.Claimant.GoneAt.IsZero() {
		s.Claimant.GoneAt = s.now
	}
}

func (s *step) dropStreams() {
	if s.Generation > 0 {
		s.add(DropStreams{Provider: s.ProviderName(), Generation: s.Generation})
	}
}

func (s *step) addRung(user string) {
	if !slices.Contains(s.Rung, user) {
		s.Rung = append(s.Rung, user)
	}
}
