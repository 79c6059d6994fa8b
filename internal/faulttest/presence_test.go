package faulttest

import (
	"syscall"
	"testing"

	"github.com/claimcall/claimcall/protocol"
)

// TestAnOldSocketDiesLate has an adjuster's session go on at another node while the old socket is still open there, and
// end only later: the session must not go with it.
func TestAnOldSocketDiesLate(t *testing.T) {
	t.Parallel()
	c := newCluster(t, []string{"a", "b"})
	zhang, li, chen := c.claimant("zhang", "b"), c.adjuster("li", "a"), newParty(t, "adjuster", "chen")
	chen.signsIn(c.node("a"))
	id := talk(zhang, li, protocol.StateActive)
	generation := li.given(id).Generation
	end := li.abandons()
	li.returns(c.node("b"))
	checkBack(t, li, id, protocol.StateActive, generation)
	heard := zhang.heardSoFar()
	end()
	chen.hangsUpSocket() // the same node sees this end later
	within(t, patience, "chen is marked as gone", func() bool { return !c.presence(t, chen).Online() })
	if p := c.presence(t, li); !p.Online() {
		t.Errorf("li is gone, too: %+v", p)
	}
	c.node("a").signal(syscall.SIGTERM)
	c.node("a").exits(leftWithin) // whatever it had to say of old sockets is said
	if p := c.presence(t, li); !p.Online() {
		t.Errorf("li is gone with the node: %+v", p)
	}
	finish(zhang, li, id)
	for _, h := range zhang.since(heard) {
		if h.typ == protocol.TypeCallPeer {
			t.Errorf("the claimant was told of the adjuster: %s", h.link)
		}
	}
}

// TestACrashedNodesOldSocket is the same with a node that dies instead: its sessions are marked as lost, except for the
// one that has gone on elsewhere.
func TestACrashedNodesOldSocket(t *testing.T) {
	t.Parallel()
	c := newCluster(t, []string{"a", "b"})
	zhang, li, chen := c.claimant("zhang", "b"), c.adjuster("li", "a"), newParty(t, "adjuster", "chen")
	chen.signsIn(c.node("a")) // away
	id := talk(zhang, li, protocol.StateActive)
	li.abandons()
	li.returns(c.node("b"))
	heard := zhang.heardSoFar()
	c.kill("a")
	within(t, patience, "chen is marked as lost", func() bool { return !c.presence(t, chen).Online() })
	if p := c.presence(t, li); !p.Online() {
		t.Errorf("li is lost, too: %+v", p)
	}
	for _, h := range zhang.since(heard) {
		if h.typ == protocol.TypeCallPeer {
			t.Errorf("the claimant was told of the adjuster: %s", h.link)
		}
	}
	finish(zhang, li, id)
}
