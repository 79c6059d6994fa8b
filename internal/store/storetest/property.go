package storetest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/claimcall/claimcall/internal/call"
	"github.com/claimcall/claimcall/internal/store"
)

// agreesWithModel does the same at random to a store and to the model, and compares all they say after each step.
func agreesWithModel(t *testing.T, open func(*testing.T) Deployment) {
	rapid.Check(t, func(r *rapid.T) {
		d := open(t)
		defer d.close()
		w := &walk{T: r, Deployment: d, ctx: t.Context(), model: newModel()}
		steps := map[string]func(*rapid.T){
			"":              func(r *rapid.T) { w.T = r; w.compare() },
			"begin call":    w.step(w.beginCall),
			"change call":   w.step(w.changeCall),
			"presence":      w.step(w.changePresence),
			"both":          w.step(w.changeBoth),
			"stale":         w.step(w.commitStale),
			"wake":          w.step(w.wake),
			"take due":      w.step(w.takeDue),
			"keep node":     w.step(w.keepNode),
			"drop node":     w.step(w.dropNode),
			"time goes by":  w.step(w.advance),
			"look at lines": w.step(w.compareLines),
		}
		maps.Copy(steps, w.outboxSteps())
		r.Repeat(steps)
	})
}

// walk is one random walk.
type walk struct {
	*rapid.T
	Deployment
	ctx   context.Context
	model *model
	begun int // calls so far
}

func (w *walk) step(f func()) func(*rapid.T) {
	return func(r *rapid.T) { w.T = r; f() }
}

func pick[V any](w *walk, what string, from ...V) V { return rapid.SampledFrom(from).Draw(w.T, what) }

// time returns a moment around now, or none.
func (w *walk) time() time.Time {
	seconds := rapid.IntRange(-3, 12).Draw(w.T, "seconds")
	if seconds < -1 {
		return time.Time{}
	}
	return w.A.Now().Add(time.Duration(seconds) * time.Second)
}

func (w *walk) commit(c store.Commit) {
	s := pick(w, "node", w.A, w.B)
	got, want := s.Commit(w.ctx, c), w.model.commit(c)
	if !errors.Is(got, want) {
		w.Fatalf("commit: got %v, want %v", got, want)
	}
}

func (w *walk) beginCall() {
	w.begun++
	c := queued(fmt.Sprint("c", w.begun), pick(w, "queue", "p", "q"), rapid.IntRange(0, 3).Draw(w.T, "second"))
	c.Claimant.User, c.RequestID = pick(w, "claimant", "y", "z"), fmt.Sprint("r", w.begun)
	c.ClaimNo = pick(w, "claim", "n1", "n2")
	c.Version, c.Deadline = 1, w.time()
	w.commit(store.Commit{Call: &c})
}

// runningCall draws the change of a running call, or of none.
func (w *walk) runningCall() store.Commit {
	var running []string
	for id, c := range w.model.calls {
		if c.State != call.Ended {
			running = append(running, id)
		}
	}
	if len(running) == 0 {
		return store.Commit{}
	}
	slices.Sort(running)
	was := w.model.calls[pick(w, "call", running...)]
	next := nextCall(was, w.anyChange)
	return store.Commit{Call: &next, CallWas: was.Version}
}

func (w *walk) anyChange(c *call.Call) {
	c.State = pick(w, "state", call.Queued, call.Queued, call.Ringing, call.Active, call.Ended)
	c.Adjuster.User = pick(w, "adjuster", "", "li", "wang")
	c.Deadline = w.time()
	if rapid.Bool().Draw(w.T, "rung") {
		c.Rung = append(c.Rung, "li")
	}
	if c.State == call.Ended {
		c.EndedAt, c.Deadline = w.A.Now(), time.Time{}
	}
}

func (w *walk) changeCall() { w.commit(w.runningCall()) }

func anybody() []call.User {
	return []call.User{adjuster("li"), adjuster("wang"), adjuster("zhao"), claimant("y"), claimant("z")}
}

