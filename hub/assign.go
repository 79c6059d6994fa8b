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

// assignEvery is how often the assigner looks at every queue without being asked to, because another node may
// have died between freeing somebody and looking.
const assignEvery = 2 * time.Second

// firstPage is how many waiting calls and free adjusters the assigner looks at first. It looks further only when
// none of them fit.
const firstPage = 16

// assigner puts waiting calls to free adjusters. Several may run on several nodes: the commit lets one win.
type assigner struct {
	hub  *Hub
	wake chan struct{} // holds one token while there is something to look at

	mu    sync.Mutex
	dirty map[string]bool // queues to look at
	all   bool            // look at every queue in which somebody waits
}

func newAssigner(h *Hub) *assigner {
	return &assigner{hub: h, wake: make(chan struct{}, 1), dirty: map[string]bool{}}
}

// kick has the queue looked at soon.
func (a *assigner) kick(queue string) { a.mark(func() { a.dirty[queue] = true }) }

// kickFor has the queues of an adjuster looked at soon; every queue if the adjuster serves all.
func (a *assigner) kickFor(queues []string) {
	a.mark(func() {
		a.all = a.all || len(queues) == 0
		for _, q := range queues {
			a.dirty[q] = true
		}
	})
}

func (a *assigner) mark(note func()) {
	a.mu.Lock()
	note()
	a.mu.Unlock()
	select {
	case a.wake <- struct{}{}:
	default:
	}
}

func (a *assigner) run(ctx context.Context) {
	regularly := time.NewTicker(assignEvery)
	defer regularly.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-a.wake:
		case <-regularly.C:
			a.kickFor(nil)
		}
		a.hub.attempt(ctx, "assignment", a.assignAll)
	}
}

func (a *assigner) assignAll(ctx context.Context) error {
	queues, err := a.take(ctx)
	for _, queue := range queues {
		err = errors.Join(err, a.assign(ctx, queue))
	}
	return err
}

// take returns the queues to look at and forgets that it was asked to.
func (a *assigner) take(ctx context.Context) ([]string, error) {
	a.mu.Lock()
	all, dirty := a.all, a.dirty
	a.all, a.dirty = false, map[string]bool{}
	a.mu.Unlock()
	var queues []string
	var err error
	if all {
		queues, err = a.hub.Store.Queues(ctx)
	}
	for q := range dirty {
		if !slices.Contains(queues, q) {
			queues = append(queues, q)
		}
	}
	slices.Sort(queues)
	return queues, err
}

// assign rings for as many calls of the queue as there are adjusters for.
func (a *assigner) assign(ctx context.Context, queue string) error {
	for limit := firstPage; ; {
		waiting, err := a.hub.Store.Waiting(ctx, queue, limit)
		if err != nil || len(waiting) == 0 {
			return err
		}
		free := candidates{store: a.hub.Store, queue: queue}
		matches, err := a.match(ctx, waiting, &free)
		switch {
		case err != nil:
			return err
		case len(matches) > 0:
			// At the same time, so that the store can take them over together.
			if err := forEach(matches, func(m match) error { return a.ring(ctx, m) }); err != nil {
				return err
			}
			limit = firstPage
		case len(waiting) < limit, free.none():
			return nil
		default:
			limit *= 8
		}
	}
}

// match is a waiting call and the adjuster picked for it.
type match struct {
	call     call.Call
	adjuster call.Presence
}

// match picks an adjuster for one waiting call after the other, for a page of them at most.
func (a *assigner) match(ctx context.Context, waiting []call.Call, free *candidates) ([]match, error) {
	var matches []match
	for _, c := range waiting {
		if !c.Claimant.Online {
			continue
		}
		p, ok, err := free.pick(ctx, c, a.hub.Pick)
		if err != nil {
			return nil, err
		}
		if ok {
			free.remove(p)
			matches = append(matches, match{c, p})
		}
		if free.none() || len(matches) == firstPage {
			break
		}
	}
	return matches, nil
}

// ring puts a call to an adjuster. That the call or the adjuster is gone meanwhile is no error: the assigner looks again.
func (a *assigner) ring(ctx context.Context, m match) error {
	p := m.adjuster
	_, err := a.hub.applyTo(ctx, known{&m.call, []call.Presence{p}}, m.call.ID,
		call.Ring{User: p.User.ID, Name: p.Name, Seen: p.Version})
	for _, late := range []error{call.ErrHeld, call.ErrNotFree, call.ErrEnded, call.ErrWrongState, store.ErrNotFound} {
		if errors.Is(err, late) {
			a.hub.Observer.Assigned(false)
			return nil
		}
	}
	if err == nil {
		a.hub.Observer.Assigned(true)
	}
	return err
}

// candidates are the free adjusters of a queue, loaded as far as somebody looks.
type candidates struct {
	store    Store
	queue    string
	list     []call.Presence
	loaded   int // of the list as the store has it
	complete bool
}

// pick returns the adjuster chosen for c. It loads more while none of the known ones fits.
func (f *candidates) pick(ctx context.Context, c call.Call, pick Pick) (call.Presence, bool, error) {
	for {
		if i := pick(c, f.list); i >= 0 && (f.complete || !slices.Contains(c.Rung, f.list[i].User.ID)) {
			return f.list[i], true, nil
		}
		if f.complete {
			return call.Presence{}, false, nil
		}
		if err := f.more(ctx); err != nil {
			return call.Presence{}, false, err
		}
	}
}

func (f *candidates) more(ctx context.Context) error {
	limit := max(firstPage, f.loaded)
	page, err := f.store.Free(ctx, f.queue, f.loaded, limit)
	if err != nil {
		return err
	}
	f.list = append(f.list, page...)
	f.loaded += len(page)
	f.complete = len(page) < limit
	return nil
}

func (f *candidates) remove(p call.Presence) {
	f.list = slices.DeleteFunc(f.list, func(q call.Presence) bool { return q.User == p.User })
}

// none reports whether nobody is left.
func (f *candidates) none() bool { return f.complete && len(f.list) == 0 }
