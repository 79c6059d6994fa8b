package assigntest

import (
	"context"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/claimcall/claimcall/internal/call"
	"github.com/claimcall/claimcall/protocol"
)

// wish is a claimant's wish for a call.
type wish struct {
	request protocol.CallRequest
	granted func() // called once, when the call is over
}

// party is a person of the crowd, who acts by what the device shows. An adjuster takes what rings, even in a call: what
// must not be is for the hub to prevent.
type party struct {
	device
	nodes    []*node
	recorder *recorder
	dice     *rand.Rand
	wishes   chan wish
	busy     atomic.Bool // something is under way, as far as the party knows

	wish    *wish                    // of a claimant, until it is granted
	asked   *operation               // waits for its answer
	askedAs string                   // id of that command
	calls   map[string]protocol.Call // newest view of each call that runs with this party
	act     *time.Timer              // rings when it is time to do something
}

// live takes part until ctx ends.
func (p *party) live(ctx context.Context) {
	p.act = time.NewTimer(0)
	p.calls = map[string]protocol.Call{}
	p.connect()
	for ctx.Err() == nil {
		select {
		case frame := <-p.line.out:
			p.hears(p.decode(frame))
		case <-p.line.gone:
			p.connect()
		case w := <-p.wishes:
			p.wish = &w
			p.soon()
		case <-p.act.C:
			p.acts()
		case <-ctx.Done():
		}
		p.busy.Store(p.asked != nil || p.wish != nil || len(p.calls) > 0)
	}
	if p.asked != nil {
		p.lost()
	}
	p.drops()
}

// soon has the party act within a few milliseconds.
func (p *party) soon() { p.act.Reset(time.Duration(p.dice.IntN(4000)) * time.Microsecond) }

// connect opens a line to any node. The answer to what was asked by the old one never comes.
func (p *party) connect() {
	if p.asked != nil {
		p.lost()
	}
	p.connects(p.nodes[p.dice.IntN(len(p.nodes))])
	if p.user.Role == call.Adjuster {
		p.sends(protocol.TypeAvailabilitySet, protocol.AvailabilitySet{State: protocol.AvailabilityAvailable})
	}
}

// lost writes down that nobody knows what came of the last command. Of most it does not matter: what they do may also
// happen by itself.
func (p *party) lost() {
	if p.asked.kind == protocol.TypeCallRequest || p.asked.kind == protocol.TypeCallAccept {
		p.asked.answered = never
		p.recorder.add(*p.asked)
	}
	p.asked = nil
}

// asks sends a command about a call and waits for the answer.
func (p *party) asks(t protocol.Type, claimant string, data any) {
	p.asked = &operation{kind: t, by: p.user.ID, claimant: claimant, asked: p.recorder.now()}
	p.askedAs = p.sends(t, data)
}

// hears takes in a frame.
func (p *party) hears(w word) {
	defer p.soon()
	switch {
	case p.asked != nil && w.ID == p.askedAs:
		p.answered(w)
	case w.Type == protocol.TypeWelcome:
		p.calls = map[string]protocol.Call{} // what it does not show is over
		p.sees(w.Data.Call, hear)
	default:
		p.sees(w.Data.Call, hear)
	}
}

func (p *party) answered(w word) {
	o := p.asked
	o.answered, o.code = p.recorder.now(), w.Data.Code
	switch o.code {
	case "":
		p.sees(w.Data.Call, o.kind)
	case protocol.CodeUnavailable, protocol.CodeInternal:
		p.lost()
	default:
		p.recorder.add(*o)
		p.forget(o.claimant)
	}
	p.asked = nil
}

// sees writes down a view, and keeps it if it is the newest of a call with this party.
func (p *party) sees(c *protocol.Call, kind protocol.Type) {
	if c == nil {
		return
	}
	o := operation{kind: hear, by: p.user.ID, claimant: c.Legs.Claimant.User}
	if kind != hear {
		o = *p.asked
	}
	o.sight = sightOf(c)
	p.recorder.add(o)
	switch old, known := p.calls[c.ID]; {
	case known && old.Version > c.Version:
	case c.State == protocol.StateEnded || !p.isIn(c):
		delete(p.calls, c.ID)
		p.over(c)
	default:
		p.calls[c.ID] = *c
	}
}

// isIn reports whether the party is one of the call's.
func (p *party) isIn(c *protocol.Call) bool {
	return p.user.Role == call.Claimant || c.Legs.Adjuster != nil && c.Legs.Adjuster.User == p.user.ID
}

// forget drops a call that the hub says there is nothing to do about.
func (p *party) forget(claimant string) {
	for id, c := range p.calls {
		if c.Legs.Claimant.User == claimant {
			delete(p.calls, id)
		}
	}
}

// over grants the wish of a claimant whose call has ended.
func (p *party) over(c *protocol.Call) {
	if p.wish != nil && c.State == protocol.StateEnded && c.ClaimNo == p.wish.request.ClaimNo {
		p.wish.granted()
		p.wish = nil
	}
}

// acts does one thing that this person would do now, if there is one.
func (p *party) acts() {
	if p.asked != nil {
		return
	}
	for _, c := range p.calls {
		p.soon()
		switch {
		case p.likely(2):
			p.drops()
		case p.user.Role == call.Adjuster:
			p.serves(c)
		default:
			p.calling(c)
		}
		return
	}
	if p.wish != nil {
		p.asks(protocol.TypeCallRequest, p.user.ID, p.wish.request)
	}
}

// likely is true in so many cases of a hundred.
func (p *party) likely(percent int) bool { return p.dice.IntN(100) < percent }

// serves is what an adjuster does about a call.
func (p *party) serves(c protocol.Call) {
	on := protocol.CallRef{Call: c.ID}
	claimant := c.Legs.Claimant.User
	switch {
	case c.State == protocol.StateRinging && p.likely(10):
		p.asks(protocol.TypeCallReject, claimant, protocol.CallReject{Call: c.ID})
	case c.State == protocol.StateRinging:
		p.asks(protocol.TypeCallAccept, claimant, on)
	case c.Legs.Adjuster.Joined && p.likely(60):
		p.asks(protocol.TypeCallHangup, claimant, on)
	default:
		p.asks(protocol.TypeCallJoin, claimant, on) // a second time it changes nothing, and shows how the call stands
	}
}

// calling is what a claimant does about the own call.
func (p *party) calling(c protocol.Call) {
	on := protocol.CallRef{Call: c.ID}
	accepted := c.State == protocol.StateConnecting || c.State == protocol.StateActive
	switch {
	case !accepted && p.likely(1):
		p.asks(protocol.TypeCallCancel, p.user.ID, on)
	case !accepted:
	case c.Legs.Claimant.Joined && p.likely(60):
		p.asks(protocol.TypeCallHangup, p.user.ID, on)
	default:
		p.asks(protocol.TypeCallJoin, p.user.ID, on)
	}
}
