package hub_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/claimcall/claimcall/internal/call"
	"github.com/claimcall/claimcall/internal/store"
	"github.com/claimcall/claimcall/protocol"
)

// TestResyncTellsThePlaceAgain: the place has not changed, but the message that told it may have got lost.
func TestResyncTellsThePlaceAgain(t *testing.T) {
	inWorld(t, func(w *world) {
		other := w.another("b")
		chen, zhang := w.waits("chen"), other.waits("zhang")
		chen.requests("r1")
		zhang.requests("r2")
		time.Sleep(2 * time.Second)
		for _, c := range []*client{chen, zhang} {
			c.heard()
			for range 2 {
				c.w.hub.Resync()
				c.wants("call.queued")
			}
		}
		other.end()
	})
}

// TestResyncGoesOn: whoever could not be served at first is served as soon as the store answers.
func TestResyncGoesOn(t *testing.T) {
	inFaultyWorld(t, func(w *world, f *faulty) {
		zhang, _ := w.inCall()
		f.has(only(down, "Presences"), nil)
		w.hub.Resync()
		time.Sleep(3 * time.Second)
		zhang.wants()
		f.has(nil, nil)
		time.Sleep(time.Second)
		zhang.wants("call.streams")
	})
}

// saved is what the store knew at a moment.
type saved struct {
	presence call.Presence
	call     *call.Call
}

func (w *world) save(role call.Role, id string) saved {
	w.t.Helper()
	s := saved{presence: w.presenceOf(role, id)}
	if s.presence.Call != "" {
		c, err := w.store.Call(context.Background(), s.presence.Call)
		if err != nil {
			w.t.Fatal(err)
		}
		s.call = &c
	}
	return s
}

// loses puts the store back to what it knew, as a failover does that loses the last writes.
func (w *world) loses(back ...saved) {
	w.t.Helper()
	for _, s := range back {
		now := w.presenceOf(s.presence.User.Role, s.presence.User.ID)
		lost := store.Commit{Presences: []store.Presence{{Presence: s.presence, Was: now.Version}}}
		if s.call != nil {
			c, err := w.store.Call(context.Background(), s.call.ID)
			if err != nil {
				w.t.Fatal(err)
			}
			lost.Call, lost.CallWas = s.call, c.Version
		}
		if err := w.store.Commit(context.Background(), lost); err != nil {
			w.t.Fatal(err)
		}
	}
}

// TestSeatLostByTheStore: a socket whose seat the store has forgotten is to come back, not to stay away.
func TestSeatLostByTheStore(t *testing.T) {
	for name, first := range map[string]bool{"all of it": true, "the last resume": false} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				li := w.client("li", "adjuster/li")
				before := w.save(call.Adjuster, "li")
				li.hello("")
				li.heard()
				if !first {
					before = w.save(call.Adjuster, "li")
					li.drops()
					li.hello(li.resume)
					li.heard()
				}
				w.loses(before)
				w.hub.Resync()
				li.wantsClosed(protocol.CloseInternal)
				li.hello(li.resume)
				li.wants("welcome")
				time.Sleep(time.Second)
				li.wantsClosed(0)
			})
		})
	}
}

// TestCallPutBackByTheStore: what comes of the call now would look old to those who have seen more of it, and so they
// begin anew.
func TestCallPutBackByTheStore(t *testing.T) {
	inWorld(t, func(w *world) {
		zhang, li := w.rings()
		li.does(protocol.TypeCallAccept)
		zhang.heard()
		before := w.save(call.Claimant, "zhang")
		zhang.does(protocol.TypeCallJoin)
		li.does(protocol.TypeCallJoin)
		w.loses(before)
		w.hub.Resync()
		for _, c := range []*client{zhang, li} {
			c.heard()
			c.wantsClosed(protocol.CloseInternal)
			c.hello(c.resume)
			c.heard()
			c.does(protocol.TypeCallJoin)
		}
		if got := zhang.events(); len(got) == 0 || got[len(got)-1] != "call.streams" {
			t.Errorf("zhang heard %v, want streams in the end", got)
		}
	})
}

// TestCallLostByTheStore: the claimant would wait for ever in a queue that knows nothing of the call.
func TestCallLostByTheStore(t *testing.T) {
	inWorld(t, func(w *world) {
		zhang := w.waits("zhang")
		before := w.save(call.Claimant, "zhang")
		zhang.requests("r1")
		zhang.heard()
		w.loses(before)
		w.hub.Resync()
		zhang.wantsClosed(protocol.CloseInternal)
		zhang.hello(zhang.resume)
		zhang.wants("welcome")
	})
}

// TestNothingOldAfterTheWelcome: an invite was held back for a device that signs in, and its end went by while the user
// had no seat.
func TestNothingOldAfterTheWelcome(t *testing.T) {
	inFaultyWorld(t, func(w *world, f *faulty) {
		zhang, li := w.waits("zhang"), w.works("li")
		second := w.client("second", zhang.token).connect()
		let := make(chan struct{})
		f.has(only(times(1, func(context.Context, string) error { <-let; return nil }), "Commit"), nil)
		second.send(protocol.TypeHello, protocol.Hello{Token: second.token})
		li.invites()
		zhang.drops()
		li.does(protocol.TypeCallCancel)
		synctest.Wait()
		close(let)
		time.Sleep(time.Second)
		second.wants("welcome")
	})
}
