package storetest

import (
	"fmt"
	"slices"
	"sync"
	"time"

	"pgregory.net/rapid"

	"github.com/claimcall/claimcall/internal/store"
)

func outbox() []promise {
	return []promise{
		{"events come with the commit, or not at all", eventsCommitted},
		{"an event comes back as it was written", eventComesBack},
		{"the events of a call are told in their order", eventsInOrder},
		{"calls do not wait for each other", eventsOfCalls},
		{"receivers do not wait for each other", eventsOfReceivers},
		{"what was taken is leased", eventsLeased},
		{"a failure counts, and puts the call off", eventFails},
		{"who comes too late changes nothing", eventLate},
		{"an event can be written again", eventAgain},
		{"the limit leaves the rest", eventsLimited},
		{"events are dropped by call, or all", eventsDropped},
		{"a receiver can be stopped", receiverStopped},
		{"two nodes never take the same", eventsOnce},
	}
}

func event(receiver, call string, seq int64) store.Event {
	return store.Event{Receiver: receiver, Call: call, Seq: seq, Body: fmt.Appendf(nil, `{"%s":%d}`, call, seq)}
}

// take takes the events of a receiver by node B.
func (x *trial) take(receiver string) []store.Event {
	x.Helper()
	return must[[]store.Event](x, "take events")(x.B.TakeEvents(x.ctx, receiver, 100, lease))
}

// takes checks which events are taken, in any order.
func (x *trial) takes(when, receiver string, want ...string) []store.Event {
	x.Helper()
	events := x.take(receiver)
	got := []string{}
	for _, e := range events {
		got = append(got, e.ID())
	}
	slices.Sort(got)
	x.same(when, got, append([]string{}, want...))
	return events
}

// told removes an event by node A, and returns the ID of the next, "" for none.
func (x *trial) told(e store.Event) string {
	x.Helper()
	next, more, err := x.A.EventTold(x.ctx, e, lease)
	if err != nil {
		x.Fatalf("told: %v", err)
	}
	if !more {
		return ""
	}
	return next.ID()
}

func (x *trial) fails(e store.Event, until time.Time) {
	x.Helper()
	if err := x.A.EventFailed(x.ctx, e, until); err != nil {
		x.Fatalf("failed: %v", err)
	}
}

func eventsCommitted(x *trial) {
	c := queued("c1", "q", 0)
	c.Version = 1
	x.commit(store.Commit{Call: &c, Events: []store.Event{event("r", "c1", 1), event("s", "c1", 1)}})
	x.takes("with a call", "r", "c1.1")
	x.takes("for another receiver", "s", "c1.1")
	x.takes("for nobody", "t")
	x.refused(store.Commit{Call: &c, CallWas: 7, Events: []store.Event{event("r", "c2", 1)}})
	x.takes("of a refused commit", "r")
	x.commit(store.Commit{Events: []store.Event{event("r", "c3", 1)}})
	x.takes("alone", "r", "c3.1")
}

func eventComesBack(x *trial) {
	e := store.Event{Receiver: "r:1 x", Call: "c 1:é", Seq: 1 << 40, Body: []byte("{\"a\":\"\\u0000\xe7\x8e\x8b\"}")}
	body := string(e.Body)
	x.commit(store.Commit{Events: []store.Event{e}})
	e.Body[0] = 'x' // the store has a copy
	got := x.take(e.Receiver)
	if len(got) != 1 {
		x.Fatalf("took %v", got)
	}
	e.Body = []byte(body)
	x.same("event", got[0], e)
}

func eventsInOrder(x *trial) {
	for _, seq := range []int64{9, 10, 2, 100, 11} {
		x.commit(store.Commit{Events: []store.Event{event("r", "c1", seq)}})
	}
	first := x.takes("first", "r", "c1.2")[0]
	for _, want := range []int64{9, 10, 11, 100} {
		x.same("next", x.told(first), fmt.Sprint("c1.", want))
		x.takes("meanwhile", "r")
		first = event("r", "c1", want)
	}
	x.same("after the last", x.told(first), "")
	x.Advance(2 * lease)
	x.takes("when all is told", "r")
	x.commit(store.Commit{Events: []store.Event{event("r", "c1", 101)}})
	x.takes("later", "r", "c1.101")
}

func eventsOfCalls(x *trial) {
	x.commit(store.Commit{Events: []store.Event{event("r", "c1", 1), event("r", "c2", 1), event("r", "c1", 2)}})
	events := x.takes("at first", "r", "c1.1", "c2.1")
	for _, e := range events {
		if e.Call == "c1" {
			x.fails(e, x.in(time.Hour))
		}
	}
	x.commit(store.Commit{Events: []store.Event{event("r", "c1", 3), event("r", "c3", 1)}})
	x.takes("while one call waits", "r", "c3.1")
	x.Advance(time.Hour)
	x.takes("after its time", "r", "c1.1", "c2.1", "c3.1")
}

