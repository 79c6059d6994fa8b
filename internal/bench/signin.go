package bench

import (
	"context"
	"time"

	"github.com/claimcall/claimcall/protocol"
)

const signInLength = 8 * time.Second

// signin opens sockets as fast as they are taken: signed in at a node of ours, and just opened at a bare server.
func signin(ctx context.Context, b *bench) error {
	fleet, err := newFleet(b.Key)
	if err != nil {
		return err
	}
	bare, err := b.baseline(ctx, Echo, "")
	if err != nil {
		return err
	}
	defer bare.end()
	b.say("sockets opened at a bare server")
	least, err := b.comeAndGo(ctx, func(ctx context.Context, i int) (*phone, error) {
		ws, err := fleet.dial(ctx, "ws://"+bare.addr+"/", i)
		return &phone{ws: ws}, err
	})
	if err != nil {
		return err
	}
	nodes, redis, err := b.nodes(ctx, or(b.Nodes, 1))
	if err != nil {
		return err
	}
	defer endAll(nodes, redis)
	b.say("sessions signed in")
	ours, err := b.comeAndGo(ctx, func(ctx context.Context, i int) (*phone, error) {
		return fleet.signIn(ctx, nodes[i%len(nodes)].socket(), i, protocol.RoleClaimant, "")
	})
	if err != nil {
		return err
	}
	b.found(Figure{Name: "sign-ins", Value: ours, Unit: "a second", Base: least, Against: Echo, Budget: 0.6, OfRatio: true, Least: true})
	return nil
}

// comeAndGo opens sockets for a time, dialers at once, closes each, and returns how many there were a second.
func (b *bench) comeAndGo(ctx context.Context, open func(context.Context, int) (*phone, error)) (float64, error) {
	length := or(b.Duration, signInLength)
	begun := time.Now()
	n := 0
	for time.Since(begun) < length {
		err := each(ctx, dialers*4, dialers, func(ctx context.Context, i int) error {
			p, err := open(ctx, n+i)
			if err == nil {
				p.close()
			}
			return err
		})
		if err != nil {
			return 0, err
		}
		n += dialers * 4
	}
	return float64(n) / time.Since(begun).Seconds(), nil
}

// endAll ends the processes of a run.
func endAll(nodes []*process, redis *redisServer) {
	for _, p := range nodes {
		p.end()
	}
	if redis != nil {
		redis.end()
	}
}
