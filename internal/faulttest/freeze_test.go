package faulttest

import (
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/claimcall/claimcall/protocol"
)

// frozenFor is how long a node is frozen: longer than its lease, and than a ring is left to an adjuster who is gone.
const (
	frozenShort = 10 * time.Second
	frozenLong  = 30 * time.Second
)

// TestANodeIsFrozen freezes a node until the others have given it up, and has everything move on meanwhile: a claimant
// goes elsewhere, a ring goes to somebody else. Then the node wakes up with work in its hands that is out of date.
func TestANodeIsFrozen(t *testing.T) {
	t.Parallel()
	c := newCluster(t, []string{"a", "b"})
	zhang, li := c.claimant("zhang", "a"), c.adjuster("li", "b")
	first := talk(zhang, li, protocol.StateActive)
	wang, chen := c.claimant("wang", "b"), c.adjuster("chen", "a")
	second := talk(wang, chen, protocol.StateRinging)
	sun := c.claimant("sun", "a")
	waiting := sun.requests()

	c.node("a").freeze()
	frozen := time.Now()
	late := chen.says(protocol.TypeCallAccept, ref(second)) // reaches the socket of the frozen node, which reads it later
	lateEnd := zhang.says(protocol.TypeAvailabilitySet, protocol.AvailabilitySet{State: protocol.AvailabilityAway})
	zhang.abandons()
	took := zhang.returns(c.node("b"))
	t.Logf("came back from the frozen node after %s", took.Round(time.Millisecond))
	checkBack(t, zhang, first, protocol.StateActive, zhang.given(first).Generation)
	zhang.hangsUp(first)
	li.turns(protocol.AvailabilityRinging, patience) // who comes next is first in the queue: sun, or wang without chen
	third := li.isRung()
	li.accepts(third)
	pass(t, lasting(frozenShort, frozenLong)-time.Since(frozen))

	versions := map[string]int64{first: zhang.known(first).Version, third: li.known(third).Version}
	c.node("a").thaw()
	thawed := time.Now()
	within(t, patience, "the thawed node is ready", c.node("a").ready)
	t.Logf("ready %s after the thaw", time.Since(thawed).Round(time.Millisecond))
	late(t, protocol.CodeWithdrawn, protocol.CodeWrongState, protocol.CodeNotYourCall, protocol.CodeAnsweredElsewhere,
		protocol.CodeUnavailable) // the store takes nothing that began so long ago
	lateEnd(t, protocol.CodeForbidden)
	for _, p := range []*party{sun, chen} { // who stayed is told to come back, or goes on
		p.settles(c.node("a"))
	}
	t.Logf("all work again %s after the thaw", time.Since(thawed).Round(time.Millisecond))
	for id, version := range versions {
		if got := li.known(id); id == third && (got.State != protocol.StateConnecting || got.Legs.Adjuster.User != "li") {
			t.Errorf("call %s was v%d and connecting, now %+v", id, version, got)
		}
	}
	others := map[string]*party{waiting: sun, second: wang}
	goOn(others[third], li, third, protocol.StateConnecting, protocol.StateActive)
	others[third].hangsUp(third)
	delete(others, third)
	for id, p := range others {
		by := whoRings(id, li, chen)
		goOn(p, by, id, protocol.StateRinging, protocol.StateActive)
		p.hangsUp(id)
		by.sees(id, protocol.StateEnded, patience)
	}
	for _, p := range []*party{li, chen} {
		p.turns(protocol.AvailabilityAvailable, patience)
	}
	for _, p := range []*party{zhang, li, wang, chen, sun} {
		p.agrees(c.node("b"))
	}
}

// says sends a command without waiting, and returns what waits until the answer has come, or the socket has ended.
func (p *party) says(typ protocol.Type, data any) (answered func(testing.TB, ...protocol.Code)) {
	p.t.Helper()
	p.mu.Lock()
	ws, waits := p.ws, make(chan protocol.Envelope, 1)
	p.answers["late"] = waits
	p.mu.Unlock()
	frame, err := protocol.Encode(typ, "late", data)
	if err != nil {
		p.t.Fatal(err)
	}
	if err := ws.Write(p.t.Context(), websocket.MessageText, frame); err != nil {
		p.t.Fatal(err)
	}
	return func(t testing.TB, want ...protocol.Code) {
		t.Helper()
		select {
		case e, ok := <-waits:
			if ok {
				checkRefused(t, p.name, e, want)
			}
		case <-time.After(patience):
			t.Errorf("%s: no answer, and no end of the socket", p.name)
		}
	}
}

func checkRefused(t testing.TB, name string, e protocol.Envelope, want []protocol.Code) {
	t.Helper()
	var refused *protocol.Error
	if err := read(e, &json.RawMessage{}); !errors.As(err, &refused) {
		t.Errorf("%s: a late command was carried out: %s", name, e.Data)
		return
	}
	for _, code := range want {
		if refused.Code == code {
			return
		}
	}
	t.Errorf("%s: a late command was answered %s, want one of %v", name, refused.Code, want)
}

// settles comes back if the socket has ended or does not work, as a client does.
func (p *party) settles(at *node) {
	p.t.Helper()
	within(p.t, patience, p.name+" works again", func() bool {
		p.mu.Lock()
		open, code := p.open, p.code
		p.mu.Unlock()
		if !open && !code.Reconnect() {
			p.t.Fatalf("%s was sent away for good: %d", p.name, code)
		}
		return open && p.seated(at) || p.connect(at) == nil && p.greeting().Resumed
	})
}

// seated asks the node for something that only works with a seat, which is a welcome elsewhere: whether the socket would
// stay. A socket without a seat is closed within the time that a lease is kept.
func (p *party) seated(*node) bool {
	open := true
	late := time.NewTimer(2 * time.Second)
	defer late.Stop()
	for open {
		p.mu.Lock()
		news := p.news
		open = p.open
		p.mu.Unlock()
		select {
		case <-news:
		case <-late.C:
			return open
		}
	}
	return false
}

// whoRings waits until one of the adjusters is rung for a call.
func whoRings(call string, adjusters ...*party) *party {
	var found *party
	within(adjusters[0].t, patience, "somebody is rung for "+call, func() bool {
		for _, p := range adjusters {
			if c := p.known(call); c.State == protocol.StateRinging && c.Legs.Adjuster != nil && c.Legs.Adjuster.User == p.name && !p.letGo(call) {
				found = p
			}
		}
		return found != nil
	})
	return found
}
