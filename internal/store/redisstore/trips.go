package redisstore

import (
	"context"
	"sync"

	"github.com/redis/go-redis/v9"
)

const (
	tripsAway = 2  // round trips on their way at the same time
	tripSize  = 64 // commands that go together, at most: a few milliseconds of the server's time
)

// trips is the way to Redis for what calls do. A command that comes while hardly anything is on its way goes at once and
// alone. The others gather, and go together in one pipeline as soon as a round trip is back: the more there is to do, the
// less each costs. Each command has its own answer and its own error. Methods may be called concurrently.
type trips struct {
	client redis.UniversalClient
	life   context.Context // of what goes together; a single command goes by its caller's

	running sync.WaitGroup // what goes together

	mu      sync.Mutex
	closed  bool
	away    int
	waiting []*rider
}

// rider is a command that waits for a round trip to be back.
type rider struct {
	ctx  context.Context
	cmd  redis.Cmder
	done chan struct{} // closed when it has been answered
}

// do takes a command to Redis and returns its error. When ctx ends before, the command stays the property of do: it may be
// answered later.
func (t *trips) do(ctx context.Context, cmd redis.Cmder) error {
	r, err := t.board(ctx, cmd)
	switch {
	case err != nil:
		cmd.SetErr(err)
		return err
	case r == nil:
		defer t.arrive()
		return t.client.Process(ctx, cmd)
	}
	select {
	case <-r.done:
		return cmd.Err()
	case <-ctx.Done():
		return ctx.Err()
	}
}

// board returns nil when the command may go at once.
func (t *trips) board(ctx context.Context, cmd redis.Cmder) (*rider, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return nil, redis.ErrClosed
	}
	if t.away < tripsAway {
		t.away++
		return nil, nil
	}
	r := &rider{ctx, cmd, make(chan struct{})}
	t.waiting = append(t.waiting, r)
	return r, nil
}

// close answers whoever waits, lets nobody board any more, and waits for what goes together.
func (t *trips) close() {
	t.mu.Lock()
	t.closed = true
	for _, r := range t.waiting {
		r.cmd.SetErr(redis.ErrClosed)
		close(r.done)
	}
	t.waiting = nil
	t.mu.Unlock()
	t.running.Wait()
}

// arrive ends the round trip of a single command. If others wait, they go in its place.
func (t *trips) arrive() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if riders := t.nextLocked(); riders != nil {
		t.running.Go(func() { t.travel(riders) })
	}
}

// travel takes riders to Redis, and then those who have gathered meanwhile, until nobody waits.
func (t *trips) travel(riders []*rider) {
	for ; riders != nil; riders = t.next() {
		together := t.client.Pipeline()
		for _, r := range riders {
			_ = together.Process(t.life, r.cmd)
		}
		_, _ = together.Exec(t.life) // each command has the error that concerns it
		for _, r := range riders {
			close(r.done)
		}
	}
}

// next returns who goes in the place of a round trip that is back; nobody, when nobody waits. Those whose callers have left
// stay behind.
func (t *trips) next() []*rider {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.nextLocked()
}

func (t *trips) nextLocked() []*rider {
	var riders []*rider
	for len(t.waiting) > 0 && len(riders) < tripSize {
		if r := t.waiting[0]; r.ctx.Err() == nil {
			riders = append(riders, r)
		}
		t.waiting[0] = nil
		t.waiting = t.waiting[1:]
	}
	if riders == nil {
		t.away--
	}
	return riders
}
