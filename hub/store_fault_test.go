package hub_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/claimcall/claimcall/hub"
	"github.com/claimcall/claimcall/internal/call"
	"github.com/claimcall/claimcall/internal/store"
	"github.com/claimcall/claimcall/protocol"
)

// pass lets time pass while the clients beat every ten seconds.
func (w *world) pass(d time.Duration, clients ...*client) {
	for ; d > 0; d -= 10 * time.Second {
		time.Sleep(min(d, 10*time.Second))
		for _, c := range clients {
			c.raw([]byte(`{"type":"ping","id":"beat"}`))
		}
	}
	synctest.Wait()
}

func (w *world) presenceOf(role call.Role, id string) call.Presence {
	w.t.Helper()
	found, err := w.store.Presences(context.Background(), call.User{Role: role, ID: id})
	if err != nil {
		w.t.Fatal(err)
	}
	return found[0]
}

func TestCommandsWhileTheStoreIsDown(t *testing.T) {
	for name, trouble := range map[string]trouble{"fails": down, "hangs": hangs} {
		t.Run(name, func(t *testing.T) {
			inFaultyWorld(t, func(w *world, f *faulty) {
				li, zhang := w.works("li"), w.waits("zhang")
				f.has(trouble, nil)
				zhang.requests("r1")
				w.pass(10*time.Second, li)
				answers := zhang.heard()
				if len(answers) != 1 {
					t.Fatalf("heard %v, want one answer", answers)
				}
				if e := errorOf(answers[0]); e.Code != protocol.CodeUnavailable || !e.Retry {
					t.Errorf("answer %+v, want unavailable, to be tried again", e)
				}
				zhang.send(protocol.TypePing, protocol.Empty{})
				zhang.wants("pong")
				f.has(nil, nil)
				w.pass(2 * time.Second)
				zhang.requests("r1")
				zhang.wants("ok", "call.queued", "call.ringing")
				zhang.wantsClosed(0)
			})
		})
	}
}

func TestAssignmentAndSweepRecover(t *testing.T) {
	inFaultyWorld(t, func(w *world, f *faulty) {
		li, zhang := w.works("li"), w.waits("zhang")
		f.has(only(down, "Waiting", "Queues", "Free", "Due", "KeepNode"), nil)
		zhang.requests("r1")
		w.pass(10*time.Second, zhang, li)
		if got := zhang.heard(); len(got) != 3 {
			t.Fatalf("heard %v, want an answer, a place and a pong", got)
		}
		f.has(nil, nil)
		w.pass(3*time.Second, zhang)
		zhang.wants("pong", "call.queued", "call.ringing") // the lease was over: messages may have been lost
		li.heard()
		f.has(only(down, "Due"), nil)
		w.pass(40*time.Second, zhang, li)
		for _, event := range zhang.events() {
			if event != "pong" {
				t.Errorf("%s while nothing is swept", event)
			}
		}
		f.has(nil, nil)
		w.pass(2*time.Second, zhang)
		li.heard()
		if p := w.presenceOf(call.Adjuster, "li"); p.Missed != 1 && p.Call == "" {
			t.Errorf("the ring did not time out: %+v", p)
		}
	})
}

// TestHungAssigner: one answer that never comes must not stop the assigner for good.
func TestHungAssigner(t *testing.T) {
	inFaultyWorld(t, func(w *world, f *faulty) {
		w.works("li")
		zhang := w.waits("zhang")
		f.has(only(times(1, hangs), "Free"), nil)
		zhang.requests("r1")
		zhang.wants("ok", "call.queued")
		w.pass(8*time.Second, zhang)
		zhang.wants("pong", "call.ringing")
	})
}

func TestEndOfASocketWhileTheStoreIsDown(t *testing.T) {
	inFaultyWorld(t, func(w *world, f *faulty) {
		li := w.works("li")
		f.has(down, nil)
		li.drops()
		w.pass(20 * time.Second)
		f.has(nil, nil)
		if p := w.presenceOf(call.Adjuster, "li"); !p.Online() {
			t.Fatal("the store knew of the end while it was down")
		}
		w.pass(6 * time.Second)
		if p := w.presenceOf(call.Adjuster, "li"); p.Online() || p.Free() {
			t.Errorf("a ghost is left: %+v", p)
		}
		w.pass(31 * time.Second)
		if p := w.presenceOf(call.Adjuster, "li"); !p.Unused() {
			t.Errorf("the session never ends: %+v", p)
		}
	})
}

