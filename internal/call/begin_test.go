package call

import (
	"slices"
	"testing"
)

func TestNewRequest(t *testing.T) {
	t.Parallel()
	r := requestOf(signedIn(zhang, "z1"))
	c, effects := NewRequest(r, nine, DefaultTiming())
	r.Skills[0], r.Providers[0] = "hail", "srs"

	want(t, effects, "hold zhang", "call.queued zhang")
	if c.Version != 1 || c.State != Queued || c.Caller != Claimant || c.Generation != 0 {
		t.Errorf("begins as %+v", c)
	}
	if c.Skills[0] != "glass" || c.Providers[0] != "relay" {
		t.Error("the call shares memory with its request")
	}
	if leg := c.Claimant; leg.User != "zhang" || leg.Name != "Name of zhang" || !leg.Online || leg.Seen != 1 {
		t.Errorf("claimant's leg %+v", leg)
	}
	deadline(600)(t, c)
}

func TestNewRequestOfClaimantWhoIsJustGone(t *testing.T) {
	t.Parallel()
	c, _ := NewRequest(requestOf(signedIn(zhang)), nine, DefaultTiming())
	if c.Claimant.Online {
		t.Error("a claimant without a socket is online")
	}
	deadline(90)(t, c)
}

func TestNewInvite(t *testing.T) {
	t.Parallel()
	inCall := signedIn(zhang, "z1")
	inCall.Call = "c0"
	rows := []struct {
		name     string
		claimant Presence
		state    State
		effects  []string
	}{
		{"rings", signedIn(zhang, "z1", "z2"), Ringing,
			[]string{"hold zhang", "hold li", "call.invite zhang", "call.ringing li"}},
		{"nobody there", signedIn(zhang), "ended: offline", []string{"call.hangup li offline"}},
		{"never signed in", Presence{User: zhang}, "ended: offline", []string{"call.hangup li offline"}},
		{"in a call", inCall, "ended: busy", []string{"call.hangup li busy"}},
	}
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			in := Invite{ID: "c1", ClaimNo: "A-1", Adjuster: signedIn(li, "l1"), Claimant: r.claimant}
			c, effects := NewInvite(in, nine, DefaultTiming())
			if c.Version != 1 || c.Caller != Adjuster || standing(c) != r.state {
				t.Errorf("version %d by %s: %s, want %s", c.Version, c.Caller, standing(c), r.state)
			}
			if c.Deadline.IsZero() != (c.State == Ended) {
				t.Errorf("deadline %v of a call that is %s", c.Deadline, c.State)
			}
			want(t, effects, r.effects...)
		})
	}
}

// want compares effects with their lines.
func want(t testing.TB, effects []Effect, lines ...string) {
	t.Helper()
	if got := told(effects); !slices.Equal(got, lines) {
		t.Errorf("effects %q, want %q", got, lines)
	}
}
