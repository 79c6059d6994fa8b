package faulttest

import (
	"testing"
	"time"

	"github.com/claimcall/claimcall/protocol"
)

// backWithin is how soon after a client's return its call goes on.
const backWithin = 5 * time.Second

// TestANodeIsKilled kills the node of one party, or of both, in each state of a call. Who was there comes to another
// node at once and finds the same call.
func TestANodeIsKilled(t *testing.T) {
	for _, state := range []protocol.State{protocol.StateQueued, protocol.StateRinging, protocol.StateConnecting, protocol.StateActive} {
		for _, victim := range []string{"claimant's", "adjuster's", "both's"} {
			t.Run(string(state)+"/"+victim, func(t *testing.T) {
				t.Parallel()
				killIn(t, state, victim)
			})
		}
	}
}

func killIn(t *testing.T, state protocol.State, victim string) {
	c := newCluster(t, []string{"a", "b", "c"})
	at := map[string]string{"claimant's": "b", "adjuster's": "b", "both's": "a"}[victim]
	claimant, adjuster := c.claimant("zhang", "a"), newParty(t, "adjuster", "li")
	adjuster.signsIn(c.node(at))
	if state != protocol.StateQueued {
		adjuster.isAvailable()
	}
	id := talk(claimant, adjuster, state)
	before, rings := claimant.given(id), adjuster.count(protocol.TypeCallInvite, id)

	var gone []*party
	if victim != "adjuster's" {
		gone = append(gone, claimant)
		c.kill("a")
	} else {
		c.kill("b")
	}
	if victim != "claimant's" {
		gone = append(gone, adjuster)
	}
	for _, p := range gone {
		p.isClosed(patience)
		took := p.returns(c.node("c"))
		t.Logf("%s is back after %s", p.name, took.Round(time.Millisecond))
		if took > backWithin {
			t.Errorf("%s was back only after %s", p.name, took)
		}
		checkBack(t, p, id, state, before.Generation)
	}
	if state == protocol.StateQueued {
		adjuster.isAvailable()
		adjuster.sees(id, protocol.StateRinging, patience)
		state = protocol.StateRinging
	} else if now := adjuster.count(protocol.TypeCallInvite, id); state != protocol.StateRinging && now != rings {
		t.Errorf("rung %d times for an answered call", now)
	}
	if state != protocol.StateActive {
		goOn(claimant, adjuster, id, state, protocol.StateActive)
	}
	finish(claimant, adjuster, id)
	claimant.agrees(c.node("c"))
	adjuster.agrees(c.node("c"))
}

// checkBack checks the welcome of a party that has come back to a call.
func checkBack(t *testing.T, p *party, id string, state protocol.State, generation int) {
	t.Helper()
	w := p.greeting()
	if state == protocol.StateQueued && p.role == "adjuster" {
		return // has nothing to do with the call yet
	}
	if w.Call == nil || w.Call.ID != id || w.Call.State != state {
		t.Fatalf("%s came back to %+v, want call %s %s", p.name, w.Call, id, state)
	}
	if state != protocol.StateActive {
		return
	}
	had := p.given(id)
	if w.Streams == nil || w.Streams.Generation != generation || had.Push[0] != w.Streams.Push[0] || had.Play[0] != w.Streams.Play[0] {
		t.Errorf("%s was given other streams: %+v, had %+v", p.name, w.Streams, had)
	}
}

// TestWhoComesBackLate comes back only after the others have noticed: the lease of the killed node has ended and the
// grace runs.
func TestWhoComesBackLate(t *testing.T) {
	t.Parallel()
	c := newCluster(t, []string{"a", "b"})
	claimant, adjuster := c.claimant("zhang", "a"), c.adjuster("li", "b")
	id := talk(claimant, adjuster, protocol.StateActive)
	generation := claimant.given(id).Generation
	c.kill("a")
	noticed := adjuster.seesPeer(id, protocol.LinkLost, patience)
	claimant.returns(c.node("b"))
	checkBack(t, claimant, id, protocol.StateActive, generation)
	up := adjuster.seesPeer(id, protocol.LinkUp, backWithin)
	t.Logf("lost after %s, up again %s after the return", noticed.Round(time.Millisecond), up.Round(time.Millisecond))
	finish(claimant, adjuster, id)
}

// TestNobodyComesBack has the parties of a killed node stay away: the call ends when the grace is over, and who is left
// can be rung again.
func TestNobodyComesBack(t *testing.T) {
	t.Parallel()
	c := newCluster(t, []string{"a", "b"}, "--grace-claimant", "2s", "--grace-adjuster", "2s")
	claimant, adjuster := c.claimant("zhang", "a"), c.adjuster("li", "b")
	id := talk(claimant, adjuster, protocol.StateActive)
	c.kill("a")
	took := adjuster.sees(id, protocol.StateEnded, patience)
	if end := adjuster.known(id).End; end == nil || end.Reason != protocol.ReasonLost {
		t.Errorf("the call ended with %+v, want lost", end)
	}
	t.Logf("over after %s", took.Round(time.Millisecond))
	adjuster.turns(protocol.AvailabilityAvailable, patience)
	other := c.claimant("wang", "b")
	finish(other, adjuster, talk(other, adjuster, protocol.StateActive))
	if w := claimant.again(c.node("b")); w.Call != nil {
		t.Errorf("the claimant is shown %+v", w.Call)
	}
}
