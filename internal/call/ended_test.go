package call

import (
	"errors"
	"fmt"
	"testing"
)

// canceled is ringing, given up by zhang after five seconds.
func canceled(t testing.TB) Call { return after(t, ringing(t), 5, Cancel{zhang}) }

// passedOn ended after li let its ring pass.
func passedOn(t testing.TB) Call { return after(t, requeued(t), 40, Cancel{zhang}) }

func TestEnded(t *testing.T) {
	t.Parallel()
	run(t, []row{
		{name: "ring", from: ended, ev: Ring{User: "wang"}, at: 61, err: ErrEnded},
		{name: "pick up", from: ended, ev: PickUp{User: "wang"}, at: 61, err: ErrEnded},
		{name: "accept", from: ended, ev: Accept{By: li, Session: "l1"}, at: 61, err: ErrEnded},
		{name: "accept of a canceled ring", from: canceled, ev: Accept{By: li, Session: "l1"}, at: 6, err: ErrEnded},
		{name: "accept by one who was passed over", from: passedOn, ev: Accept{By: li, Session: "l1"}, at: 61, err: ErrEnded},
		{name: "accept by a stranger", from: ended, ev: Accept{By: chen, Session: "x1"}, at: 61, err: ErrNotParty},
		{name: "join", from: ended, ev: Join{By: zhang, Session: "z1"}, at: 61, err: ErrEnded},
		{name: "refresh", from: ended, ev: Refresh{By: zhang, Session: "z1"}, at: 61, err: ErrEnded},
		{name: "reject", from: canceled, ev: Reject{By: li, Session: "l1"}, at: 61, same: true},
		{name: "reject by a stranger", from: canceled, ev: Reject{By: chen, Session: "x1"}, at: 61, err: ErrNotParty},
		{name: "cancel again", from: canceled, ev: Cancel{zhang}, at: 61, same: true},
		{name: "cancel by a stranger", from: canceled, ev: Cancel{chen}, at: 61, err: ErrNotParty},
		{name: "hangup again", from: ended, ev: Hangup{zhang, "z1"}, at: 61, same: true},
		{name: "hangup by the other side", from: ended, ev: Hangup{li, "l1"}, at: 61, same: true},
		{name: "hangup by a stranger", from: ended, ev: Hangup{chen, "x1"}, at: 61, err: ErrNotParty},
		{name: "presence", from: ended, ev: gone(zhang, 9), at: 61, same: true},
		{name: "flow", from: ended, ev: FlowChanged{Claimant, 1, true}, at: 61, same: true},
		{name: "finish", from: ended, ev: Finish{EndedByAdmin}, at: 61, same: true},
		{name: "tick", from: ended, ev: Tick{}, at: 1e6, same: true},
	})
}

// An event of another package's making is refused, not passed over.
func TestUnknownEvent(t *testing.T) {
	t.Parallel()
	c, effects, err := Step(active(t), nil, at(10), DefaultTiming())
	if !errors.Is(err, ErrWrongState) || effects != nil || c.Version != active(t).Version {
		t.Errorf("version %d, %v, %v", c.Version, told(effects), err)
	}
}

// Every end reason of the design is reached, and its call is over for good.
func TestEveryReason(t *testing.T) {
	t.Parallel()
	absent, busy := signedIn(zhang), signedIn(zhang, "z1")
	busy.Call = "c0"
	refused := func(p Presence) func(testing.TB) Call {
		return func(testing.TB) Call {
			c, _ := NewInvite(Invite{ID: "c1", Adjuster: signedIn(li, "l1"), Claimant: p}, nine, DefaultTiming())
			return c
		}
	}
	then := func(from func(testing.TB) Call, seconds float64, ev Event) func(testing.TB) Call {
		return func(t testing.TB) Call { return after(t, from(t), seconds, ev) }
	}
	for reason, made := range map[Reason]func(testing.TB) Call{
		HungUp:       ended,
		Canceled:     canceled,
		Rejected:     then(invited, 5, Reject{By: zhang, Session: "z1"}),
		NoAnswer:     then(invited, 30, Tick{}),
		Busy:         refused(busy),
		GoneOffline:  refused(absent),
		NoAdjuster:   then(queued, 600, Tick{}),
		JoinTimeout:  then(connecting, 25, Tick{}),
		Lost:         then(unreachable, 110, Tick{}),
		MediaFailed:  then(active, 20, Finish{MediaFailed}),
		EndedByAdmin: then(active, 20, Finish{EndedByAdmin}),
		MaxDuration:  then(active, 7207, Tick{}),
	} {
		t.Run(string(reason), func(t *testing.T) {
			c := made(t)
			if c.State != Ended || c.End.Reason != reason || c.EndedAt.IsZero() || !c.Deadline.IsZero() {
				t.Errorf("%s at %v, deadline %v", standing(c), c.EndedAt, c.Deadline)
			}
			for _, ev := range []Event{Ring{User: "wang"}, Accept{By: li, Session: "l1"}, Join{By: zhang, Session: "z1"}, Hangup{zhang, "z1"}, Tick{}} {
				if next, _, _ := Step(c, ev, at(1e6), DefaultTiming()); fmt.Sprint(next) != fmt.Sprint(c) {
					t.Errorf("%T moved an ended call", ev)
				}
			}
		})
	}
}
