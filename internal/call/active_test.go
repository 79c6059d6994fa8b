package call

import "testing"

// pushing is active with zhang's push seen.
func pushing(t testing.TB) Call { return after(t, active(t), 8, FlowChanged{Claimant, 1, true}) }

// background is pushing without zhang's socket.
func background(t testing.TB) Call { return after(t, pushing(t), 20, gone(zhang, 2)) }

// unreachable is active without zhang's socket, and without a push.
func unreachable(t testing.TB) Call { return after(t, active(t), 20, gone(zhang, 2)) }

func TestActive(t *testing.T) {
	t.Parallel()
	run(t, []row{
		{name: "ring", from: active, ev: Ring{User: "wang"}, at: 10, err: ErrWrongState},
		{name: "pick up", from: active, ev: PickUp{User: "wang", Session: "w1"}, at: 10, err: ErrWrongState},
		{name: "pick up by the one who has it", from: active, ev: PickUp{User: "li", Session: "l2"}, at: 10, same: true},
		{name: "accept again", from: active, ev: Accept{By: li, Session: "l1"}, at: 10, same: true},
		{name: "accept from another device", from: active, ev: Accept{By: li, Session: "l2"}, at: 10, err: ErrAnsweredElsewhere},
		{name: "late reject from another device", from: active, ev: Reject{By: li, Session: "l2"}, at: 10, same: true},
		{name: "join again", from: active, ev: Join{By: zhang, Session: "z1"}, at: 10, same: true},
		{name: "join by a stranger", from: active, ev: Join{By: chen, Session: "x1"}, at: 10, err: ErrNotParty},

		{name: "hangup by the adjuster", from: active, ev: Hangup{li, "l1"}, at: 10, state: "ended: hangup by adjuster",
			effects: []string{"release zhang", "call.hangup zhang hangup by=adjuster",
				"release li wrap-up", "call.hangup li hangup by=adjuster", "drop relay g1"},
			check: func(t testing.TB, c Call) {
				if !c.Deadline.IsZero() || !c.EndedAt.Equal(at(10)) {
					t.Errorf("ended at %v, deadline %v", c.EndedAt, c.Deadline)
				}
			}},
		{name: "cancel is a hangup now", from: active, ev: Cancel{zhang}, at: 10, state: "ended: hangup by claimant",
			effects: []string{"release zhang", "call.hangup zhang hangup by=claimant",
				"release li wrap-up", "call.hangup li hangup by=claimant", "drop relay g1"}},
		{name: "hangup by a stranger", from: active, ev: Hangup{chen, "x1"}, at: 10, err: ErrNotParty},
		{name: "no media", from: active, ev: Finish{MediaFailed}, at: 10, state: "ended: media_failed",
			effects: []string{"release zhang", "call.hangup zhang media_failed",
				"release li wrap-up", "call.hangup li media_failed", "drop relay g1"}},
		{name: "just before the longest call", from: active, ev: Tick{}, at: 7206.999, same: true},
		{name: "the longest call", from: active, ev: Tick{}, at: 7207, state: "ended: max_duration",
			effects: []string{"release zhang", "call.hangup zhang max_duration",
				"release li wrap-up", "call.hangup li max_duration", "drop relay g1"}},
	})
}

func TestRefresh(t *testing.T) {
	t.Parallel()
	renewed := func(t testing.TB, c Call) {
		if c.Generation != 2 || c.Claimant.Flow != NotYet || c.Adjuster.Flow != NotYet {
			t.Errorf("generation %d, flows %q %q", c.Generation, c.Claimant.Flow, c.Adjuster.Flow)
		}
	}
	run(t, []row{
		{name: "by the claimant", from: pushing, ev: Refresh{By: zhang, Session: "z1"}, at: 10, state: Active,
			effects: []string{"drop relay g1", "call.streams li/l1"}, check: renewed},
		{name: "of the newest generation", from: pushing, ev: Refresh{li, "l1", 1}, at: 10, state: Active,
			effects: []string{"drop relay g1", "call.streams zhang/z1"}, check: renewed},
		{name: "of one that never was", from: pushing, ev: Refresh{li, "l1", 7}, at: 10, state: Active,
			effects: []string{"drop relay g1", "call.streams zhang/z1"}, check: renewed},
		{name: "of an old generation", from: func(t testing.TB) Call {
			return after(t, active(t), 9, Refresh{zhang, "z1", 1})
		}, ev: Refresh{li, "l1", 1}, at: 10, same: true},
		{name: "from a device that has not joined", from: active, ev: Refresh{By: li, Session: "l2"}, at: 10, err: ErrNotJoined},
		{name: "by a stranger", from: active, ev: Refresh{By: chen, Session: "x1"}, at: 10, err: ErrNotParty},
		{name: "takes away the push that stood in for the claimant", from: background, ev: Refresh{By: li, Session: "l1"}, at: 30,
			state: Active, effects: []string{"drop relay g1", "call.streams zhang/z1"}, check: deadline(120)},
		{name: "does not prolong a grace", from: unreachable, ev: Refresh{By: li, Session: "l1"}, at: 30,
			state: Active, effects: []string{"drop relay g1", "call.streams zhang/z1"}, check: deadline(110)},
	})
}

