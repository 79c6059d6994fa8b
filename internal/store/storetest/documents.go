package storetest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"sync"
	"time"

	"github.com/claimcall/claimcall/internal/call"
	"github.com/claimcall/claimcall/internal/store"
)

func documents() []promise {
	return []promise{
		{"what is not there is not found", nothingIsFound},
		{"a call comes back as it was stored", callComesBack},
		{"a presence comes back as it was stored", presenceComesBack},
		{"presences come in the order asked for", presencesInOrder},
		{"documents go in as copies", copiesIn},
		{"documents come out as copies", copiesOut},
		{"a commit from an older version is stale", olderIsStale},
		{"a stale presence refuses the call too", staleRefusesAll},
		{"an unused presence is forgotten", unusedIsForgotten},
		{"an ended call stays readable and can't be changed", endedStays},
		{"a request leads to its call", requestLeads},
		{"no update is lost between concurrent writers", noLostUpdate},
		{"two commits over the same two users never mix", pairsStayTogether},
		{"time stands on the deployment's clock", timeAdvances},
		{"a closed store says so", closedSaysSo},
		{"a check succeeds", func(x *trial) {
			if err := x.B.Check(x.ctx); err != nil {
				x.Fatal(err)
			}
		}},
	}
}

func nothingIsFound(x *trial) {
	if _, err := x.A.Call(x.ctx, "none"); !errors.Is(err, store.ErrNotFound) {
		x.Errorf("call: %v", err)
	}
	if _, err := x.A.Requested(x.ctx, "zhang", "none"); !errors.Is(err, store.ErrNotFound) {
		x.Errorf("requested: %v", err)
	}
	x.same("presence", x.seen(claimant("zhang")), call.Presence{User: claimant("zhang")})
	x.same("waiting", callIDs(must[[]call.Call](x, "waiting")(x.A.Waiting(x.ctx, "q", 10))), []string{})
	x.same("free", userIDs(must[[]call.Presence](x, "free")(x.A.Free(x.ctx, "q", 0, 10))), []string{})
	if d := must[store.Due](x, "due")(x.A.Due(x.ctx, 10, time.Second)); len(d.Calls)+len(d.Users) > 0 || !d.Next.IsZero() {
		x.Errorf("due: %+v", d)
	}
}

// fullCall returns a call with every field set.
func fullCall(id string) call.Call {
	at := func(second int) time.Time { return second0().Add(time.Duration(second) * time.Second) }
	leg := call.Leg{User: "zhang", Name: "张三 <&> \u2028", Session: "s", Joined: true, Online: true, Seen: 7,
		Flow: call.Publishing, GoneAt: at(9)}
	other := leg
	other.User = "li"
	return call.Call{
		ID: id, State: call.Active, Caller: call.Claimant, RequestID: "r-" + id, ClaimNo: "no", Queue: "default",
		Skills: []string{"car"}, Media: call.Audio, Note: "\"quoted\"\n", Notes: "of the adjuster", CreatedAt: at(0), RingAt: at(1),
		AcceptedAt: at(2), ActiveAt: at(3), Deadline: at(4), Claimant: leg, Adjuster: other,
		Rung: []string{"wang"}, Providers: []string{"relay", "srs"}, Provider: 1, Generation: 3,
		Timeline: []call.Moment{{
			At: at(0), Version: 1, State: call.Queued, By: call.Claimant, Adjuster: "li", Reason: call.NoAnswer,
			Provider: "relay", Generation: 1, Node: "a",
		}},
		Omitted: 1,
	}
}

// fullPresence returns a presence with every field set.
func fullPresence(u call.User) call.Presence {
	p := online(u, "a", "b")
	p.Skills, p.Queues = []string{"car"}, []string{"default"}
	p.Sessions[0].GoneAt, p.Sessions[0].Resume, p.Sessions[0].Online = second0(), "hash", false
	p.Sessions[0].Watches = true
	p.Call, p.Ringing, p.LastCall = "c1", true, "c0"
	p.Setting, p.Reason, p.Missed = call.Away, call.MissedRings, 1
	p.WrapUpUntil, p.IdleSince, p.Deadline = second0(), second0().Add(time.Second), second0().Add(time.Minute)
	return p
}

