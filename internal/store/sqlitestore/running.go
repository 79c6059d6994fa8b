package sqlitestore

import (
	"context"
	"slices"

	"github.com/claimcall/claimcall/internal/call"
)

// Running implements store.Store.
func (s *Store) Running(ctx context.Context, after string, limit int) ([]call.Call, error) {
	var ids []string
	var found []*call.Call
	err := s.view(ctx, func(m *memory) {
		for id := range m.calls {
			if id > after {
				ids = append(ids, id)
			}
		}
		slices.Sort(ids)
		for _, id := range ids[:min(max(limit, 0), len(ids))] {
			found = append(found, m.calls[id])
		}
	})
	calls := make([]call.Call, len(found))
	for i, c := range found {
		calls[i] = c.Clone()
	}
	return calls, err
}
