package call

import (
	"errors"
	"testing"
)

// The decided edge behaviours of the design, as far as the core decides them.

func TestEdge1_TwoDevicesAccept(t *testing.T) {
	t.Parallel()
	for _, from := range []func(testing.TB) Call{ringing, invited} {
		c := from(t)
		called := c.User(c.Called())
		first, effects, err := Step(c, Accept{By: called, Session: "1"}, at(5), DefaultTiming())
		if err != nil || first.Leg(called.Role).Session != "1" {
			t.Fatalf("first accept: %v", err)
		}
		if !notifies(effects, Notify{Notice: NoticeWithdrawn, To: called, Except: "1", Reason: AnsweredElsewhere}) {
			t.Errorf("the other devices ring on: %v", told(effects))
		}
		if _, _, err := Step(first, Accept{By: called, Session: "2"}, at(5), DefaultTiming()); !errors.Is(err, ErrAnsweredElsewhere) {
			t.Errorf("second accept: %v", err)
		}
		if again, _, err := Step(first, Accept{By: called, Session: "1"}, at(6), DefaultTiming()); err != nil || again.Version != first.Version {
			t.Errorf("repeated accept: version %d after %d, %v", again.Version, first.Version, err)
		}
	}
}

// One device says yes and another no: whatever comes first is what happens.
func TestEdge1_AcceptMeetsReject(t *testing.T) {
	t.Parallel()
	c := after(t, ringing(t), 5, Accept{By: li, Session: "l1"})
	if next, _, err := Step(c, Reject{By: li, Session: "l2"}, at(5), DefaultTiming()); err != nil || next.State != Connecting {
		t.Errorf("late reject: %s, %v", next.State, err)
	}
	c = after(t, ringing(t), 5, Reject{By: li, Session: "l2"})
	if next, _, err := Step(c, Accept{By: li, Session: "l1"}, at(5), DefaultTiming()); !errors.Is(err, ErrWithdrawn) {
		t.Errorf("late accept: %s, %v", next.State, err)
	}
}

func TestEdge2_CancelWhileRinging(t *testing.T) {
	t.Parallel()
	for _, from := range []func(testing.TB) Call{ringing, invited} {
		c := from(t)
		called := c.User(c.Called())
		c, effects, err := Step(c, Cancel{c.User(c.Caller)}, at(5), DefaultTiming())
		if err != nil || c.End.Reason != Canceled || c.End.By != c.Caller {
			t.Errorf("%s, %v", standing(c), err)
		}
		if !notifies(effects, Notify{Notice: NoticeWithdrawn, To: called, Reason: Canceled}) {
			t.Errorf("a device rings on: %v", told(effects))
		}
	}
}

// Cancel and accept at the same time: the caller gets out whichever is first.
func TestEdge2_CancelMeetsAccept(t *testing.T) {
	t.Parallel()
	c := after(t, after(t, ringing(t), 5, Accept{By: li, Session: "l1"}), 5, Cancel{zhang})
	if standing(c) != "ended: hangup by claimant" {
		t.Error(standing(c))
	}
	_, _, err := Step(canceled(t), Accept{By: li, Session: "l1"}, at(5), DefaultTiming())
	if !errors.Is(err, ErrEnded) {
		t.Errorf("accept of a canceled call: %v", err)
	}
}

func TestEdge3_AcceptAfterTheEnd(t *testing.T) {
	t.Parallel()
	for name, from := range map[string]func(testing.TB) Call{"canceled": canceled, "hung up": ended, "passed on": passedOn} {
		c, effects, err := Step(from(t), Accept{By: li, Session: "l1"}, at(61), DefaultTiming())
		if !errors.Is(err, ErrEnded) || c.State != Ended || effects != nil || c.End.Reason == "" {
			t.Errorf("%s: %s, %v, %v", name, standing(c), told(effects), err)
		}
	}
}

