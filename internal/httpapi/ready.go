package httpapi

import (
	"context"
	"sync"
	"time"
)

// readyKeep is how long the outcome of a probe is good for all who ask: each writes to the store.
const readyKeep = 250 * time.Millisecond

// probe asks once for all who ask at the same time or soon after. Its methods may be called concurrently.
type probe struct {
	ask func(context.Context) error

	mu    sync.Mutex
	last  *outcome // of the newest probe, under way or done
	until time.Time
}

// outcome is that of one probe. err is set before done is closed.
type outcome struct {
	done chan struct{}
	err  error
}

// ready returns the newest outcome, if need be a new one. It ends with ctx; the probe itself has readyLimit.
func (p *probe) ready(ctx context.Context) error {
	o := p.newest()
	select {
	case <-o.done:
		return o.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (p *probe) newest() *outcome {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.last != nil && (p.until.IsZero() || time.Now().Before(p.until)) {
		return p.last
	}
	o := &outcome{done: make(chan struct{})}
	p.last, p.until = o, time.Time{}
	go p.run(o)
	return o
}

func (p *probe) run(o *outcome) {
	ctx, cancel := context.WithTimeout(context.Background(), readyLimit)
	defer cancel()
	o.err = p.ask(ctx)
	p.mu.Lock()
	p.until = time.Now().Add(readyKeep)
	p.mu.Unlock()
	close(o.done)
}
