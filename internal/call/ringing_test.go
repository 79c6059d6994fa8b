package call

import "testing"

// cut is ringing, with li's last socket gone after ten seconds.
func cut(t testing.TB) Call { return after(t, ringing(t), 10, gone(li, 2)) }

// callerless is ringing, with zhang's last socket gone after ten seconds.
func callerless(t testing.TB) Call { return after(t, ringing(t), 10, gone(zhang, 2)) }

// invitedAlone is a direct invite whose adjuster is gone after ten seconds.
func invitedAlone(t testing.TB) Call { return after(t, invited(t), 10, gone(li, 2)) }

func TestRinging(t *testing.T) {
	t.Parallel()
	next := []string{"call.withdrawn li rejected", "release li missed", "call.queued zhang"}
	run(t, []row{
		{name: "ring another", from: ringing, ev: Ring{User: "wang"}, at: 2, err: ErrWrongState},

		{name: "accept", from: ringing, ev: Accept{By: li, Session: "l1"}, at: 5, state: Connecting,
			effects: []string{"take li", "call.accept li/l1", "call.accept zhang", "call.withdrawn li -l1 answered_elsewhere"},
			check: func(t testing.TB, c Call) {
				if c.Adjuster.Session != "l1" || c.Adjuster.Joined || !c.AcceptedAt.Equal(at(5)) {
					t.Errorf("accepted at %v as %+v", c.AcceptedAt, c.Adjuster)
				}
				deadline(25)(t, c)
			}},
		{name: "accept by another adjuster", from: ringing, ev: Accept{By: wang, Session: "w1"}, at: 5, err: ErrNotParty},
		{name: "accept by the caller", from: ringing, ev: Accept{By: zhang, Session: "z1"}, at: 5, err: ErrWrongState},
		{name: "accept while the claimant is gone", from: callerless, ev: Accept{By: li, Session: "l1"}, at: 12, state: Connecting,
			effects: []string{"take li", "call.accept li/l1", "call.accept zhang", "call.withdrawn li -l1 answered_elsewhere"}},
		{name: "accept before the ring is swept", from: ringing, ev: Accept{By: li, Session: "l1"}, at: 31.5, state: Connecting,
			effects: []string{"take li", "call.accept li/l1", "call.accept zhang", "call.withdrawn li -l1 answered_elsewhere"}},

		{name: "reject", from: ringing, ev: Reject{By: li, Session: "l1"}, at: 5, state: Queued,
			effects: []string{"call.withdrawn li -l1 rejected", "release li missed", "call.queued zhang"},
			check: func(t testing.TB, c Call) {
				if !c.WasRung(li) || c.Has(li) || (c.Adjuster != Leg{}) {
					t.Errorf("li is still there: %+v, rung %v", c.Adjuster, c.Rung)
				}
				deadline(600)(t, c)
			}},
		{name: "reject from no device", from: ringing, ev: Reject{By: li}, at: 5, state: Queued, effects: next},
		{name: "hangup of the called is a reject", from: ringing, ev: Hangup{By: li}, at: 5, state: Queued, effects: next},
		{name: "reject by the caller", from: ringing, ev: Reject{By: zhang, Session: "z1"}, at: 5, err: ErrWrongState},
		{name: "reject by a stranger", from: ringing, ev: Reject{By: chen, Session: "x1"}, at: 5, err: ErrNotParty},
		{name: "cancel by the called", from: ringing, ev: Cancel{li}, at: 5, err: ErrWrongState},
		{name: "join", from: ringing, ev: Join{By: li, Session: "l1"}, at: 5, err: ErrWrongState},
		{name: "refresh", from: ringing, ev: Refresh{By: li, Session: "l1"}, at: 5, err: ErrWrongState},
		{name: "flow", from: ringing, ev: FlowChanged{Adjuster, 0, true}, at: 5, same: true},

		{name: "hangup of the caller is a cancel", from: ringing, ev: Hangup{zhang, "z1"}, at: 5, state: "ended: canceled by claimant",
			effects: []string{"call.withdrawn li canceled", "release zhang", "call.hangup zhang canceled by=claimant", "release li"}},
		{name: "ended by an admin", from: ringing, ev: Finish{EndedByAdmin}, at: 5, state: "ended: ended_by_admin",
			effects: []string{"call.withdrawn li ended_by_admin", "release zhang", "call.hangup zhang ended_by_admin", "release li"}},

		{name: "the caller's last socket goes", from: ringing, ev: gone(zhang, 2), at: 5, state: Ringing,
			effects: []string{"call.peer li leg=claimant"}, check: deadline(31)},
		{name: "the caller is back", from: callerless, ev: online(zhang, 3, "z2"), at: 15, state: Ringing,
			effects: []string{"call.peer li leg=claimant"}},
		{name: "one socket of the called goes", from: ringing, ev: online(li, 2, "l2"), at: 5, state: Ringing, check: deadline(31)},

		{name: "just before the ring is over", from: ringing, ev: Tick{}, at: 30.999, same: true},
		{name: "the ring is over", from: ringing, ev: Tick{}, at: 31, state: Queued,
			effects: []string{"call.withdrawn li no_answer", "release li missed", "call.queued zhang"}},
		{name: "the ring and the queue are over", from: func(t testing.TB) Call {
			return after(t, queued(t), 590, Ring{User: "li", Seen: 1})
		}, ev: Tick{}, at: 620, state: "ended: no_adjuster", effects: []string{
			"call.withdrawn li no_answer", "release li missed", "call.queued zhang",
			"release zhang", "call.hangup zhang no_adjuster"}},
		{name: "a ring outlasts the queue", from: func(t testing.TB) Call {
			return after(t, queued(t), 590, Ring{User: "li", Seen: 1})
		}, ev: Tick{}, at: 619, same: true},
		{name: "a ring outlasts the caller", from: func(t testing.TB) Call {
			return after(t, after(t, queued(t), 10, Ring{User: "li", Seen: 1}), 10, gone(zhang, 2))
		}, ev: Tick{}, at: 100, state: "ended: lost", effects: []string{
			"call.withdrawn li no_answer", "release li missed", "call.queued zhang", "release zhang", "call.hangup zhang lost"}},
	})
}

