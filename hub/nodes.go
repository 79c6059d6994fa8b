package hub

import (
	"context"
	"slices"
	"time"

	"github.com/claimcall/claimcall/internal/call"
)

// nodeLease is how long a node counts as alive after it last said so.
const nodeLease = 5 * time.Second

// runEvery does a part of the sweeper's work regularly.
func (w *sweeper) runEvery(ctx context.Context, what string, do func(context.Context) error) {
	regularly := time.NewTicker(sweepEvery)
	defer regularly.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-regularly.C:
			w.hub.attempt(ctx, what, do)
		}
	}
}

// runLease keeps the lease. It waits for nothing else, so that much to do costs no lease.
func (w *sweeper) runLease(ctx context.Context) { w.runEvery(ctx, "lease", w.keep) }

// runNodes looks after dead nodes.
func (w *sweeper) runNodes(ctx context.Context) { w.runEvery(ctx, "sweep of nodes", w.nodes) }

// mayJudge reports whether the node may say that another node is dead. It needs a lease for that. After a time without
// one it first gives everybody as long as a lease lasts: the store may have been away, so that no node could renew its
// lease and no client could accept or join.
func (w *sweeper) mayJudge() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := w.hub.Store.Now()
	return now.Before(w.lease) && !now.Before(w.judges)
}

// maySweep reports whether the node may say that somebody's time is over. What a deadline does depends on who is there,
// and so the dead are found first.
func (w *sweeper) maySweep() bool {
	judges := w.mayJudge()
	w.mu.Lock()
	defer w.mu.Unlock()
	return judges && !w.blind
}

// respite puts off all judging, as after a time without a lease.
func (w *sweeper) respite() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.judges, w.blind = w.hub.Store.Now().Add(nodeLease), true
}

// begin takes the first lease and marks what dead nodes have left as lost, before anything is judged by the time: what
// a deadline does depends on who is there. A node that finds such sessions can't tell whether the others died or were
// kept from the store like itself, and so waits first, as after a time without a lease.
func (w *sweeper) begin(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 2*storeTimeout)
	defer cancel()
	if err := w.keep(ctx); err != nil {
		return err
	}
	stranded, err := w.hub.Store.Stranded(ctx, 1)
	if len(stranded) > 0 {
		w.respite()
	}
	return err
}

// keep renews the own lease. If that comes too late, other nodes may have marked the sessions here as lost: the
// sockets concerned are closed, so that they come back.
func (w *sweeper) keep(ctx context.Context) error {
	before := w.hub.Store.Now()
	if err := w.hub.Store.KeepNode(ctx, w.hub.Node, nodeLease); err != nil {
		return err
	}
	late := w.hub.Store.Now().Sub(w.kept) > nodeLease && !w.kept.IsZero()
	w.kept = before
	if late {
		w.respite()
		w.hub.Resync()
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.lease = before.Add(nodeLease)
	return nil
}

// nodes marks the sessions of dead nodes as lost.
func (w *sweeper) nodes(ctx context.Context) error {
	for more := true; more; {
		if !w.mayJudge() {
			return nil
		}
		stranded, err := w.hub.Store.Stranded(ctx, sweepPage)
		if err != nil {
			return err
		}
		dead, err := w.dead(ctx, stranded)
		if err != nil {
			return err
		}
		if err := forEach(stranded, func(u call.User) error { return w.strand(ctx, u, dead) }); err != nil {
			return err
		}
		more = len(stranded) == sweepPage && len(dead) > 0
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.blind = false
	return nil
}

// dead returns the nodes without a lease that have sessions of the users; none if this node has no lease itself. The
// leases are looked up last: a node that has begun meanwhile, and has a session already, has its lease too.
func (w *sweeper) dead(ctx context.Context, users []call.User) ([]string, error) {
	found, err := w.hub.presences(ctx, users)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	alive, err := w.hub.Store.LiveNodes(ctx)
	if err != nil || !slices.Contains(alive, w.hub.Node) {
		return nil, err
	}
	var dead []string
	for _, p := range found {
		for _, s := range p.Sessions {
			if !slices.Contains(alive, s.Node) && !slices.Contains(dead, s.Node) {
				dead = append(dead, s.Node)
			}
		}
	}
	return dead, nil
}

// strand marks those sessions of a user as lost that are on dead nodes.
func (w *sweeper) strand(ctx context.Context, u call.User, dead []string) error {
	_, _, err := w.hub.updatePresence(ctx, u, func(p call.Presence) (call.Presence, bool) {
		var others []string
		for _, s := range p.Sessions {
			if !slices.Contains(dead, s.Node) {
				others = append(others, s.Node)
			}
		}
		return p.DetachDead(others, w.hub.Store.Now())
	})
	return err
}
