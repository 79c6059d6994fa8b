package sqlitestore

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/claimcall/claimcall/internal/call"
	"github.com/claimcall/claimcall/internal/store"
)

// view runs read under the read lock. What read finds may be cloned later: memory's documents never change.
func (s *Store) view(ctx context.Context, read func(*memory)) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.closed {
		return store.ErrClosed
	}
	read(s.memory)
	return nil
}

// update runs change under the lock, for what is kept in memory only.
func (s *Store) update(ctx context.Context, change func(*memory, time.Time)) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return store.ErrClosed
	}
	change(s.memory, s.now())
	return nil
}

// orClosed returns ErrClosed in place of what SQLite says when the store was closed meanwhile.
func (s *Store) orClosed(err error) error {
	if err == nil {
		return nil
	}
	select {
	case <-s.closing:
		return store.ErrClosed
	default:
		return err
	}
}

// Call implements store.Store.
func (s *Store) Call(ctx context.Context, id string) (call.Call, error) {
	var found *call.Call
	if err := s.view(ctx, func(m *memory) { found = m.calls[id] }); err != nil {
		return call.Call{}, err
	}
	if found != nil {
		return found.Clone(), nil
	}
	record, err := s.file.record(ctx, id, s.now())
	return record, s.orClosed(err)
}

// Presences implements store.Store.
func (s *Store) Presences(ctx context.Context, users ...call.User) ([]call.Presence, error) {
	found := make([]*call.Presence, len(users))
	err := s.view(ctx, func(m *memory) {
		for i, u := range users {
			found[i] = m.presences[u]
		}
	})
	if err != nil {
		return nil, err
	}
	presences := make([]call.Presence, len(users))
	for i, p := range found {
		if p == nil {
			presences[i].User = users[i]
		} else {
			presences[i] = p.Clone()
		}
	}
	return presences, nil
}

// Requested implements store.Store.
func (s *Store) Requested(ctx context.Context, claimant, requestID string) (string, error) {
	var id string
	err := s.view(ctx, func(m *memory) { id = m.requests[request{claimant, requestID}] })
	if err != nil || id != "" {
		return id, err
	}
	id, err = s.file.requested(ctx, request{claimant, requestID}, s.now())
	return id, s.orClosed(err)
}

// Waiting implements store.Store.
func (s *Store) Waiting(ctx context.Context, queue string, limit int) ([]call.Call, error) {
	var found []*call.Call
	err := s.view(ctx, func(m *memory) {
		l, ok := m.waiting[queue]
		if !ok {
			return
		}
		l.each(func(p place) bool {
			if len(found) >= limit {
				return false
			}
			found = append(found, m.calls[p.key.id])
			return true
		})
	})
	calls := make([]call.Call, len(found))
	for i, c := range found {
		calls[i] = c.Clone()
	}
	return calls, err
}

// Queued implements store.Store.
func (s *Store) Queued(ctx context.Context, limit int, queues ...string) (total int, first []call.Call, err error) {
	var found []*call.Call
	err = s.view(ctx, func(m *memory) {
		var places []place
		total, places = m.waiting.first(limit, queues)
		for _, p := range places {
			found = append(found, m.calls[p.key.id])
		}
	})
	first = make([]call.Call, len(found))
	for i, c := range found {
		first[i] = c.Clone()
	}
	return total, first, err
}

// Queues implements store.Store.
func (s *Store) Queues(ctx context.Context) (names []string, err error) {
	err = s.view(ctx, func(m *memory) { names = slices.Sorted(maps.Keys(m.waiting)) })
	return names, err
}

// Positions implements store.Store.
func (s *Store) Positions(ctx context.Context, queue string, ids ...string) ([]int, error) {
	positions := make([]int, len(ids))
	err := s.view(ctx, func(m *memory) {
		for i, id := range ids {
			c := m.calls[id]
			if c != nil && c.State == call.Queued && c.Queue == queue {
				positions[i] = m.waiting[queue].position(placeOf(c))
			}
		}
	})
	return positions, err
}

// Free implements store.Store.
func (s *Store) Free(ctx context.Context, queue string, offset, limit int) ([]call.Presence, error) {
	var found []*call.Presence
	err := s.view(ctx, func(m *memory) {
		for _, u := range m.free.serving(queue, offset, limit) {
			found = append(found, m.presences[u])
		}
	})
	presences := make([]call.Presence, len(found))
	for i, p := range found {
		presences[i] = p.Clone()
	}
	return presences, err
}

// Due implements store.Store.
func (s *Store) Due(ctx context.Context, limit int, lease time.Duration) (due store.Due, err error) {
	err = s.update(ctx, func(m *memory, now time.Time) {
		for _, k := range m.due.due(now, limit, lease) {
			if k.isCall() {
				due.Calls = append(due.Calls, k.id)
			} else {
				due.Users = append(due.Users, k.user())
			}
		}
		due.Next = m.due.next(now)
	})
	return due, err
}

// KeepNode implements store.Store. Leases are kept in memory only.
func (s *Store) KeepNode(ctx context.Context, node string, ttl time.Duration) error {
	return s.update(ctx, func(m *memory, now time.Time) { m.nodes.leases[node] = now.Add(ttl) })
}

// DropNode implements store.Store.
func (s *Store) DropNode(ctx context.Context, node string) error {
	return s.update(ctx, func(m *memory, _ time.Time) { delete(m.nodes.leases, node) })
}

// Stranded implements store.Store.
func (s *Store) Stranded(ctx context.Context, limit int) (users []call.User, err error) {
	now := s.now()
	err = s.view(ctx, func(m *memory) { users = m.nodes.stranded(now, limit) })
	return users, err
}

// LiveNodes implements store.Store.
func (s *Store) LiveNodes(ctx context.Context) (names []string, err error) {
	err = s.update(ctx, func(m *memory, now time.Time) { names = m.nodes.live(now) })
	return names, err
}

// Records implements store.Store. Commits wait for the connection while a stretch of records is read, and no longer.
func (s *Store) Records(ctx context.Context, f store.Filter) (store.Page, error) {
	if err := s.view(ctx, func(*memory) {}); err != nil {
		return store.Page{}, err
	}
	now := s.now()
	page, err := f.Collect(func(after store.Mark, count int) (store.Stretch, error) {
		return s.file.stretch(ctx, f, after, count, now)
	})
	return page, s.orClosed(err)
}

// Amend implements store.Store.
func (s *Store) Amend(ctx context.Context, c call.Call, was int64) error {
	body, err := json.Marshal(c)
	if err != nil {
		return fmt.Errorf("sqlitestore: amend: %w", err)
	}
	var amended error
	if err := s.submit(ctx, func() { amended = s.file.amend(c.ID, was, string(body), s.now()) }); err != nil {
		return s.orClosed(err)
	}
	return amended
}
