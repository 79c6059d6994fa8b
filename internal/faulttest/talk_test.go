package faulttest

import (
	"errors"
	"time"

	"github.com/claimcall/claimcall/protocol"
)

// What parties do and see, in the words of the design.

// does sends a command, again for as long as the answer is to try again, and fails the test if it is refused.
func (p *party) does(typ protocol.Type, data any) protocol.Call {
	p.t.Helper()
	var answer protocol.CallAnswer
	within(p.t, patience, p.name+" does "+string(typ), func() bool {
		err := p.asks(typ, data, &answer)
		var refused *protocol.Error
		if err != nil && (!errors.As(err, &refused) || !refused.Retry) {
			p.t.Fatalf("%s: %s: %v\n%s", p.name, typ, err, p.story())
		}
		return err == nil
	})
	return answer.Call
}

func (p *party) isAvailable() {
	p.t.Helper()
	p.does(protocol.TypeAvailabilitySet, protocol.AvailabilitySet{State: protocol.AvailabilityAvailable})
}

// requests asks for a call and returns its id.
func (p *party) requests() string {
	p.t.Helper()
	return p.does(protocol.TypeCallRequest, protocol.CallRequest{RequestID: rid(), ClaimNo: "C-" + p.name}).ID
}

func (p *party) accepts(call string)   { p.t.Helper(); p.does(protocol.TypeCallAccept, ref(call)) }
func (p *party) joins(call string)     { p.t.Helper(); p.does(protocol.TypeCallJoin, ref(call)) }
func (p *party) hangsUp(call string)   { p.t.Helper(); p.does(protocol.TypeCallHangup, ref(call)) }
func ref(call string) protocol.CallRef { return protocol.CallRef{Call: call} }

// isRung waits for an invite and returns the id of the call.
func (p *party) isRung() string {
	p.t.Helper()
	rung := ""
	p.until(patience, "is rung", func() bool {
		for id, c := range p.views {
			if c.State == protocol.StateRinging && c.You == protocol.LegAdjuster {
				rung = id
			}
		}
		return rung != ""
	})
	return rung
}

// sees waits until the newest view of a call is in a state.
func (p *party) sees(call string, state protocol.State, limit time.Duration) time.Duration {
	p.t.Helper()
	return p.until(limit, "sees the call "+string(state), func() bool { return p.views[call].State == state })
}

// seesPeer waits until the other side's link is shown as such.
func (p *party) seesPeer(call string, link protocol.Link, limit time.Duration) time.Duration {
	p.t.Helper()
	return p.until(limit, "sees the other side "+string(link), func() bool {
		c := p.views[call]
		other := &c.Legs.Claimant
		if c.You == protocol.LegClaimant {
			other = c.Legs.Adjuster
		}
		return other != nil && other.Link == link
	})
}

// turns waits until an adjuster has an availability.
func (p *party) turns(a protocol.Availability, limit time.Duration) time.Duration {
	p.t.Helper()
	return p.until(limit, "is "+string(a), func() bool { return p.avail == a })
}

// isClosed waits for the end of the socket.
func (p *party) isClosed(limit time.Duration) time.Duration {
	p.t.Helper()
	return p.until(limit, "is closed", func() bool { return !p.open })
}

// talk takes a call of two parties to the state wanted, and returns its id.
func talk(claimant, adjuster *party, state protocol.State) string {
	claimant.t.Helper()
	id := claimant.requests()
	if state == protocol.StateQueued {
		return id
	}
	adjuster.sees(id, protocol.StateRinging, patience)
	claimant.sees(id, protocol.StateRinging, patience)
	if state == protocol.StateRinging {
		return id
	}
	goOn(claimant, adjuster, id, protocol.StateRinging, state)
	return id
}

// goOn takes a call from one state to another.
func goOn(claimant, adjuster *party, id string, from, to protocol.State) {
	claimant.t.Helper()
	if from == protocol.StateRinging {
		adjuster.accepts(id)
		claimant.sees(id, protocol.StateConnecting, patience)
	}
	if to == protocol.StateConnecting {
		return
	}
	claimant.joins(id)
	adjuster.joins(id)
	for _, p := range []*party{claimant, adjuster} {
		p.until(patience, "has streams", func() bool {
			return p.views[id].State == protocol.StateActive && p.streams[id].Generation > 0
		})
	}
}

// finish ends a call and checks that nobody is left behind: both know, and the adjuster can be rung for the next call.
func finish(claimant, adjuster *party, id string) {
	claimant.t.Helper()
	claimant.hangsUp(id)
	adjuster.sees(id, protocol.StateEnded, patience)
	adjuster.turns(protocol.AvailabilityAvailable, patience)
	next := talk(claimant, adjuster, protocol.StateActive)
	claimant.hangsUp(next)
	adjuster.sees(next, protocol.StateEnded, patience)
	adjuster.turns(protocol.AvailabilityAvailable, patience)
}

// agrees checks that a party's page shows what a fresh page of the same person shows.
func (p *party) agrees(at *node) {
	p.t.Helper()
	w := p.again(at)
	running := ""
	if w.Call != nil {
		running = w.Call.ID
		p.until(patience, "knows the newest view", func() bool { return p.views[running].Version >= w.Call.Version })
	}
	for id, c := range p.all() {
		if c.State != protocol.StateEnded && id != running && !p.letGo(id) {
			p.t.Errorf("%s still shows call %s as %s v%d, a fresh page does not\n%s", p.name, id, c.State, c.Version, p.story())
		}
	}
	if w.Availability != "" {
		p.turns(w.Availability, patience)
	}
}

// letGo reports whether the last that was heard of a call is that it rings here no more, which says no more of the call.
func (p *party) letGo(call string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := len(p.log) - 1; i >= 0; i-- {
		if p.log[i].call == call {
			return p.log[i].typ == protocol.TypeCallWithdrawn
		}
	}
	return false
}
