package call

import "testing"

// liJoined is connecting with only li's side joined.
func liJoined(t testing.TB) Call { return after(t, connecting(t), 6, Join{By: li, Session: "l1"}) }

// acceptedAlone is accepted by li while zhang's last socket is gone since ten seconds.
func acceptedAlone(t testing.TB) Call {
	return after(t, after(t, ringing(t), 10, gone(zhang, 2)), 15, Accept{By: li, Session: "l1"})
}

func TestConnecting(t *testing.T) {
	t.Parallel()
	hangup := []string{"release zhang", "call.hangup zhang hangup by=claimant", "release li wrap-up", "call.hangup li hangup by=claimant"}
	timeout := []string{"release zhang", "call.hangup zhang join_timeout", "release li wrap-up", "call.hangup li join_timeout"}
	run(t, []row{
		{name: "ring", from: connecting, ev: Ring{User: "wang"}, at: 6, err: ErrWrongState},
		{name: "pick up by another", from: connecting, ev: PickUp{User: "wang", Session: "w1"}, at: 6, err: ErrWrongState},
		{name: "pick up by the one who has it", from: connecting, ev: PickUp{User: "li", Session: "l1"}, at: 6, same: true},
		{name: "accept again", from: connecting, ev: Accept{By: li, Session: "l1"}, at: 6, same: true},
		{name: "accept from another device", from: connecting, ev: Accept{By: li, Session: "l2"}, at: 6, err: ErrAnsweredElsewhere},
		{name: "accept by the caller", from: connecting, ev: Accept{By: zhang, Session: "z1"}, at: 6, err: ErrWrongState},
		{name: "reject from another device is late", from: connecting, ev: Reject{By: li, Session: "l2"}, at: 6, same: true},
		{name: "reject by the caller", from: connecting, ev: Reject{By: zhang, Session: "z1"}, at: 6, err: ErrWrongState},
		{name: "refresh", from: connecting, ev: Refresh{By: li, Session: "l1"}, at: 6, err: ErrWrongState},
		{name: "flow", from: connecting, ev: FlowChanged{Adjuster, 0, true}, at: 6, same: true},

		{name: "join by the adjuster", from: connecting, ev: Join{By: li, Session: "l1"}, at: 6, state: Connecting,
			effects: []string{"call.joined zhang leg=adjuster", "call.joined li/l1 leg=adjuster"}, check: deadline(25)},
		{name: "join by the claimant", from: connecting, ev: Join{By: zhang, Session: "z2"}, at: 6, state: Connecting,
			effects: []string{"call.joined zhang/z2 leg=claimant", "call.joined li/l1 leg=claimant"}},
		{name: "join again", from: liJoined, ev: Join{By: li, Session: "l1"}, at: 7, same: true},
		{name: "join from the device that lost", from: connecting, ev: Join{By: li, Session: "l2"}, at: 6, state: Connecting,
			effects: []string{"call.withdrawn li/l1 answered_elsewhere", "call.joined zhang leg=adjuster", "call.joined li/l2 leg=adjuster"}},
		{name: "join by a stranger", from: connecting, ev: Join{By: chen, Session: "x1"}, at: 6, err: ErrNotParty},
		{name: "join of the second side", from: liJoined, ev: Join{By: zhang, Session: "z1"}, at: 7, state: Active,
			effects: []string{"call.joined zhang/z1 leg=claimant", "call.joined li/l1 leg=claimant",
				"call.streams zhang/z1", "call.streams li/l1"},
			check: func(t testing.TB, c Call) {
				if c.Generation != 1 || !c.ActiveAt.Equal(at(7)) {
					t.Errorf("generation %d since %v", c.Generation, c.ActiveAt)
				}
				deadline(7+7200)(t, c)
			}},

		{name: "hangup", from: connecting, ev: Hangup{zhang, "z1"}, at: 6, state: "ended: hangup by claimant", effects: hangup},
		{name: "cancel is a hangup now", from: connecting, ev: Cancel{zhang}, at: 6, state: "ended: hangup by claimant", effects: hangup},
		{name: "cancel by the called", from: connecting, ev: Cancel{li}, at: 6, err: ErrWrongState},
		{name: "no media", from: connecting, ev: Finish{MediaFailed}, at: 6, state: "ended: media_failed",
			effects: []string{"release zhang", "call.hangup zhang media_failed", "release li wrap-up", "call.hangup li media_failed"}},

		{name: "the accepting device's socket goes", from: connecting, ev: online(li, 2, "l2"), at: 6, state: Connecting,
			effects: []string{"call.peer zhang leg=adjuster"}},
		{name: "another device's socket goes", from: connecting, ev: online(li, 2, "l1"), at: 6, state: Connecting},
		{name: "the claimant's last socket goes", from: connecting, ev: gone(zhang, 2), at: 6, state: Connecting,
			effects: []string{"call.peer li/l1 leg=claimant"}},

		{name: "just before joining is over", from: connecting, ev: Tick{}, at: 24.999, same: true},
		{name: "nobody joined", from: connecting, ev: Tick{}, at: 25, state: "ended: join_timeout", effects: timeout},
		{name: "one side joined", from: liJoined, ev: Tick{}, at: 25, state: "ended: join_timeout", effects: timeout},

		{name: "the time to join waits for a side that is gone", from: acceptedAlone, ev: Tick{}, at: 35, same: true},
		{name: "the side that is gone does not come back", from: acceptedAlone, ev: Tick{}, at: 100, state: "ended: lost",
			effects: []string{"release zhang", "call.hangup zhang lost", "release li wrap-up", "call.hangup li lost"}},
		{name: "the side that was gone is back and has time to join", from: acceptedAlone, ev: online(zhang, 3, "z1"), at: 60,
			state: Connecting, effects: []string{"call.peer li/l1 leg=claimant"}, check: deadline(80)},
		{name: "the time to join does not wait for a side that has joined", from: liJoined, ev: gone(li, 2), at: 8,
			state: Connecting, effects: []string{"call.peer zhang leg=adjuster"}, check: deadline(25)},
		{name: "a side that has joined and is back gives no more time", from: func(t testing.TB) Call {
			return after(t, liJoined(t), 8, gone(li, 2))
		}, ev: online(li, 3, "l1"), at: 12, state: Connecting, effects: []string{"call.peer zhang leg=adjuster"}, check: deadline(25)},
	})
}
