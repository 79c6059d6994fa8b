package sqlitestore

import (
	"slices"
	"time"

	"github.com/claimcall/claimcall/internal/call"
	"github.com/claimcall/claimcall/internal/store"
)

// memory is the truth that is read: every running call and every presence, and all that is derived from them. What its
// pointers lead to never changes. The store's mutex guards it.
type memory struct {
	calls     map[string]*call.Call
	presences map[call.User]*call.Presence
	requests  map[request]string // ID of the running call
	waiting   lines              // queued calls by queue
	free      freeList
	due       deadlines
	nodes     nodes
}

// request is what a claimant's call was asked for with.
type request struct{ claimant, id string }

func newMemory() *memory {
	return &memory{
		calls:     map[string]*call.Call{},
		presences: map[call.User]*call.Presence{},
		requests:  map[request]string{},
		waiting:   lines{},
		free:      newFreeList(),
		due:       newDeadlines(),
		nodes:     newNodes(),
	}
}

// version returns the version of a document, 0 when there is none.
func (m *memory) version(k key) int64 {
	if k.isCall() {
		if c := m.calls[k.id]; c != nil {
			return c.Version
		}
		return 0
	}
	if p := m.presences[k.user()]; p != nil {
		return p.Version
	}
	return 0
}

// apply takes over a flight that the file holds.
func (m *memory) apply(f *flight) {
	for _, c := range f.changes {
		if c.call != nil {
			m.putCall(c.call)
		} else {
			m.putPresence(c.presence)
		}
	}
	for _, w := range f.wakes {
		if m.calls[w.Call] != nil {
			m.due.wake(callKey(w.Call), w.At)
		}
	}
}

// putCall replaces a call. An ended one leaves memory.
func (m *memory) putCall(c *call.Call) {
	if old := m.calls[c.ID]; old != nil {
		m.removeCall(old)
	}
	if c.State == call.Ended {
		return
	}
	m.calls[c.ID] = c
	m.due.set(callKey(c.ID), c.Deadline)
	if c.RequestID != "" {
		m.requests[requestOf(c)] = c.ID
	}
	if c.State == call.Queued {
		m.waiting.add(c.Queue, placeOf(c))
	}
}

func (m *memory) removeCall(c *call.Call) {
	delete(m.calls, c.ID)
	m.due.set(callKey(c.ID), time.Time{})
	if m.requests[requestOf(c)] == c.ID {
		delete(m.requests, requestOf(c))
	}
	if c.State == call.Queued {
		m.waiting.remove(c.Queue, placeOf(c))
	}
}

// putPresence replaces a presence. One that is unused is forgotten.
func (m *memory) putPresence(p *call.Presence) {
	if old := m.presences[p.User]; old != nil {
		m.removePresence(old)
	}
	if p.Unused() {
		return
	}
	m.presences[p.User] = p
	m.due.set(userKey(p.User), p.Deadline)
	m.nodes.seat(p)
	if p.Free() {
		m.free.add(p)
	}
}

func (m *memory) removePresence(p *call.Presence) {
	delete(m.presences, p.User)
	m.due.set(userKey(p.User), time.Time{})
	m.nodes.unseat(p)
	if p.Free() {
		m.free.remove(p)
	}
}

// wakeAll makes every running call due at once.
func (m *memory) wakeAll(now time.Time) {
	for id := range m.calls {
		m.due.wake(callKey(id), now)
	}
}

// address finds the nodes on which the recipients are now.
func (m *memory) address(messages []store.Message) []letter {
	var letters []letter
	for _, msg := range messages {
		if nodes := m.nodesOf(msg); len(nodes) > 0 {
			letters = append(letters, letter{msg, nodes})
		}
	}
	return letters
}

// nodesOf returns the nodes that a message goes to.
func (m *memory) nodesOf(msg store.Message) []string {
	if msg.Node != "" {
		return []string{msg.Node}
	}
	if p := m.presences[msg.To]; p != nil {
		return onlineNodes(p)
	}
	return nil
}

// onlineNodes returns the nodes on which the user has a session with a socket, each once.
func onlineNodes(p *call.Presence) []string {
	var nodes []string
	for _, s := range p.Sessions {
		if s.Online && !slices.Contains(nodes, s.Node) {
			nodes = append(nodes, s.Node)
		}
	}
	return nodes
}

func requestOf(c *call.Call) request { return request{c.Claimant.User, c.RequestID} }
func placeOf(c *call.Call) place     { return place{c.QueueRank(), callKey(c.ID)} }
