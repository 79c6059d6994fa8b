package hub_test

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/claimcall/claimcall/internal/call"
	"github.com/claimcall/claimcall/protocol"
)

// A client that loses its socket before a request is answered comes back, perhaps to another node, and asks again. The
// first try may still be under way then.

// twoTries has one claimant ask for a call by two sockets on two nodes. The first operations of each kind that here and
// there name are held back on the way to the store until let is called.
func twoTries(t *testing.T, here, there []string, do func(first, again *client, let func())) {
	t.Helper()
	inWorld(t, func(w *world) {
		gate := make(chan struct{})
		var nodes [2]*world
		var tries [2]*client
		for i, ops := range [2][]string{here, there} {
			way := &faulty{Store: w.store}
			nodes[i] = &world{t: t, store: way, streams: w.streams}
			nodes[i].start([]string{"b", "c"}[i])
			tries[i] = nodes[i].waits("zhang")
			way.has(heldBack(gate, ops), nil)
		}
		for _, c := range tries {
			c.requests("r1")
		}
		do(tries[0], tries[1], func() { close(gate); w.pass(time.Second) })
		for _, n := range nodes {
			n.end()
		}
	})
}

// heldBack is a trouble that lets operations pass only once the gate is closed.
func heldBack(gate <-chan struct{}, ops []string) trouble {
	if len(ops) == 0 {
		return nil
	}
	return only(func(context.Context, string) error { <-gate; return nil }, ops...)
}

// answered returns the calls that a client was told of in answers.
func (c *client) answered() []string {
	c.w.t.Helper()
	var ids []string
	for _, env := range c.heard() {
		var data protocol.CallAnswer
		switch {
		case env.Type == protocol.TypeError:
			c.w.t.Errorf("%s is refused: %s", c.name, env.Data)
		case env.Type == protocol.TypeOK && json.Unmarshal(env.Data, &data) == nil:
			ids = append(ids, data.Call.ID)
		}
	}
	return ids
}

// checkOneCall checks that each try was answered, all with the same call.
func checkOneCall(t *testing.T, tries ...*client) {
	t.Helper()
	id := ""
	for _, c := range tries {
		got := c.answered()
		if len(got) != 1 || got[0] == "" || id != "" && got[0] != id {
			t.Errorf("answered with %q, want one call, and %q if that is one", got, id)
			return
		}
		id = got[0]
	}
	w := tries[0].w
	if held := w.presenceOf(call.Claimant, "zhang").Call; held != id {
		t.Errorf("held by %q, told of %q", held, id)
	}
	if waiting, err := w.store.Waiting(t.Context(), "default", 10); err != nil || len(waiting) != 1 {
		t.Errorf("%d calls wait (%v), want one", len(waiting), err)
	}
}

// TestTwoTriesAtOnce: whichever of the two is late, and wherever on its way, both get the one call.
func TestTwoTriesAtOnce(t *testing.T) {
	for name, held := range map[string][]string{
		"looking for the request": {"Requested"}, "looking at the presence": {"Presences"}, "committing": {"Commit"},
	} {
		for who, ops := range map[string][2][]string{"first": {held, nil}, "second": {nil, held}, "both": {held, held}} {
			t.Run(who+" "+name, func(t *testing.T) {
				twoTries(t, ops[0], ops[1], func(first, again *client, let func()) {
					first.w.pass(time.Second)
					let()
					checkOneCall(t, first, again)
				})
			})
		}
	}
}

// TestAnswerLost: the call has begun, but its node was cut off before it heard so. Who asks again elsewhere gets that
// call, and another one only for another request.
func TestAnswerLost(t *testing.T) {
	inFaultyWorld(t, func(w *world, f *faulty) {
		other := &world{t: t, store: f.Store, streams: w.streams}
		other.start("b")
		zhang, again := w.waits("zhang"), other.waits("zhang")
		f.has(nil, only(down, "Commit"))
		zhang.requests("r1")
		if got := zhang.events(); len(got) == 0 || got[0] != "error:unavailable" {
			t.Fatalf("heard %v, want that the store is unavailable", got)
		}
		again.heard()
		again.requests("r1")
		checkOneCall(t, again)
		f.has(nil, nil)
		zhang.requests("r1")
		checkOneCall(t, zhang)
		zhang.requests("r2")
		zhang.wants("error:in_call")
		other.end()
	})
}

// TestLateTryAfterTheEnd: the call is over when the first try, long given up by the client, gets to see the store.
func TestLateTryAfterTheEnd(t *testing.T) {
	twoTries(t, []string{"Presences"}, nil, func(first, again *client, let func()) {
		again.heard()
		again.does(protocol.TypeCallCancel)
		again.heard()
		let()
		if got := first.answered(); len(got) != 1 || got[0] != again.call {
			t.Errorf("answered with %q, want the call %s that is over", got, again.call)
		}
		if held := first.w.presenceOf(call.Claimant, "zhang").Call; held != "" {
			t.Errorf("the late try began call %s", held)
		}
	})
}