func TestStale(t *testing.T) {
	stale := func(context.Context, string) error { return store.ErrStale }
	inFaultyWorld(t, func(w *world, f *faulty) {
		zhang := w.waits("zhang")
		f.has(only(times(9, stale), "Commit"), nil)
		zhang.requests("r1")
		w.pass(time.Second)
		zhang.wants("ok", "call.queued")

		start := time.Now()
		f.has(only(stale, "Commit"), nil)
		zhang.does(protocol.TypeCallCancel)
		w.pass(10 * time.Second)
		if got := zhang.events(); len(got) != 1 || got[0] != "error:unavailable" {
			t.Errorf("heard %v after %v, want one error", got, time.Since(start))
		}
		f.has(nil, nil)
		zhang.does(protocol.TypeCallCancel)
		w.pass(time.Second)
		zhang.wants("ok", "call.hangup")
	})
}

// TestSignInWhileTheStoreHangs: the client did nothing wrong, so it is to come back.
func TestSignInWhileTheStoreHangs(t *testing.T) {
	inFaultyWorld(t, func(w *world, f *faulty) {
		f.has(hangs, nil)
		start := time.Now()
		zhang := w.client("zhang", "claimant/zhang").hello("")
		<-zhang.conn.gone
		if took := time.Since(start); took != 5*time.Second {
			t.Errorf("took %v", took)
		}
		zhang.wants("error:unavailable")
		zhang.wantsClosed(protocol.CloseInternal)
		f.has(nil, nil)
		zhang.hello("")
		zhang.wants("welcome")
	})
}

// TestCutOffSignIn: the store has seated the socket, but the hub never heard of it.
func TestCutOffSignIn(t *testing.T) {
	cut := only(times(1, func(context.Context, string) error { return context.DeadlineExceeded }), "Commit")
	t.Run("new", func(t *testing.T) {
		inFaultyWorld(t, func(w *world, f *faulty) {
			f.has(nil, cut)
			li := w.client("li", "adjuster/li").hello("")
			li.wants("error:unavailable")
			w.pass(time.Second)
			if p := w.presenceOf(call.Adjuster, "li"); len(p.Sessions) != 1 || p.Online() {
				t.Errorf("a ghost is left: %+v", p)
			}
		})
	})
	t.Run("resumed", func(t *testing.T) {
		inFaultyWorld(t, func(w *world, f *faulty) {
			li := w.works("li")
			li.drops()
			// The commit is not taken over, and before the hub looks again somebody else gets the very seat.
			var cut atomic.Bool
			f.has(func(_ context.Context, op string) error {
				if cut.CompareAndSwap(false, op == "Commit"); cut.Load() {
					return errDown
				}
				return nil
			}, nil)
			first := w.client("li", "adjuster/li").hello(li.resume)
			first.wants("error:unavailable")
			f.has(nil, nil)
			first.hello(li.resume)
			first.wants("welcome")
			w.pass(20*time.Second, first)
			if session, _ := w.presenceOf(call.Adjuster, "li").Session(sessionOf(li)); !session.Online {
				t.Error("the end of the failed sign-in took the seat of the good one")
			}
		})
	})
}

// sessionOf returns the session that a client's resume secret belongs to.
func sessionOf(c *client) string {
	id, _, _ := strings.Cut(c.resume, ".")
	return id
}

func TestReady(t *testing.T) {
	inFaultyWorld(t, func(w *world, f *faulty) {
		ctx := context.Background()
		idle, err := hub.New(hub.Config{Store: w.store, Authenticate: authenticate, Streams: w.streams})
		if err != nil {
			t.Fatal(err)
		}
		if err := idle.Ready(ctx); !errors.Is(err, hub.ErrNotListening) {
			t.Errorf("before Run: %v", err)
		}
		if err := w.hub.Ready(ctx); err != nil {
			t.Errorf("running: %v", err)
		}
		f.has(only(down, "Check"), nil)
		if err := w.hub.Ready(ctx); !errors.Is(err, errDown) {
			t.Errorf("store down: %v", err)
		}
		f.has(nil, nil)
		w.hub.Drain(ctx)
		if err := w.hub.Ready(ctx); !errors.Is(err, hub.ErrDraining) {
			t.Errorf("draining: %v", err)
		}
	})
}

