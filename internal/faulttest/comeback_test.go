package faulttest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/claimcall/claimcall/internal/call"
	"github.com/claimcall/claimcall/protocol"
)

// What the design promises of the sessions of a node that dies.
const (
	manySessions  = 5000
	manyCalls     = 250 // among them, both parties of each
	manyWaiting   = 100 // and claimants in the queue
	allBackWithin = 30 * time.Second
	mostTrips     = 3 // to Redis for each

	signInLimit = 10 * time.Second // of a client's one try, as the SDK has it
	leaseOver   = 4 * time.Second  // from when on others may mark the sessions of a dead node as lost
)

// visitor is a guest who comes back by the SDK's rule when the socket ends.
type visitor struct {
	guest
	tries   int
	back    time.Time // when the welcome came
	resumed bool
	refused []error // answers other than a welcome; who is not there does not answer
}

// comesBack waits for the end of the socket and signs in at some node, again and again until that works or ctx ends.
func (v *visitor) comesBack(ctx context.Context, c *cluster) {
	v.waits()
	for pauses := (backoff{}); ; {
		select {
		case <-time.After(pauses.next()):
		case <-ctx.Done():
			return
		}
		v.tries++
		w, err := v.connect(c.any(), signInLimit)
		if err == nil {
			v.back, v.resumed = time.Now(), w.Resumed
			return
		}
		v.refused = append(v.refused, err)
	}
}

// kind returns an error in words that do not differ from client to client.
func kind(err error) string {
	var refused *protocol.Error
	var network *net.OpError
	switch {
	case errors.As(err, &refused):
		return string(refused.Code)
	case errors.As(err, &network):
		return network.Op + ": " + network.Err.Error()
	}
	return err.Error()
}

// TestManyComeBack kills a node with 5,000 sessions: most of them idle, some in calls, some waiting for one.
//
// A round trip is counted by what Redis read: one command, or several that the client put into one pipeline, arrive by
// one read. The commands of scripts do not count, nor do those of the nodes' own work, which is a few a second, count
// much. To mark a session as lost takes a look and a commit on top, for whoever is still away when the lease of the dead
// node has ended.
func TestManyComeBack(t *testing.T) {
	c := &cluster{t: t, redis: startRedis(t)}
	c.url = "redis://" + c.redis.addr // a proxy in the test would be one more thing that is slow
	c.prepare([]string{"a"})
	ctx, leave := context.WithCancel(t.Context())
	defer leave()
	var bots []*bot
	for i := range manyCalls {
		bots = append(bots, c.bot("adjuster", fmt.Sprint("adjuster", i)))
	}
	for i := range manyCalls + manyWaiting {
		bots = append(bots, c.bot("claimant", fmt.Sprint("claimant", i)))
		bots[len(bots)-1].stays = true
	}
	there := crowd(bots, ctx, ctx)
	visitors := c.visitors(manySessions - len(bots))
	within(t, time.Minute, "the calls are live", func() bool { return live(bots) == manyCalls })
	c.start("b", binary)
	c.start("c", binary)

	limited, cancel := context.WithTimeout(ctx, allBackWithin+patience)
	defer cancel()
	var away sync.WaitGroup
	for _, v := range visitors {
		away.Go(func() { v.comesBack(limited, c) })
	}
	before := c.redis.reads(t)
	killed := time.Now()
	c.loses("a")
	away.Wait()
	within(t, allBackWithin, "everybody in a call is back", func() bool { return !slices.ContainsFunc(bots, notBack) })
	trips := c.redis.reads(t) - before
	late := checkArrivals(t, killed, visitors, bots)
	each := float64(trips) / manySessions
	t.Logf("%.2f round trips each; %d came back later than %s", each, late, leaseOver)
	if most := mostTrips + 2*float64(late)/manySessions; each > most {
		t.Errorf("%.2f round trips each, want %.2f at most", each, most)
	}
	if n := live(bots); n != manyCalls {
		t.Errorf("%d calls are live, want %d", n, manyCalls)
	}
	leave()
	c.ends(there, "the parties leave", patience)
	c.checkKept(bots)
}

