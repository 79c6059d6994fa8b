package bench

import (
	"context"
	"time"

	"github.com/claimcall/claimcall/protocol"
)

const (
	stormSessions = 5_000
	stormAtOnce   = 512 // sockets under way at a time
)

// storm kills a node on which all sessions are, and has everybody come back to another one at once.
func storm(ctx context.Context, b *bench) error {
	n := or(b.Sessions, stormSessions)
	nodes, redis, err := b.nodes(ctx, max(b.Nodes, 2))
	if err != nil {
		return err
	}
	defer endAll(nodes, redis)
	fleet, err := newFleet(b.Key)
	if err != nil {
		return err
	}
	b.say("%d sessions on one node", n)
	phones, err := fleet.signInAll(ctx, []string{nodes[0].socket()}, n, protocol.RoleClaimant)
	if err != nil {
		return err
	}
	defer closeAll(phones)
	b.say("the node is killed")
	before, err := usage(ctx, nodes[1:], redis)
	if err != nil {
		return err
	}
	nodes[0].kill()
	back, took, err := b.comeBack(ctx, fleet, phones, nodes[1:])
	if err != nil {
		return err
	}
	after, err := usage(ctx, nodes[1:], redis)
	if err != nil {
		return err
	}
	all := float64(n)
	b.found(Figure{Name: "all sessions back after", Value: took.Seconds(), Unit: "s"})
	b.found(Figure{Name: "sessions back", Value: all / took.Seconds(), Unit: "a second"})
	b.found(Figure{Name: "from the kill to the welcome, p50", Value: back.micros(50) / 1e6, Unit: "s"})
	b.found(Figure{Name: "from the kill to the welcome, p99", Value: back.micros(99) / 1e6, Unit: "s"})
	b.found(Figure{Name: "processor time of a return, nodes", Value: float64((after.nodes - before.nodes).Microseconds()) / all, Unit: "µs"})
	b.found(Figure{Name: "Redis commands of a return, with those inside scripts", Value: (after.commands - before.commands) / all})
	return nil
}

// comeBack resumes every session at the nodes that are left, and returns how long after now each was welcomed.
func (b *bench) comeBack(ctx context.Context, fleet *fleet, phones []*phone, nodes []*process) (*sample, time.Duration, error) {
	back := &sample{}
	begun := time.Now()
	err := each(ctx, len(phones), stormAtOnce, func(ctx context.Context, i int) error {
		resume := phones[i].resume
		phones[i].close()
		p, err := fleet.signIn(ctx, nodes[i%len(nodes)].socket(), i, protocol.RoleClaimant, resume)
		if err != nil {
			return err
		}
		phones[i] = p
		back.add(time.Since(begun))
		return nil
	})
	return back, time.Since(begun), err
}
