package assigntest

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/claimcall/claimcall/hub"
	"github.com/claimcall/claimcall/internal/call"
	"github.com/claimcall/claimcall/internal/store"
)

// Errors that a hub gets from a way with trouble on it.
var (
	errDown = errors.New("no way to the store")
	errLost = errors.New("the answer was lost")
)

// trouble is what may happen to an operation on its way to the store and back: the chance of each, from 0 to 1.
type trouble struct {
	slow  float64       // the operation, and then its answer, takes up to wait longer
	wait  time.Duration //
	down  float64       // it never arrives
	lost  float64       // a commit is taken over, and its answer is lost
	stale float64       // a commit is refused as if somebody had been faster
}

func happens(chance float64) bool { return chance > 0 && rand.Float64() < chance }

// way is how one node reaches the store. All methods may be called concurrently.
type way struct {
	hub.Store
	ledger *ledger
	dead   atomic.Bool // the node's process is gone: nothing reaches the store any more

	mu      sync.Mutex
	trouble trouble
}

// has puts trouble on the way, in place of what was there.
func (w *way) has(t trouble) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.trouble = t
}

func (w *way) now() trouble {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.trouble
}

// there takes an operation to the store.
func (w *way) there(ctx context.Context) error {
	t := w.now()
	if w.dead.Load() || happens(t.down) {
		return errDown
	}
	return t.delay(ctx)
}

func (t trouble) delay(ctx context.Context) error {
	if !happens(t.slow) {
		return nil
	}
	select {
	case <-time.After(rand.N(t.wait)):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// through does a read by way of w.
func through[T any](ctx context.Context, w *way, read func() (T, error)) (T, error) {
	var nothing T
	if err := w.there(ctx); err != nil {
		return nothing, err
	}
	got, err := read()
	if late := w.now().delay(ctx); late != nil {
		return nothing, late
	}
	return got, err
}

// Commit implements store.Store. What it answers may be wrong in the ways that the contract leaves open.
func (w *way) Commit(ctx context.Context, c store.Commit) error {
	if err := w.there(ctx); err != nil {
		return err
	}
	t := w.now()
	if happens(t.stale) {
		return store.ErrStale
	}
	err := w.Store.Commit(ctx, c)
	if err == nil {
		w.ledger.note(c)
	}
	if err == nil && happens(t.lost) {
		return errLost
	}
	if late := t.delay(ctx); late != nil {
		return late
	}
	return err
}

func (w *way) Call(ctx context.Context, id string) (call.Call, error) {
	return through(ctx, w, func() (call.Call, error) { return w.Store.Call(ctx, id) })
}

func (w *way) Presences(ctx context.Context, users ...call.User) ([]call.Presence, error) {
	return through(ctx, w, func() ([]call.Presence, error) { return w.Store.Presences(ctx, users...) })
}

func (w *way) Requested(ctx context.Context, claimant, id string) (string, error) {
	return through(ctx, w, func() (string, error) { return w.Store.Requested(ctx, claimant, id) })
}

func (w *way) Waiting(ctx context.Context, queue string, limit int) ([]call.Call, error) {
	return through(ctx, w, func() ([]call.Call, error) { return w.Store.Waiting(ctx, queue, limit) })
}

func (w *way) Free(ctx context.Context, queue string, offset, limit int) ([]call.Presence, error) {
	return through(ctx, w, func() ([]call.Presence, error) { return w.Store.Free(ctx, queue, offset, limit) })
}

func (w *way) Due(ctx context.Context, limit int, lease time.Duration) (store.Due, error) {
	return through(ctx, w, func() (store.Due, error) { return w.Store.Due(ctx, limit, lease) })
}

func (w *way) Stranded(ctx context.Context, limit int) ([]call.User, error) {
	return through(ctx, w, func() ([]call.User, error) { return w.Store.Stranded(ctx, limit) })
}

func (w *way) KeepNode(ctx context.Context, node string, ttl time.Duration) error {
	if err := w.there(ctx); err != nil {
		return err
	}
	return w.Store.KeepNode(ctx, node, ttl)
}

func (w *way) DropNode(ctx context.Context, node string) error {
	if err := w.there(ctx); err != nil {
		return err
	}
	return w.Store.DropNode(ctx, node)
}

// ledger lists the calls that began. All methods may be called concurrently.
type ledger struct {
	mu    sync.Mutex
	begun []string
}

func (l *ledger) note(c store.Commit) {
	if c.Call == nil || c.CallWas != 0 {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.begun = append(l.begun, c.Call.ID)
}

// take returns the calls that began since it was asked last.
func (l *ledger) take() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	ids := l.begun
	l.begun = nil
	return ids
}