// visitors signs so many claimants in, some at a time.
func (c *cluster) visitors(n int) []*visitor {
	c.t.Helper()
	var all sync.WaitGroup
	visitors, turns := make([]*visitor, n), make(chan struct{}, 64)
	for i := range visitors {
		v := &visitor{guest: guest{token: token(c.t, "claimant", fmt.Sprint("visitor", i))}}
		visitors[i] = v
		turns <- struct{}{}
		all.Go(func() {
			defer func() { <-turns }()
			if err := v.arrives(c.node("a")); err != nil {
				c.t.Error(err)
			}
		})
	}
	all.Wait()
	c.t.Cleanup(func() {
		for _, v := range visitors {
			_ = v.conn.Close()
		}
	})
	if c.t.Failed() {
		c.t.FailNow()
	}
	return visitors
}

// arrives signs in for the first time. A busy machine may take longer over that than a node waits for a hello.
func (v *visitor) arrives(at *node) (err error) {
	for begun := time.Now(); time.Since(begun) < patience; {
		if _, err = v.connect(at, patience); err == nil {
			return nil
		}
	}
	return err
}

func notBack(b *bot) bool { return b.welcomed().IsZero() }

// welcomed returns when a bot's second socket, or a later one, was welcomed.
func (b *bot) welcomed() time.Time {
	for _, h := range b.party.since(0) {
		if h.typ == protocol.TypeWelcome && h.socket > 1 {
			return h.at
		}
	}
	return time.Time{}
}

// checkArrivals checks that everybody came back in time as who they were, and not all at once. It returns how many came
// late enough to have been marked as lost.
func checkArrivals(t *testing.T, killed time.Time, visitors []*visitor, bots []*bot) (late int) {
	t.Helper()
	const window = 100 * time.Millisecond
	var arrivals []time.Duration
	tries, unresumed, refusals := 0, 0, map[string]int{}
	for _, v := range visitors {
		tries += v.tries
		if !v.resumed {
			unresumed++
			continue
		}
		arrivals = append(arrivals, v.back.Sub(killed))
		for _, err := range v.refused {
			refusals[kind(err)]++
		}
	}
	for _, b := range bots {
		arrivals = append(arrivals, b.welcomed().Sub(killed))
		if !b.greeting().Resumed {
			unresumed++
		}
	}
	if unresumed > 0 {
		t.Errorf("%d of %d are not back in their session", unresumed, manySessions)
	}
	slices.Sort(arrivals)
	windows, busiest := map[time.Duration]int{}, 0
	for _, at := range arrivals {
		windows[at/window]++
		busiest = max(busiest, windows[at/window])
		if at > leaseOver {
			late++
		}
	}
	last := arrivals[len(arrivals)-1]
	t.Logf("back after %s at the median, %s at the last; %.2f tries each; at most %d within %s; refused: %v",
		arrivals[len(arrivals)/2].Round(time.Millisecond), last.Round(time.Millisecond), float64(tries)/float64(len(visitors)),
		busiest, window, refusals)
	if last > allBackWithin {
		t.Errorf("the last one was back after %s", last)
	}
	if busiest > len(arrivals)/2 {
		t.Errorf("%d of %d came back within %s", busiest, len(arrivals), window)
	}
	return late
}

// checkKept checks that every call is as it was: nobody has lost it, or has another one.
func (c *cluster) checkKept(bots []*bot) {
	c.t.Helper()
	s := c.store(c.t)
	states := map[call.State]int{}
	for _, b := range bots {
		for id := range b.made {
			kept, err := s.Call(c.t.Context(), id)
			if err != nil {
				c.t.Fatal(err)
			}
			if b.role == "claimant" {
				states[kept.State]++
			}
		}
		if len(b.made) > 1 {
			c.t.Errorf("%s had %d calls", b.name, len(b.made))
		}
	}
	if states[call.Active] != manyCalls || states[call.Queued] != manyWaiting {
		c.t.Errorf("calls are %v", states)
	}
}
