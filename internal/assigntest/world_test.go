package assigntest

import (
	"fmt"
	"slices"
	"time"

	"pgregory.net/rapid"

	"github.com/claimcall/claimcall/hub"
	"github.com/claimcall/claimcall/internal/call"
	"github.com/claimcall/claimcall/protocol"
)

// world is two nodes with one store, and a few people, of whom dice decide who does what.
type world struct {
	t      rapid.TB
	dice   func(label string, n int) int // returns a number below n
	stores []hub.Store                   // by which each node reaches what they share
	unit   time.Duration                 // a second, or what stands for one
	passes func(time.Duration)           // lets time go by
	rests  func()                        // returns when little or nothing more happens without time going by
	exact  bool                          // it is nothing: the store is at rest then
	deaths int                           // of so many ends of a node one is a sudden one

	ledger *ledger
	nodes  []*node
	people []*person
	asked  int      // requests so far
	begun  int      // nodes so far
	live   []string // calls that had not ended when they were last looked at
	over   []string // the others
}

// open starts the nodes and makes the people.
func (w *world) open() {
	w.ledger = &ledger{}
	w.nodes = make([]*node, len(w.stores))
	for i := range w.nodes {
		w.start(i)
	}
	for i := range 2 {
		w.people = append(w.people, &person{device: device{user: call.User{Role: call.Adjuster, ID: fmt.Sprint("a", i)}}})
	}
	for i := range 3 {
		w.people = append(w.people, &person{device: device{user: call.User{Role: call.Claimant, ID: fmt.Sprint("c", i)}}})
	}
}

// run lets a few things happen, and then some people leave. After the last run all do, but for those who have fallen silent.
func (w *world) run(last bool) {
	w.everybodyComes()
	for range 1 + w.dice("steps", 8) {
		w.step()
		w.settle()
	}
	w.mend()
	for _, p := range w.people {
		if !p.silent && (last || w.dice("leaves", 3) == 2) {
			p.leaves()
		}
	}
}

// runsPerWorld keeps the fake time of one bubble to minutes.
const runsPerWorld = 20

// overAfter returns when everything must be over that has been left alone: in these units that is the longest that a call
// may take with all that comes before, and the time until those who fell silent are missed and their graces are over; in
// seconds the lease of a node, the time that a node which had no lease gives everybody, and the retry of whoever could not
// reach the store.
func (w *world) overAfter() time.Duration { return 60*w.unit + 20*time.Second }

// history has one run follow the other, each when that before has come to its end.
func (w *world) history() {
	for n := range runsPerWorld {
		last := n == runsPerWorld-1
		w.run(last)
		over := w.isOver
		if last {
			over = w.isEmpty
		}
		w.awaits(over)
		if w.exact || last {
			w.checkHolds()
		}
	}
	w.checkRecords()
}

func (w *world) awaits(over func() bool) {
	for left := w.overAfter(); !over(); left -= 3 * w.unit {
		if left < 0 {
			w.t.Fatalf("not over: %+v", w.presences())
		}
		w.waits(3 * w.unit)
	}
}

// everybodyComes signs in those who have no line, and has adjusters take calls.
func (w *world) everybodyComes() {
	for i, p := range w.people {
		if !p.connected() {
			p.comes(w.nodes[i%len(w.nodes)])
		}
		if p.user.Role == call.Adjuster {
			p.does(protocol.TypeAvailabilitySet, protocol.AvailabilitySet{State: protocol.AvailabilityAvailable})
		}
	}
	w.settle()
}

// settle waits for what was begun, and looks into the store where all of that is done.
func (w *world) settle() {
	w.rests()
	if w.exact {
		w.checkHolds()
	}
}