func callComesBack(x *trial) {
	c := x.begin(fullCall("c1"))
	x.same("new call", x.found("c1"), c)
	c = x.change(c, func(c *call.Call) { c.Note = "changed" })
	x.same("changed call", x.found("c1"), c)
}

func presenceComesBack(x *trial) {
	p := x.arrive(fullPresence(adjuster("li")))
	x.same("new presence", x.seen(p.User), p)
	p = x.move(p, func(p *call.Presence) { p.Missed++ })
	x.same("changed presence", x.seen(p.User), p)
}

func presencesInOrder(x *trial) {
	li, wang := x.arrive(online(adjuster("li"), "a")), x.arrive(online(adjuster("wang"), "a"))
	got := must[[]call.Presence](x, "presences")(x.B.Presences(x.ctx, wang.User, claimant("li"), li.User, wang.User))
	x.same("presences", got, []call.Presence{wang, {User: claimant("li")}, li, wang})
}

func copiesIn(x *trial) {
	c, p := fullCall("c1"), fullPresence(adjuster("li"))
	c.Version, p.Version = 1, 1
	before := asJSON(x, []any{c, p})
	x.commit(store.Commit{Call: &c, Presences: []store.Presence{{Presence: p}}})
	c.Skills[0], c.Rung[0], c.Providers[0], c.Note = "x", "x", "x", "x"
	c.Timeline[0].Node = "x"
	p.Skills[0], p.Queues[0], p.Sessions[0].ID = "x", "x", "x"
	if got := asJSON(x, []any{x.found("c1"), x.seen(p.User)}); got != before {
		x.Errorf("the store shares memory with the commit: %s", got)
	}
}

func copiesOut(x *trial) {
	c := queued("c1", "q", 0)
	c.Skills = []string{"car"}
	c = x.begin(c)
	li := idle("li", 0)
	li.Skills = []string{"car"}
	p := x.arrive(li)
	spoil := func() {
		first := x.found("c1")
		first.Skills[0] = "x"
		must[[]call.Call](x, "waiting")(x.B.Waiting(x.ctx, "q", 1))[0].Skills[0] = "x"
		seen := x.seen(p.User)
		seen.Skills[0], seen.Sessions[0].Node = "x", "x"
		must[[]call.Presence](x, "free")(x.B.Free(x.ctx, "q", 0, 1))[0].Sessions[0].Node = "x"
	}
	spoil()
	x.same("call", x.found("c1"), c)
	x.same("presence", x.seen(p.User), p)
}

func olderIsStale(x *trial) {
	c := x.begin(queued("c1", "q", 0))
	x.refused(store.Commit{Call: &c})             // as if new
	x.refused(store.Commit{Call: &c, CallWas: 2}) // from one that is not there yet
	x.change(c, func(c *call.Call) { c.Note = "newer" })
	x.refused(store.Commit{Call: &c, CallWas: 1})

	p := x.arrive(online(adjuster("li"), "a"))
	x.refused(store.Commit{Presences: []store.Presence{{Presence: p}}})
	x.move(p, func(p *call.Presence) { p.Missed++ })
	x.refused(store.Commit{Presences: []store.Presence{nextPresence(p, func(*call.Presence) {})}})

	other := queued("c2", "q", 0)
	x.refused(store.Commit{Call: &other, CallWas: 1}) // from one that never was
}