func TestPickUpOfRinging(t *testing.T) {
	t.Parallel()
	run(t, []row{
		{name: "by the one who is rung", from: ringing, ev: PickUp{User: "li", Session: "l2"}, at: 3, state: Connecting,
			effects: []string{"take li", "call.accept li/l2", "call.accept zhang", "call.withdrawn li -l2 answered_elsewhere"}},
		{name: "by another", from: ringing, ev: PickUp{User: "wang", Session: "w1"}, at: 3, state: Connecting,
			effects: []string{"call.withdrawn li answered_elsewhere", "release li",
				"hold wang", "take wang", "call.accept wang/w1", "call.accept zhang"},
			check: func(t testing.TB, c Call) {
				if !c.Has(wang) || c.Has(li) || !c.WasRung(li) {
					t.Errorf("adjuster %q, rung %v", c.Adjuster.User, c.Rung)
				}
			}},
		{name: "of a direct invite", from: invited, ev: PickUp{User: "wang", Session: "w1"}, at: 3, err: ErrWrongState},
		{name: "while the claimant is gone", from: callerless, ev: PickUp{User: "wang", Session: "w1"}, at: 12, err: ErrWrongState},
	})
}

func TestRingingDirectly(t *testing.T) {
	t.Parallel()
	run(t, []row{
		{name: "accept", from: invited, ev: Accept{By: zhang, Session: "z2"}, at: 5, state: Connecting,
			effects: []string{"take li", "call.accept zhang/z2", "call.accept li", "call.withdrawn zhang -z2 answered_elsewhere"},
			check:   deadline(25)},
		{name: "accept by the caller", from: invited, ev: Accept{By: li, Session: "l1"}, at: 5, err: ErrWrongState},
		{name: "ring", from: invited, ev: Ring{User: "wang"}, at: 5, err: ErrWrongState},
		{name: "reject", from: invited, ev: Reject{By: zhang, Session: "z1"}, at: 5, state: "ended: rejected by claimant",
			effects: []string{"call.withdrawn zhang -z1 rejected", "release zhang", "release li", "call.hangup li rejected by=claimant"}},
		{name: "reject by the caller", from: invited, ev: Reject{By: li, Session: "l1"}, at: 5, err: ErrWrongState},
		{name: "hangup of the called is a reject", from: invited, ev: Hangup{zhang, "z1"}, at: 5, state: "ended: rejected by claimant",
			effects: []string{"call.withdrawn zhang -z1 rejected", "release zhang", "release li", "call.hangup li rejected by=claimant"}},
		{name: "cancel", from: invited, ev: Cancel{li}, at: 5, state: "ended: canceled by adjuster",
			effects: []string{"call.withdrawn zhang canceled", "release zhang", "release li", "call.hangup li canceled by=adjuster"}},
		{name: "cancel by the called", from: invited, ev: Cancel{zhang}, at: 5, err: ErrWrongState},
		{name: "not answered yet", from: invited, ev: Tick{}, at: 29.999, same: true},
		{name: "not answered", from: invited, ev: Tick{}, at: 30, state: "ended: no_answer",
			effects: []string{"call.withdrawn zhang no_answer", "release zhang", "release li", "call.hangup li no_answer"}},
		{name: "the called loses its sockets and may come back", from: invited, ev: gone(zhang, 2), at: 5, state: Ringing,
			effects: []string{"call.peer li leg=claimant"}, check: deadline(30)},
		{name: "the caller's sockets go", from: invited, ev: gone(li, 2), at: 10, state: Ringing,
			effects: []string{"call.peer zhang leg=adjuster"}, check: deadline(30)},
		{name: "the caller is gone and the ring is over", from: invitedAlone, ev: Tick{}, at: 30, state: "ended: no_answer",
			effects: []string{"call.withdrawn zhang no_answer", "release zhang", "release li", "call.hangup li no_answer"}},
	})
}

// A ring that is set longer than the grace does not outlast a caller who is gone.
func TestRingEndsWithTheCaller(t *testing.T) {
	t.Parallel()
	timing := DefaultTiming()
	timing.Ring = timing.GraceClaimant * 2
	for _, from := range []func(testing.TB) Call{ringing, invited} {
		c := from(t)
		c, _, _ = Step(c, gone(c.User(c.Caller), 2), at(10), timing)
		want := at(10).Add(timing.Grace(c.Caller))
		if !c.Deadline.Equal(want) {
			t.Errorf("deadline %v, want %v", c.Deadline, want)
		}
		c, effects, err := Step(c, Tick{}, want, timing)
		if standing(c) != "ended: lost" || err != nil {
			t.Errorf("%s, %v, %v", standing(c), told(effects), err)
		}
	}
}
