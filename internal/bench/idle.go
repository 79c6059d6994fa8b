package bench

import (
	"context"
	"time"

	"github.com/coder/websocket"

	"github.com/claimcall/claimcall/protocol"
)

const (
	idleSessions = 19_000 // as the published figures of others; a process may have 20,000 files open
	idleRate     = 4_000  // heartbeats a second
	idleLength   = 15 * time.Second
	beaters      = 128 // goroutines that send heartbeats
)

// held is what a server takes for sockets that wait.
type held struct {
	memory float64       // bytes a socket
	beat   time.Duration // of processor time a heartbeat
}

// idle holds sockets that only send heartbeats: memory of each, and processor time of each heartbeat.
func idle(ctx context.Context, b *bench) error {
	n := or(b.Sessions, idleSessions)
	fleet, err := newFleet(b.Key)
	if err != nil {
		return err
	}
	bare := map[string]held{}
	for _, kind := range []string{Echo, Goroutine} {
		b.say("%d sockets at a bare server (%s)", n, kind)
		if bare[kind], err = b.holdBare(ctx, fleet, kind, n); err != nil {
			return err
		}
	}
	b.say("%d signed-in sessions", n)
	ours, err := b.holdSessions(ctx, fleet, n)
	if err != nil {
		return err
	}
	micros := func(h held) float64 { return float64(h.beat.Nanoseconds()) / 1e3 }
	b.found(Figure{
		Name: "memory of an idle session, held", Value: ours.memory, Unit: "bytes", Base: bare[Echo].memory, Against: Echo, Budget: 9_500,
	})
	b.found(Figure{
		Name: "memory of an idle session, held", Value: ours.memory, Unit: "bytes", Base: bare[Goroutine].memory, Against: Goroutine,
	})
	b.found(Figure{
		Name: "processor time of a heartbeat", Value: micros(ours), Unit: "µs", Base: micros(bare[Goroutine]), Against: Goroutine,
		Budget: 1.5, OfRatio: true,
	})
	b.found(Figure{
		Name: "processor time of a heartbeat", Value: micros(ours), Unit: "µs", Base: micros(bare[Echo]), Against: Echo,
		Budget: 1.3, OfRatio: true,
	})
	return nil
}

// holdBare holds sockets at a bare server.
func (b *bench) holdBare(ctx context.Context, fleet *fleet, kind string, n int) (held, error) {
	p, err := b.baseline(ctx, kind, "")
	if err != nil {
		return held{}, err
	}
	defer p.end()
	return b.hold(ctx, p, n, func(ctx context.Context, i int) (*phone, error) {
		ws, err := fleet.dial(ctx, "ws://"+p.addr+"/", i)
		return &phone{ws: ws}, err
	})
}

// holdSessions holds sessions at a node of ours.
func (b *bench) holdSessions(ctx context.Context, fleet *fleet, n int) (held, error) {
	p, err := b.server(ctx, "idle", b.Redis)
	if err != nil {
		return held{}, err
	}
	defer p.end()
	return b.hold(ctx, p, n, func(ctx context.Context, i int) (*phone, error) {
		return fleet.signIn(ctx, p.socket(), i, protocol.RoleClaimant, "")
	})
}

// hold opens sockets, has their hearts beat, and returns what they took.
func (b *bench) hold(ctx context.Context, p *process, n int, open func(context.Context, int) (*phone, error)) (held, error) {
	before, err := p.memory()
	if err != nil {
		return held{}, err
	}
	phones := make([]*phone, n)
	defer closeAll(phones)
	if err := each(ctx, n, dialers, func(ctx context.Context, i int) (err error) {
		phones[i], err = open(ctx, i)
		return err
	}); err != nil {
		return held{}, err
	}
	used, err := p.processor()
	if err != nil {
		return held{}, err
	}
	length, rate := or(b.Duration, idleLength), or(b.Rate, idleRate)
	err = pace(ctx, rate, length, beaters, func(ctx context.Context, i int, _ time.Time) error { return phones[i%n].beat(ctx) })
	if err != nil {
		return held{}, err
	}
	usedThen, err := p.processor()
	if err != nil {
		return held{}, err
	}
	after, err := p.memory() // they have been served, and the collector has run: this is how they stay
	return held{
		memory: (after - before) / float64(n),
		beat:   time.Duration(float64(usedThen-used) / (rate * length.Seconds())),
	}, err
}

// heartbeat is a ping as the SDK sends it. Bare servers send it back.
const heartbeat = `{"type":"ping","id":"1234","data":{}}`

// beat sends a heartbeat and waits for what comes back. One that is due while another is under way comes after it.
func (p *phone) beat(ctx context.Context) error {
	p.beating.Lock()
	defer p.beating.Unlock()
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if err := p.ws.Write(ctx, websocket.MessageText, []byte(heartbeat)); err != nil {
		return err
	}
	_, _, err := p.ws.Read(ctx)
	return err
}

// closeAll hangs up all that were opened.
func closeAll(phones []*phone) {
	for _, p := range phones {
		if p != nil && p.ws != nil {
			p.close()
		}
	}
}