func staleRefusesAll(x *trial) {
	c := x.begin(queued("c1", "q", 0))
	li, wang := x.arrive(idle("li", 0)), x.arrive(idle("wang", 1))
	x.move(wang, func(p *call.Presence) { p.Missed++ })

	ringing := nextCall(c, func(c *call.Call) { c.State = call.Ringing })
	hold := func(p *call.Presence) { p.Call, p.Ringing = "c1", true }
	x.refused(store.Commit{
		Call: &ringing, CallWas: c.Version,
		Presences: []store.Presence{nextPresence(li, hold), nextPresence(wang, hold)},
		Wake:      []store.Wake{{Call: "c1", At: x.A.Now().Add(-time.Hour)}},
	})
	x.same("call", x.found("c1"), c)
	x.same("first presence", x.seen(li.User), li)
	x.same("waiting", callIDs(must[[]call.Call](x, "waiting")(x.B.Waiting(x.ctx, "q", 9))), []string{"c1"})
	x.same("free", userIDs(must[[]call.Presence](x, "free")(x.B.Free(x.ctx, "q", 0, 9))), []string{"li", "wang"})
	if d := must[store.Due](x, "due")(x.B.Due(x.ctx, 9, time.Second)); len(d.Calls) > 0 {
		x.Errorf("the wake of a refused commit counts: %+v", d)
	}
}

func unusedIsForgotten(x *trial) {
	p := x.arrive(idle("li", 0))
	gone := x.move(p, func(p *call.Presence) { p.Sessions, p.Deadline = nil, x.A.Now() })
	x.same("forgotten presence", x.seen(p.User), call.Presence{User: p.User})
	x.same("free", userIDs(must[[]call.Presence](x, "free")(x.A.Free(x.ctx, "q", 0, 9))), []string{})
	if d := must[store.Due](x, "due")(x.A.Due(x.ctx, 9, time.Second)); len(d.Users) > 0 {
		x.Errorf("a forgotten presence is due")
	}
	x.refused(store.Commit{Presences: []store.Presence{nextPresence(gone, func(*call.Presence) {})}})
	x.same("new presence", x.seen(x.arrive(idle("li", 0)).User).Sessions, p.Sessions)
}

func endedStays(x *trial) {
	c := x.begin(queued("c1", "q", 0))
	ended := x.end(c)
	x.same("ended call", x.found("c1"), ended)
	x.refused(store.Commit{Call: &c, CallWas: c.Version})
	x.same("ended call", x.found("c1"), ended)
	x.same("waiting", callIDs(must[[]call.Call](x, "waiting")(x.A.Waiting(x.ctx, "q", 9))), []string{})
}

func requestLeads(x *trial) {
	c := queued("c1", "q", 0)
	c.RequestID = "r1"
	c = x.begin(c)
	leads := func(when string) {
		x.Helper()
		x.same(when, must[string](x, when)(x.B.Requested(x.ctx, c.Claimant.User, "r1")), "c1")
	}
	leads("while queued")
	c = x.change(c, func(c *call.Call) { c.State = call.Ringing })
	leads("while ringing")
	x.end(c)
	leads("after the end")
	if _, err := x.B.Requested(x.ctx, "somebody else", "r1"); !errors.Is(err, store.ErrNotFound) {
		x.Errorf("another claimant's request of that name: %v", err)
	}
}

// noLostUpdate has many writers count in the same call and the same presence.
func noLostUpdate(x *trial) {
	const writers, each = 8, 15
	x.begin(queued("c1", "q", 0))
	x.arrive(online(adjuster("li"), "a"))
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			s := []store.Store{x.A, x.B}[w%2]
			for range each {
				if err := countUp(x.ctx, s); err != nil {
					x.Errorf("count: %v", err)
					return
				}
			}
		})
	}
	wg.Wait()
	c, p := x.found("c1"), x.seen(adjuster("li"))
	if c.Generation != writers*each || p.Missed != writers*each {
		x.Errorf("%d increments became %d in the call and %d in the presence", writers*each, c.Generation, p.Missed)
	}
}