func TestFlow(t *testing.T) {
	t.Parallel()
	link := func(l Link) func(testing.TB, Call) {
		return func(t testing.TB, c Call) {
			if got := c.Claimant.Link(); got != l {
				t.Errorf("link %s, want %s", got, l)
			}
		}
	}
	told := []string{"call.peer li/l1 leg=claimant"}
	run(t, []row{
		{name: "push begins", from: active, ev: FlowChanged{Claimant, 1, true}, at: 8, state: Active, effects: told, check: link(LinkPublishing)},
		{name: "push goes on", from: pushing, ev: FlowChanged{Claimant, 1, true}, at: 9, same: true},
		{name: "push ends", from: pushing, ev: FlowChanged{Claimant, 1, false}, at: 9, state: Active, effects: told, check: link(LinkSilent)},
		{name: "push that never began ends", from: active, ev: FlowChanged{Claimant, 1, false}, at: 9, same: true},
		{name: "late end of an old generation", from: func(t testing.TB) Call {
			return after(t, after(t, pushing(t), 9, Refresh{By: zhang, Session: "z1"}), 10, FlowChanged{Claimant, 2, true})
		}, ev: FlowChanged{Claimant, 1, false}, at: 11, same: true},
		{name: "push of a generation to come", from: active, ev: FlowChanged{Claimant, 2, true}, at: 8, same: true},

		{name: "socket goes, push stays", from: pushing, ev: gone(zhang, 2), at: 20, state: Active, effects: told, check: link(LinkBackground)},
		{name: "no grace runs in the background", from: background, ev: Tick{}, at: 200, same: true},
		{name: "push ends in the background", from: background, ev: FlowChanged{Claimant, 1, false}, at: 100, state: Active, effects: told,
			check: func(t testing.TB, c Call) { link(LinkLost)(t, c); deadline(190)(t, c) }},
		{name: "push comes back without a socket", from: func(t testing.TB) Call {
			return after(t, background(t), 100, FlowChanged{Claimant, 1, false})
		}, ev: FlowChanged{Claimant, 1, true}, at: 150, state: Active, effects: told,
			check: func(t testing.TB, c Call) { link(LinkBackground)(t, c); deadline(7207)(t, c) }},
		{name: "socket comes back, push never went", from: background, ev: online(zhang, 3, "z1"), at: 100, state: Active, effects: told, check: link(LinkPublishing)},
		{name: "an adjuster's push does not stand in", from: func(t testing.TB) Call {
			return after(t, active(t), 10, FlowChanged{Adjuster, 1, true})
		}, ev: gone(li, 2), at: 20, state: Active, effects: []string{"call.peer zhang/z1 leg=adjuster"}, check: deadline(50)},
	})
}

func TestPresenceInCall(t *testing.T) {
	t.Parallel()
	run(t, []row{
		{name: "the leg's socket goes", from: active, ev: online(zhang, 2, "z2"), at: 20, state: Active,
			effects: []string{"call.peer li/l1 leg=claimant"}, check: deadline(110)},
		{name: "another socket goes", from: active, ev: online(zhang, 2, "z1"), at: 20, state: Active, check: deadline(7207)},
		{name: "both are gone, the shorter grace counts", from: unreachable, ev: gone(li, 2), at: 30, state: Active,
			effects: []string{"call.peer zhang/z1 leg=adjuster"}, check: deadline(60)},
		{name: "an older one", from: unreachable, ev: online(zhang, 1, "z1"), at: 21, same: true},
		{name: "the same again", from: unreachable, ev: gone(zhang, 2), at: 21, same: true},
		{name: "the same mends a leg that was joined over a dying socket", from: func(t testing.TB) Call {
			return after(t, unreachable(t), 21, Join{By: zhang, Session: "z2"})
		}, ev: gone(zhang, 2), at: 22, state: Active, effects: []string{"call.peer li/l1 leg=claimant"}, check: deadline(112)},
		{name: "just before the grace is over", from: unreachable, ev: Tick{}, at: 109.999, same: true},
		{name: "the grace is over", from: unreachable, ev: Tick{}, at: 110, state: "ended: lost",
			effects: []string{"release zhang", "call.hangup zhang lost", "release li wrap-up", "call.hangup li lost", "drop relay g1"}},
	})
}
