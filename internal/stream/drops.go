package stream

import (
	"context"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/claimcall/claimcall/internal/call"
)

// How hard a drop tries: a provider that is away for a moment, such as for a restart, is reached in the end.
const (
	tries     = 3
	tryLimit  = 5 * time.Second
	firstWait = 250 * time.Millisecond // before the second try; four times as long before the third
	slots     = 8                      // drops at one provider at the same time
	maxDrops  = 1024                   // drops at one provider that may wait, while it does not answer
)

// drops ends streams in the background. A provider that hangs takes only its own slots.
type drops struct {
	log    *zap.Logger
	ctx    context.Context
	cancel context.CancelFunc

	mu     sync.Mutex
	closed bool
	lines  map[string]line // by provider
	wg     sync.WaitGroup  // Add only under mu, while not closed
}

// line is the drops of one provider: those that wait or run, and those that run.
type line struct{ waiting, running chan struct{} }

func newDrops(log *zap.Logger) *drops {
	ctx, cancel := context.WithCancel(context.Background())
	return &drops{log: log, ctx: ctx, cancel: cancel, lines: map[string]line{}}
}

// start ends the stream in the background.
func (d *drops) start(p Provider, name call.StreamName) {
	log := d.log.With(zap.String("provider", p.Name()), zap.Stringer("stream", name))
	l, ok := d.enter(p.Name())
	if !ok {
		log.Error("stream: drop: too many at once, or closed; the stream goes on until its publisher leaves")
		return
	}
	go func() {
		defer d.wg.Done()
		defer func() { <-l.waiting }()
		d.run(l, p, name, log)
	}()
}

// enter takes a place in the provider's line.
func (d *drops) enter(provider string) (line, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	l, ok := d.lines[provider]
	if !ok {
		l = line{waiting: make(chan struct{}, maxDrops), running: make(chan struct{}, slots)}
		d.lines[provider] = l
	}
	if d.closed {
		return l, false
	}
	select {
	case l.waiting <- struct{}{}:
		d.wg.Add(1)
		return l, true
	default:
		return l, false
	}
}

func (d *drops) run(l line, p Provider, name call.StreamName, log *zap.Logger) {
	select {
	case l.running <- struct{}{}:
		defer func() { <-l.running }()
	case <-d.ctx.Done():
		return
	}
	if err := d.try(p, name); err != nil {
		log.Error("stream: drop failed; the stream goes on until its publisher leaves", zap.Error(err))
	}
}

func (d *drops) try(p Provider, name call.StreamName) error {
	wait := firstWait
	for try := 1; ; try++ {
		ctx, cancel := context.WithTimeout(d.ctx, tryLimit)
		err := p.Drop(ctx, name)
		cancel()
		if err == nil || try == tries {
			return err
		}
		select {
		case <-time.After(wait):
			wait *= 4
		case <-d.ctx.Done():
			return err
		}
	}
}

// close waits for all drops, or gives them up when ctx ends.
func (d *drops) close(ctx context.Context) error {
	d.mu.Lock()
	d.closed = true
	d.mu.Unlock()
	done := make(chan struct{})
	go func() {
		d.wg.Wait()
		close(done)
	}()
	defer d.cancel()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		d.cancel()
		<-done
		return ctx.Err()
	}
}
