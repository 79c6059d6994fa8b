package hub_test

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/claimcall/claimcall/hub"
	"github.com/claimcall/claimcall/internal/call"
)

// watchedStreams are streams that know what flows.
type watchedStreams struct {
	*fakeStreams

	mu      sync.Mutex
	flows   map[string]bool // by leg and generation: c-g1
	unknown bool
	asked   func(name hub.StreamName) // runs after the answer has been found
}

func (s *watchedStreams) Publishing(provider string, name hub.StreamName) (publishing, known bool) {
	s.mu.Lock()
	publishing, known = s.flows[name.String()[len(name.Room)+1:]], !s.unknown && provider == "relay"
	asked := s.asked
	s.mu.Unlock()
	if asked != nil {
		asked(name)
	}
	return publishing, known
}

func (s *watchedStreams) set(stream string, publishing bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.flows[stream] = publishing
}

// inWatchedWorld runs do in the middle of a call in which the claimant's push flows.
func inWatchedWorld(t *testing.T, do func(w *world, s *watchedStreams, zhang, li *client)) {
	t.Helper()
	inWorld(t, func(w *world) {
		s := &watchedStreams{fakeStreams: w.streams, flows: map[string]bool{}}
		w.end()
		w.watched = s
		w.start("b")
		zhang, li := w.inCall()
		s.set("c-g1", true)
		w.flow(zhang.call, true)
		do(w, s, zhang, li)
	})
}

// flow has the media side report the claimant's first stream.
func (w *world) flow(id string, publishing bool) {
	w.t.Helper()
	name := hub.StreamName{Room: id, Leg: call.Claimant, Generation: 1}
	if err := w.hub.StreamChanged(w.t.Context(), "relay", name, publishing); err != nil {
		w.t.Error(err)
	}
}

// beats lets time pass while the client shows that it is there.
func (w *world) beats(c *client, d time.Duration) {
	for ; d > 0; d -= 5 * time.Second {
		time.Sleep(min(d, 5*time.Second))
		c.raw([]byte(`{"type":"ping","id":"beat"}`))
	}
}

func (w *world) wantClaimant(id string, want call.Link, state call.State) call.Call {
	w.t.Helper()
	synctest.Wait()
	c, err := w.store.Call(w.t.Context(), id)
	if err != nil {
		w.t.Fatal(err)
	}
	if c.Claimant.Link() != want || c.State != state {
		w.t.Errorf("the claimant is %s and the call %s, want %s and %s", c.Claimant.Link(), c.State, want, state)
	}
	return c
}

// The end of a push that nobody reported: the sweep finds out, and the grace runs from there.
func TestALostEndOfAPushIsNoticed(t *testing.T) {
	inWatchedWorld(t, func(w *world, s *watchedStreams, zhang, li *client) {
		zhang.drops()
		w.beats(li, 2*hub.DefaultTiming().GraceClaimant)
		w.wantClaimant(zhang.call, call.LinkBackground, call.Active)

		s.set("c-g1", false)
		w.beats(li, 15*time.Second)
		w.wantClaimant(zhang.call, call.LinkLost, call.Active)
		w.beats(li, hub.DefaultTiming().GraceClaimant)
		if c := w.wantClaimant(zhang.call, call.LinkLost, call.Ended); c.End.Reason != call.Lost {
			t.Errorf("ended with %q", c.End.Reason)
		}
	})
}

// The node dies, and the relay inside it: what the store says of flows is not true any more.
func TestAPushThatDiedWithTheNode(t *testing.T) {
	inWatchedWorld(t, func(w *world, s *watchedStreams, zhang, li *client) {
		w.die()
		zhang.drops()
		li.drops()
		s.set("c-g1", false)
		w.start("c")
		li.hello(li.resume)
		w.beats(li, 15*time.Second)
		w.wantClaimant(zhang.call, call.LinkLost, call.Active)
	})
}

// Where nobody knows, what was reported stands.
func TestAPushThatNobodyKnowsOf(t *testing.T) {
	inWatchedWorld(t, func(w *world, s *watchedStreams, zhang, li *client) {
		s.mu.Lock()
		s.unknown, s.flows = true, map[string]bool{}
		s.mu.Unlock()
		zhang.drops()
		w.beats(li, time.Minute)
		w.wantClaimant(zhang.call, call.LinkBackground, call.Active)
	})
}

// A push that begins while the sweep looks is not taken for one that has ended.
func TestAPushThatBeginsUnderTheSweep(t *testing.T) {
	inWatchedWorld(t, func(w *world, s *watchedStreams, zhang, _ *client) {
		s.mu.Lock()
		s.flows["c-g1"] = false
		s.asked = func(name hub.StreamName) {
			if name.Leg != call.Claimant {
				return
			}
			s.mu.Lock()
			s.asked = nil
			s.flows["c-g1"] = true
			s.mu.Unlock()
			w.flow(zhang.call, true)
		}
		s.mu.Unlock()
		zhang.drops()
		time.Sleep(15 * time.Second)
		w.wantClaimant(zhang.call, call.LinkBackground, call.Active)
	})
}