func eventsOfReceivers(x *trial) {
	for _, receiver := range []string{"r", "s"} {
		x.commit(store.Commit{Events: []store.Event{event(receiver, "c1", 1), event(receiver, "c1", 2)}})
	}
	r := x.takes("of one", "r", "c1.1")[0]
	x.same("next of one", x.told(r), "c1.2")
	x.takes("of the other", "s", "c1.1")
}

func eventsLeased(x *trial) {
	x.commit(store.Commit{Events: []store.Event{event("r", "c1", 1), event("r", "c1", 2)}})
	e := x.takes("at first", "r", "c1.1")[0]
	x.takes("leased", "r")
	x.Advance(lease + time.Millisecond)
	x.takes("after the lease", "r", "c1.1")
	x.same("next", x.told(e), "c1.2")
	x.takes("the next is leased", "r")
	x.Advance(lease + time.Millisecond)
	x.takes("after its lease", "r", "c1.2")
}

func eventFails(x *trial) {
	x.commit(store.Commit{Events: []store.Event{event("r", "c1", 1), event("r", "c1", 2)}})
	e := x.takes("at first", "r", "c1.1")[0]
	for tries := 1; tries <= 3; tries++ {
		x.fails(e, x.in(time.Minute))
		x.Advance(time.Minute - time.Millisecond)
		x.takes("before its time", "r")
		x.Advance(time.Millisecond)
		again := x.takes("at its time", "r", "c1.1")[0]
		x.same("failures", again.Tries, tries)
	}
	x.same("next", x.told(e), "c1.2")
	x.Advance(2 * lease)
	x.same("failures of the next", x.takes("the next", "r", "c1.2")[0].Tries, 0)
}

func eventLate(x *trial) {
	x.commit(store.Commit{Events: []store.Event{event("r", "c1", 1), event("r", "c1", 2)}})
	e := x.takes("at first", "r", "c1.1")[0]
	x.same("next", x.told(e), "c1.2")
	x.same("told twice", x.told(e), "")
	x.fails(e, x.in(time.Hour))
	x.Advance(lease + time.Millisecond)
	x.same("failures", x.takes("the next", "r", "c1.2")[0].Tries, 0)
}

func eventAgain(x *trial) {
	x.commit(store.Commit{Events: []store.Event{event("r", "c1", 1)}})
	changed := event("r", "c1", 1)
	changed.Body = []byte(`{"changed":true}`)
	x.commit(store.Commit{Events: []store.Event{changed}})
	e := x.takes("once", "r", "c1.1")[0]
	x.same("body", string(e.Body), string(changed.Body))
	x.same("next", x.told(e), "")
	x.commit(store.Commit{Events: []store.Event{event("r", "c1", 1)}})
	x.takes("after it was told", "r", "c1.1")
}

func eventsLimited(x *trial) {
	for i := range 5 {
		x.commit(store.Commit{Events: []store.Event{event("r", fmt.Sprint("c", i), 1)}})
	}
	got := must[[]store.Event](x, "take events")(x.A.TakeEvents(x.ctx, "r", 3, lease))
	x.same("limited", len(got), 3)
	x.same("the rest", len(x.take("r")), 2)
}

func eventsDropped(x *trial) {
	for _, id := range []string{"c1", "c2", "c3"} {
		x.commit(store.Commit{Events: []store.Event{event("r", id, 1), event("r", id, 2), event("s", id, 1)}})
	}
	drop := func(receiver string, calls ...string) int {
		return must[int](x, "drop events")(x.A.DropEvents(x.ctx, receiver, calls...))
	}
	x.same("of two calls", drop("r", "c1", "c2", "none"), 4)
	x.takes("the rest", "r", "c3.1")
	x.same("of all calls", drop("r"), 2)
	x.same("of none", drop("r"), 0)
	x.Advance(2 * lease)
	x.takes("nothing", "r")
	x.takes("of the other", "s", "c1.1", "c2.1", "c3.1")
}

func receiverStopped(x *trial) {
	stopped := func(when string, want ...string) {
		x.Helper()
		got := must[[]string](x, "stopped receivers")(x.B.StoppedReceivers(x.ctx))
		x.same(when, nonNil(got), nonNil(want))
	}
	stop := func(receiver string, on bool) {
		x.Helper()
		if err := x.A.StopReceiver(x.ctx, receiver, on); err != nil {
			x.Fatalf("stop: %v", err)
		}
	}
	stopped("at first")
	stop("s", true)
	stop("r", true)
	stop("r", true)
	stopped("two", "r", "s")
	stop("r", false)
	stop("never", false)
	stopped("one", "s")
}

