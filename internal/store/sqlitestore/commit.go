package sqlitestore

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"

	"github.com/claimcall/claimcall/internal/call"
	"github.com/claimcall/claimcall/internal/store"
)

// key names a document: a call by its ID and an empty role, a presence by its user.
type key struct {
	role call.Role
	id   string
}

func callKey(id string) key     { return key{id: id} }
func userKey(u call.User) key   { return key{u.Role, u.ID} }
func (k key) isCall() bool      { return k.role == "" }
func (k key) user() call.User   { return call.User{Role: k.role, ID: k.id} }
func (k key) before(o key) bool { return k.id < o.id || k.id == o.id && k.role < o.role }

// flight is something on its way through the journal: a commit, or a task that must keep its place among commits.
type flight struct {
	changes  []change
	wakes    []store.Wake
	messages []store.Message
	events   []store.Event
	task     func() // run by the journal goroutine once everything before it has been delivered

	done chan struct{} // closed once landed or failed
	err  error         // set before done is closed
}

// change is one document that a commit replaces. Exactly one of call and presence is set.
type change struct {
	key      key
	was      int64
	call     *call.Call
	presence *call.Presence
	body     string // as it is stored; empty when the document is forgotten
}

// Commit implements store.Store. A new call must have an ID that no call ever had: only running calls are compared with
// it. When Commit returns, this process's listeners have been handed the messages. If ctx ends first, the commit may
// or may not be taken over.
func (s *Store) Commit(ctx context.Context, c store.Commit) error {
	f, err := newFlight(c)
	if err != nil {
		return fmt.Errorf("sqlitestore: commit: %w", err)
	}
	ahead, err := s.launch(f)
	if ahead != nil {
		_ = ahead.wait(ctx) // whatever came of it, the caller has to load again
	}
	if err != nil {
		return err
	}
	if err := f.wait(ctx); err != nil {
		return fmt.Errorf("sqlitestore: commit: %w", err)
	}
	return nil
}

// newFlight copies the commit and encodes its documents, before any lock is taken.
func newFlight(c store.Commit) (*flight, error) {
	f := &flight{done: make(chan struct{}), wakes: c.Wake, changes: make([]change, 0, 1+len(c.Presences))}
	if c.Call != nil {
		f.addCall(c.Call.Clone(), c.CallWas)
	}
	for _, p := range c.Presences {
		f.addPresence(p.Presence.Clone(), p.Was)
	}
	for _, e := range c.Events {
		e.Body = bytes.Clone(e.Body)
		f.events = append(f.events, e)
	}
	f.messages = make([]store.Message, len(c.Messages))
	for i, m := range c.Messages {
		m.Frame = bytes.Clone(m.Frame)
		f.messages[i] = m
	}
	return f, f.encode()
}

func (f *flight) addCall(c call.Call, was int64) {
	f.changes = append(f.changes, change{key: callKey(c.ID), was: was, call: &c})
}

func (f *flight) addPresence(p call.Presence, was int64) {
	f.changes = append(f.changes, change{key: userKey(p.User), was: was, presence: &p})
}

func (f *flight) encode() error {
	for i := range f.changes {
		if err := f.changes[i].encode(); err != nil {
			return err
		}
	}
	return nil
}

func (c *change) encode() error {
	var document any = c.call
	switch {
	case c.call != nil:
	case c.presence.Unused():
		return nil
	default:
		document = c.presence
	}
	body, err := json.Marshal(document)
	c.body = string(body)
	return err
}

// launch queues f, or returns ErrStale, and the flight that made it so if that has not landed yet.
func (s *Store) launch(f *flight) (ahead *flight, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, store.ErrClosed
	}
	for _, c := range f.changes {
		if ahead := s.flying[c.key]; ahead != nil {
			return ahead, store.ErrStale
		}
		if s.memory.version(c.key) != c.was {
			return nil, store.ErrStale
		}
	}
	for _, c := range f.changes {
		s.flying[c.key] = f
	}
	s.queueLocked(f)
	return nil, nil
}

// submit runs task in the journal goroutine, after everything that was queued before it.
func (s *Store) submit(ctx context.Context, task func()) error {
	f := &flight{task: task, done: make(chan struct{})}
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return store.ErrClosed
	}
	s.queueLocked(f)
	s.mu.Unlock()
	return f.wait(ctx)
}

func (s *Store) queueLocked(f *flight) {
	s.queue = append(s.queue, f)
	select {
	case s.bell <- struct{}{}:
	default: // rung already
	}
}

func (f *flight) wait(ctx context.Context) error {
	select {
	case <-f.done:
		return f.err
	case <-ctx.Done():
		return ctx.Err()
	}
}