func TestResync(t *testing.T) {
	inWorld(t, func(w *world) {
		zhang, li := w.inCall()
		idle := w.works("wang")
		w.hub.Resync()
		zhang.wants("call.streams")
		li.wants("availability", "call.streams")
		idle.wants("availability")
		zhang.does(protocol.TypeCallHangup)
		zhang.heard()
		li.heard()
		w.hub.Resync()
		zhang.wants("call.hangup")
		li.wants("availability", "call.hangup")
	})
}

// TestLateLease: a node that could not renew its lease counts as dead. Its clients come back and go on.
func TestLateLease(t *testing.T) {
	inFaultyWorld(t, func(w *world, f *faulty) {
		zhang, li := w.inCall()
		other := &world{t: t, store: f.Store, streams: w.streams}
		other.start("b")
		f.has(only(down, "KeepNode"), nil)
		w.pass(8*time.Second, zhang, li)
		if w.presenceOf(call.Adjuster, "li").Online() {
			t.Fatal("nobody noticed that the lease is over")
		}
		f.has(nil, nil)
		w.pass(3 * time.Second)
		for _, c := range []*client{zhang, li} {
			c.heard()
			c.wantsClosed(protocol.CloseInternal)
			c.hello(c.resume)
		}
		w.pass(40*time.Second, zhang, li)
		zhang.does(protocol.TypeCallHangup)
		if got := li.events(); len(got) == 0 || got[len(got)-1] != "call.hangup" {
			t.Errorf("li heard %v", got)
		}
		other.end()
	})
}

// TestListOfNodesFails: a node that can't tell who is alive strands nobody.
func TestListOfNodesFails(t *testing.T) {
	inFaultyWorld(t, func(w *world, f *faulty) {
		f.has(only(down, "LiveNodes"), nil)
		dead := &world{t: t, store: f.Store, streams: w.streams}
		dead.start("dead")
		w.works("li")
		gone := dead.works("li")
		dead.die()
		gone.drops()
		w.pass(8 * time.Second)
		live := 0
		for _, s := range w.presenceOf(call.Adjuster, "li").Sessions {
			if s.Online {
				live++
			}
		}
		if live != 2 {
			t.Errorf("%d sessions online, want the dead one still counted and the live one untouched", live)
		}
		f.has(nil, nil)
		w.pass(2 * time.Second)
		if p := w.presenceOf(call.Adjuster, "li"); len(p.OnlineSessions()) != 1 {
			t.Errorf("sessions %+v, want one online", p.Sessions)
		}
	})
}

// TestStrandedAreMarkedLost: however many there are, within the lease and one sweep.
func TestStrandedAreMarkedLost(t *testing.T) {
	inWorld(t, func(w *world) {
		dead := w.another("dead")
		users := make([]*client, 250)
		for i := range users {
			users[i] = dead.client("li", "adjuster/li"+string(rune('a'+i%26))+string(rune('a'+i/26))).hello("")
		}
		dead.die()
		for _, u := range users {
			u.drops()
		}
		time.Sleep(6 * time.Second)
		synctest.Wait()
		left, err := w.store.Stranded(context.Background(), 1000)
		if err != nil || len(left) > 0 {
			t.Errorf("%d stranded after lease and sweep (%v)", len(left), err)
		}
	})
}

// hangingLease is a store that takes no lease, and says so only when it is given up.
type hangingLease struct{ hub.Store }

func (hangingLease) KeepNode(ctx context.Context, _ string, _ time.Duration) error {
	<-ctx.Done()
	return ctx.Err()
}

// A node that is told to stop while it still begins has not failed.
func TestStoppedWhileItBegins(t *testing.T) {
	inWorld(t, func(w *world) {
		h, err := hub.New(hub.Config{
			Store: hangingLease{w.store}, Authenticate: authenticate, Streams: w.streams, Node: "late",
			Limits: testLimits(), Timing: stageTiming(),
		})
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(context.Background())
		ended := make(chan error)
		go func() { ended <- h.Run(ctx) }()
		synctest.Wait()
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}
