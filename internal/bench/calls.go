package bench

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"
	"golang.org/x/sync/errgroup"

	"github.com/claimcall/claimcall/protocol"
)

const (
	callRate    = 200 // calls a second, when they are paced
	callLength  = 10 * time.Second
	callPeople  = 4_000 // a quarter of them adjusters: none sends more commands a second than one person may
	callsAtOnce = 128   // calls under way, when as many are made as can be
)

// calls makes whole calls over real sockets, from the request to the hangup: at a fixed rate, for their latency, and then
// as many as the nodes take. With several nodes the two sides of a call are on different ones.
func calls(ctx context.Context, b *bench) error {
	n := or(b.Nodes, 1)
	nodes, redis, err := b.nodes(ctx, n)
	if err != nil {
		return err
	}
	defer endAll(nodes, redis)
	o, err := b.open(ctx, nodes)
	if err != nil {
		return err
	}
	defer o.close()
	rate, length := or(b.Rate, callRate), or(b.Duration, callLength)
	b.say("%.0f calls a second for %s", rate, length)
	if err := o.paced(ctx, rate, length); err != nil {
		return err
	}
	p50, p99 := Figure{Name: "accept to call.accept, p50", Unit: "µs"}, Figure{Name: "accept to call.accept, p99", Unit: "µs"}
	p50.Value, p99.Value = o.accepted.micros(50), o.accepted.micros(99)
	if redis != nil {
		b.say("the same number of messages through a bare relay")
		least, err := b.relayed(ctx, o.fleet, redis.addr, rate, length)
		if err != nil {
			return err
		}
		p50.Base, p50.Against, p50.Budget, p50.OfRatio = least.micros(50), Relay, 1.6, true
		p99.Base, p99.Against, p99.Budget, p99.OfRatio = least.micros(99), Relay, 3, true
	}
	b.found(p50)
	b.found(p99)
	b.found(Figure{Name: "request to streams, p99", Value: o.whole.micros(99), Unit: "µs"})
	return b.most(ctx, o, nodes, redis, length)
}

// most makes as many calls as the nodes take.
func (b *bench) most(ctx context.Context, o *office, nodes []*process, redis *redisServer, length time.Duration) error {
	b.say("as many calls as can be for %s", length)
	before, err := usage(ctx, nodes, redis)
	if err != nil {
		return err
	}
	made, took, err := o.atOnce(ctx, length)
	if err != nil {
		return err
	}
	after, err := usage(ctx, nodes, redis)
	if err != nil {
		return err
	}
	budget := 2_000.0
	if redis != nil {
		budget = 1_500
	}
	b.found(Figure{Name: "whole calls", Value: made / took.Seconds(), Unit: "a second", Budget: budget, Least: true})
	b.found(Figure{Name: "processor time of a call, all nodes", Value: float64((after.nodes - before.nodes).Microseconds()) / made, Unit: "µs"})
	if redis != nil {
		b.found(Figure{Name: "processor time of a call, Redis", Value: float64((after.redis - before.redis).Microseconds()) / made, Unit: "µs"})
		b.found(Figure{Name: "Redis commands of a call, with those inside scripts", Value: (after.commands - before.commands) / made})
	}
	return nil
}

// office is claimants who call, and adjusters who take every call.
type office struct {
	fleet    *fleet
	desks    []*phone
	phones   []*phone
	free     chan *phone // claimants without a call
	working  *errgroup.Group
	stop     context.CancelFunc
	number   atomic.Int64
	begun    sync.Map // when a call was accepted, by its ID
	accepted sample   // from the accept until the claimant hears of it
	whole    sample   // from when the request was due until the claimant has streams
}

// open signs everybody in: adjusters at the first node, claimants at the last.
func (b *bench) open(ctx context.Context, nodes []*process) (*office, error) {
	fleet, err := newFleet(b.Key)
	if err != nil {
		return nil, err
	}
	o := &office{fleet: fleet}
	people := max(or(b.Sessions, callPeople), 4)
	desks := people / 4
	b.say("%d adjusters and %d claimants sign in", desks, people-desks)
	if o.desks, err = fleet.signInAll(ctx, []string{nodes[0].socket()}, desks, protocol.RoleAdjuster); err != nil {
		return nil, err
	}
	if err := each(ctx, desks, dialers, func(ctx context.Context, i int) error { return o.desks[i].takeCalls(ctx) }); err != nil {
		return nil, err
	}
	if o.phones, err = fleet.signInAll(ctx, []string{nodes[len(nodes)-1].socket()}, people-desks, protocol.RoleClaimant); err != nil {
		return nil, err
	}
	o.free = make(chan *phone, len(o.phones))
	for _, p := range o.phones {
		o.free <- p
	}
	ctx, o.stop = context.WithCancel(ctx)
	o.working, ctx = errgroup.WithContext(ctx)
	for _, desk := range o.desks {
		o.working.Go(func() error { return o.work(ctx, desk) })
	}
	return o, nil
}

// takeCalls makes an adjuster available.
func (p *phone) takeCalls(ctx context.Context) error {
	if err := p.say(ctx, protocol.TypeAvailabilitySet, protocol.AvailabilitySet{State: protocol.AvailabilityAvailable}); err != nil {
		return err
	}
	_, err := p.hear(ctx, protocol.TypeOK)
	return err
}

