package assigntest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/claimcall/claimcall/hub"
	"github.com/claimcall/claimcall/internal/call"
	"github.com/claimcall/claimcall/protocol"
)

// office is a crowd on two nodes with one Redis.
type office struct {
	t         *testing.T
	nodes     []*node
	recorder  *recorder
	claimants []*party
	adjusters []*party
	queues    int // each adjuster serves two of them
	rounds    int
	patience  time.Duration // how long a round may take
	crowd     int           // how many claimants may call in a round
	weathers  []trouble     // of which each round draws one
	leave     context.CancelFunc
	people    sync.WaitGroup
}

// openOffice has everybody sign in. The stores are handed in, one for each node.
func openOffice(t *testing.T, adjusters, claimants int, stores ...hub.Store) *office {
	o := &office{t: t, queues: adjusters / 2, recorder: newRecorder(), patience: patience, crowd: 6, weathers: weathers()}
	for i, s := range stores {
		n, err := startNode(s, &ledger{}, fmt.Sprint("n", i), officeTiming(), generous())
		if err != nil {
			t.Fatal(err)
		}
		o.nodes = append(o.nodes, n)
	}
	for i := range adjusters {
		p := o.party(call.Adjuster, fmt.Sprint("a", i))
		p.queues = fmt.Sprintf("q%d,q%d", i%o.queues, i*7/2%o.queues)
		o.adjusters = append(o.adjusters, p)
	}
	for i := range claimants {
		o.claimants = append(o.claimants, o.party(call.Claimant, fmt.Sprint("c", i)))
	}
	ctx, leave := context.WithCancel(context.Background())
	o.leave = leave
	for _, p := range append(o.adjusters, o.claimants...) {
		o.people.Go(func() { p.live(ctx) })
	}
	return o
}

// officeTiming lets everything that a timer does happen soon.
func officeTiming() hub.Timing {
	return hub.Timing{
		Ring: 500 * time.Millisecond, Join: time.Second, Queue: 5 * time.Second,
		GraceClaimant: time.Second, GraceAdjuster: 500 * time.Millisecond, RingGone: 20 * time.Millisecond,
		WrapUp: time.Millisecond, MaxCall: 5 * time.Second, MaxMissed: 1 << 30,
	}
}

func (o *office) party(role call.Role, name string) *party {
	return &party{
		device: device{user: call.User{Role: role, ID: name}}, nodes: o.nodes, recorder: o.recorder,
		dice: rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64())), wishes: make(chan wish, 1),
	}
}

// close has everybody leave, and then the nodes.
func (o *office) close() {
	o.empties()
	for _, n := range o.nodes {
		n.way.has(trouble{})
		if err := n.leaves(); err != nil {
			o.t.Error(err)
		}
	}
}

// empties has everybody leave.
func (o *office) empties() {
	o.leave()
	o.people.Wait()
}

// round has some claimants call at once in a few queues, and returns its history when all of that is over. If it
// takes too long, everybody has left and it returns false.
func (o *office) round() (History, bool) {
	o.rounds++
	weather := o.weathers[rand.IntN(len(o.weathers))]
	for _, n := range o.nodes {
		n.way.has(weather)
	}
	var calls sync.WaitGroup
	few := 1 + rand.IntN(2)
	for _, i := range rand.Perm(len(o.claimants))[:2+rand.IntN(o.crowd-1)] {
		calls.Add(1)
		o.claimants[i].busy.Store(true)
		o.claimants[i].wishes <- wish{granted: calls.Done, request: protocol.CallRequest{
			RequestID: fmt.Sprint("r", o.rounds), ClaimNo: fmt.Sprint("A", o.rounds),
			Queue: fmt.Sprint("q", (o.rounds+rand.IntN(few))%o.queues),
		}}
	}
	over := o.awaits(&calls)
	if !over {
		o.empties()
	}
	return o.recorder.cut(), over
}

// weathers are what may be in the way of a round.
func weathers() []trouble {
	return []trouble{
		{slow: 0.1, wait: time.Millisecond},
		{slow: 0.3, wait: 4 * time.Millisecond},
		{slow: 0.1, wait: 2 * time.Millisecond, stale: 0.2},
		{slow: 0.05, wait: 20 * time.Millisecond, stale: 0.02},
		{slow: 0.1, wait: 2 * time.Millisecond, stale: 0.02, down: 0.002, lost: 0.005},
	}
}

// awaits waits until the calls have ended and everybody knows, and returns whether that came to pass.
func (o *office) awaits(calls *sync.WaitGroup) bool {
	over := make(chan struct{})
	go func() {
		calls.Wait()
		close(over)
	}()
	select {
	case <-over:
	case <-time.After(o.patience):
		return false
	}
	return within(o.patience, func() bool {
		busy := func(p *party) bool { return p.busy.Load() }
		return !slices.ContainsFunc(o.adjusters, busy) && !slices.ContainsFunc(o.claimants, busy)
	})
}