// countUp adds one to the generation of c1 and to the missed rings of li, in one commit.
func countUp(ctx context.Context, s store.Store) error {
	for {
		c, err := s.Call(ctx, "c1")
		if err != nil {
			return err
		}
		ps, err := s.Presences(ctx, adjuster("li"))
		if err != nil {
			return err
		}
		next := nextCall(c, func(c *call.Call) { c.Generation++ })
		err = s.Commit(ctx, store.Commit{
			Call: &next, CallWas: c.Version,
			Presences: []store.Presence{nextPresence(ps[0], func(p *call.Presence) { p.Missed++ })},
		})
		if !errors.Is(err, store.ErrStale) {
			return err
		}
	}
}

// pairsStayTogether has two pairs of hands write different holds to the same two users.
func pairsStayTogether(x *trial) {
	users := []call.User{x.arrive(idle("li", 0)).User, x.arrive(idle("wang", 0)).User}
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			for i := range 20 {
				id := fmt.Sprint(w, "-", i)
				if err := holdBoth(x.ctx, x.A, users, id); err != nil && !errors.Is(err, store.ErrStale) {
					x.Errorf("hold: %v", err)
				}
				ps, err := x.B.Presences(x.ctx, users...)
				if err != nil || ps[0].Call != ps[1].Call {
					x.Errorf("half a commit: %q and %q, %v", ps[0].Call, ps[1].Call, err)
				}
			}
		})
	}
	wg.Wait()
}

func holdBoth(ctx context.Context, s store.Store, users []call.User, id string) error {
	ps, err := s.Presences(ctx, users...)
	if err != nil {
		return err
	}
	hold := func(p *call.Presence) { p.Call = id }
	return s.Commit(ctx, store.Commit{Presences: []store.Presence{nextPresence(ps[0], hold), nextPresence(ps[1], hold)}})
}

func timeAdvances(x *trial) {
	a := x.A.Now()
	x.Advance(time.Minute)
	if d := x.B.Now().Sub(a); d < time.Minute {
		x.Errorf("Now moved by %v, want a minute", d)
	}
}

func closedSaysSo(x *trial) {
	s, ctx := x.A, x.ctx
	listening := make(chan error, 1)
	in := newInbox()
	go func() { listening <- s.Listen(ctx, "a", in) }()
	in.synced(x)
	if err := s.Close(); err != nil {
		x.Fatalf("close: %v", err)
	}
	if err := <-listening; !errors.Is(err, store.ErrClosed) {
		x.Errorf("a running Listen: %v", err)
	}
	errs := closedErrors(ctx, s)
	maps.Copy(errs, outboxErrors(x))
	for name, err := range errs {
		if !errors.Is(err, store.ErrClosed) {
			x.Errorf("%s: %v", name, err)
		}
	}
}

// closedErrors returns what each method says.
func closedErrors(ctx context.Context, s store.Store) map[string]error {
	errs := map[string]error{}
	_, errs["Call"] = s.Call(ctx, "c")
	_, errs["Presences"] = s.Presences(ctx, adjuster("li"))
	errs["Commit"] = s.Commit(ctx, store.Commit{})
	_, errs["Requested"] = s.Requested(ctx, "z", "r")
	_, errs["Waiting"] = s.Waiting(ctx, "q", 1)
	_, errs["Queues"] = s.Queues(ctx)
	_, errs["Positions"] = s.Positions(ctx, "q", "c")
	_, errs["Free"] = s.Free(ctx, "q", 0, 1)
	_, errs["Due"] = s.Due(ctx, 1, time.Second)
	errs["KeepNode"] = s.KeepNode(ctx, "a", time.Second)
	errs["DropNode"] = s.DropNode(ctx, "a")
	_, errs["Stranded"] = s.Stranded(ctx, 1)
	_, errs["LiveNodes"] = s.LiveNodes(ctx)
	errs["Listen"] = s.Listen(ctx, "a", newInbox())
	_, errs["Records"] = s.Records(ctx, store.Filter{})
	errs["Amend"] = s.Amend(ctx, ended("c", "z", "l", "n", 0), 1)
	_, _, errs["Queued"] = s.Queued(ctx, 1)
	_, errs["Running"] = s.Running(ctx, "", 1)
	errs["Check"] = s.Check(ctx)
	errs["Close"] = s.Close()
	return errs
}
