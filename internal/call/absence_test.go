package call

import (
	"testing"
	"time"
)

// TestRingMissedByNobody: a ring whose time runs out while the adjuster has no socket, as after the end of a node, does
// not count as missed.
func TestRingMissedByNobody(t *testing.T) {
	c := ringing(t)
	c.Adjuster.Online, c.Adjuster.GoneAt = false, c.RingAt.Add(time.Minute)
	_, effects, err := Step(c, Tick{}, c.RingAt.Add(time.Minute), DefaultTiming())
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range effects {
		if r, ok := e.(Release); ok && r.User.Role == Adjuster && !r.Missed {
			return
		}
	}
	t.Errorf("the adjuster was to be let go without blame: %+v", effects)
}

// TestConnectingEnds: a side that comes and goes and never joins does not keep the other one for ever.
func TestConnectingEnds(t *testing.T) {
	timing := DefaultTiming()
	c := connecting(t)
	var err error
	for at := c.AcceptedAt; c.State == Connecting; at = at.Add(2 * time.Second) {
		if at.Sub(c.AcceptedAt) > timing.GraceClaimant+timing.Join+2*time.Second {
			t.Fatal("still connecting")
		}
		online := []string{"z1"}
		if at.Sub(c.AcceptedAt)%(4*time.Second) == 0 {
			online = nil
		}
		seen := PresenceChanged{User: c.User(Claimant), Version: c.Claimant.Seen + 1, Sessions: online}
		if c, _, err = Step(c, seen, at, timing); err != nil {
			t.Fatal(err)
		}
		if c, _, err = Step(c, Tick{}, at, timing); err != nil {
			t.Fatal(err)
		}
	}
	if c.End.Reason != JoinTimeout {
		t.Errorf("ended for %s", c.End.Reason)
	}
}
