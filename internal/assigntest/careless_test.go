package assigntest

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/claimcall/claimcall/hub"
	"github.com/claimcall/claimcall/internal/call"
	"github.com/claimcall/claimcall/internal/store"
)

// careless is a store that does not compare versions of some documents: who comes last wins.
type careless struct {
	hub.Store
	calls, presences bool // whose versions it does not compare
}

// Commit takes over what the contract has it refuse.
func (s careless) Commit(ctx context.Context, c store.Commit) error {
	err := s.Store.Commit(ctx, c)
	if errors.Is(err, store.ErrStale) && s.calls && c.Call != nil {
		err = s.overwriteCall(ctx, &c)
	}
	if errors.Is(err, store.ErrStale) && s.presences {
		err = s.overwritePresences(ctx, &c)
	}
	return err
}

// overwriteCall commits as if the call had been made from what the store holds now.
func (s careless) overwriteCall(ctx context.Context, c *store.Commit) error {
	now, err := s.Store.Call(ctx, c.Call.ID)
	if err != nil {
		return err
	}
	if now.State == call.Ended {
		return store.ErrStale // a record can't be made to run again, not even carelessly
	}
	c.CallWas = now.Version
	return s.Store.Commit(ctx, *c)
}

// overwritePresences commits as if the presences had been made from what the store holds now.
func (s careless) overwritePresences(ctx context.Context, c *store.Commit) error {
	c.Presences = slices.Clone(c.Presences)
	for i := range c.Presences {
		p := &c.Presences[i]
		now, err := s.Store.Presences(ctx, p.User)
		if err != nil {
			return err
		}
		p.Was, p.Version = now[0].Version, max(p.Version, now[0].Version+1)
	}
	return s.Store.Commit(ctx, *c)
}

// TestCarelessStore: without the compare, the crowd soon sees what has no explanation. So TestAssignment would see it too.
func TestCarelessStore(t *testing.T) {
	for name, loose := range map[string]careless{"calls": {calls: true}, "presences": {presences: true}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url := startRedis(t)
			one, other := loose, loose
			one.Store, other.Store = openRedis(t, url, ""), openRedis(t, url, "")
			o := openOffice(t, 10, 100, one, other)
			defer o.close()
			for round := range 200 {
				for _, part := range o.round().refused() {
					t.Logf("in round %d:\n%s", round, part)
					return
				}
			}
			t.Error("nothing was noticed")
		})
	}
}
