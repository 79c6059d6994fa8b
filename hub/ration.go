package hub

import (
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/claimcall/claimcall/internal/call"
	"github.com/claimcall/claimcall/protocol"
)

// ration is what one user may still ask of this node. All sockets of the user share it, and it outlives them, so that
// coming back earns nothing.
type ration struct {
	commands *rate.Limiter
	calls    *rate.Limiter // calls begun
}

// rations holds the ration of everybody who was here of late. All methods may be called concurrently.
type rations struct {
	limits Limits

	mu     sync.Mutex
	byUser map[call.User]*ration
	bound  int // entries at which to look for those that are full again
}

const minRations = 1024

func newRations(l Limits) *rations {
	return &rations{limits: l, byUser: map[call.User]*ration{}, bound: minRations}
}

// of returns the ration of a user.
func (r *rations) of(u call.User) *ration {
	r.mu.Lock()
	defer r.mu.Unlock()
	if known := r.byUser[u]; known != nil {
		return known
	}
	if len(r.byUser) >= r.bound {
		r.pruneLocked()
	}
	fresh := &ration{
		commands: rate.NewLimiter(rate.Limit(r.limits.Commands), r.limits.Burst),
		calls:    rate.NewLimiter(rate.Limit(r.limits.Calls), r.limits.CallsBurst),
	}
	r.byUser[u] = fresh
	return fresh
}

// pruneLocked forgets every ration that is as good as a fresh one. A socket that still has it goes on with it.
func (r *rations) pruneLocked() {
	for u, known := range r.byUser {
		if known.full(r.limits) {
			delete(r.byUser, u)
		}
	}
	r.bound = max(minRations, 2*len(r.byUser))
}

func (r *ration) full(l Limits) bool {
	return r.commands.Tokens() >= float64(l.Burst) && r.calls.Tokens() >= float64(l.CallsBurst)
}

// frameUnit is how many bytes of a frame cost as much as a command.
const frameUnit = 4 << 10

// skippedCost is what a frame costs that was too large to be kept.
const skippedCost = 10

// allowed keeps to the rate of commands, by number and by size. A client that goes on regardless is closed.
func (s *socket) allowed(frame []byte, skipped error) bool {
	cost := 1 + len(frame)/frameUnit
	if skipped != nil {
		cost = skippedCost
	}
	if s.ration.commands.AllowN(time.Now(), min(cost, s.hub.Limits.Burst)) {
		s.refused = max(0, s.refused-1)
		return true
	}
	s.refused++
	if s.refused > maxRefusals {
		s.close(protocol.CloseRateLimited)
	}
	return false
}

// mayCall keeps to the rate at which one user begins calls.
func (s *socket) mayCall() error {
	if s.ration.calls.Allow() {
		return nil
	}
	return protocol.NewError(protocol.CodeRateLimited)
}
