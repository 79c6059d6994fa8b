package call

import (
	"slices"
	"testing"
)

// requeued is queued again after li let the ring pass.
func requeued(t testing.TB) Call { return after(t, ringing(t), 31, Tick{}) }

// forsaken is queued, with the claimant's last socket cut after ten seconds.
func forsaken(t testing.TB) Call { return after(t, queued(t), 10, gone(zhang, 2)) }

func TestQueued(t *testing.T) {
	t.Parallel()
	run(t, []row{
		{name: "ring", from: queued, ev: Ring{User: "li", Name: "Li", Seen: 4}, at: 1, state: Ringing,
			effects: []string{"hold li ringing", "call.invite li", "call.ringing zhang"},
			check: func(t testing.TB, c Call) {
				if (c.Adjuster != Leg{User: "li", Name: "Li", Online: true, Seen: 4}) || !c.RingAt.Equal(at(1)) {
					t.Errorf("rings %+v since %v", c.Adjuster, c.RingAt)
				}
				deadline(31)(t, c)
			}},
		{name: "ring for a claimant who is gone", from: forsaken, ev: Ring{User: "li"}, at: 11, err: ErrWrongState},
		{name: "ring for a claimant who is back", from: func(t testing.TB) Call {
			return after(t, forsaken(t), 20, online(zhang, 3, "z1"))
		}, ev: Ring{User: "li"}, at: 21, state: Ringing,
			effects: []string{"hold li ringing", "call.invite li", "call.ringing zhang"}},
		{name: "ring again", from: requeued, ev: Ring{User: "li"}, at: 40, state: Ringing,
			effects: []string{"hold li ringing", "call.invite li", "call.ringing zhang"}, check: deadline(70)},

		{name: "accept by a stranger", from: queued, ev: Accept{By: chen, Session: "x1"}, at: 1, err: ErrNotParty},
		{name: "accept by the claimant", from: queued, ev: Accept{By: zhang, Session: "z1"}, at: 1, err: ErrWrongState},
		{name: "accept after the ring was withdrawn", from: requeued, ev: Accept{By: li, Session: "l1"}, at: 32, err: ErrWithdrawn},
		{name: "reject by a stranger", from: queued, ev: Reject{By: chen, Session: "x1"}, at: 1, err: ErrNotParty},
		{name: "reject by the claimant", from: queued, ev: Reject{By: zhang, Session: "z1"}, at: 1, err: ErrWrongState},
		{name: "reject after the ring was withdrawn", from: requeued, ev: Reject{By: li, Session: "l1"}, at: 32, same: true},
		{name: "hangup after the ring was withdrawn", from: requeued, ev: Hangup{li, "l1"}, at: 32, same: true},
		{name: "join by the claimant", from: queued, ev: Join{By: zhang, Session: "z1"}, at: 1, err: ErrWrongState},
		{name: "join by a stranger", from: queued, ev: Join{By: chen, Session: "x1"}, at: 1, err: ErrNotParty},
		{name: "join after the ring was withdrawn", from: requeued, ev: Join{By: li, Session: "l1"}, at: 32, err: ErrWithdrawn},
		{name: "refresh", from: queued, ev: Refresh{By: zhang, Session: "z1"}, at: 1, err: ErrWrongState},
		{name: "flow", from: queued, ev: FlowChanged{Claimant, 0, true}, at: 1, same: true},

		{name: "cancel", from: queued, ev: Cancel{zhang}, at: 9, state: "ended: canceled by claimant",
			effects: []string{"release zhang", "call.hangup zhang canceled by=claimant"}},
		{name: "hangup is a cancel", from: queued, ev: Hangup{zhang, "z1"}, at: 9, state: "ended: canceled by claimant",
			effects: []string{"release zhang", "call.hangup zhang canceled by=claimant"}},
		{name: "cancel by a stranger", from: queued, ev: Cancel{chen}, at: 9, err: ErrNotParty},
		{name: "hangup by the claimant's namesake", from: queued, ev: Hangup{User{Adjuster, "zhang"}, "z1"}, at: 9, err: ErrNotParty},
		{name: "ended by an admin", from: queued, ev: Finish{EndedByAdmin}, at: 9, state: "ended: ended_by_admin",
			effects: []string{"release zhang", "call.hangup zhang ended_by_admin"}},

		{name: "a socket of two goes", from: queued, ev: online(zhang, 2, "z2"), at: 9, state: Queued, check: deadline(600)},
		{name: "the last socket goes", from: queued, ev: gone(zhang, 2), at: 9, state: Queued, check: deadline(99)},
		{name: "somebody else's socket goes", from: queued, ev: gone(chen, 9), at: 9, same: true},
		{name: "a withdrawn adjuster's socket goes", from: requeued, ev: gone(li, 9), at: 40, same: true},

		{name: "just before the queue is over", from: queued, ev: Tick{}, at: 599.999, same: true},
		{name: "the queue is over", from: queued, ev: Tick{}, at: 600, state: "ended: no_adjuster",
			effects: []string{"release zhang", "call.hangup zhang no_adjuster"}},
		{name: "just before the grace is over", from: forsaken, ev: Tick{}, at: 99.999, same: true},
		{name: "the grace is over", from: forsaken, ev: Tick{}, at: 100, state: "ended: lost",
			effects: []string{"release zhang", "call.hangup zhang lost"}},
	})
}

func TestPickUpOfQueued(t *testing.T) {
	t.Parallel()
	pickUp := PickUp{User: "wang", Name: "Wang", Session: "w1", Seen: 3}
	run(t, []row{
		{name: "nobody rung", from: queued, ev: pickUp, at: 3, state: Connecting,
			effects: []string{"hold wang", "take wang", "call.accept wang/w1", "call.accept zhang"},
			check: func(t testing.TB, c Call) {
				if (c.Adjuster != Leg{User: "wang", Name: "Wang", Session: "w1", Online: true, Seen: 3}) {
					t.Errorf("leg %+v", c.Adjuster)
				}
				deadline(23)(t, c)
			}},
		{name: "claimant gone", from: forsaken, ev: pickUp, at: 11, err: ErrWrongState},
	})
}

func TestQueueRank(t *testing.T) {
	t.Parallel()
	older, newer := queued(t), queued(t)
	newer.CreatedAt = at(60)
	back, olderBack := newer.Clone(), older.Clone()
	back.Rung, olderBack.Rung = []string{"li"}, []string{"li"}
	ranks := []int64{olderBack.QueueRank(), back.QueueRank(), older.QueueRank(), newer.QueueRank()}
	if !slices.IsSorted(ranks) {
		t.Errorf("ranks %v are out of order", ranks)
	}
}
