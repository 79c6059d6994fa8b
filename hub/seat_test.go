package hub_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/claimcall/claimcall/internal/call"
	"github.com/claimcall/claimcall/protocol"
)

// TestSessionMovesToAnotherNode: the socket that it leaves behind is closed at once, not only when its heart stops.
func TestSessionMovesToAnotherNode(t *testing.T) {
	inWorld(t, func(w *world) {
		other := w.another("b")
		zhang, li := w.inCall()
		left := *zhang
		zhang.w = other
		zhang.hello(zhang.resume)
		zhang.wants("welcome")
		left.wantsClosed(protocol.CloseReplaced)
		w.pass(20*time.Second, zhang, li)
		zhang.wantsClosed(0)
		li.wants("pong", "pong")
		if session, _ := w.presenceOf(call.Claimant, "zhang").Session(sessionOf(zhang)); !session.Online {
			t.Error("the end of the old socket took the seat of the new one")
		}
		other.end()
	})
}

// TestTooManySessionsOnTwoNodes: the device that has to go is told wherever it is.
func TestTooManySessionsOnTwoNodes(t *testing.T) {
	inWorld(t, func(w *world) {
		other := w.another("b")
		first := w.client("li", "adjuster/li").hello("")
		for range call.MaxSessions - 1 {
			other.client("li", first.token).hello("").wantsClosed(0)
		}
		first.wantsClosed(0)
		other.client("li", first.token).hello("")
		first.wantsClosed(protocol.CloseTooManySessions)
		other.end()
	})
}

// TestTakenForDead: a node that was given up while it lives is told, and its clients come back.
func TestTakenForDead(t *testing.T) {
	inFaultyWorld(t, func(w *world, f *faulty) {
		other := w.another("b")
		li := w.works("li")
		if err := f.Store.DropNode(t.Context(), w.presenceOf(call.Adjuster, "li").Sessions[0].Node); err != nil {
			t.Fatal(err)
		}
		f.has(only(down, "KeepNode"), nil)
		time.Sleep(1100 * time.Millisecond)
		synctest.Wait()
		f.has(nil, nil)
		li.wantsClosed(protocol.CloseInternal)
		other.end()
	})
}
