package assigntest

import (
	"context"
	"fmt"
	"slices"
	"time"

	"pgregory.net/rapid"

	"github.com/claimcall/claimcall/hub"
	"github.com/claimcall/claimcall/internal/call"
	"github.com/claimcall/claimcall/internal/store"
	"github.com/claimcall/claimcall/protocol"
)

// world is two nodes with one store, and a few people, of whom rapid decides who does what.
type world struct {
	t      *rapid.T
	stores []hub.Store // by which each node reaches what they share
	ledger *ledger
	timing hub.Timing
	nodes  []*node
	people []*person
	asked  int // requests so far
	begun  int // nodes so far

	passes func(time.Duration) // lets time go by
	rest   func()              // returns when nothing more happens without time going by; nil if nobody can tell
	deaths int                 // of so many ends of a node one is a sudden one
}

// person is somebody with one device.
type person struct {
	device
	call *protocol.Call // heard of last, as it was then
	old  []*line        // that may still be open
}

// open starts the nodes and has everybody sign in.
func (w *world) open() {
	w.ledger = &ledger{}
	for range w.stores {
		w.nodes = append(w.nodes, nil)
	}
	for i := range w.nodes {
		w.start(i)
	}
	for i := range 3 {
		w.people = append(w.people, &person{device: device{user: call.User{Role: call.Adjuster, ID: fmt.Sprint("a", i)}}})
	}
	for i := range 4 {
		w.people = append(w.people, &person{device: device{user: call.User{Role: call.Claimant, ID: fmt.Sprint("c", i)}}})
	}
	w.everybodyComes()
}

// everybodyComes signs in those who have no line, and has adjusters take calls.
func (w *world) everybodyComes() {
	for i, p := range w.people {
		if !p.connected() {
			p.connects(w.nodes[i%len(w.nodes)])
		}
		if p.user.Role == call.Adjuster {
			p.sends(protocol.TypeAvailabilitySet, protocol.AvailabilitySet{State: protocol.AvailabilityAvailable})
		}
	}
	w.settle()
}

// settle waits for what was begun, where that can be told, and looks into the store.
func (w *world) settle() {
	if w.rest != nil {
		w.rest()
		w.checkHolds()
	}
}

// close ends the nodes in good order.
func (w *world) close() {
	for _, n := range w.nodes {
		if err := n.leaves(); err != nil {
			w.t.Errorf("Run: %v", err)
		}
	}
}

func (w *world) start(i int) {
	w.begun++
	n, err := startNode(w.stores[i], w.ledger, fmt.Sprint("n", w.begun), w.timing)
	if err != nil {
		w.t.Fatal(err)
	}
	w.nodes[i] = n
}

func (w *world) any(label string, n int) int { return rapid.IntRange(0, n-1).Draw(w.t, label) }

func (w *world) anybody() *person { return w.people[w.any("who", len(w.people))] }

// hears takes in what came. Whoever was told of a call may act on it.
func (p *person) hears() {
	for {
		select {
		case frame := <-p.line.out:
			if c := p.decode(frame).Data.Call; c != nil {
				p.call = c
			}
		default:
			return
		}
	}
}

// actions are what can happen, by name. A name may have several numbers, so that it is drawn more often.
func (w *world) actions() map[string]func() {
	return map[string]func(){
		"go on 1": w.goOn, "go on 2": w.goOn, "go on 3": w.goOn, "go on 4": w.goOn,
		"request 1": w.request, "request 2": w.request,
		"invite":  w.invite,
		"command": w.command,
		"work":    w.work,
		"drop":    func() { w.anybody().leaves() },
		"come 1":  w.come, "come 2": w.come,
		"at once": w.atOnce,
		"wait":    func() { w.passes(time.Duration(1+w.any("milliseconds", 8000)) * time.Millisecond) },
		"end":     w.end,
		"trouble": w.trouble,
		"mend 1":  w.mend, "mend 2": w.mend,
	}
}

// step has one action happen.
func (w *world) step() {
	actions := w.actions()
	names := make([]string, 0, len(actions))
	for name := range actions {
		names = append(names, name)
	}
	slices.Sort(names)
	actions[rapid.SampledFrom(names).Draw(w.t, "action")]()
}

// does sends a command if there is a line.
func (p *person) does(t protocol.Type, data any) {
	if p.connected() {
		p.sends(t, data)
	}
}

// leaves drops every line.
func (p *person) leaves() {
	for _, l := range append(p.old, p.line) {
		l.Close(1006, "")
	}
	p.old = nil
}

// goOn has people do what a page would offer first: accept what rings, join what was accepted.
func (w *world) goOn() {
	for _, p := range w.people {
		p.hears()
		if p.call == nil || w.any("hesitates", 4) == 0 {
			continue
		}
		switch p.call.State {
		case protocol.StateRinging:
			p.does(protocol.TypeCallAccept, protocol.CallRef{Call: p.call.ID})
		case protocol.StateConnecting:
			p.does(protocol.TypeCallJoin, protocol.CallRef{Call: p.call.ID})
		}
	}
}

func (w *world) request() {
	w.asked++
	w.anybody().does(protocol.TypeCallRequest, protocol.CallRequest{RequestID: fmt.Sprint("r", w.asked), ClaimNo: "A1"})
}

