package storetest

import (
	"fmt"
	"time"

	"github.com/claimcall/claimcall/internal/call"
	"github.com/claimcall/claimcall/internal/store"
)

func lines() []promise {
	return []promise{
		{"calls wait in order of age, those that were rung first", queueOrder},
		{"equal calls have an order all the same", queueTies},
		{"a call leaves the queue with its state", queueLeave},
		{"positions count from the head", positions},
		{"the first of several queues stand before all others", queuedFirst},
		{"running calls come in pages by their ids", running},
		{"queues are those in which a call waits", queues},
		{"free adjusters come longest idle first", freeOrder},
		{"an adjuster without queues serves every queue", freeEverywhere},
		{"only who is free is free", freeOnly},
		{"offset and limit cut the free ones", freePages},
	}
}

func (x *trial) waiting(queue string, limit int) []string {
	x.Helper()
	return callIDs(must[[]call.Call](x, "waiting")(x.B.Waiting(x.ctx, queue, limit)))
}

func (x *trial) free(queue string, offset, limit int) []string {
	x.Helper()
	return userIDs(must[[]call.Presence](x, "free")(x.B.Free(x.ctx, queue, offset, limit)))
}

func queueOrder(x *trial) {
	for i, id := range []string{"c0", "c1", "c2", "c3"} {
		x.begin(queued(id, "q", 10-i))
	}
	x.begin(queued("elsewhere", "other", 0))
	x.same("by age", x.waiting("q", 9), []string{"c3", "c2", "c1", "c0"})
	x.same("limited", x.waiting("q", 2), []string{"c3", "c2"})

	for _, id := range []string{"c1", "c0"} {
		c := x.change(x.found(id), func(c *call.Call) { c.State = call.Ringing })
		x.change(c, func(c *call.Call) { c.State, c.Rung = call.Queued, []string{"li"} })
	}
	x.same("the rung ones first, the older before the younger", x.waiting("q", 9), []string{"c1", "c0", "c3", "c2"})
}

func queueTies(x *trial) {
	for _, id := range []string{"b", "d", "a", "c"} {
		x.begin(queued(id, "q", 0))
	}
	x.same("ties", x.waiting("q", 9), []string{"a", "b", "c", "d"})
}

func queueLeave(x *trial) {
	c := x.begin(queued("c1", "q", 0))
	x.begin(queued("c2", "q", 1))
	c = x.change(c, func(c *call.Call) { c.State = call.Ringing })
	x.same("while ringing", x.waiting("q", 9), []string{"c2"})
	c = x.change(c, func(c *call.Call) { c.State = call.Queued })
	x.same("queued again", x.waiting("q", 9), []string{"c1", "c2"})
	x.end(c)
	x.same("after the end", x.waiting("q", 9), []string{"c2"})
}

func positions(x *trial) {
	for i := range 200 {
		x.begin(queued(fmt.Sprint("c", i), "q", i))
	}
	x.begin(queued("elsewhere", "other", 0))
	got := must[[]int](x, "positions")(x.B.Positions(x.ctx, "q", "c199", "c0", "none", "elsewhere", "c77"))
	x.same("positions", got, []int{200, 1, 0, 0, 78})
	x.end(x.found("c5"))
	got = must[[]int](x, "positions")(x.B.Positions(x.ctx, "q", "c4", "c5", "c6"))
	x.same("positions after one left", got, []int{5, 0, 6})
	x.same("positions of nobody", len(must[[]int](x, "positions")(x.B.Positions(x.ctx, "none"))), 0)
}

func queues(x *trial) {
	names := func() map[string]bool {
		set := map[string]bool{}
		for _, q := range must[[]string](x, "queues")(x.B.Queues(x.ctx)) {
			set[q] = true
		}
		return set
	}
	x.same("at first", names(), map[string]bool{})
	c := x.begin(queued("c1", "q", 0))
	d := x.begin(queued("c2", "other", 0))
	x.same("two", names(), map[string]bool{"q": true, "other": true})
	x.end(d)
	x.same("one", names(), map[string]bool{"q": true})
	x.change(c, func(c *call.Call) { c.State = call.Ringing })
	x.same("none", names(), map[string]bool{})
}

func freeOrder(x *trial) {
	x.arrive(idle("li", 20, "q"))
	wang := x.arrive(idle("wang", 10, "q"))
	x.arrive(idle("b", 15, "q"))
	x.arrive(idle("a", 15, "q"))
	x.same("by idleness, then id", x.free("q", 0, 9), []string{"wang", "a", "b", "li"})
	x.move(wang, func(p *call.Presence) { p.IdleSince = idle("", 30).IdleSince })
	x.same("after one was in a call", x.free("q", 0, 9), []string{"a", "b", "li", "wang"})
}

