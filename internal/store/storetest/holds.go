package storetest

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/claimcall/claimcall/internal/call"
	"github.com/claimcall/claimcall/internal/store"
)

// attempt is what somebody did to the hold of an adjuster: set it from one call to another, or only look.
type attempt struct {
	look     bool
	from, to string
}

// outcome is what came of it: done, or what was seen.
type outcome struct {
	done bool
	seen string
}

// holdModel is a register with compare and set.
func holdModel() porcupine.Model {
	return porcupine.Model{
		Init: func() any { return "" },
		Step: func(state, input, output any) (bool, any) {
			in, out := input.(attempt), output.(outcome)
			switch {
			case in.look:
				return out.seen == state, state
			case out.done:
				return in.from == state, in.to
			}
			return true, state // a stale one changes nothing
		},
	}
}

// holdsAreLinearizable lets many hands hold and release one adjuster, and asks whether one order of it all explains
// what each saw.
func holdsAreLinearizable(x *trial) {
	const clients, each = 4, 25
	li := x.arrive(idle("li", 0)).User
	var mu sync.Mutex
	var history []porcupine.Operation
	begin := time.Now()
	var wg sync.WaitGroup
	for id := range clients {
		wg.Go(func() {
			s := []store.Store{x.A, x.B}[id%2]
			for i := range each {
				ops := x.tryHold(s, li, fmt.Sprint(id, "-", i), begin)
				mu.Lock()
				for _, op := range ops {
					op.ClientId = id
					history = append(history, op)
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	if !porcupine.CheckOperations(holdModel(), history) {
		x.Errorf("no order explains %d operations on one hold", len(history))
	}
}

// tryHold looks at the hold and then, if it is free, takes it for id, else ends it.
func (x *trial) tryHold(s store.Store, u call.User, id string, begin time.Time) []porcupine.Operation {
	start := time.Since(begin)
	ps, err := s.Presences(x.ctx, u)
	read := time.Since(begin)
	if err != nil {
		x.Errorf("presences: %v", err)
		return nil
	}
	try := attempt{from: ps[0].Call}
	if try.from == "" {
		try.to = id
	}
	next := nextPresence(ps[0], func(p *call.Presence) { p.Call = try.to })
	err = s.Commit(x.ctx, store.Commit{Presences: []store.Presence{next}})
	if err != nil && !errors.Is(err, store.ErrStale) {
		x.Errorf("commit: %v", err)
	}
	return []porcupine.Operation{
		{Input: attempt{look: true}, Output: outcome{seen: ps[0].Call}, Call: int64(start), Return: int64(read)},
		{Input: try, Output: outcome{done: err == nil}, Call: int64(read), Return: int64(time.Since(begin))},
	}
}