// waits lets time go by, in which everybody pings who is not silent.
func (w *world) waits(d time.Duration) {
	for beat := 3 * w.unit; d > 0; d -= beat {
		for _, p := range w.people {
			p.does(protocol.TypePing, protocol.Ping{})
		}
		w.passes(min(d, beat))
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
	n, err := startNode(w.stores[i], w.ledger, fmt.Sprint("n", w.begun), worldTiming(w.unit), worldLimits(w.unit))
	if err != nil {
		w.t.Fatal(err)
	}
	w.nodes[i] = n
}

// worldTiming has everything end within a few units. A node's lease takes its five seconds all the same.
func worldTiming(unit time.Duration) hub.Timing {
	return hub.Timing{
		Ring: 6 * unit, Join: 5 * unit, Queue: 20 * unit, GraceClaimant: 6 * unit, GraceAdjuster: 4 * unit,
		RingGone: unit, WrapUp: 3 * unit, MaxCall: 20 * unit, MaxMissed: 2,
	}
}

// worldLimits has whoever falls silent be missed after ten units, and in a call after five.
func worldLimits(unit time.Duration) hub.Limits {
	l := generous()
	l.HeartbeatIdle, l.HeartbeatCall = 4*unit, 2*unit
	return l
}

func (w *world) anybody() *person { return w.people[w.dice("who", len(w.people))] }

// actions are what can happen, by name. A name may have several numbers, so that it is drawn more often.
func (w *world) actions() map[string]func() {
	return map[string]func(){
		"go on 1": w.goOn, "go on 2": w.goOn, "go on 3": w.goOn, "go on 4": w.goOn,
		"request 1": w.request, "request 2": w.request,
		"invite":  w.invite,
		"command": w.command,
		"work":    w.work,
		"drop":    func() { w.anybody().leaves() },
		"silence": func() { w.anybody().silent = true },
		"come 1":  w.come, "come 2": w.come,
		"at once": w.atOnce,
		"wait":    func() { w.waits(w.unit * time.Duration(1+w.dice("thousandths", 8000)) / 1000) },
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
	actions[names[w.dice("action", len(names))]]()
}

// goOn has people do what a page would offer first: accept what rings, join what was accepted.
func (w *world) goOn() {
	for _, p := range w.people {
		p.hears()
		if p.call == nil || w.dice("hesitates", 4) == 0 {
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
		User: w.anybody().user.ID, ClaimNo: fmt.Sprint("A", 1+w.dice("claim", 2)),
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
	if t := commands[w.dice("command", len(commands))]; p.call != nil {
		p.does(t, protocol.CallRef{Call: p.call.ID})
	}
}

func (w *world) work() {
	states := []protocol.Availability{protocol.AvailabilityAvailable, protocol.AvailabilityAway}
	w.anybody().does(protocol.TypeAvailabilitySet, protocol.AvailabilitySet{State: states[w.dice("state", len(states))]})
}

// come opens a line to any node, with or without the old one's end, and with or without the session.
func (w *world) come() {
	p := w.anybody()
	p.hears()
	if w.dice("forgets", 4) == 0 {
		p.resume = ""
	}
	if w.dice("first drops", 2) == 0 {
		p.leaves()
	}
	p.comes(w.nodes[w.dice("where", len(w.nodes))])
}

// atOnce has a few things happen that do not wait for each other.
func (w *world) atOnce() {
	for range 3 {
		[]func(){w.goOn, w.request, w.command, w.command, w.come}[w.dice("what", 5)]()
	}
}

// end ends a node in good order, or as kill -9 does, and starts another one.
func (w *world) end() {
	i := w.dice("node", len(w.nodes))
	if w.dice("drains", w.deaths) == 0 {
		w.nodes[i].dies()
	} else if err := w.nodes[i].leaves(); err != nil {
		w.t.Errorf("Run: %v", err)
	}
	w.start(i)
}

// trouble comes over the way of a node to the store, until it is mended.
func (w *world) trouble() {
	troubles := []trouble{
		{down: 1}, {down: 1}, {lost: 1}, {lost: 0.5}, {stale: 0.5}, {slow: 0.5, wait: 3 * w.unit / 10},
	}
	w.nodes[w.dice("node", len(w.nodes))].way.has(troubles[w.dice("trouble", len(troubles))])
}

func (w *world) mend() {
	for _, n := range w.nodes {
		n.way.has(trouble{})
	}
}
