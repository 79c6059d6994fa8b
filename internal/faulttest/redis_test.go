package faulttest

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/claimcall/claimcall/internal/call"
	"github.com/claimcall/claimcall/internal/store"
	"github.com/claimcall/claimcall/protocol"
)

// What the design promises of a Redis that goes and comes back.
const (
	unreadyWithin = 5 * time.Second
	healedWithin  = 10 * time.Second
	resyncWithin  = 8 * time.Second

	outage = 9 * time.Second // in the short run: longer than the lease of a node
)

// office is two nodes with a call in each state.
type office struct {
	*cluster
	active, connecting, ringing, queued string
	zhang, wang, sun, zhou              *party // claimants of these calls
	li, chen, qian                      *party // adjusters of the first three
	late                                *party // an adjuster who signed in later; may be nil
}

func newOffice(t *testing.T) *office { return openOffice(newCluster(t, []string{"a", "b"})) }

// openOffice has people call each other on a cluster of two nodes.
func openOffice(c *cluster) *office {
	o := &office{cluster: c}
	o.zhang, o.li = o.claimant("zhang", "a"), o.adjuster("li", "b")
	o.active = talk(o.zhang, o.li, protocol.StateActive)
	o.wang, o.chen = o.claimant("wang", "b"), o.adjuster("chen", "a")
	o.connecting = talk(o.wang, o.chen, protocol.StateConnecting)
	o.sun, o.qian = o.claimant("sun", "a"), o.adjuster("qian", "a")
	o.ringing = talk(o.sun, o.qian, protocol.StateRinging)
	o.zhou = o.claimant("zhou", "b")
	o.queued = talk(o.zhou, nil, protocol.StateQueued)
	return o
}

func (o *office) everybody() []*party {
	return []*party{o.zhang, o.wang, o.sun, o.zhou, o.li, o.chen, o.qian}
}

// unready waits until no node says that calls can be made.
func (o *office) unready(limit time.Duration) time.Duration {
	return within(o.t, limit, "nodes are not ready", func() bool { return !o.node("a").ready() && !o.node("b").ready() })
}

func (o *office) ready(limit time.Duration) time.Duration {
	return within(o.t, limit, "nodes are ready", func() bool { return o.node("a").ready() && o.node("b").ready() })
}

// complete checks that no call is lost: each goes on to its end from where it was.
func (o *office) complete() {
	o.t.Helper()
	o.zhang.hangsUp(o.active)
	goOn(o.wang, o.chen, o.connecting, protocol.StateConnecting, protocol.StateActive)
	o.wang.hangsUp(o.connecting)
	rings := whoRings(o.ringing, o.li, o.chen, o.qian)
	goOn(o.sun, rings, o.ringing, protocol.StateRinging, protocol.StateActive)
	o.sun.hangsUp(o.ringing)
	rings = whoRings(o.queued, o.li, o.chen, o.qian)
	goOn(o.zhou, rings, o.queued, protocol.StateRinging, protocol.StateActive)
	o.zhou.hangsUp(o.queued)
	for _, p := range []*party{o.li, o.chen, o.qian} {
		p.turns(protocol.AvailabilityAvailable, patience)
	}
	for _, p := range o.everybody() {
		p.agrees(o.node("a"))
	}
}

// TestRedisIsKilled kills Redis and starts it again with its append-only file.
func TestRedisIsKilled(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.redis.kill()
	begun := time.Now()
	t.Logf("not ready after %s", o.unready(unreadyWithin).Round(time.Millisecond))
	for _, p := range o.everybody() {
		p.isPutOff()
	}
	pass(t, lasting(outage, 20*time.Second)-time.Since(begun))
	had := map[*party]int{}
	for _, p := range o.everybody() {
		had[p] = p.heardSoFar()
	}
	o.redis.start(t)
	t.Logf("ready %s after the restart", o.ready(healedWithin).Round(time.Millisecond))
	for _, p := range []*party{o.zhang, o.li, o.wang, o.chen, o.sun, o.qian} {
		took := p.until(healedWithin, "a fresh view", func() bool { return len(p.log) > had[p] })
		t.Logf("%s has a fresh view %s later", p.name, took.Round(time.Millisecond))
	}
	o.converge(healedWithin)
	o.nobodyCameBack()
	o.complete()
}

// nobodyCameBack checks that all sockets have lived through the outage.
func (o *office) nobodyCameBack() {
	o.t.Helper()
	for _, p := range o.everybody() {
		if p.sockets() > 1 {
			o.t.Errorf("%s had to come back\n%s", p.name, p.story())
		}
	}
}

// converge waits until everybody shows what the store has: the own call as it is there, no older and no newer, and no
// call that has gone on without them.
func (o *office) converge(limit time.Duration) {
	o.t.Helper()
	s := o.store(o.t)
	differs := ""
	defer func() {
		if differs != "" {
			o.t.Log(differs)
		}
	}()
	within(o.t, limit, "everybody shows what the store has", func() bool { differs = o.differs(s); return differs == "" })
}

// differs says who shows something else than the store has.
func (o *office) differs(s store.Store) string {
	for _, id := range []string{o.active, o.connecting, o.ringing, o.queued} {
		c, err := s.Call(o.t.Context(), id)
		if err != nil {
			return err.Error()
		}
		for _, p := range o.everybody() {
			if !p.shows(c) {
				return fmt.Sprintf("call %s is %+v\n%s shows %+v\n%s", id, c, p.name, p.known(id), p.story())
			}
		}
	}
	return ""
}

