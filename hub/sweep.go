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

	kept time.Time // when the node's lease was renewed last; of begin, then of runNodes

	mu     sync.Mutex
	next   time.Time // earliest deadline known here; zero for none
	lease  time.Time // when the node's lease ends
	judges time.Time // from when on the node judges after a time without a lease
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

// runNodes keeps the lease and looks after dead nodes. It waits for nothing else, so that a long sweep costs no lease.
func (w *sweeper) runNodes(ctx context.Context) {
	regularly := time.NewTicker(sweepEvery)
	defer regularly.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-regularly.C:
			w.hub.attempt(ctx, "sweep of nodes", w.nodes)
		}
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

// mayJudge reports whether the node may say that somebody's time is over, or that another node is dead. It needs a lease
// for that. After a time without one it first gives everybody as long as a lease lasts: the store may have been away, so
// that no node could renew its lease and no client could accept or join.
func (w *sweeper) mayJudge() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := w.hub.Store.Now()
	return !now.After(w.lease) && !now.Before(w.judges)
}

// keeps notes a lease. After a time without one judging has to wait.
func (w *sweeper) keeps(until time.Time, lapsed bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.lease = until
	if lapsed {
		w.judges = w.hub.Store.Now().Add(nodeLease)
	}
}

// sweep does all that is due.
func (w *sweeper) sweep(ctx context.Context) error {
	for {
		w.mu.Lock()
		w.next = time.Time{}
		w.mu.Unlock()
		if !w.mayJudge() {
			return nil
		}
		due, err := w.hub.Store.Due(ctx, sweepPage, sweepLease)
		if err != nil {
			w.at(w.hub.Store.Now().Add(sweepEvery))
			return err
		}
		w.at(due.Next)
		for _, id := range due.Calls {
			err = errors.Join(err, w.call(ctx, id))
		}
		for _, u := range due.Users {
			err = errors.Join(err, w.user(ctx, u))
		}
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
	var events []call.Event
	for _, side := range []call.Role{call.Claimant, call.Adjuster} {
		if u := c.User(side); u.ID != "" {
			p, err := w.hub.presence(ctx, u)
			if err != nil {
				return err
			}
			events = append(events, p.Changed())
		}
	}
	seen := w.hub.observed(c)
	events = append(events, seen...)
	after, err := w.hub.apply(ctx, id, append(events, call.Tick{})...)
	if err != nil {
		return ignoreGone(err)
	}
	if again := w.hub.observed(after); !slices.Equal(again, seen) { // it changed, and its news may have been first
		after, err = w.hub.apply(ctx, id, again...)
	}
	if err == nil && after.Version == c.Version {
		err = w.settle(ctx, store.Commit{Call: &c, CallWas: c.Version})
		w.hub.watch(ctx, after)
	}
	return ignoreGone(err)
}

// user ends what is over for a user: wrap-up, sessions that nobody resumed.
func (w *sweeper) user(ctx context.Context, u call.User) error {
	expired := false
	p, err := w.hub.updatePresence(ctx, u, func(p call.Presence) (call.Presence, bool) {
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

// nodes renews the own lease and marks the sessions of dead nodes as lost.
func (w *sweeper) nodes(ctx context.Context) error {
	if err := w.keep(ctx); err != nil || !w.mayJudge() {
		return err
	}
	for {
		stranded, err := w.hub.Store.Stranded(ctx, sweepPage)
		if err != nil || len(stranded) == 0 {
			return err
		}
		alive, err := w.hub.Store.LiveNodes(ctx)
		if err != nil {
			return err
		}
		for _, u := range stranded {
			err = errors.Join(err, w.strand(ctx, u, alive))
		}
		if err != nil || len(stranded) < sweepPage {
			return err
		}
	}
}

// begin takes the first lease and marks what dead nodes have left as lost, before anything is judged by the time: what
// a deadline does depends on who is there.
func (w *sweeper) begin(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 2*storeTimeout)
	defer cancel()
	return w.nodes(ctx)
}

// keep renews the own lease. If that comes too late, other nodes may have marked the sessions here as lost: the
// sockets concerned are closed, so that they come back.
func (w *sweeper) keep(ctx context.Context) error {
	before := w.hub.Store.Now()
	if err := w.hub.Store.KeepNode(ctx, w.hub.Node, nodeLease); err != nil {
		return err
	}
	late := w.hub.Store.Now().Sub(w.kept) > nodeLease && !w.kept.IsZero()
	w.keeps(before.Add(nodeLease), late)
	if late {
		w.hub.Resync()
	}
	w.kept = before
	return nil
}

// strand marks those sessions of a user as lost that are on none of the nodes alive.
func (w *sweeper) strand(ctx context.Context, u call.User, alive []string) error {
	changed := false
	p, err := w.hub.updatePresence(ctx, u, func(p call.Presence) (call.Presence, bool) {
		p, changed = p.DetachDead(alive, w.hub.Store.Now())
		return p, changed
	})
	if err != nil || !changed || p.Call == "" {
		return err
	}
	return w.hub.tellCall(ctx, p)
}

func ignoreGone(err error) error {
	if errors.Is(err, store.ErrNotFound) || errors.Is(err, call.ErrEnded) {
		return nil
	}
	return err
}