// close sends everybody home.
func (o *office) close() {
	o.stop()
	closeAll(o.desks)
	closeAll(o.phones)
	_ = o.working.Wait()
}

// work takes one call after the other.
func (o *office) work(ctx context.Context, desk *phone) error {
	for {
		_, frame, err := desk.ws.Read(ctx) // however long it takes
		switch {
		case err != nil:
			return err
		case isOf(frame, protocol.TypeError):
			return fmt.Errorf("adjuster: %s", frame)
		case !isOf(frame, protocol.TypeCallInvite):
			continue
		}
		id := callOf(frame)
		o.begun.Store(id, time.Now())
		if err := desk.say(ctx, protocol.TypeCallAccept, protocol.CallRef{Call: id}); err != nil {
			return err
		}
		if err := desk.say(ctx, protocol.TypeCallJoin, protocol.CallRef{Call: id}); err != nil {
			return err
		}
		if _, err := desk.hear(ctx, protocol.TypeCallHangup); err != nil {
			return err
		}
	}
}

// call goes from the request to the hangup that the claimant hears.
func (o *office) call(ctx context.Context, due time.Time) error {
	var claimant *phone
	select {
	case claimant = <-o.free:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { o.free <- claimant }()
	n := fmt.Sprint(o.number.Add(1))
	if err := claimant.say(ctx, protocol.TypeCallRequest, protocol.CallRequest{RequestID: n, ClaimNo: "BX-" + n}); err != nil {
		return err
	}
	frame, err := claimant.hear(ctx, protocol.TypeCallAccept)
	if err != nil {
		return err
	}
	heard := time.Now()
	id := callOf(frame)
	if begun, ok := o.begun.LoadAndDelete(id); ok {
		o.accepted.add(heard.Sub(begun.(time.Time)))
	}
	if err := claimant.say(ctx, protocol.TypeCallJoin, protocol.CallRef{Call: id}); err != nil {
		return err
	}
	if _, err := claimant.hear(ctx, protocol.TypeCallStreams); err != nil {
		return err
	}
	o.whole.add(time.Since(due))
	if err := claimant.say(ctx, protocol.TypeCallHangup, protocol.CallRef{Call: id}); err != nil {
		return err
	}
	_, err = claimant.hear(ctx, protocol.TypeCallHangup)
	return err
}

// paced makes calls at a rate.
func (o *office) paced(ctx context.Context, rate float64, length time.Duration) error {
	return pace(ctx, rate, length, len(o.phones), func(ctx context.Context, _ int, due time.Time) error { return o.call(ctx, due) })
}

// atOnce makes call after call, so many at a time, and returns how many there were in which time.
func (o *office) atOnce(ctx context.Context, length time.Duration) (made float64, took time.Duration, err error) {
	var count atomic.Int64
	begun := time.Now()
	group, ctx := errgroup.WithContext(ctx)
	for range min(callsAtOnce, len(o.phones)) {
		group.Go(func() error {
			for time.Since(begun) < length {
				if err := o.call(ctx, time.Now()); err != nil {
					return err
				}
				count.Add(1)
			}
			return nil
		})
	}
	err = group.Wait()
	return float64(count.Load()), time.Since(begun), err
}

const (
	relayLines = 64
	relayFrame = 600 // bytes, as many as call.accept has
)

// relayed passes frames of a usual size through the bare relay, from one process to another as between two nodes.
func (b *bench) relayed(ctx context.Context, fleet *fleet, redis string, rate float64, length time.Duration) (*sample, error) {
	in, err := b.baseline(ctx, Relay, redis)
	if err != nil {
		return nil, err
	}
	defer in.end()
	out, err := b.baseline(ctx, Relay, redis)
	if err != nil {
		return nil, err
	}
	defer out.end()
	lines := make(chan *line, relayLines)
	for i := range relayLines {
		l, err := fleet.line(ctx, in.addr, out.addr, i)
		if err != nil {
			return nil, err
		}
		defer l.close()
		lines <- l
	}
	took := &sample{}
	return took, pace(ctx, rate, length, relayLines, func(ctx context.Context, _ int, _ time.Time) error {
		l := <-lines
		defer func() { lines <- l }()
		begun := time.Now() // as with calls, from when the frame is sent
		if err := l.pass(ctx); err != nil {
			return err
		}
		took.add(time.Since(begun))
		return nil
	})
}

// line is a pair of sockets with the bare relay between them.
type line struct{ from, to *websocket.Conn }

func (f *fleet) line(ctx context.Context, in, out string, i int) (l *line, err error) {
	l = &line{}
	if l.to, err = f.dial(ctx, fmt.Sprintf("ws://%s/at/%d", out, i), i); err != nil {
		return nil, err
	}
	l.from, err = f.dial(ctx, fmt.Sprintf("ws://%s/to/%d", in, i), i)
	return l, err
}

func (l *line) close() {
	_ = l.from.CloseNow()
	_ = l.to.CloseNow()
}

func (l *line) pass(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if err := l.from.Write(ctx, websocket.MessageText, make([]byte, relayFrame)); err != nil {
		return err
	}
	_, _, err := l.to.Read(ctx)
	return err
}
