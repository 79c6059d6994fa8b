package hub_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/claimcall/claimcall/internal/call"
	"github.com/claimcall/claimcall/protocol"
)

// TestNodeThatStartsAfterAnOutage: it is the first to reach the store again, and must not take the others for dead, nor
// end the call that nobody could join meanwhile.
func TestNodeThatStartsAfterAnOutage(t *testing.T) {
	inFaultyWorld(t, func(w *world, f *faulty) {
		other := w.another("b")
		li, zhang := w.works("li"), other.waits("zhang")
		zhang.requests("r1")
		zhang.heard()
		li.heard()
		li.does(protocol.TypeCallAccept)
		zhang.heard()
		f.has(down, nil)
		w.pass(24500*time.Millisecond, zhang, li) // joining may take 20 s
		f.has(nil, nil)
		third := w.another("c")
		if !w.presenceOf(call.Claimant, "zhang").Online() || !w.presenceOf(call.Adjuster, "li").Online() {
			t.Error("taken for dead before anybody could say that they live")
		}
		w.pass(2*time.Second, zhang, li)
		for _, c := range []*client{zhang, li} {
			c.heard()
			c.wantsClosed(0)
			c.does(protocol.TypeCallJoin)
		}
		if got := zhang.events(); len(got) == 0 || got[len(got)-1] != "call.streams" {
			t.Errorf("zhang heard %v, want streams", got)
		}
		third.end()
		other.end()
	})
}

// TestLeaseWhileMuchIsToDo: a node that looks after the many users of a dead one does not lose its own lease over that.
func TestLeaseWhileMuchIsToDo(t *testing.T) {
	inFaultyWorld(t, func(w *world, f *faulty) {
		dead := w.another("dead")
		users := make([]*client, 60)
		for i := range users {
			users[i] = dead.client("li", fmt.Sprint("adjuster/li", i)).hello("")
		}
		dead.die()
		for _, u := range users {
			u.drops()
		}
		f.has(slow(4*time.Second, "Presences"), nil)
		for range 30 {
			w.pass(time.Second)
			if alive, err := f.Store.LiveNodes(t.Context()); err != nil || len(alive) == 0 {
				t.Fatalf("nobody has a lease (%v)", err)
			}
		}
		f.has(nil, nil)
	})
}