// presence draws the change of a presence.
func (w *walk) presence() store.Presence {
	u := pick(w, "user", anybody()...)
	p := w.model.presences[u].Clone()
	was := p.Version
	p.User, p.Version = u, store.NextVersion(was, w.A.Now())
	p.Sessions = online(u, pick(w, "nodes", []string{}, []string{"a"}, []string{"b"}, []string{"a", "b"})...).Sessions
	for i := range p.Sessions {
		p.Sessions[i].Online = rapid.Bool().Draw(w.T, "online")
	}
	p.Call = pick(w, "hold", "", "", "c1")
	p.Setting = pick(w, "setting", call.Available, call.Available, call.Away)
	p.Queues = pick(w, "queues", nil, []string{"p"}, []string{"p", "q"})
	p.IdleSince = second0().Add(time.Duration(rapid.IntRange(0, 3).Draw(w.T, "idle")) * time.Second)
	p.Deadline = w.time()
	w.Advance(time.Millisecond) // the first version of the next one is another
	return store.Presence{Presence: p, Was: was}
}

func (w *walk) changePresence() { w.commit(store.Commit{Presences: []store.Presence{w.presence()}}) }

func (w *walk) changeBoth() {
	c := w.runningCall()
	c.Presences = []store.Presence{w.presence()}
	if second := w.presence(); second.User != c.Presences[0].User {
		c.Presences = append(c.Presences, second)
	}
	w.commit(c)
}

// commitStale makes one document of a good commit stale.
func (w *walk) commitStale() {
	c := w.runningCall()
	c.Presences = []store.Presence{w.presence()}
	if c.Call != nil && rapid.Bool().Draw(w.T, "call is stale") {
		c.CallWas++
	} else {
		c.Presences[0].Was++
	}
	w.commit(c)
}

func (w *walk) wake() {
	c := w.runningCall()
	if c.Call != nil {
		w.commit(store.Commit{Wake: []store.Wake{{Call: c.Call.ID, At: w.A.Now().Add(time.Second)}}})
	}
}

func (w *walk) takeDue() {
	now := w.A.Now()
	d, err := w.B.Due(w.ctx, 1000, lease)
	if err != nil || !w.A.Now().Equal(now) {
		w.Skip("the clock moved, or ", err)
	}
	calls, users := w.model.take(now)
	var people []string
	for _, u := range d.Users {
		people = append(people, u.ID)
	}
	slices.Sort(d.Calls)
	slices.Sort(people)
	w.equal("due calls", nonNil(d.Calls), nonNil(calls))
	w.equal("due users", nonNil(people), nonNil(users))
	w.equal("next due", d.Next, w.model.next(now))
}

func (w *walk) keepNode() {
	node := pick(w, "node", "a", "b")
	w.model.leases[node] = w.A.Now().Add(4 * time.Second)
	w.check("keep node", w.A.KeepNode(w.ctx, node, 4*time.Second))
}

func (w *walk) dropNode() {
	node := pick(w, "node", "a", "b")
	delete(w.model.leases, node)
	w.check("drop node", w.A.DropNode(w.ctx, node))
}

func (w *walk) advance() {
	w.Advance(time.Duration(rapid.IntRange(1, 5000).Draw(w.T, "ms")) * time.Millisecond)
}

// compare compares what runs.
func (w *walk) compare() {
	w.compareCalls(func(c call.Call) bool { return c.State != call.Ended })
	got, err := w.B.Presences(w.ctx, anybody()...)
	w.check("presences", err)
	for i, u := range anybody() {
		want := w.model.presences[u]
		want.User = u
		w.equal("presence", got[i], want)
	}
	users, err := w.B.Stranded(w.ctx, 100)
	w.check("stranded", err)
	stranded := set{}
	for _, u := range users {
		stranded[u.ID] = true
	}
	w.equal("stranded", stranded, w.model.stranded(w.A.Now()))
}

