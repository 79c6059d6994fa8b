package relay

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// errGone wraps the failure of a viewer's connection.
var errGone = errors.New("relay: viewer left")

// sink takes packets to a viewer over some transport. ms is the time to put on
// the packet: it starts at zero for each viewer and never wraps below.
type sink interface {
	write(ctx context.Context, p packet, ms uint32) error
}

// await returns when the stream can be served, at the latest after the time
// that viewers may wait, with errNoPublisher.
func (v *viewer) await(ctx context.Context) error {
	patience := time.NewTimer(v.limits.WaitPublisher)
	defer patience.Stop()
	select {
	case <-v.stream.live:
		return nil
	case <-v.stream.done:
		return v.stream.reason()
	case <-patience.C:
		return errNoPublisher
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// ended reports whether err is the good end of a stream.
func ended(err error) bool { return errors.Is(err, errUnpublished) || errors.Is(err, errDropped) }

// play feeds out, which speaks FLV or RTMP and therefore can't ask for key frames
// nor be given Opus, until the stream ends, ctx ends or out fails, and says why.
func (v *viewer) play(ctx context.Context, out sink) error {
	defer v.stream.keys.need()()
	return v.feed(ctx, &aacSink{sink: out})
}

// feed is play for a sink that takes everything as it comes.
func (v *viewer) feed(ctx context.Context, out sink) error {
	var at timeline
	for {
		p, err := v.next(ctx)
		if err != nil {
			return err
		}
		if err := out.write(ctx, p, at.rebase(p)); err != nil {
			return fmt.Errorf("%w: %w", errGone, err)
		}
	}
}

// timeline moves a stream's time so that a viewer's first frame is at zero.
type timeline struct {
	started bool
	base    int64
}

// rebase returns the time of p for this viewer. What was cached from before
// the first frame is at zero with it.
func (t *timeline) rebase(p packet) uint32 {
	if !t.started {
		if !p.frame() {
			return 0
		}
		t.started, t.base = true, p.time
	}
	return uint32(max(p.time-t.base, 0))
}

// watch subscribes a viewer to s, which unwatch takes off again. evict is called
// at most once, when newer viewers took its place: it must not wait, and must
// make the viewer go even from the middle of a write.
func (r *Relay) watch(s *stream, evict func()) (*viewer, error) {
	return r.watchBy(s, func() *viewer { return s.subscribe(evict) })
}

// watchUncounted is watch for a viewer who may not be there: until its stream counts it, nobody gives way to it.
func (r *Relay) watchUncounted(s *stream, evict func()) (*viewer, error) {
	return r.watchBy(s, func() *viewer { return s.pin(evict) })
}

func (r *Relay) watchBy(s *stream, subscribe func() *viewer) (*viewer, error) {
	r.mu.Lock()
	full := r.viewers >= r.limits.MaxViewers
	if !full {
		r.viewers++
	}
	r.mu.Unlock()
	if full {
		return nil, errFull
	}
	r.pulls.join(s)
	v := subscribe()
	s.wantPicture()
	return v, nil
}

func (r *Relay) unwatch(v *viewer) {
	v.stream.unsubscribe(v)
	r.pulls.leave(v.stream)
	r.mu.Lock()
	r.viewers--
	r.mu.Unlock()
}
