package hub_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/claimcall/claimcall/internal/call"
	"github.com/claimcall/claimcall/protocol"
)

// TestAfterAnOutageNobodyIsJudgedAtOnce: while the store was away no node could renew its lease, and no client could
// join. When it is back, no node takes another one for dead, and the call whose time to join is over can still be joined.
func TestAfterAnOutageNobodyIsJudgedAtOnce(t *testing.T) {
	inFaultyWorld(t, func(w *world, f *faulty) {
		other := w.another("b")
		li, zhang := w.works("li"), other.waits("zhang")
		zhang.requests("r1")
		zhang.heard()
		li.heard()
		li.does(protocol.TypeCallAccept)
		zhang.heard()
		f.has(down, nil)
		w.pass(25*time.Second, zhang, li) // joining may take 20 s
		f.has(nil, nil)
		w.pass(2*time.Second, zhang, li)
		for _, c := range []*client{zhang, li} {
			c.heard()
			c.wantsClosed(0)
			c.does(protocol.TypeCallJoin)
		}
		if got := zhang.events(); len(got) == 0 || got[len(got)-1] != "call.streams" {
			t.Errorf("zhang heard %v, want streams", got)
		}
		w.pass(40*time.Second, zhang, li)
		if p := w.presenceOf(call.Claimant, "zhang"); !p.Online() || p.Call == "" {
			t.Errorf("zhang is %+v, want to be in the call", p)
		}
		li.wantsClosed(0)
		zhang.does(protocol.TypeCallHangup)
		other.end()
	})
}

// TestAfterAnOutageTheDeadAreFound: a node that died during the outage is given up a lease later.
func TestAfterAnOutageTheDeadAreFound(t *testing.T) {
	inFaultyWorld(t, func(w *world, f *faulty) {
		dead := w.another("dead")
		gone := dead.works("li")
		f.has(down, nil)
		w.pass(8 * time.Second)
		dead.die()
		gone.drops()
		w.pass(2 * time.Second)
		f.has(nil, nil)
		time.Sleep(4 * time.Second)
		synctest.Wait()
		if !w.presenceOf(call.Adjuster, "li").Online() {
			t.Error("taken for dead before it could say that it lives")
		}
		time.Sleep(4 * time.Second)
		synctest.Wait()
		if w.presenceOf(call.Adjuster, "li").Online() {
			t.Error("still there")
		}
	})
}

// TestDrainWithoutAStore: who drains while the store is away tries once to say who has left, and leaves the rest to the
// other nodes.
func TestDrainWithoutAStore(t *testing.T) {
	inFaultyWorld(t, func(w *world, f *faulty) {
		leaving := &world{t: t, store: f, streams: w.streams}
		leaving.start("leaving")
		zhang := leaving.waits("zhang")
		f.has(hangs, nil)
		begun := time.Now()
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		leaving.hub.Drain(ctx)
		if took := time.Since(begun); took > 5*time.Second {
			t.Errorf("drained after %v", took)
		}
		zhang.wantsClosed(protocol.CloseGoingAway)
		leaving.stop()
		<-leaving.ended
		f.has(nil, nil)
		time.Sleep(20 * time.Second)
		if w.presenceOf(call.Claimant, "zhang").Online() {
			t.Error("zhang is still there")
		}
	})
}