// shows reports whether what a party knows of a call is so. One who waits is not told of each version.
func (p *party) shows(c call.Call) bool {
	known := p.known(c.ID)
	if !c.Has(call.User{Role: call.Role(p.role), ID: p.name}) {
		return known.ID == "" || known.State == protocol.StateEnded || p.letGo(c.ID)
	}
	if known.ID == "" && c.State == call.Ended {
		return true // ended while nobody could tell, and a welcome did not mention it
	}
	return string(known.State) == string(c.State) && known.Version <= c.Version && (c.State == call.Queued || p.seesIn(known, c))
}

// seesIn reports whether a view is what a page would be shown of a call now. The version may be an older one: nobody is
// told of a change that shows nowhere, such as a new seat for the same session; and nobody of the own link.
func (p *party) seesIn(known protocol.Call, c call.Call) bool {
	if known.Legs.Adjuster == nil {
		return c.Adjuster.User == ""
	}
	own, other := call.Role(p.role), call.Role(p.role).Other()
	legs := map[call.Role]protocol.Leg{call.Claimant: known.Legs.Claimant, call.Adjuster: *known.Legs.Adjuster}
	joined := legs[own].Joined == c.Leg(own).Joined && legs[other].Joined == c.Leg(other).Joined
	linked := c.State == call.Ended || string(legs[other].Link) == string(c.Leg(other).Link())
	streams := c.State != call.Active || c.Leg(own).Session != p.greeting().Session || p.given(c.ID).Generation == c.Generation
	return legs[other].User == c.Leg(other).User && joined && linked && streams
}

// isPutOff checks that a command is answered with a request to try again, and that the socket stays open.
func (p *party) isPutOff() {
	p.t.Helper()
	err := p.asks(protocol.TypeCallHangup, ref("abcdefghijklmnopqrstuvwxyz"), &protocol.CallAnswer{})
	var refused *protocol.Error
	if !errors.As(err, &refused) || refused.Code != protocol.CodeUnavailable || !refused.Retry {
		p.t.Errorf("%s: got %v, want unavailable, and to try again", p.name, err)
	}
	if err := p.asks(protocol.TypePing, protocol.Ping{}, &protocol.Pong{}); err != nil {
		p.t.Errorf("%s: ping: %v", p.name, err)
	}
}

func (p *party) heardSoFar() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.log)
}

func (p *party) sockets() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.socket
}

// TestRedisIsFrozen stops Redis in the middle of everything, and lets it go on as if nothing had been.
func TestRedisIsFrozen(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	for _, p := range o.everybody() {
		p.keepsComingBack(o.cluster, "a", "b")
	}
	o.redis.freeze()
	begun := time.Now()
	t.Logf("not ready after %s", o.unready(unreadyWithin+3*time.Second).Round(time.Millisecond))
	o.li.isPutOff()
	pass(t, lasting(outage, 20*time.Second)-time.Since(begun))
	o.redis.thaw()
	thawed := time.Now()
	o.ready(resyncWithin)
	o.converge(resyncWithin - time.Since(thawed))
	t.Logf("resynced %s after the thaw", time.Since(thawed).Round(time.Millisecond))
	o.nobodyCameBack()
	o.complete()
}

// TestANodeIsCutOff puts a network between one node and Redis that swallows, or stalls, while the calls of its clients
// move on by what the other sides do.
func TestANodeIsCutOff(t *testing.T) {
	for name, how := range map[string]manner{"swallows": swallowing, "stalls": holding} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cutOff(t, how)
		})
	}
}

func cutOff(t *testing.T, how manner) {
	o := newOffice(t)
	for _, p := range o.everybody() {
		p.keepsComingBack(o.cluster, "a")
	}
	a := o.node("a")
	a.way.treat(how)
	begun := time.Now()
	took := within(t, unreadyWithin+3*time.Second, "a is not ready", func() bool { return !a.ready() })
	t.Logf("not ready after %s", took.Round(time.Millisecond))
	o.li.hangsUp(o.active) // zhang sits on a, and can't be told
	o.li.does(protocol.TypeAvailabilitySet, protocol.AvailabilitySet{State: protocol.AvailabilityAway})
	o.wang.joins(o.connecting) // chen, too
	pass(t, lasting(outage, 20*time.Second)-time.Since(begun))
	if !o.node("b").ready() {
		t.Error("the other node is not ready")
	}
	a.way.treat(passing)
	back := time.Now()
	within(t, resyncWithin, "a is ready", a.ready)
	left := func() time.Duration { return resyncWithin - time.Since(back) }
	o.zhang.sees(o.active, protocol.StateEnded, left())
	o.chen.until(left(), "sees that the other side has joined", func() bool { return o.chen.views[o.connecting].Legs.Claimant.Joined })
	o.converge(left())
	t.Logf("resynced %s after the network is back", time.Since(back).Round(time.Millisecond))
	o.li.isAvailable()
	o.chen.joins(o.connecting)
	o.complete()
}

// keepsComingBack has a party come back whenever its socket ends, to one node after the other, as clients do.
func (p *party) keepsComingBack(c *cluster, to ...string) {
	go func() {
		turn := 0
		for p.t.Context().Err() == nil {
			p.mu.Lock()
			open, code, news := p.open, p.code, p.news
			p.mu.Unlock()
			if open || !code.Reconnect() {
				select {
				case <-news:
				case <-p.t.Context().Done():
				}
				continue
			}
			if p.connect(c.node(to[turn%len(to)])) != nil {
				turn++
				pause := time.NewTimer(100 * time.Millisecond)
				select {
				case <-pause.C:
				case <-p.t.Context().Done():
				}
			}
		}
	}()
}