// The adjuster invites the claimant who is just calling: the waiting call is taken, no second one made.
func TestEdge4_Glare(t *testing.T) {
	t.Parallel()
	for name, from := range map[string]func(testing.TB) Call{"queued": queued, "ringing li": ringing} {
		c, effects, err := Step(from(t), PickUp{User: "li", Session: "l1", Seen: 2}, at(2), DefaultTiming())
		if err != nil || c.ID != "c1" || c.State != Connecting || !c.Has(li) {
			t.Errorf("%s: %s, %v", name, c.State, err)
		}
		for _, u := range []Notify{{Notice: NoticeAccept, To: li, Session: "l1"}, {Notice: NoticeAccept, To: zhang}} {
			if !notifies(effects, u) {
				t.Errorf("%s: %s is not told of the call: %v", name, u.To.ID, told(effects))
			}
		}
	}
}

// The other way round: the claimant requests a call while the adjuster's invite rings; that is an accept.
func TestEdge4_GlareOfAnInvite(t *testing.T) {
	t.Parallel()
	if c := after(t, invited(t), 2, Accept{By: zhang, Session: "z1"}); c.State != Connecting || c.AcceptedAt != at(2) {
		t.Error(c.State)
	}
}

func TestEdge5_RungAdjusterIsGone(t *testing.T) {
	t.Parallel()
	run(t, []row{
		{name: "not yet given up", from: cut, ev: Tick{}, at: 12.999, same: true},
		{name: "given up after three seconds, and not blamed", from: cut, ev: Tick{}, at: 13, state: Queued,
			effects: []string{"call.withdrawn li offline", "release li", "call.queued zhang"}},
		{name: "back in time, the ring goes on", from: cut, ev: online(li, 3, "l1"), at: 12, state: Ringing,
			effects: []string{"call.peer zhang leg=adjuster"}, check: deadline(31)},
		{name: "back and accepting before the presence is known", from: cut, ev: Accept{By: li, Session: "l1"}, at: 12, state: Connecting,
			effects: []string{"take li", "call.accept li/l1", "call.accept zhang", "call.withdrawn li -l1 answered_elsewhere"},
			check:   deadline(32)},
	})
	again := after(t, after(t, cut(t), 13, Tick{}), 14, Ring{User: "wang", Name: "Wang"})
	if !again.Has(wang) || again.Has(li) {
		t.Errorf("goes on to %q", again.Adjuster.User)
	}
}

func TestEdge6_AnotherDeviceJoins(t *testing.T) {
	t.Parallel()
	run(t, []row{
		{name: "the leg moves", from: pushing, ev: Join{By: zhang, Session: "z2"}, at: 30, state: Active,
			effects: []string{"call.withdrawn zhang/z1 answered_elsewhere",
				"call.joined zhang/z2 leg=claimant", "call.joined li/l1 leg=claimant",
				"drop relay g1", "call.streams zhang/z2", "call.streams li/l1"},
			check: func(t testing.TB, c Call) {
				if c.Generation != 2 || !c.ActiveAt.Equal(at(7)) || c.Claimant.Flow != NotYet {
					t.Errorf("generation %d, active since %v, flow %q", c.Generation, c.ActiveAt, c.Claimant.Flow)
				}
			}},
		{name: "a reload with a new session", from: unreachable, ev: Join{By: zhang, Session: "z3"}, at: 30, state: Active,
			effects: []string{"call.withdrawn zhang/z1 answered_elsewhere",
				"call.joined zhang/z3 leg=claimant", "call.joined li/l1 leg=claimant",
				"drop relay g1", "call.streams zhang/z3", "call.streams li/l1"},
			check: deadline(7207)},
		{name: "the first device can no longer refresh", from: func(t testing.TB) Call {
			return after(t, active(t), 30, Join{By: zhang, Session: "z2"})
		}, ev: Refresh{By: zhang, Session: "z1"}, at: 31, err: ErrNotJoined},
		{name: "nor does its socket matter", from: func(t testing.TB) Call {
			return after(t, active(t), 30, Join{By: zhang, Session: "z2"})
		}, ev: online(zhang, 2, "z2"), at: 31, state: Active, check: deadline(7207)},
	})
}

func TestEdge7_SameCommandAgain(t *testing.T) {
	t.Parallel()
	run(t, []row{
		{name: "accept", from: connecting, ev: Accept{By: li, Session: "l1"}, at: 6, same: true},
		{name: "accept when active", from: active, ev: Accept{By: li, Session: "l1"}, at: 8, same: true},
		{name: "join", from: active, ev: Join{By: li, Session: "l1"}, at: 8, same: true},
		{name: "reject", from: requeued, ev: Reject{By: li, Session: "l1"}, at: 33, same: true},
		{name: "cancel", from: canceled, ev: Cancel{zhang}, at: 6, same: true},
		{name: "hangup", from: ended, ev: Hangup{zhang, "z1"}, at: 61, same: true},
	})
}