// invite has an adjuster call a claimant, by the claim for which the claimant may be calling, or by another one.
func (w *world) invite() {
	w.anybody().does(protocol.TypeCallInvite, protocol.CallInviteCommand{
		User: w.anybody().user.ID, ClaimNo: fmt.Sprint("A", 1+w.any("claim", 2)),
	})
}

// command has anybody do anything about the call heard of last.
func (w *world) command() {
	p := w.anybody()
	p.hears()
	commands := []protocol.Type{
		protocol.TypeCallAccept, protocol.TypeCallReject, protocol.TypeCallJoin, protocol.TypeCallCancel,
		protocol.TypeCallHangup, protocol.TypeStreamsRefresh,
	}
	t := rapid.SampledFrom(commands).Draw(w.t, "command")
	if p.call != nil {
		p.does(t, protocol.CallRef{Call: p.call.ID})
	}
}

func (w *world) work() {
	state := rapid.SampledFrom([]protocol.Availability{protocol.AvailabilityAvailable, protocol.AvailabilityAway}).Draw(w.t, "state")
	w.anybody().does(protocol.TypeAvailabilitySet, protocol.AvailabilitySet{State: state})
}

// come opens a line to any node, with or without the old one's end, and with or without the session.
func (w *world) come() {
	p := w.anybody()
	p.hears()
	if w.any("forgets", 4) == 0 {
		p.resume = ""
	}
	if w.any("first drops", 2) == 0 {
		p.leaves()
	}
	p.old = append(p.old, p.line)
	p.connects(w.nodes[w.any("where", len(w.nodes))])
}

// atOnce has a few things happen that do not wait for each other.
func (w *world) atOnce() {
	for range 3 {
		[]func(){w.goOn, w.request, w.command, w.command, w.come}[w.any("what", 5)]()
	}
}

// end ends a node in good order, or as kill -9 does, and starts another one.
func (w *world) end() {
	i := w.any("node", len(w.nodes))
	if w.any("drains", w.deaths) == 0 {
		w.nodes[i].dies()
	} else if err := w.nodes[i].leaves(); err != nil {
		w.t.Errorf("Run: %v", err)
	}
	w.start(i)
}

// trouble comes over the way of a node to the store, until it is mended.
func (w *world) trouble() {
	w.nodes[w.any("node", len(w.nodes))].way.has(rapid.SampledFrom([]trouble{
		{down: 1}, {down: 1}, {lost: 1}, {lost: 0.5}, {stale: 0.5}, {slow: 0.5, wait: 300 * time.Millisecond},
	}).Draw(w.t, "trouble"))
}

func (w *world) mend() {
	for _, n := range w.nodes {
		n.way.has(trouble{})
	}
}

// busy returns the people whom the store holds for a call.
func (w *world) busy() (held []call.Presence) {
	for _, p := range w.presences() {
		if p.Call != "" {
			held = append(held, p)
		}
	}
	return held
}

func (w *world) presences() []call.Presence {
	users := make([]call.User, len(w.people))
	for i, p := range w.people {
		users[i] = p.user
	}
	found, err := w.stores[0].Presences(context.Background(), users...)
	if err != nil {
		w.t.Fatal(err)
	}
	return found
}

// checkHolds: who is held is so for a live call, and a live call holds its parties. The store must be at rest.
func (w *world) checkHolds() {
	w.t.Helper()
	for _, p := range w.busy() {
		if c := w.call(p.Call); c.State == call.Ended || !c.Has(p.User) {
			w.t.Fatalf("%s %s is held by a call that is %s and has %s and %s",
				p.User.Role, p.User.ID, c.State, c.Claimant.User, c.Adjuster.User)
		}
	}
	held := map[call.User]string{}
	for _, p := range w.presences() {
		held[p.User] = p.Call
	}
	for _, id := range w.ledger.all() {
		c := w.call(id)
		for _, role := range []call.Role{call.Claimant, call.Adjuster} {
			if u := c.User(role); c.State != call.Ended && u.ID != "" && held[u] != id {
				w.t.Fatalf("%s is %s, and does not hold %s %s", id, c.State, u.Role, u.ID)
			}
		}
	}
}

func (w *world) call(id string) call.Call {
	w.t.Helper()
	c, err := w.stores[0].Call(context.Background(), id)
	if err != nil {
		w.t.Fatalf("call %q: %v", id, err)
	}
	return c
}

// isOver reports whether no call is live and nobody is signed in.
func (w *world) isOver() bool {
	live := func(id string) bool { return w.call(id).State != call.Ended }
	there := func(p call.Presence) bool { return !p.Unused() }
	return !slices.ContainsFunc(w.ledger.all(), live) && !slices.ContainsFunc(w.presences(), there)
}

// checkRecords: each call that began is on record once.
func (w *world) checkRecords() {
	w.t.Helper()
	records, err := w.stores[0].Records(context.Background(), store.Filter{Limit: 10000})
	if err != nil {
		w.t.Fatal(err)
	}
	times := map[string]int{}
	for _, c := range records {
		times[c.ID]++
	}
	for _, id := range w.ledger.take() {
		if c := w.call(id); c.State != call.Ended || times[id] != 1 {
			w.t.Errorf("a call that is %s is on record %d times", c.State, times[id])
		}
	}
}
