package hub_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/claimcall/claimcall/hub"
	"github.com/claimcall/claimcall/internal/call"
	"github.com/claimcall/claimcall/internal/store"
)

// faulty is a way to a store with trouble on it.
type faulty struct {
	hub.Store

	mu     sync.Mutex
	before trouble
	after  trouble
}

// trouble is asked around an operation of the store, named as its method. It may wait; its error is what the hub gets.
type trouble func(ctx context.Context, op string) error

var errDown = errors.New("no way to the store")

func fine(context.Context, string) error { return nil }
func down(context.Context, string) error { return errDown }

// hangs never answers.
func hangs(ctx context.Context, _ string) error {
	<-ctx.Done()
	return ctx.Err()
}

// slow makes the named operations take their time; all of them when none is named.
func slow(d time.Duration, ops ...string) trouble {
	return only(func(ctx context.Context, _ string) error {
		select {
		case <-time.After(d):
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}, ops...)
}

// only limits a trouble to the named operations; all of them when none is named.
func only(t trouble, ops ...string) trouble {
	return func(ctx context.Context, op string) error {
		for _, each := range ops {
			if each == op {
				return t(ctx, op)
			}
		}
		if len(ops) == 0 {
			return t(ctx, op)
		}
		return nil
	}
}

// times lets a trouble happen n times.
func times(n int, t trouble) trouble {
	var mu sync.Mutex
	return func(ctx context.Context, op string) error {
		mu.Lock()
		n--
		over := n < 0
		mu.Unlock()
		if over {
			return nil
		}
		return t(ctx, op)
	}
}

// has makes the trouble come before or after each operation from now on; nil for none.
func (f *faulty) has(before, after trouble) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.before, f.after = before, after
}

func (f *faulty) troubles() (before, after trouble) {
	f.mu.Lock()
	defer f.mu.Unlock()
	before, after = f.before, f.after
	if before == nil {
		before = fine
	}
	if after == nil {
		after = fine
	}
	return before, after
}

// through does an operation with its trouble.
func through[T any](ctx context.Context, f *faulty, op string, do func() (T, error)) (T, error) {
	var nothing T
	before, after := f.troubles()
	if err := before(ctx, op); err != nil {
		return nothing, err
	}
	got, err := do()
	if err != nil {
		return nothing, err
	}
	if err := after(ctx, op); err != nil {
		return nothing, err
	}
	return got, nil
}

func through0(ctx context.Context, f *faulty, op string, do func() error) error {
	_, err := through(ctx, f, op, func() (struct{}, error) { return struct{}{}, do() })
	return err
}

func (f *faulty) Call(ctx context.Context, id string) (call.Call, error) {
	return through(ctx, f, "Call", func() (call.Call, error) { return f.Store.Call(ctx, id) })
}

func (f *faulty) Presences(ctx context.Context, users ...call.User) ([]call.Presence, error) {
	return through(ctx, f, "Presences", func() ([]call.Presence, error) { return f.Store.Presences(ctx, users...) })
}

func (f *faulty) Commit(ctx context.Context, c store.Commit) error {
	return through0(ctx, f, "Commit", func() error { return f.Store.Commit(ctx, c) })
}

func (f *faulty) Requested(ctx context.Context, claimant, id string) (string, error) {
	return through(ctx, f, "Requested", func() (string, error) { return f.Store.Requested(ctx, claimant, id) })
}

func (f *faulty) Waiting(ctx context.Context, queue string, limit int) ([]call.Call, error) {
	return through(ctx, f, "Waiting", func() ([]call.Call, error) { return f.Store.Waiting(ctx, queue, limit) })
}

func (f *faulty) Queued(ctx context.Context, limit int, queues ...string) (int, []call.Call, error) {
	type found struct {
		total int
		first []call.Call
	}
	got, err := through(ctx, f, "Queued", func() (found, error) {
		total, first, err := f.Store.Queued(ctx, limit, queues...)
		return found{total, first}, err
	})
	return got.total, got.first, err
}

func (f *faulty) AddAudit(ctx context.Context, e store.AuditEntry) error {
	return through0(ctx, f, "AddAudit", func() error { return f.Store.AddAudit(ctx, e) })
}

func (f *faulty) Amend(ctx context.Context, c call.Call, was int64) error {
	return through0(ctx, f, "Amend", func() error { return f.Store.Amend(ctx, c, was) })
}

func (f *faulty) Queues(ctx context.Context) ([]string, error) {
	return through(ctx, f, "Queues", func() ([]string, error) { return f.Store.Queues(ctx) })
}

func (f *faulty) Positions(ctx context.Context, queue string, ids ...string) ([]int, error) {
	return through(ctx, f, "Positions", func() ([]int, error) { return f.Store.Positions(ctx, queue, ids...) })
}

func (f *faulty) Free(ctx context.Context, queue string, offset, limit int) ([]call.Presence, error) {
	return through(ctx, f, "Free", func() ([]call.Presence, error) { return f.Store.Free(ctx, queue, offset, limit) })
}

func (f *faulty) Due(ctx context.Context, limit int, lease time.Duration) (store.Due, error) {
	return through(ctx, f, "Due", func() (store.Due, error) { return f.Store.Due(ctx, limit, lease) })
}

func (f *faulty) KeepNode(ctx context.Context, node string, ttl time.Duration) error {
	return through0(ctx, f, "KeepNode", func() error { return f.Store.KeepNode(ctx, node, ttl) })
}

func (f *faulty) Stranded(ctx context.Context, limit int) ([]call.User, error) {
	return through(ctx, f, "Stranded", func() ([]call.User, error) { return f.Store.Stranded(ctx, limit) })
}

func (f *faulty) LiveNodes(ctx context.Context) ([]string, error) {
	return through(ctx, f, "LiveNodes", func() ([]string, error) { return f.Store.LiveNodes(ctx) })
}

func (f *faulty) Check(ctx context.Context) error {
	return through0(ctx, f, "Check", func() error { return f.Store.Check(ctx) })
}

// inFaultyWorld runs do with a fresh world in which the way to the store can have trouble.
func inFaultyWorld(t *testing.T, do func(w *world, f *faulty)) {
	t.Helper()
	f := &faulty{}
	inWorldWith(t, func(s hub.Store) hub.Store { f.Store = s; return f }, func(w *world) {
		defer f.has(nil, nil) // the end of the world is orderly
		do(w, f)
	})
}
