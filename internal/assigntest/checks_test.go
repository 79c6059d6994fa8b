package assigntest

import (
	"context"
	"slices"

	"github.com/claimcall/claimcall/internal/call"
	"github.com/claimcall/claimcall/internal/store"
)

// checkHolds: who is held is so for a live call, and a live call holds its parties. The store must be at rest.
func (w *world) checkHolds() {
	w.t.Helper()
	held := map[call.User]string{}
	for _, p := range w.presences() {
		held[p.User] = p.Call
	}
	holds := map[call.User]string{}
	for _, c := range w.running() {
		for _, role := range []call.Role{call.Claimant, call.Adjuster} {
			if u := c.User(role); u.ID != "" {
				holds[u] = c.ID
			}
			if u := c.User(role); u.ID != "" && held[u] != c.ID {
				w.t.Fatalf("%s is %s, and does not hold %s %s", c.ID, c.State, u.Role, u.ID)
			}
		}
	}
	for u, id := range held {
		if id != holds[u] {
			w.t.Fatalf("%s %s is held by %s, which has ended or has others", u.Role, u.ID, id)
		}
	}
}

func (w *world) presences() []call.Presence {
	users := make([]call.User, len(w.people))
	for i, p := range w.people {
		users[i] = p.user
	}
	found, err := w.stores[0].Presences(context.Background(), users...)
	if err != nil {
		w.t.Fatal(err)
	}
	return found
}

// running returns the calls that have not ended. One that has is not looked at again until the world's end.
func (w *world) running() []call.Call {
	var running []call.Call
	var live []string
	for _, id := range append(w.live, w.ledger.take()...) {
		if c := w.call(id); c.State == call.Ended {
			w.over = append(w.over, id)
		} else {
			live, running = append(live, id), append(running, c)
		}
	}
	w.live = live
	return running
}

func (w *world) call(id string) call.Call {
	w.t.Helper()
	c, err := w.stores[0].Call(context.Background(), id)
	if err != nil {
		w.t.Fatalf("call %q: %v", id, err)
	}
	return c
}

// isOver reports whether no call is live and nobody is held for one.
func (w *world) isOver() bool {
	held := func(p call.Presence) bool { return p.Call != "" }
	return !slices.ContainsFunc(w.presences(), held) && len(w.running()) == 0
}

// isEmpty reports whether that is so and nobody is signed in.
func (w *world) isEmpty() bool {
	there := func(p call.Presence) bool { return !p.Unused() }
	return !slices.ContainsFunc(w.presences(), there) && w.isOver()
}

// checkRecords: each call is over, and on record once.
func (w *world) checkRecords() {
	w.t.Helper()
	records, err := store.AllRecords(context.Background(), w.stores[0], store.Filter{})
	if err != nil {
		w.t.Fatal(err)
	}
	times := map[string]int{}
	for _, c := range records {
		times[c.ID]++
	}
	for _, id := range w.over {
		if c := w.call(id); c.State != call.Ended || times[id] != 1 {
			w.t.Errorf("a call that is %s is on record %d times", c.State, times[id])
		}
	}
}
