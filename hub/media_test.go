package hub_test

import (
	"context"
	"encoding/json"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/claimcall/claimcall/internal/call"
	"github.com/claimcall/claimcall/protocol"
)

// streamsIn returns the streams of the last frame that has any.
func (c *client) streamsIn() protocol.Streams {
	var last protocol.Streams
	for _, env := range c.heard() {
		var data struct{ Streams *protocol.Streams }
		if err := json.Unmarshal(env.Data, &data); err == nil && data.Streams != nil {
			last = *data.Streams
		}
	}
	return last
}

// Each side is handed the profile of its own stream.
func TestHandOutsHaveTheProfileOfTheLeg(t *testing.T) {
	inWorld(t, func(w *world) {
		zhang, li := w.inCall()
		zhang.report(1, 4, 1)
		zhang.report(1, 4, 1)
		zhang.heard()
		zhang.send(protocol.TypeStreamsRefresh, protocol.StreamsRefresh{Call: zhang.call})
		synctest.Wait()
		full := protocol.Profile{
			Mode: "RTC", MinBitrateKbps: 300, MaxBitrateKbps: 800, FPS: 15, Width: 360, Height: 640, AudioQuality: "high",
		}
		half := full
		half.MinBitrateKbps, half.MaxBitrateKbps, half.FPS = 200, 400, 12
		if got := zhang.streamsIn().Profile; got != half {
			t.Errorf("the claimant is to push with %+v", got)
		}
		if got := li.streamsIn().Profile; got != full {
			t.Errorf("the adjuster is to push with %+v", got)
		}
	})
}

// The next provider may go into the deadline of a call, but never into what the parties see as its end.
func TestTheViewEndsWhenTheCallDoes(t *testing.T) {
	inWorld(t, func(w *world) {
		w.streams.set(&w.streams.providers, []string{"relay", "srs"})
		zhang, _ := w.inCall()
		c, err := w.store.Call(t.Context(), zhang.call)
		if err != nil {
			t.Fatal(err)
		}
		if want := c.ActiveAt.Add(stageTiming().Publish); !c.Deadline.Equal(want) {
			t.Errorf("the deadline is %v, want %v", c.Deadline, want)
		}
		if want := c.ActiveAt.Add(stageTiming().MaxCall); !c.EndsAt(stageTiming()).Equal(want) {
			t.Errorf("it ends at %v, want %v", c.EndsAt(stageTiming()), want)
		}
	})
}

// While a provider is down and the store away, nothing moves; when the store is back, the call does.
func TestMovesWhenTheStoreIsBack(t *testing.T) {
	inWorld(t, func(w *world) {
		w.streams.set(&w.streams.providers, []string{"relay", "srs"})
		zhang, li := w.inCall()
		w.flow(zhang.call, true)
		w.way.dead.Store(true)
		w.streams.set(&w.streams.red, []string{"relay"})
		time.Sleep(2 * time.Second)
		w.way.dead.Store(false)
		w.beats(li, 2*time.Second)
		synctest.Wait()
		c, err := w.store.Call(t.Context(), zhang.call)
		if err != nil || c.ProviderName() != "srs" || c.State != call.Active {
			t.Errorf("the call is %s on %s: %v", c.State, c.ProviderName(), err)
		}
	})
}

// TestWaitsLongerAfterEachFailure: to move calls is to read them all.
func TestWaitsLongerAfterEachFailure(t *testing.T) {
	inFaultyWorld(t, func(w *world, f *faulty) {
		w.streams.set(&w.streams.providers, []string{"relay", "srs"})
		zhang, li := w.inCall()
		w.flow(zhang.call, true)
		var reads atomic.Int64
		f.has(only(func(context.Context, string) error { reads.Add(1); return errDown }, "Call"), nil)
		w.streams.set(&w.streams.red, []string{"relay"})
		w.pass(30*time.Second, zhang, li)
		if n := reads.Load(); n < 3 || n > 6 {
			t.Errorf("read %d times in half a minute", n)
		}
	})
}

// What an adjuster says with a no stays with the call.
func TestWordsOfARejectionAreKept(t *testing.T) {
	inWorld(t, func(w *world) {
		zhang, li := w.client("zhang", "claimant/zhang"), w.client("li", "adjuster/li")
		li.hello("")
		li.send(protocol.TypeAvailabilitySet, protocol.AvailabilitySet{State: protocol.AvailabilityAvailable})
		zhang.hello("")
		zhang.send(protocol.TypeCallRequest, protocol.CallRequest{RequestID: "r1", ClaimNo: "A1"})
		li.heard()
		li.send(protocol.TypeCallReject, protocol.CallReject{Call: li.call, Reason: "lunch"})
		synctest.Wait()
		c, err := w.store.Call(t.Context(), li.call)
		if err != nil || len(c.Declined) != 1 || c.Declined[0] != (call.No{User: call.User{Role: call.Adjuster, ID: "li"}, Why: "lunch"}) {
			t.Errorf("kept %+v: %v", c.Declined, err)
		}
	})
}
