package relay

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"go.uber.org/zap"
)

const (
	// pullLinger is how long a pull goes on without viewers: one that reloads its page finds the picture running.
	pullLinger = 5 * time.Second
	// pullAgain and pullAgainMax are the first and the longest pause between attempts to reach the other server.
	pullAgain    = 250 * time.Millisecond
	pullAgainMax = 2 * time.Second
)

// pulls fetches streams that live at other servers: each once, however many
// viewers it has here, from the first of them until a while after the last.
//
// A pull publishes into the stream as a local publisher does, though it claims it
// only when the first media arrives: until then a local publisher may come first.
type pulls struct {
	relay *Relay

	mu      sync.Mutex
	running map[*stream]*pull
}

type pull struct {
	cancel  context.CancelFunc
	viewers int
	linger  *time.Timer // runs while there are no viewers
}

func newPulls(r *Relay) *pulls { return &pulls{relay: r, running: map[*stream]*pull{}} }

// join counts a viewer of s in, and begins to pull s if nobody else brings it.
func (p *pulls) join(s *stream) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if running := p.running[s]; running != nil {
		running.viewers++
		running.linger.Stop()
		return
	}
	names := p.relay.names
	if names.remote(s).pull == "" || !names.waits(s) || p.relay.enter() != nil {
		return
	}
	names.hold(s)
	ctx, cancel := context.WithCancel(p.relay.ctx)
	running := &pull{cancel: cancel, viewers: 1}
	running.linger = time.AfterFunc(pullLinger, func() { p.expire(s, running) })
	running.linger.Stop()
	p.running[s] = running
	go p.run(ctx, s, running)
}

// leave counts a viewer of s out.
func (p *pulls) leave(s *stream) {
	p.mu.Lock()
	defer p.mu.Unlock()
	running := p.running[s]
	if running == nil {
		return
	}
	running.viewers--
	if running.viewers == 0 {
		running.linger.Reset(pullLinger)
	}
}

// expire ends a pull that still has no viewers.
func (p *pulls) expire(s *stream, running *pull) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if running.viewers == 0 {
		p.removeLocked(s, running)
	}
}

func (p *pulls) remove(s *stream, running *pull) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.removeLocked(s, running)
}

func (p *pulls) removeLocked(s *stream, running *pull) {
	running.linger.Stop()
	running.cancel()
	if p.running[s] == running {
		delete(p.running, s)
	}
}

// run pulls s until it has ended, has a local publisher, or nobody watches it any more.
func (p *pulls) run(ctx context.Context, s *stream, running *pull) {
	r := p.relay
	defer r.leave()
	defer r.names.release(s)
	defer p.remove(s, running)
	defer r.recoverConn()
	for wait := pullAgain; ; wait = min(2*wait, pullAgainMax) {
		err := r.pull(ctx, s)
		if ctx.Err() == nil {
			r.log.Info("relay: pull", zap.String("name", s.name), zap.NamedError("outcome", err))
		}
		if !r.names.waits(s) {
			return
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return
		}
	}
}

// pull plays s from the server where it lives, once, to the end.
func (r *Relay) pull(ctx context.Context, s *stream) error {
	c, err := r.dialRTMP(ctx, r.names.remote(s).pull)
	if err != nil {
		return err
	}
	defer c.nc.Close()
	defer context.AfterFunc(ctx, func() { _ = c.nc.Close() })()
	if err := errors.Join(c.nc.SetReadDeadline(time.Time{}), c.play()); err != nil {
		return fmt.Errorf("%w: %w", errLost, err)
	}
	return r.fetch(c, s)
}

// fetch waits for media, as long as it takes, and publishes it as s. Once it has
// begun, silence is the end as it is with any publisher.
func (r *Relay) fetch(c *rtmpClient, s *stream) error {
	first, err := c.firstMedia()
	if err != nil {
		return err
	}
	p, err := r.claim(s, func() { _ = c.nc.Close() })
	if err != nil {
		return err
	}
	defer p.leave()
	for m := first; ; {
		if err := errors.Join(c.pass(p, m), c.nc.SetReadDeadline(time.Now().Add(r.limits.PublisherIdle))); err != nil {
			return err
		}
		if m, err = c.media(); err != nil {
			return err
		}
	}
}

// firstMedia returns the first message of media. That a publisher who was here before has left is no news yet.
func (c *rtmpClient) firstMedia() (rtmpMessage, error) {
	for {
		m, err := c.media()
		if !errors.Is(err, errUnpublished) {
			return m, err
		}
	}
}

// media returns the next message of media.
func (c *rtmpClient) media() (rtmpMessage, error) {
	for {
		m, err := c.read()
		switch {
		case err != nil:
			return m, fmt.Errorf("%w: %w", errLost, err)
		case m.kind != msgCommandAMF0:
			return m, nil
		}
		switch news := readStatus(m); {
		case news.failed():
			return m, errRemoteRefused
		case news.over():
			return m, errUnpublished
		}
	}
}
