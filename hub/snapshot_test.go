package hub_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/claimcall/claimcall/protocol"
)

// TestSnapshotThenChanges signs a second device in while the call goes its way, with the store held up at every point
// of the sign-in in turn. Whatever happens meanwhile, the device hears its welcome first, then each
// change that the welcome does not show, once, and ends up knowing what the other device knows.
func TestSnapshotThenChanges(t *testing.T) {
	ops := []string{"Presences", "Commit", "Call", "Positions"}
	for _, role := range []protocol.Role{protocol.RoleClaimant, protocol.RoleAdjuster} {
		for _, op := range ops {
			for nth := range 2 {
				for stage := range lifeOfACall() {
					for _, where := range []string{"before", "after"} {
						t.Run(fmt.Sprintf("%s/%s-%s-%d/stage-%d", role, where, op, nth, stage), func(t *testing.T) {
							inFaultyWorld(t, func(w *world, f *faulty) {
								joinsDuring(w, f, role, hold{op, nth, where}, stage)
							})
						})
					}
				}
			}
		}
	}
}

// hold is where a sign-in is held up: before or after the nth use of an operation.
type hold struct {
	op    string
	nth   int
	where string
}

// lifeOfACall returns what is done one after the other from the request to the end.
func lifeOfACall() []func(zhang, li *client) {
	return []func(zhang, li *client){
		func(zhang, _ *client) { zhang.requests("r1") },
		func(_, li *client) { li.heard(); li.does(protocol.TypeCallAccept) },
		func(zhang, _ *client) { zhang.heard(); zhang.does(protocol.TypeCallJoin) },
		func(_, li *client) { li.does(protocol.TypeCallJoin) },
		func(zhang, _ *client) { zhang.does(protocol.TypeCallHangup) },
	}
}

// joinsDuring lets the call live as far as stage, begins the sign-in of a second device, does the rest of the call while
// that is held up, and lets it go on.
func joinsDuring(w *world, f *faulty, role protocol.Role, at hold, stage int) {
	li, zhang := w.works("li"), w.waits("zhang")
	second := w.client("second", "claimant/zhang")
	if role == protocol.RoleAdjuster {
		second = w.client("second", "adjuster/li")
	}
	life := lifeOfACall()
	for _, do := range life[:stage] {
		do(zhang, li)
	}
	second.connect()
	let := make(chan struct{})
	trouble := nthTime(at.nth, only(func(ctx context.Context, _ string) error {
		<-let
		return nil
	}, at.op), at.op)
	if at.where == "before" {
		f.has(trouble, nil)
	} else {
		f.has(nil, trouble)
	}
	second.send(protocol.TypeHello, protocol.Hello{Token: second.token})
	f.has(nil, nil)
	// Two changes happen while the sign-in is held up, the others after it.
	for _, do := range life[stage:min(stage+2, len(life))] {
		do(zhang, li)
	}
	close(let)
	synctest.Wait()
	for _, do := range life[min(stage+2, len(life)):] {
		do(zhang, li)
	}
	time.Sleep(time.Second)
	synctest.Wait()
	checkSnapshot(w, second)
}

// nthTime lets a trouble happen only to the nth use of an operation, from 0.
func nthTime(n int, t trouble, op string) trouble {
	var used atomic.Int64
	return func(ctx context.Context, got string) error {
		if got != op || used.Add(1) != int64(n)+1 {
			return nil
		}
		return t(ctx, got)
	}
}

func checkSnapshot(w *world, c *client) {
	w.t.Helper()
	heard := c.heard()
	if len(heard) == 0 || heard[0].Type != protocol.TypeWelcome {
		w.t.Fatalf("heard %v, want the welcome first", typesOf(heard))
	}
	var seen []string
	known := protocol.Call{}
	for _, env := range heard {
		var data struct{ Call *protocol.Call }
		_ = json.Unmarshal(env.Data, &data) // an event without a call has none
		if data.Call == nil {
			continue
		}
		if data.Call.Version < known.Version {
			w.t.Errorf("version %d after %d in %v", data.Call.Version, known.Version, typesOf(heard))
		}
		known = *data.Call
		once := fmt.Sprintf("%s of version %d", env.Type, known.Version)
		if slices.Contains(seen, once) {
			w.t.Errorf("heard %s twice: %v", once, typesOf(heard))
		}
		seen = append(seen, once)
	}
	if known.ID == "" {
		return // the call ended before this device was seated
	}
	record, err := w.store.Call(context.Background(), known.ID)
	if err != nil || string(record.State) != string(known.State) {
		w.t.Errorf("the device knows %s, the record %s (%v): %v", known.State, record.State, err, typesOf(heard))
	}
}