func freeEverywhere(x *trial) {
	x.arrive(idle("all-1", 10))
	x.arrive(idle("all-2", 30))
	x.arrive(idle("both", 20, "q", "other"))
	x.arrive(idle("one", 25, "q"))
	x.same("q", x.free("q", 0, 9), []string{"all-1", "both", "one", "all-2"})
	x.same("other", x.free("other", 0, 9), []string{"all-1", "both", "all-2"})
	x.same("a queue nobody names", x.free("new", 0, 9), []string{"all-1", "all-2"})

	one := x.seen(adjuster("one"))
	x.move(one, func(p *call.Presence) { p.Queues = []string{"other"} })
	x.same("q without the one who changed", x.free("q", 0, 9), []string{"all-1", "both", "all-2"})
	x.same("other with the one who changed", x.free("other", 0, 9), []string{"all-1", "both", "one", "all-2"})
}

func freeOnly(x *trial) {
	p := x.arrive(idle("li", 0))
	x.arrive(call.Presence{User: claimant("zhang"), Sessions: p.Sessions, Setting: call.Available})
	for name, how := range map[string]func(*call.Presence){
		"held":    func(p *call.Presence) { p.Call = "c1" },
		"rung":    func(p *call.Presence) { p.Call, p.Ringing = "c1", true },
		"away":    func(p *call.Presence) { p.Setting = call.Away },
		"offline": func(p *call.Presence) { p.Sessions[0].Online = false },
		"wrap-up": func(p *call.Presence) { p.WrapUpUntil = second0() },
	} {
		busy := x.move(p, how)
		x.same(name, x.free("q", 0, 9), []string{})
		back := p
		back.Version = busy.Version
		p = x.move(back, func(*call.Presence) {})
		x.same("back from "+name, x.free("q", 0, 9), []string{"li"})
	}
}

func freePages(x *trial) {
	var c store.Commit
	for i := range 10 {
		p := idle(fmt.Sprint("li", i), i, "q")
		if i%2 == 0 {
			p.Queues = nil
		}
		p.Version = 1
		c.Presences = append(c.Presences, store.Presence{Presence: p})
	}
	x.commit(c)
	x.same("first", x.free("q", 0, 3), []string{"li0", "li1", "li2"})
	x.same("second", x.free("q", 3, 3), []string{"li3", "li4", "li5"})
	x.same("last", x.free("q", 9, 3), []string{"li9"})
	x.same("beyond", x.free("q", 10, 3), []string{})
}

func running(x *trial) {
	for i, id := range []string{"b", "d", "a", "c"} {
		c := queued(id, "q", i)
		c.Deadline = x.in(time.Hour)
		x.begin(c)
	}
	x.change(x.found("d"), func(c *call.Call) { c.State = call.Active })
	x.end(x.found("c"))
	li := idle("li", 0)
	li.Deadline = x.in(time.Hour)
	x.arrive(li)
	for _, tt := range []struct {
		after string
		limit int
		want  []string
	}{{"", 9, []string{"a", "b", "d"}}, {"", 2, []string{"a", "b"}}, {"b", 2, []string{"d"}}, {"d", 2, []string{}}, {"", 0, []string{}}} {
		got, err := x.B.Running(x.ctx, tt.after, tt.limit)
		if err != nil {
			x.Fatalf("running: %v", err)
		}
		x.same(fmt.Sprint(tt.limit, " after ", tt.after), callIDs(got), tt.want)
	}
}

func queuedFirst(x *trial) {
	for i, queue := range []string{"p", "q", "q", "p", "other", "q"} {
		x.begin(queued(fmt.Sprint("c", i), queue, 10-i))
	}
	again := x.change(x.found("c0"), func(c *call.Call) { c.State = call.Ringing })
	x.change(again, func(c *call.Call) { c.State, c.Rung = call.Queued, []string{"li"} })
	x.change(x.found("c1"), func(c *call.Call) { c.State = call.Ringing })
	for name, tt := range map[string]struct {
		queues []string
		limit  int
		total  int
		first  []string
	}{
		"all":                     {nil, 9, 5, []string{"c0", "c5", "c4", "c3", "c2"}},
		"the first of all":        {nil, 2, 5, []string{"c0", "c5"}},
		"one":                     {nil, 1, 5, []string{"c0"}},
		"of two":                  {[]string{"p", "q"}, 3, 4, []string{"c0", "c5", "c3"}},
		"of one":                  {[]string{"q"}, 9, 2, []string{"c5", "c2"}},
		"where nobody waits":      {[]string{"none"}, 9, 0, []string{}},
		"of one that begins like": {[]string{"othe"}, 9, 0, []string{}},
	} {
		total, first, err := x.B.Queued(x.ctx, tt.limit, tt.queues...)
		if err != nil {
			x.Fatalf("queued: %v", err)
		}
		x.same(name, callIDs(first), tt.first)
		x.same(name+", in all", total, tt.total)
	}
}
