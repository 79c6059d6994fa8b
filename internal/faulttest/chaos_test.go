package faulttest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/claimcall/claimcall/internal/call"
	"github.com/claimcall/claimcall/internal/store"
)

// chaos does one fault after the other. Each is over before the next one begins, but not what follows from it.
type chaos struct {
	*cluster
	names []string
	done  map[string]int
}

// fault does something bad for a while, and takes it back.
type fault struct {
	name string
	do   func(c *chaos, victim string, d time.Duration)
}

func faults() []fault {
	treat := func(m manner) func(*chaos, string, time.Duration) {
		return func(c *chaos, victim string, d time.Duration) {
			way := c.node(victim).way
			way.treat(m)
			pass(c.t, d)
			way.treat(passing)
		}
	}
	return []fault{
		{"node killed", func(c *chaos, victim string, d time.Duration) {
			c.kill(victim)
			pass(c.t, d/4)
			c.start(victim, binary)
		}},
		{"node drained", func(c *chaos, victim string, _ time.Duration) {
			c.node(victim).signal(syscall.SIGTERM)
			c.node(victim).exits(leftWithin)
			c.start(victim, binary)
		}},
		{"node frozen", func(c *chaos, victim string, d time.Duration) {
			n := c.node(victim)
			n.freeze()
			pass(c.t, d)
			n.thaw()
		}},
		{"Redis frozen", func(c *chaos, _ string, d time.Duration) {
			c.redis.freeze()
			pass(c.t, d)
			c.redis.thaw()
		}},
		{"Redis killed", func(c *chaos, _ string, d time.Duration) {
			c.killsRedis()
			pass(c.t, d/2)
			c.redis.start(c.t)
		}},
		{"network swallows", treat(swallowing)},
		{"network stalls", treat(holding)},
		{"network slow", treat(delaying)},
	}
}

// run does faults until ctx ends.
func (c *chaos) run(ctx context.Context) {
	all := faults()
	for ctx.Err() == nil {
		f, victim := all[rand.IntN(len(all))], c.names[rand.IntN(len(c.names))]
		f.do(c, victim, time.Second+rand.N(8*time.Second))
		c.done[f.name]++
		pass(c.t, rand.N(4*time.Second))
	}
}

// TestChaos has a crowd call all the time while one thing after the other breaks. When all is quiet again nobody is stuck,
// and every call has come to the end that its parties gave it.
func TestChaos(t *testing.T) {
	adjusters, claimants := 6, 18
	if *long > 0 {
		adjusters, claimants = 20, 60
	}
	c := &chaos{cluster: newCluster(t, []string{"a", "b", "c"}), names: []string{"a", "b", "c"}, done: map[string]int{}}
	var working, calling []*bot
	for i := range adjusters {
		working = append(working, c.bot("adjuster", fmt.Sprint("adjuster", i)))
	}
	for i := range claimants {
		calling = append(calling, c.bot("claimant", fmt.Sprint("claimant", i)))
	}
	stay, leave := context.WithCancel(t.Context())
	defer leave()
	during, over := context.WithTimeout(t.Context(), max(*long, 20*time.Second))
	defer over()
	at, from := crowd(working, stay, stay), crowd(calling, during, stay)
	c.run(during)
	t.Logf("faults: %v", c.done)

	within(t, healedWithin, "all nodes are ready", func() bool { return c.node("a").ready() && c.node("b").ready() && c.node("c").ready() })
	c.ends(from, "the claimants' calls come to an end", 2*time.Minute)
	s := c.store(t)
	within(t, time.Minute, "no adjuster is held", func() bool { return c.stuck(s, working) == "" })
	leave()
	c.ends(at, "the adjusters leave", patience)
	checkStrange(t, append(working, calling...))
	c.checkCalls(s, calling)
	c.checkAssignments(s, working)
	c.checkAnswers(working)
}

// ends waits for the end of bots.
func (c *cluster) ends(all *sync.WaitGroup, what string, limit time.Duration) {
	c.t.Helper()
	ended := make(chan struct{})
	go func() { all.Wait(); close(ended) }()
	select {
	case <-ended:
	case <-time.After(limit):
		c.t.Errorf("not within %s: %s", limit, what)
	}
}

// stuck says who is held although nobody calls any more.
func (c *cluster) stuck(s store.Store, adjusters []*bot) string {
	text := ""
	for _, b := range adjusters {
		found, err := s.Presences(c.t.Context(), call.User{Role: call.Adjuster, ID: b.name})
		if err != nil {
			return err.Error()
		}
		if a := found[0].Availability(); found[0].Call != "" || a != call.Available {
			text += fmt.Sprintf("%s is %s by %q; ", b.name, a, found[0].Call)
		}
	}
	return text
}

// checkCalls looks at every call that anybody was told of: it has a record, with parties, and ended as they wanted.
func (c *cluster) checkCalls(s store.Store, claimants []*bot) {
	ends, made, forgotten := map[call.Reason]int{}, 0, 0
	for _, b := range claimants {
		user := call.User{Role: call.Claimant, ID: b.name}
		records, err := store.AllRecords(c.t.Context(), s, store.Filter{User: user})
		if err != nil {
			c.t.Fatal(err)
		}
		kept := map[string]bool{}
		for _, r := range records {
			if kept[r.ID] || b.made[r.ID].IsZero() {
				c.t.Errorf("call %s of %s has a record too many", r.ID, b.name)
			}
			kept[r.ID] = true
			ends[r.End.Reason]++
			if r.State != call.Ended || !r.Has(user) || r.Accepted() && r.Adjuster.User == "" {
				c.t.Errorf("record %+v", r)
			}
			if r.End.Reason != call.HungUp {
				c.t.Errorf("call %s of %s ended by %s\n%s", r.ID, b.name, r.End.Reason, b.story())
			}
		}
		for id, told := range b.made {
			made++
			switch {
			case kept[id]:
			case c.mayForget(told):
				forgotten++
			default:
				c.t.Errorf("call %s of %s has no record", id, b.name)
			}
		}
		if found, err := s.Presences(c.t.Context(), user); err != nil || found[0].Call != "" {
			c.t.Errorf("%s is held by %q (%v)", b.name, found[0].Call, err)
		}
	}
	if queues, err := s.Queues(c.t.Context()); err != nil || len(queues) > 0 {
		c.t.Errorf("somebody waits in %v (%v)", queues, err)
	}
	c.t.Logf("%d calls made; records by end: %v; forgotten by a Redis that was killed: %d", made, ends, forgotten)
	if made == 0 {
		c.t.Error("nobody called")
	}
}
