package assigntest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/claimcall/claimcall/hub"
	"github.com/claimcall/claimcall/internal/call"
	"github.com/claimcall/claimcall/protocol"
)

// queues is how many there are. Each adjuster serves two of them.
const queues = 10

// office is a crowd on two nodes with one Redis.
type office struct {
	t         *testing.T
	nodes     []*node
	recorder  *recorder
	claimants []*party
	adjusters []*party
	rounds    int
	leave     context.CancelFunc
	people    sync.WaitGroup
}

// openOffice has everybody sign in. The stores are handed in, one for each node.
func openOffice(t *testing.T, adjusters, claimants int, stores ...hub.Store) *office {
	o := &office{t: t, recorder: newRecorder()}
	for i, s := range stores {
		n, err := startNode(s, &ledger{}, fmt.Sprint("n", i), officeTiming())
		if err != nil {
			t.Fatal(err)
		}
		o.nodes = append(o.nodes, n)
		eventually(t, "the node is ready", func() bool { return n.hub.Ready(t.Context()) == nil })
	}
	for i := range adjusters {
		p := o.party(call.Adjuster, fmt.Sprint("a", i))
		p.queues = fmt.Sprintf("q%d,q%d", i%queues, i*7/2%queues)
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
	o.leave()
	o.people.Wait()
	for _, n := range o.nodes {
		n.way.has(trouble{})
		if err := n.leaves(); err != nil {
			o.t.Error(err)
		}
	}
}

// round has some claimants call at once in a few queues, and returns its history when all of that is over.
func (o *office) round() History {
	o.rounds++
	weather := weathers()[rand.IntN(len(weathers()))]
	for _, n := range o.nodes {
		n.way.has(weather)
	}
	var calls sync.WaitGroup
	few := 1 + rand.IntN(3)
	for _, i := range rand.Perm(len(o.claimants))[:2+rand.IntN(14)] {
		calls.Add(1)
		o.claimants[i].busy.Store(true)
		o.claimants[i].wishes <- wish{granted: calls.Done, request: protocol.CallRequest{
			RequestID: fmt.Sprint("r", o.rounds), ClaimNo: fmt.Sprint("A", o.rounds),
			Queue: fmt.Sprint("q", (o.rounds+rand.IntN(few))%queues),
		}}
	}
	o.awaits(&calls)
	return o.recorder.cut()
}

// weathers are the troubles of a round, of which one is drawn.
func weathers() []trouble {
	return []trouble{
		{slow: 0.1, wait: time.Millisecond},
		{slow: 0.3, wait: 4 * time.Millisecond},
		{slow: 0.1, wait: 2 * time.Millisecond, stale: 0.2},
		{slow: 0.05, wait: 20 * time.Millisecond, stale: 0.02},
		{slow: 0.1, wait: 2 * time.Millisecond, stale: 0.02, down: 0.002, lost: 0.005},
	}
}

// awaits waits until the calls have ended and everybody knows.
func (o *office) awaits(calls *sync.WaitGroup) {
	o.t.Helper()
	over := make(chan struct{})
	go func() {
		calls.Wait()
		close(over)
	}()
	select {
	case <-over:
	case <-time.After(patience):
		o.t.Fatalf("a call does not end:\n%s", o.recorder.cut())
	}
	eventually(o.t, "everybody has come to rest", func() bool {
		for _, p := range append(o.adjusters[:len(o.adjusters):len(o.adjusters)], o.claimants...) {
			if p.busy.Load() {
				return false
			}
		}
		return true
	})
}