func typesOf(all []protocol.Envelope) []protocol.Type {
	var types []protocol.Type
	for _, env := range all {
		types = append(types, env.Type)
	}
	return types
}

// TestNoPlaceBeforeTheWelcome: the place in the queue changes while a second device signs in.
func TestNoPlaceBeforeTheWelcome(t *testing.T) {
	inFaultyWorld(t, func(w *world, f *faulty) {
		first, zhang := w.waits("chen"), w.waits("zhang")
		first.requests("r1")
		zhang.requests("r2")
		second := w.client("second", zhang.token).connect()
		let := make(chan struct{})
		f.has(only(times(1, func(context.Context, string) error { <-let; return nil }), "Commit"), nil)
		second.send(protocol.TypeHello, protocol.Hello{Token: second.token})
		first.heard()
		first.does(protocol.TypeCallCancel)
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if got := second.events(); len(got) > 0 {
			t.Fatalf("heard %v before the welcome", got)
		}
		close(let)
		time.Sleep(2 * time.Second)
		second.wants("welcome", "call.queued")
	})
}

// TestMissedEnd: a call that ended while a device was gone follows its welcome, once.
func TestMissedEnd(t *testing.T) {
	inWorld(t, func(w *world) {
		zhang, li := w.inCall()
		zhang.drops()
		li.does(protocol.TypeCallHangup)
		zhang.hello(zhang.resume)
		zhang.wants("welcome", "call.hangup")
	})
}

// TestEndMissedByADeadSocket: the network was gone long before the hub noticed, and the call ended between.
func TestEndMissedByADeadSocket(t *testing.T) {
	inWorld(t, func(w *world) {
		zhang, li := w.inCall()
		w.pass(30*time.Second, zhang, li)
		li.does(protocol.TypeCallHangup)
		time.Sleep(15 * time.Second)
		zhang.heard() // as far as the hub knows; the phone had no network
		time.Sleep(15 * time.Second)
		zhang.wantsClosed(protocol.CloseHeartbeatTimeout)
		zhang.hello(zhang.resume)
		zhang.wants("welcome", "call.hangup")
	})
}

// TestWelcomeShowsOnlyYourCall: the ring went on to somebody else while the snapshot was on its way. It shows the call
// as it was when the seat was taken, and the withdrawal follows.
func TestWelcomeShowsOnlyYourCall(t *testing.T) {
	inFaultyWorld(t, func(w *world, f *faulty) {
		li, wang, zhang := w.works("li"), w.works("wang"), w.waits("zhang")
		zhang.requests("r1")
		second := w.client("second", "adjuster/li").connect()
		let := make(chan struct{})
		f.has(nil, only(times(1, func(context.Context, string) error { <-let; return nil }), "Commit"))
		second.send(protocol.TypeHello, protocol.Hello{Token: second.token})
		li.heard()
		li.does(protocol.TypeCallReject)
		if got := wang.events(); !slices.Contains(got, "call.invite") {
			t.Fatalf("wang heard %v", got)
		}
		close(let)
		heard := second.heard()
		var welcome protocol.Welcome
		err := json.Unmarshal(heard[0].Data, &welcome)
		if err != nil || welcome.Call == nil || welcome.Call.Legs.Adjuster.User != "li" {
			t.Errorf("the welcome shows the call of another adjuster: %s (%v)", heard[0].Data, err)
		}
		if heard[len(heard)-1].Type != protocol.TypeCallWithdrawn {
			t.Errorf("heard %v, want the withdrawal in the end", typesOf(heard))
		}
	})
}