func eventsOnce(x *trial) {
	var want []string
	for i := range 40 {
		e := event("r", fmt.Sprintf("c%02d", i), 1)
		x.commit(store.Commit{Events: []store.Event{e}})
		want = append(want, e.ID())
	}
	var mu sync.Mutex
	var got []string
	var takers sync.WaitGroup
	for i := range 10 {
		takers.Go(func() {
			events, err := []store.Store{x.A, x.B}[i%2].TakeEvents(x.ctx, "r", 7, lease)
			if err != nil {
				x.Errorf("take: %v", err)
			}
			mu.Lock()
			defer mu.Unlock()
			for _, e := range events {
				got = append(got, e.ID())
			}
		})
	}
	takers.Wait()
	slices.Sort(got)
	x.same("all, each once", got, want)
}

// lane is what the model knows of the events of one call for one receiver.
type lane struct {
	seqs  []int64 // in order
	due   time.Time
	tries int
}

// events is the model of an outbox.
type events map[string]*lane // by receiver and call

func laneOf(receiver, call string) string { return receiver + " " + call }

func (m events) commit(all []store.Event, now time.Time) {
	for _, e := range all {
		name := laneOf(e.Receiver, e.Call)
		if m[name] == nil {
			m[name] = &lane{due: now}
		}
		l := m[name]
		if !slices.Contains(l.seqs, e.Seq) {
			l.seqs = append(l.seqs, e.Seq)
			slices.Sort(l.seqs)
		}
	}
}

// outboxSteps walk through an outbox at random, and compare it with the model.
func (w *walk) outboxSteps() map[string]func(*rapid.T) {
	m := events{}
	receiver := func() string { return pick(w, "receiver", "r", "s") }
	anyEvent := func() store.Event {
		return event(receiver(), pick(w, "call of event", "c1", "c2", "c3"), int64(rapid.IntRange(1, 12).Draw(w.T, "seq")))
	}
	return map[string]func(*rapid.T){
		"write events": w.step(func() {
			c := store.Commit{Events: []store.Event{anyEvent(), anyEvent()}}
			if rapid.Bool().Draw(w.T, "with a call") {
				with := w.runningCall()
				c.Call, c.CallWas = with.Call, with.CallWas
			}
			now := w.A.Now()
			w.commit(c)
			m.commit(c.Events, now)
		}),
		"take events": w.step(func() {
			r, now := receiver(), w.A.Now()
			got, err := w.B.TakeEvents(w.ctx, r, 100, lease)
			w.check("take events", err)
			var have, want []string
			for _, e := range got {
				have = append(have, fmt.Sprint(e.ID(), " failed ", e.Tries))
			}
			for _, id := range []string{"c1", "c2", "c3"} {
				if l := m[laneOf(r, id)]; l != nil && len(l.seqs) > 0 && !l.due.After(now) {
					l.due = now.Add(lease)
					want = append(want, fmt.Sprint(event(r, id, l.seqs[0]).ID(), " failed ", l.tries))
				}
			}
			slices.Sort(have)
			w.equal("taken", nonNil(have), nonNil(want))
		}),
		"event told": w.step(func() {
			e, now := anyEvent(), w.A.Now()
			next, more, err := w.A.EventTold(w.ctx, e, lease)
			w.check("told", err)
			l := m[laneOf(e.Receiver, e.Call)]
			if l == nil || !slices.Contains(l.seqs, e.Seq) {
				w.equal("next of what is gone", more, false)
				return
			}
			l.seqs = slices.DeleteFunc(l.seqs, func(seq int64) bool { return seq == e.Seq })
			l.due, l.tries = now.Add(lease), 0
			w.equal("more", more, len(l.seqs) > 0)
			if !more {
				delete(m, laneOf(e.Receiver, e.Call))
				return
			}
			w.equal("next", next.ID(), event(e.Receiver, e.Call, l.seqs[0]).ID())
		}),
		"event failed": w.step(func() {
			e, until := anyEvent(), w.A.Now().Add(time.Second)
			w.check("failed", w.B.EventFailed(w.ctx, e, until))
			if l := m[laneOf(e.Receiver, e.Call)]; l != nil && slices.Contains(l.seqs, e.Seq) {
				l.due = until
				l.tries++
			}
		}),
	}
}

// outboxErrors returns what each method says, for a store that is closed.
func outboxErrors(x *trial) map[string]error {
	errs := map[string]error{}
	_, errs["TakeEvents"] = x.A.TakeEvents(x.ctx, "r", 1, lease)
	_, _, errs["EventTold"] = x.A.EventTold(x.ctx, event("r", "c", 1), lease)
	errs["EventFailed"] = x.A.EventFailed(x.ctx, event("r", "c", 1), second0())
	errs["AddAudit"] = x.A.AddAudit(x.ctx, store.NextAudit(store.AuditEntry{}, store.Act{}, second0()))
	_, errs["LastAudit"] = x.A.LastAudit(x.ctx)
	errs["Erase"] = x.A.Erase(x.ctx, ended("c", "z", "l", "n", 0), nil)
	errs["StopReceiver"] = x.A.StopReceiver(x.ctx, "r", true)
	_, errs["StoppedReceivers"] = x.A.StoppedReceivers(x.ctx)
	_, errs["DropEvents"] = x.A.DropEvents(x.ctx, "r")
	return errs
}
