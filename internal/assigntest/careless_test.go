package assigntest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

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
	t.Parallel()
	for name, loose := range map[string]careless{"calls": {calls: true}, "presences": {presences: true}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url := startRedis(t)
			for n := range 10 {
				one, other := loose, loose
				one.Store, other.Store = openRedis(t, url, fmt.Sprint(n)), openRedis(t, url, fmt.Sprint(n))
				if noticed(t, one, other) {
					return
				}
			}
			t.Error("nothing was noticed")
		})
	}
}

// noticed reports whether the specification refuses what a crowd sees until a call does not end any more.
func noticed(t *testing.T, stores ...hub.Store) bool {
	o := openOffice(t, 10, 100, stores...)
	defer o.close()
	o.patience, o.crowd, o.weathers = 2*time.Second, 30, []trouble{{slow: 0.7, wait: 4 * time.Millisecond}}
	for round := range 100 {
		h, over := o.round()
		for _, part := range h.refused() {
			t.Logf("in round %d, all calls over: %t:\n%s", round, over, part[:min(len(part), 30)])
			return true
		}
		if !over {
			return false
		}
	}
	return false
}
