package call

import (
	"testing"
)

func TestNoted(t *testing.T) {
	t.Parallel()
	says := func(text string) func(testing.TB, Call) {
		return func(t testing.TB, c Call) {
			t.Helper()
			if c.Notes != text || c.Note != "" {
				t.Errorf("notes %q, note %q", c.Notes, c.Note)
			}
		}
	}
	noted := func(from func(testing.TB) Call) func(testing.TB) Call {
		return func(t testing.TB) Call { return after(t, from(t), 61, Noted{li, "dent"}) }
	}
	run(t, []row{
		{name: "in a call", from: active, ev: Noted{li, "dent"}, at: 10, state: Active, check: says("dent")},
		{name: "before both have joined", from: connecting, ev: Noted{li, "dent"}, at: 6, state: Connecting, check: says("dent")},
		{name: "after the end", from: ended, ev: Noted{li, "dent"}, at: 1e6, state: "ended: hangup by claimant", check: says("dent")},
		{name: "again", from: noted(ended), ev: Noted{li, "dent"}, at: 62, same: true},
		{name: "another", from: noted(ended), ev: Noted{li, "scratch"}, at: 62, state: "ended: hangup by claimant", check: says("scratch")},
		{name: "nothing", from: noted(active), ev: Noted{li, ""}, at: 62, state: Active, check: says("")},
		{name: "before the own invite is accepted", from: invited, ev: Noted{li, "dent"}, at: 1, state: Ringing, check: says("dent")},
		{name: "of a ring missed by its end", from: canceled, ev: Noted{li, "dent"}, at: 9, state: "ended: canceled by claimant", check: says("dent")},
		{name: "while only rung", from: ringing, ev: Noted{li, "dent"}, at: 2, err: ErrWrongState},
		{name: "by one who was passed over", from: passedOn, ev: Noted{li, "dent"}, at: 50, err: ErrWithdrawn},
		{name: "by the claimant", from: active, ev: Noted{zhang, "dent"}, at: 10, err: ErrNotParty},
		{name: "by a stranger", from: active, ev: Noted{chen, "dent"}, at: 10, err: ErrNotParty},
	})
}

func TestLeft(t *testing.T) {
	t.Parallel()
	goneWhile := func(from func(testing.TB) Call, u User) func(testing.TB) Call {
		return func(t testing.TB) Call { return after(t, from(t), 2, gone(u, 9)) }
	}
	run(t, []row{
		{name: "a rung adjuster", from: goneWhile(ringing, li), ev: Left{li}, at: 2, state: Queued, effects: []string{
			"call.withdrawn li offline", "release li", "call.queued zhang",
		}},
		{name: "an invited claimant", from: goneWhile(invited, zhang), ev: Left{zhang}, at: 2, state: "ended: offline", effects: []string{
			"call.withdrawn zhang offline", "release zhang", "release li", "call.hangup li offline",
		}},
		{name: "another device is there", from: ringing, ev: Left{li}, at: 2, same: true},
		{name: "the caller", from: goneWhile(ringing, zhang), ev: Left{zhang}, at: 2, same: true},
		{name: "in a call", from: goneWhile(active, li), ev: Left{li}, at: 20, same: true},
		{name: "nobody of the call", from: ringing, ev: Left{chen}, at: 2, same: true},
		{name: "after the end", from: ended, ev: Left{li}, at: 70, same: true},
	})
}

// left may tell the call of somebody who has signed out for good, as the hub does unless it dies in between.
func (w *world) left(p Presence) {
	if p.Call != "" && len(p.Sessions) == 0 && w.any("told at once", 2) == 0 {
		w.apply(p.Call, p.Changed())
		w.apply(p.Call, Left{p.User})
	}
}
