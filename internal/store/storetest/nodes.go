package storetest

import (
	"fmt"
	"time"

	"github.com/claimcall/claimcall/internal/call"
	"github.com/claimcall/claimcall/internal/store"
)

func nodes() []promise {
	return []promise{
		{"a node lives as long as its lease", nodeLease},
		{"users online on a dead node are stranded", strandedUsers},
		{"the limit bounds the stranded, and all are found in the end", strandedPages},
	}
}

// live returns the living nodes.
func (x *trial) live() map[string]bool {
	x.Helper()
	set := map[string]bool{}
	for _, n := range must[[]string](x, "live nodes")(x.B.LiveNodes(x.ctx)) {
		set[n] = true
	}
	return set
}

// keep prolongs a node's lease.
func (x *trial) keep(node string, ttl time.Duration) {
	x.Helper()
	if err := x.A.KeepNode(x.ctx, node, ttl); err != nil {
		x.Fatalf("keep node: %v", err)
	}
}

// strands returns the stranded users' IDs.
func (x *trial) strands(limit int) map[string]bool {
	x.Helper()
	set := map[string]bool{}
	for _, u := range must[[]call.User](x, "stranded")(x.B.Stranded(x.ctx, limit)) {
		set[u.ID] = true
	}
	return set
}

type set = map[string]bool

func nodeLease(x *trial) {
	x.same("at first", x.live(), set{})
	x.keep("a", 10*time.Second)
	x.keep("b", 30*time.Second)
	x.same("both", x.live(), set{"a": true, "b": true})
	x.Advance(8 * time.Second)
	x.keep("a", 10*time.Second)
	x.Advance(8 * time.Second)
	x.same("a was kept", x.live(), set{"a": true, "b": true})
	x.Advance(3 * time.Second)
	x.same("a has died", x.live(), set{"b": true})
	if err := x.A.DropNode(x.ctx, "b"); err != nil {
		x.Fatal(err)
	}
	x.same("b has left", x.live(), set{})
	if err := x.A.DropNode(x.ctx, "b"); err != nil {
		x.Errorf("leaving twice: %v", err)
	}
}

func strandedUsers(x *trial) {
	x.keep("a", 10*time.Second)
	x.keep("b", time.Hour)
	li := x.arrive(online(adjuster("li"), "a"))
	x.arrive(online(adjuster("wang"), "b"))
	x.arrive(online(claimant("zhang"), "a", "b"))
	x.arrive(online(claimant("ghost"), "never"))
	off := online(adjuster("off"), "a")
	off.Sessions[0].Online = false
	x.arrive(off)

	x.same("while a lives", x.strands(9), set{"ghost": true})
	x.Advance(11 * time.Second)
	x.same("after a died", x.strands(9), set{"ghost": true, "li": true, "zhang": true})
	x.move(li, func(p *call.Presence) { p.Sessions[0].Online = false })
	x.same("after li was detached", x.strands(9), set{"ghost": true, "zhang": true})
	x.keep("a", time.Hour)
	x.same("after a came back", x.strands(9), set{"ghost": true})
}

func strandedPages(x *trial) {
	var c store.Commit
	for i := range 25 {
		p := online(claimant(fmt.Sprint("z", i)), "dead", "dead too")
		p.Version = 1
		c.Presences = append(c.Presences, store.Presence{Presence: p})
	}
	x.commit(c)
	found := set{}
	for range 25 {
		page := x.strands(10)
		if len(page) == 0 {
			break
		}
		if len(page) > 10 {
			x.Fatalf("%d users where 10 were asked for", len(page))
		}
		for id := range page {
			found[id] = true
			p := x.move(x.seen(claimant(id)), func(p *call.Presence) { p.Sessions[0].Online = false })
			x.move(p, func(p *call.Presence) { p.Sessions[1].Online = false })
		}
	}
	x.same("found", len(found), 25)
	x.same("left", x.strands(10), set{})
}
