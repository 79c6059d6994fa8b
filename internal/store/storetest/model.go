package storetest

import (
	"cmp"
	"slices"
	"time"

	"github.com/claimcall/claimcall/internal/call"
	"github.com/claimcall/claimcall/internal/store"
)

// model is the contract in its plainest form: maps, and a search through all of them for every answer.
type model struct {
	calls     map[string]call.Call // ended ones too
	presences map[call.User]call.Presence
	due       map[any]time.Time // by call ID or user
	leases    map[string]time.Time
}

func newModel() *model {
	return &model{map[string]call.Call{}, map[call.User]call.Presence{}, map[any]time.Time{}, map[string]time.Time{}}
}

// commit takes over c or returns ErrStale.
func (m *model) commit(c store.Commit) error {
	if c.Call != nil && (m.calls[c.Call.ID].Version != c.CallWas || m.calls[c.Call.ID].State == call.Ended) {
		return store.ErrStale
	}
	for _, p := range c.Presences {
		if m.presences[p.User].Version != p.Was {
			return store.ErrStale
		}
	}
	if c.Call != nil {
		m.calls[c.Call.ID] = *c.Call
		m.deadline(c.Call.ID, c.Call.Deadline, c.Call.State != call.Ended)
	}
	for _, p := range c.Presences {
		m.presences[p.User] = p.Presence
		m.deadline(p.User, p.Deadline, !p.Unused())
		if p.Unused() {
			delete(m.presences, p.User)
		}
	}
	for _, w := range c.Wake {
		m.wake(w)
	}
	return nil
}

func (m *model) deadline(of any, at time.Time, lives bool) {
	delete(m.due, of)
	if lives && !at.IsZero() {
		m.due[of] = at
	}
}

func (m *model) wake(w store.Wake) {
	if at, ok := m.due[w.Call]; !ok || w.At.Before(at) {
		m.due[w.Call] = w.At
	}
}

// take returns what is due and leases it.
func (m *model) take(now time.Time) (calls, users []string) {
	for of, at := range m.due {
		if at.After(now) {
			continue
		}
		m.due[of] = now.Add(lease)
		if u, ok := of.(call.User); ok {
			users = append(users, u.ID)
		} else {
			calls = append(calls, of.(string))
		}
	}
	slices.Sort(calls)
	slices.Sort(users)
	return calls, users
}

func (m *model) next(now time.Time) (next time.Time) {
	for _, at := range m.due {
		if at.After(now) && (next.IsZero() || at.Before(next)) {
			next = at
		}
	}
	return next
}

func (m *model) waiting(queues ...string) []string {
	var found []call.Call
	for _, c := range m.calls {
		if c.State == call.Queued && slices.Contains(queues, c.Queue) {
			found = append(found, c)
		}
	}
	slices.SortFunc(found, func(a, b call.Call) int {
		return cmp.Or(cmp.Compare(a.QueueRank(), b.QueueRank()), cmp.Compare(a.ID, b.ID))
	})
	return callIDs(found)
}

func (m *model) free(queue string) []string {
	var found []call.Presence
	for _, p := range m.presences {
		if p.Free() && p.Serves(queue) {
			found = append(found, p)
		}
	}
	slices.SortFunc(found, func(a, b call.Presence) int {
		return cmp.Or(a.IdleSince.Compare(b.IdleSince), cmp.Compare(a.User.ID, b.User.ID))
	})
	return userIDs(found)
}

func (m *model) records(f store.Filter) []string {
	var found []call.Call
	for _, c := range m.calls {
		if c.State == call.Ended && f.Chooses(c) {
			found = append(found, c)
		}
	}
	slices.SortFunc(found, func(a, b call.Call) int {
		return cmp.Or(b.EndedAt.Compare(a.EndedAt), cmp.Compare(a.ID, b.ID))
	})
	return callIDs(found)
}

func (m *model) lives(node string, now time.Time) bool { return m.leases[node].After(now) }

func (m *model) stranded(now time.Time) set {
	found := set{}
	for _, p := range m.presences {
		for _, s := range p.Sessions {
			if s.Online && !m.lives(s.Node, now) {
				found[p.User.ID] = true
			}
		}
	}
	return found
}

func (m *model) live(now time.Time) set {
	found := set{}
	for node := range m.leases {
		if m.lives(node, now) {
			found[node] = true
		}
	}
	return found
}