// compareCalls compares the chosen calls.
func (w *walk) compareCalls(chosen func(call.Call) bool) {
	for id, want := range w.model.calls {
		if !chosen(want) {
			continue
		}
		got, err := w.B.Call(w.ctx, id)
		w.check("call", err)
		w.equal("call", got, want)
	}
}

// compareRequests compares what led to calls, which no step changes.
func (w *walk) compareRequests() {
	for id, c := range w.model.calls {
		leads, err := w.B.Requested(w.ctx, c.Claimant.User, c.RequestID)
		w.check("requested", err)
		w.equal("requested", leads, id)
	}
}

// compareLines compares what stands in order, and the ended calls.
func (w *walk) compareLines() {
	w.compareCalls(func(c call.Call) bool { return c.State == call.Ended })
	w.compareRequests()
	for _, queue := range []string{"p", "q", "none"} {
		calls, err := w.B.Waiting(w.ctx, queue, 1000)
		w.check("waiting", err)
		want := w.model.waiting(queue)
		w.equal("waiting", callIDs(calls), want)
		places, err := w.B.Positions(w.ctx, queue, want...)
		w.check("positions", err)
		for i, at := range places {
			w.equal("position", at, i+1)
		}
		total, first, err := w.B.Queued(w.ctx, 2, queue)
		w.check("queued", err)
		w.equal("queued", callIDs(first), cut(want, 0, 2))
		w.equal("all queued", total, len(want))
		free, err := w.B.Free(w.ctx, queue, 1, 2)
		w.check("free", err)
		w.equal("free", userIDs(free), cut(w.model.free(queue), 1, 2))
	}
	w.compareRecords()
	for _, queues := range [][]string{nil, {"p", "q", "none"}} {
		total, first, err := w.B.Queued(w.ctx, 3, queues...)
		w.check("queued", err)
		want := w.model.waiting("p", "q")
		w.equal("queued", callIDs(first), cut(want, 0, 3))
		w.equal("all queued", total, len(want))
	}
	nodes, err := w.B.LiveNodes(w.ctx)
	w.check("live nodes", err)
	live := set{}
	for _, n := range nodes {
		live[n] = true
	}
	w.equal("live nodes", live, w.model.live(w.A.Now()))
}

func (w *walk) compareRecords() {
	for _, f := range []store.Filter{
		{}, {User: adjuster("li")}, {User: claimant("z")}, {ClaimNo: "n1"}, {Person: "z"}, {Person: "li", ClaimNo: "n2"},
		{User: adjuster("li"), Person: "y"}, {Text: "N1"}, {Text: "2", User: claimant("y")},
	} {
		want := w.model.records(f)
		for f.Limit = range 3 {
			if f.Limit == 0 {
				f.Limit = 1000
			}
			w.equal("records", w.pages(f), want)
		}
	}
}

// pages returns the IDs of all records that f chooses, page by page.
func (w *walk) pages(f store.Filter) []string {
	ids := []string{}
	for {
		page, err := w.B.Records(w.ctx, f)
		w.check("records", err)
		ids = append(ids, callIDs(page.Calls)...)
		if f.After = page.Next; page.Next.IsZero() {
			return ids
		}
		if len(page.Calls) != f.Limit {
			w.Fatalf("a page of %d, and there is more: %+v", len(page.Calls), f)
		}
	}
}

func (w *walk) equal(what string, got, want any) {
	w.Helper()
	if g, m := asJSON(w, got), asJSON(w, want); g != m {
		w.Fatalf("%s:\n got %s\nwant %s", what, g, m)
	}
}

func (w *walk) check(what string, err error) {
	w.Helper()
	if err != nil {
		w.Fatalf("%s: %v", what, err)
	}
}

func nonNil(s []string) []string { return append([]string{}, s...) }

func cut(s []string, offset, limit int) []string {
	s = s[min(offset, len(s)):]
	return s[:min(limit, len(s))]
}
