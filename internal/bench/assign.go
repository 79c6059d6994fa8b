package bench

import (
	"context"
	"fmt"
	"time"

	"github.com/claimcall/claimcall/protocol"
)

// assignRounds is how many adjusters come for each length of the queue.
const assignRounds = 50

// assign has claimants wait, and measures from the moment an adjuster is available until the invite, for queues of growing
// length: the cost must not grow faster than the logarithm of the length.
func assign(ctx context.Context, b *bench) error {
	first := 0.0
	for _, n := range queueLengths(or(b.Sessions, 10_000)) {
		took, err := b.assignFrom(ctx, n)
		if err != nil {
			return fmt.Errorf("%d waiting: %w", n, err)
		}
		f := Figure{Name: fmt.Sprintf("available to call.invite with %d waiting, p50", n), Value: took.micros(50), Unit: "µs"}
		if first == 0 {
			first = f.Value
		} else {
			f.Base, f.Against = first, "with 10"
		}
		b.found(f)
	}
	return nil
}

// queueLengths are powers of ten from 10 on, and most.
func queueLengths(most int) []int {
	var lengths []int
	for n := 10; n < most; n *= 10 {
		lengths = append(lengths, n)
	}
	return append(lengths, most)
}

// assignFrom measures with so many waiting.
func (b *bench) assignFrom(ctx context.Context, n int) (*sample, error) {
	nodes, redis, err := b.nodes(ctx, or(b.Nodes, 1))
	if err != nil {
		return nil, err
	}
	defer endAll(nodes, redis)
	fleet, err := newFleet(b.Key)
	if err != nil {
		return nil, err
	}
	b.say("%d claimants wait", n)
	waiting, err := fleet.signInAll(ctx, []string{nodes[len(nodes)-1].socket()}, n, protocol.RoleClaimant)
	if err != nil {
		return nil, err
	}
	defer closeAll(waiting)
	if err := each(ctx, n, dialers, func(ctx context.Context, i int) error { return waiting[i].queue(ctx, i) }); err != nil {
		return nil, err
	}
	desks, err := fleet.signInAll(ctx, []string{nodes[0].socket()}, min(assignRounds, n), protocol.RoleAdjuster)
	if err != nil {
		return nil, err
	}
	defer closeAll(desks)
	took := &sample{}
	for _, desk := range desks {
		begun := time.Now()
		if err := desk.say(ctx, protocol.TypeAvailabilitySet, protocol.AvailabilitySet{State: protocol.AvailabilityAvailable}); err != nil {
			return nil, err
		}
		if _, err := desk.hear(ctx, protocol.TypeCallInvite); err != nil {
			return nil, err
		}
		took.add(time.Since(begun))
	}
	return took, nil
}

// queue requests a call, and returns once it waits.
func (p *phone) queue(ctx context.Context, i int) error {
	n := fmt.Sprint(i)
	if err := p.say(ctx, protocol.TypeCallRequest, protocol.CallRequest{RequestID: n, ClaimNo: "BX-" + n}); err != nil {
		return err
	}
	_, err := p.hear(ctx, protocol.TypeOK)
	return err
}
