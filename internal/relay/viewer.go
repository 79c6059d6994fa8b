package relay

import (
	"context"
	"sync"
	"time"
)

// viewer is one subscription to a stream. The publisher pushes and never
// waits; one goroutine of the viewer's transport calls next.
type viewer struct {
	stream *stream
	limits Limits
	// wake holds a token when there may be news for next.
	wake chan struct{}
	// evict makes the viewer go for newer ones.
	evict func()
	// pinned viewers never give way and are not counted among those that do. The stream's lock guards it.
	pinned bool

	mu    sync.Mutex
	queue queue
	// slack lets the opening be as large as the cache is. It is gone with it.
	slack int
	// needKey is set while video frames can't be decoded by this viewer.
	needKey bool
	// behind is when the queue overflowed first since it was last empty.
	behind time.Time
	err    error
}

func newViewer(s *stream, evict func()) *viewer {
	return &viewer{stream: s, limits: s.limits, wake: make(chan struct{}, 1), evict: evict, needKey: true}
}

// seed queues the opening of the stream, which counts for nothing in the bound.
func (v *viewer) seed(opening []packet) {
	v.mu.Lock()
	for _, p := range opening {
		v.addLocked(p)
	}
	v.slack = v.queue.bytes
	v.mu.Unlock()
	v.signal()
}

// push queues p, or what the bound allows.
func (v *viewer) push(p packet) {
	v.mu.Lock()
	switch {
	case v.err != nil:
	case v.queue.bytes+len(p.tag) <= v.limits.QueueBytes+v.slack || v.queue.empty():
		v.addLocked(p)
	default:
		v.overflowLocked(p)
	}
	v.mu.Unlock()
	v.signal()
}

// addLocked leaves out video frames until the first key frame.
func (v *viewer) addLocked(p packet) {
	if p.kind == kindVideo && p.frame() {
		if v.needKey && !p.key {
			return
		}
		v.needKey = false
	}
	v.queue.push(p)
}

// overflowLocked makes room for p: queued video goes, and with it all video up
// to the next key frame. Sound is cheap and stays, unless it is what fills the queue.
func (v *viewer) overflowLocked(p packet) {
	now := time.Now()
	if v.behind.IsZero() {
		v.behind = now
	}
	if now.Sub(v.behind) > v.limits.SlowAfter {
		v.endLocked(errSlow)
		return
	}
	v.slack = 0
	v.needKey = true
	v.queue.shed(func(q packet) bool { return q.kind == kindAudio })
	if v.queue.bytes+len(p.tag) > v.limits.QueueBytes {
		v.queue.shed(func(packet) bool { return false })
	}
	v.addLocked(p)
}

// end lets no more packets in. A viewer whose publisher left still gets what is queued.
func (v *viewer) end(reason error) {
	v.mu.Lock()
	if v.err == nil {
		v.endLocked(reason)
	}
	v.mu.Unlock()
	v.signal()
}

func (v *viewer) endLocked(reason error) {
	v.err = reason
	if reason != errUnpublished {
		v.queue = queue{}
	}
}

func (v *viewer) signal() {
	select {
	case v.wake <- struct{}{}:
	default:
	}
}

// next returns the next packet when it is there. Its error is the reason of
// the end, or that of ctx.
func (v *viewer) next(ctx context.Context) (packet, error) {
	for {
		p, ok, err := v.take()
		if ok || err != nil {
			return p, err
		}
		select {
		case <-v.wake:
		case <-ctx.Done():
			return packet{}, context.Cause(ctx)
		}
	}
}

func (v *viewer) take() (p packet, ok bool, err error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.queue.empty() {
		return packet{}, false, v.err
	}
	p = v.queue.pop()
	if v.queue.empty() {
		v.slack, v.behind = 0, time.Time{}
	}
	return p, true, nil
}
