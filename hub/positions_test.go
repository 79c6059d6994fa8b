package hub

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/claimcall/claimcall/internal/call"
	"github.com/claimcall/claimcall/internal/store"
	"github.com/claimcall/claimcall/internal/store/sqlitestore"
)

// lineStore is a store in which positions are what the test says.
type lineStore struct {
	Store
	places map[string]int
}

func (s *lineStore) Positions(_ context.Context, _ string, ids ...string) ([]int, error) {
	var found []int
	for _, id := range ids {
		found = append(found, s.places[id])
	}
	return found, nil
}

// withPositions runs do with the positions of a hub that does not run.
func withPositions(t *testing.T, do func(t *testing.T, p *positions, s *lineStore)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		db, err := sqlitestore.Open("", sqlitestore.Options{})
		if err != nil {
			t.Fatal(err)
		}
		s := &lineStore{Store: db, places: map[string]int{}}
		h, err := New(Config{
			Store: s, Streams: noStreams{}, Authenticate: func(string) (Identity, error) { return Identity{}, nil },
		})
		if err != nil {
			t.Fatal(err)
		}
		do(t, h.positions, s)
		h.end()
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	})
}

type noStreams struct{ Streams }

// joins puts a call into the queue of the store, with its claimant on a socket here.
func (s *lineStore) joins(t *testing.T, p *positions, id, queue string, place int) call.Call {
	t.Helper()
	c := call.Call{ID: id, Version: 1, State: call.Queued, Queue: queue, Claimant: call.Leg{User: id, Online: true}}
	if err := s.Commit(t.Context(), store.Commit{Call: &c}); err != nil {
		t.Fatal(err)
	}
	s.places[id] = place
	p.hub.register(&socket{hub: p.hub, user: c.User(call.Claimant)})
	p.begin(t.Context(), c)
	return c
}

func TestPaceOfAQueueThatWasEmpty(t *testing.T) {
	withPositions(t, func(t *testing.T, p *positions, s *lineStore) {
		s.joins(t, p, "c1", "q", 1)
		time.Sleep(50 * time.Minute)
		s.joins(t, p, "c2", "q", 1)
		s.joins(t, p, "c3", "q", 2)
		time.Sleep(30 * time.Second)
		s.places["c3"] = 1
		if err := p.tellAll(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := p.pace["q"].perPlace; got != firstEstimate {
			t.Errorf("a place takes %v, want %v: nobody waited before", got, firstEstimate)
		}
	})
}

// TestQueueNamesAreForgotten: clients may name as many queues as they like.
func TestQueueNamesAreForgotten(t *testing.T) {
	withPositions(t, func(t *testing.T, p *positions, s *lineStore) {
		for i := range 100 {
			p.paceOf(fmt.Sprint("queue-", i)) // nothing else runs
		}
		s.joins(t, p, "c1", "q", 1)
		time.Sleep(paceKept + time.Second)
		if err := p.tellAll(t.Context()); err != nil {
			t.Fatal(err)
		}
		if len(p.pace) != 1 {
			t.Errorf("%d queues are remembered, want the one in which somebody waits", len(p.pace))
		}
	})
}

// TestPlaceOfACallThatWaitsNoMore: the news that it rings came before the place was noted.
func TestPlaceOfACallThatWaitsNoMore(t *testing.T) {
	withPositions(t, func(t *testing.T, p *positions, s *lineStore) {
		c := s.joins(t, p, "c1", "q", 1)
		rings := c
		rings.State, rings.Version = call.Ringing, 2
		if err := s.Commit(t.Context(), store.Commit{Call: &rings, CallWas: 1}); err != nil {
			t.Fatal(err)
		}
		p.heard(store.Message{To: c.User(call.Claimant), Call: c.ID, Version: 2, State: call.Ringing})
		s.places["c1"] = 0
		p.begin(t.Context(), c)
		if err := p.tellAll(t.Context()); err != nil {
			t.Fatal(err)
		}
		if len(p.waiting) != 0 {
			t.Errorf("%d calls are thought to wait", len(p.waiting))
		}
	})
}
