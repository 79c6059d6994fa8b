package stream

import (
	"context"
	"net/url"
	"sync"
	"time"

	"go.uber.org/zap"
)

// Checked is a Provider that can ask its media service whether it can carry calls.
type Checked interface {
	Provider
	// Check returns nil if calls can be carried now. It ends with ctx.
	Check(ctx context.Context) error
}

// A service that is killed is red within 4 s and one that is frozen within 8 s, so that running calls are elsewhere after 10.
const (
	checkEvery = 3 * time.Second
	// checkAgain comes after a check that failed.
	checkAgain = time.Second
	checkLimit = 2 * time.Second
	// redAfter is how many checks in a row must fail: one is a hiccup.
	redAfter = 2
)

// health is what the last checks of one provider said.
type health struct {
	mu     sync.Mutex
	failed int
	err    error // of the last check
}

// took notes the result of a check, and reports whether that changed what now returns.
func (h *health) took(err error) (changed bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	was := h.failed >= redAfter
	h.err = err
	if err == nil {
		h.failed = 0
	} else {
		h.failed++
	}
	return was != (h.failed >= redAfter)
}

// now returns nil for green, and for red why.
func (h *health) now() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.failed < redAfter {
		return nil
	}
	return h.err
}

// check checks one provider over and over until ctx ends.
func (s *Set) check(ctx context.Context, p Checked, h *health) {
	for pause := time.Duration(0); every(ctx, pause); {
		checking, cancel := context.WithTimeout(ctx, checkLimit)
		err := p.Check(checking)
		cancel()
		if pause = checkEvery; err != nil {
			pause = checkAgain
		}
		if ctx.Err() != nil || !h.took(err) {
			continue
		}
		if err != nil {
			s.log.Error("stream: provider can't carry calls", zap.String("provider", p.Name()), zap.Error(err))
		} else {
			s.log.Info("stream: provider carries calls again", zap.String("provider", p.Name()))
		}
	}
}

// every waits, and reports false when ctx has ended.
func every(ctx context.Context, pause time.Duration) bool {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return ctx.Err() == nil
	case <-ctx.Done():
		return false
	}
}

// checkRTMP looks whether an RTMP server answers at a base address.
func checkRTMP(ctx context.Context, base string) error {
	u, err := url.Parse(base)
	if err != nil {
		return ErrBase
	}
	look, address := newNetwork().toRTMP(u)
	return look.rtmp(ctx, address)
}
