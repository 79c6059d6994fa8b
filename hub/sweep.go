package hub

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/claimcall/claimcall/internal/call"
	"github.com/claimcall/claimcall/internal/store"
)

const (
	sweepEvery = time.Second     // how often a node looks without knowing of a deadline
	sweepPage  = 100             // entries taken at once
	sweepLease = 5 * time.Second // how long an entry taken is nobody else's
)

// sweeper does what is due by the store's time. Every node sweeps; a node only hurries for the
// deadlines that it has set itself.
type sweeper struct {
	hub  *Hub
	wake chan struct{} // holds one token when next has moved forward

	kept time.Time // when the node's lease was renewed last; of begin, then of runLease

	mu     sync.Mutex
	next   time.Time // earliest deadline known here; zero for none
	lease  time.Time // when the node's lease ends
	judges time.Time // from when on the node judges after a time without a lease
	blind  bool      // who died in that time has not been found out yet
}

func newSweeper(h *Hub) *sweeper { return &sweeper{hub: h, wake: make(chan struct{}, 1)} }

// at says that something is due at t. A zero t is ignored.
func (w *sweeper) at(t time.Time) {
	w.mu.Lock()
	sooner := !t.IsZero() && (w.next.IsZero() || t.Before(w.next))
	if sooner {
		w.next = t
	}
	w.mu.Unlock()
	if !sooner {
		return
	}
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

func (w *sweeper) run(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-w.wake:
		case <-timer.C:
			w.hub.attempt(ctx, "sweep", w.sweep)
		}
		timer.Reset(w.pause())
	}
}

// pause returns how long to wait for the next deadline, and at most until the next regular look.
func (w *sweeper) pause() time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.next.IsZero() {
		return sweepEvery
	}
	return max(0, min(sweepEvery, w.next.Sub(w.hub.Store.Now())))
}

// sweep does all that is due.
func (w *sweeper) sweep(ctx context.Context) error {
	for {
		w.mu.Lock()
		w.next = time.Time{}
		w.mu.Unlock()
		if !w.maySweep() {
			return nil
		}
		due, err := w.hub.Store.Due(ctx, sweepPage, sweepLease)
		if err != nil {
			w.at(w.hub.Store.Now().Add(sweepEvery))
			return err
		}
		w.at(due.Next)
		err = errors.Join(
			forEach(due.Calls, func(id string) error { return w.call(ctx, id) }),
			forEach(due.Users, func(u call.User) error { return w.user(ctx, u) }))
		if len(due.Calls)+len(due.Users) < sweepPage || err != nil {
			return err
		}
	}
}

// call has a call learn how its parties are, what of them flows, and what the time is.
func (w *sweeper) call(ctx context.Context, id string) error {
	c, err := w.hub.Store.Call(ctx, id)
	if err != nil {
		return ignoreGone(err)
	}
	parties, err := w.hub.presences(ctx, parties(c))
	if err != nil {
		return err
	}
	var events []call.Event
	for _, p := range parties {
		events = append(events, p.Changed())
	}
	seen := w.hub.observed(c)
	events = append(events, seen...)
	after, err := w.hub.applyTo(ctx, known{&c, parties}, id, append(events, call.Tick{Avoid: w.hub.down()})...)
	if err != nil {
		return ignoreGone(err)
	}
	if again := w.hub.observed(after); !slices.Equal(again, seen) { // it changed, and its news may have been first
		after, err = w.hub.apply(ctx, id, again...)
	}
	if err == nil && after.Version == c.Version {
		err = w.settle(ctx, store.Commit{Call: &c, CallWas: c.Version, Wake: w.hub.watch(c)})
	}
	return ignoreGone(err)
}

// parties returns the users who take part in a call now.
func parties(c call.Call) []call.User {
	users := []call.User{c.User(call.Claimant), c.User(call.Adjuster)}
	return slices.DeleteFunc(users, func(u call.User) bool { return u.ID == "" })
}

// user ends what is over for a user: wrap-up, sessions that nobody resumed.
func (w *sweeper) user(ctx context.Context, u call.User) error {
	expired := false
	p, _, err := w.hub.updatePresence(ctx, u, func(p call.Presence) (call.Presence, bool) {
		p, expired = p.Expire(w.hub.Store.Now(), w.hub.Timing)
		return p, expired
	})
	if err == nil && !expired && p.Version > 0 {
		return w.settle(ctx, store.Commit{Presences: []store.Presence{{Presence: p, Was: p.Version}}})
	}
	return err
}

// settle commits an unchanged document, which takes the lease off its deadline.
func (w *sweeper) settle(ctx context.Context, c store.Commit) error {
	err := w.hub.Store.Commit(ctx, c)
	if errors.Is(err, store.ErrStale) {
		return nil // somebody changed it, and its deadline with it
	}
	return err
}

func ignoreGone(err error) error {
	if errors.Is(err, store.ErrNotFound) || errors.Is(err, call.ErrEnded) {
		return nil
	}
	return err
}
