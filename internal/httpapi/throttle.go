package httpapi

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/claimcall/claimcall/protocol"
)

// How an address is slowed down that fails to sign in: its next socket waits, twice as long after each failure. The first
// ones are forgiven, because many phones share the address of their network and some have an old token. A
// success, or some time without failures, and all is forgotten.
const (
	forgiven   = 20
	firstDelay = 100 * time.Millisecond
	maxDelay   = 25 * time.Second
	forgetAt   = time.Minute
	maxGuilty  = 10_000 // addresses remembered; beyond them any other is forgotten
	maxDelayed = 1024   // sockets that wait at the same time
)

var errDelayed = errors.New("httpapi: too many sockets wait after failed sign-ins")

// throttle remembers failed sign-ins by address. Its methods may be called concurrently.
type throttle struct {
	mu      sync.Mutex
	byAddr  map[string]guilt
	delayed int
}

// guilt is what is remembered of an address.
type guilt struct {
	failures int
	since    time.Time // the last failure
}

// delay returns how long after the last failure the next socket may come.
func (g guilt) delay() time.Duration {
	if g.failures <= forgiven {
		return 0
	}
	return min(firstDelay<<min(g.failures-forgiven-1, 16), maxDelay)
}

// wait returns when the next socket of addr may be opened, or why it may not.
func (t *throttle) wait(ctx context.Context, addr string) error {
	left, ok := t.begin(addr)
	switch {
	case !ok:
		return errDelayed
	case left <= 0:
		return nil
	}
	defer t.end()
	timer := time.NewTimer(left)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// begin counts a socket in that has to wait, until end.
func (t *throttle) begin(addr string) (left time.Duration, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	g := t.byAddr[addr]
	left = time.Until(g.since.Add(g.delay()))
	if left <= 0 {
		return 0, true
	}
	if t.delayed >= maxDelayed {
		return 0, false
	}
	t.delayed++
	return left, true
}

func (t *throttle) end() {
	t.mu.Lock()
	t.delayed--
	t.mu.Unlock()
}

func (t *throttle) failed(addr string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	g := t.byAddr[addr]
	now := time.Now()
	if now.Sub(g.since) > forgetAt {
		g.failures = 0
	}
	g = guilt{failures: g.failures + 1, since: now}
	if t.byAddr == nil {
		t.byAddr = map[string]guilt{}
	}
	if _, known := t.byAddr[addr]; !known && len(t.byAddr) >= maxGuilty {
		for other := range t.byAddr {
			delete(t.byAddr, other)
			break
		}
	}
	t.byAddr[addr] = g
}

func (t *throttle) succeeded(addr string) {
	t.mu.Lock()
	delete(t.byAddr, addr)
	t.mu.Unlock()
}

// isFailure reports whether a socket that was closed like this before its sign-in counts as a failed one.
func isFailure(code protocol.CloseCode) bool {
	switch code {
	case protocol.CloseUnauthorized, protocol.CloseTokenExpired, protocol.CloseHelloRequired, protocol.CloseBadFrame:
		return true
	}
	return false
}