func TestEdge8_BackWithinTheGrace(t *testing.T) {
	t.Parallel()
	for name, from := range map[string]func(testing.TB) Call{
		"queued": queued, "ringing": ringing, "accepted meanwhile": connecting, "active": active,
	} {
		t.Run(name, func(t *testing.T) {
			before := from(t)
			c := after(t, before, 10, gone(zhang, 2))
			if same, _, _ := Step(c, Tick{}, at(30.5), DefaultTiming()); same.Version != c.Version {
				t.Fatalf("half a minute's absence makes the call %s", standing(same))
			}
			c = after(t, c, 30.5, online(zhang, 3, "z1", "z2"))
			if c.State != before.State || c.Adjuster.User != before.Adjuster.User || c.QueueRank() != before.QueueRank() {
				t.Errorf("comes back to %s with %q", standing(c), c.Adjuster.User)
			}
			if !c.Claimant.GoneAt.IsZero() {
				t.Error("the grace still runs")
			}
		})
	}
}

// The adjuster has a grace of half a minute in an accepted call.
func TestEdge8_AdjusterIsBack(t *testing.T) {
	t.Parallel()
	for name, from := range map[string]func(testing.TB) Call{"accepted": connecting, "active": active} {
		t.Run(name, func(t *testing.T) {
			before := from(t)
			c := after(t, before, 10, gone(li, 2))
			if same, _, _ := Step(c, Tick{}, at(39.999), DefaultTiming()); same.Version != c.Version {
				t.Errorf("within the grace the call is %s", standing(same))
			}
			if back := after(t, c, 39, online(li, 3, "l1")); back.State != before.State || !back.Adjuster.GoneAt.IsZero() {
				t.Errorf("comes back to %s", standing(back))
			}
			if over := after(t, c, 40, Tick{}); over.End.Reason != Lost {
				t.Errorf("after the grace the call is %s", standing(over))
			}
		})
	}
}

func TestEdge9_MissedRingsMakeAway(t *testing.T) {
	t.Parallel()
	for _, no := range []Event{Reject{By: li, Session: "l1"}, Tick{}} {
		p := signedIn(li, "l1")
		for round := 1; round <= 2; round++ {
			if p.Availability() != Available {
				t.Fatalf("%T: %s before ring %d", no, p.Availability(), round)
			}
			p = ringAndMiss(t, p, no)
		}
		if p.Availability() != Away || p.Reason != MissedRings {
			t.Errorf("%T: %s, reason %q", no, p.Availability(), p.Reason)
		}
	}
}

// ringAndMiss holds p for a ring and applies the release that follows from no.
func ringAndMiss(t testing.TB, p Presence, no Event) Presence {
	t.Helper()
	c := ringing(t)
	p, err := p.Hold(c.ID, true)
	if err != nil {
		t.Fatal(err)
	}
	_, effects, err := Step(c, no, at(31), DefaultTiming())
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range effects {
		if r, ok := e.(Release); ok && r.User == p.User {
			p = p.Release(c.ID, r, at(31), DefaultTiming())
		}
	}
	return p
}

func TestEdge10_LateEventsMoveNothingBack(t *testing.T) {
	t.Parallel()
	run(t, []row{
		{name: "presence from before", from: unreachable, ev: online(zhang, 1, "z1"), at: 21, same: true},
		{name: "accept after active", from: active, ev: Accept{By: li, Session: "l1"}, at: 21, same: true},
		{name: "stream end of an old generation", from: func(t testing.TB) Call {
			return after(t, pushing(t), 20, Join{By: zhang, Session: "z2"})
		}, ev: FlowChanged{Claimant, 1, false}, at: 21, same: true},
		{name: "failed streams of an old generation", from: func(t testing.TB) Call {
			return after(t, active(t), 20, Refresh{zhang, "z1", 1})
		}, ev: Refresh{li, "l1", 1}, at: 21, same: true},
	})
}

func notifies(effects []Effect, n Notify) bool {
	for _, e := range effects {
		if e == n {
			return true
		}
	}
	return false
}
