package storetest

import (
	"crypto/rand"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/claimcall/claimcall/internal/call"
	"github.com/claimcall/claimcall/internal/store"
)

// Writer commits again and again to a call and an adjuster of its own, with a message for the adjuster.
type Writer struct {
	b *testing.B
	s store.Store
	c call.Call
	p call.Presence
}

// NewWriter stores the first versions of a writer's documents.
func NewWriter(b *testing.B, s store.Store) *Writer {
	b.Helper()
	id := rand.Text()
	w := &Writer{b, s, usualCall(id, s.Now()), usualUser(call.User{Role: call.Adjuster, ID: id}, s.Now())}
	w.Commit()
	return w
}

// Commit stores the next version of both.
func (w *Writer) Commit() {
	next := store.Commit{Call: &w.c, CallWas: w.c.Version, Presences: []store.Presence{{Presence: w.p, Was: w.p.Version}}}
	w.c.Version++
	w.p.Version++
	next.Presences[0].Version = w.p.Version
	next.Messages = []store.Message{{To: w.p.User, Call: w.c.ID, Version: w.c.Version, Frame: make([]byte, 600)}}
	if err := w.s.Commit(w.b.Context(), next); err != nil {
		w.b.Error(err)
	}
}

// Commits reports how many commits a second a store takes from so many goroutines.
func Commits(b *testing.B, s store.Store, goroutines int) {
	writers := make([]*Writer, goroutines)
	for i := range writers {
		writers[i] = NewWriter(b, s)
	}
	byMany(b, goroutines, "commits/s", func(i int) { writers[i].Commit() })
}

// Calls reports how many whole calls a second a store takes from so many goroutines: the eight commits of a call's life,
// with the reads that go before each.
func Calls(b *testing.B, s store.Store, goroutines int) {
	pairs := make([]pair, goroutines)
	for i := range pairs {
		pairs[i] = newPair(b, s)
	}
	byMany(b, goroutines, "calls/s", func(i int) { pairs[i].wholeCall() })
}

// byMany spreads the rounds of a benchmark over goroutines, which are told their number.
func byMany(b *testing.B, goroutines int, unit string, round func(i int)) {
	b.ReportAllocs()
	b.ResetTimer()
	var rounds atomic.Int64
	var running sync.WaitGroup
	for i := range goroutines {
		running.Go(func() {
			for rounds.Add(1) <= int64(b.N) {
				round(i)
			}
		})
	}
	running.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), unit)
}

// pair is a claimant and an adjuster who call each other again and again.
type pair struct {
	b                  *testing.B
	s                  store.Store
	claimant, adjuster call.User
}

func newPair(b *testing.B, s store.Store) pair {
	b.Helper()
	id := rand.Text()
	p := pair{b, s, call.User{Role: call.Claimant, ID: id}, call.User{Role: call.Adjuster, ID: id}}
	for _, u := range []call.User{p.claimant, p.adjuster} {
		first := store.Presence{Presence: usualUser(u, s.Now())}
		first.Version = 1
		if err := s.Commit(b.Context(), store.Commit{Presences: []store.Presence{first}}); err != nil {
			b.Fatal(err)
		}
	}
	return p
}

func (p pair) wholeCall() {
	id := rand.Text()
	if _, err := p.s.Requested(p.b.Context(), p.claimant.ID, "r-"+id); err == nil {
		p.b.Error("the request is known already")
	}
	hold := func(p *call.Presence) { p.Call = id }
	free := func(p *call.Presence) { p.Call = "" }
	state := func(st call.State) func(*call.Call) { return func(c *call.Call) { c.State = st } }
	c := usualCall(id, p.s.Now())
	c.Claimant.User = p.claimant.ID
	c = p.advance(c, state(call.Queued), hold, p.claimant)
	c.Adjuster = call.Leg{User: p.adjuster.ID}
	c = p.advance(c, state(call.Ringing), hold, p.adjuster)
	c = p.advance(c, state(call.Connecting), hold, p.adjuster)
	c = p.advance(c, func(c *call.Call) { c.Claimant.Joined = true }, nil)
	c = p.advance(c, state(call.Active), nil)
	c = p.advance(c, func(c *call.Call) { c.Claimant.Flow = call.Publishing }, nil)
	end := func(c *call.Call) { c.State, c.EndedAt, c.Deadline = call.Ended, p.s.Now(), time.Time{} }
	p.advance(c, end, free, p.claimant, p.adjuster)
	wrapUp, err := p.s.Presences(p.b.Context(), p.adjuster)
	if err != nil {
		p.b.Error(err)
		return
	}
	p.commit(store.Commit{Presences: nextPresences(wrapUp, free)})
}

// advance loads the call, unless it is new, and the users, changes them and commits.
func (p pair) advance(c call.Call, how func(*call.Call), hold func(*call.Presence), users ...call.User) call.Call {
	if c.Version > 0 {
		loaded, err := p.s.Call(p.b.Context(), c.ID)
		if err != nil || loaded.Version != c.Version {
			p.b.Errorf("call: version %d instead of %d, %v", loaded.Version, c.Version, err)
		}
	}
	was := c.Version
	how(&c)
	c.Version++
	next := store.Commit{Call: &c, CallWas: was}
	if len(users) > 0 {
		presences, err := p.s.Presences(p.b.Context(), users...)
		if err != nil {
			p.b.Error(err)
		}
		next.Presences = nextPresences(presences, hold)
	}
	for _, side := range []call.Role{call.Claimant, call.Adjuster} {
		next.Messages = append(next.Messages, store.Message{To: c.User(side), Call: c.ID, Version: c.Version, Frame: make([]byte, 600)})
	}
	p.commit(next)
	return c
}

func (p pair) commit(c store.Commit) {
	if err := p.s.Commit(p.b.Context(), c); err != nil {
		p.b.Error(err)
	}
}

func nextPresences(presences []call.Presence, how func(*call.Presence)) []store.Presence {
	var next []store.Presence
	for _, p := range presences {
		next = append(next, nextPresence(p, how))
	}
	return next
}

// usualCall returns a waiting call of version 0 with what a call usually has.
func usualCall(id string, now time.Time) call.Call {
	return call.Call{
		ID: id, State: call.Queued, Caller: call.Claimant, RequestID: "r-" + id, ClaimNo: "claim-" + id, Queue: "q", Media: call.Video,
		Skills: []string{"car"}, Providers: []string{"relay"}, Note: "front bumper, left door",
		CreatedAt: now, Deadline: now.Add(time.Minute), Claimant: call.Leg{User: "z-" + id},
	}
}

// usualUser returns a presence of version 0 with one session on node a.
func usualUser(u call.User, now time.Time) call.Presence {
	p := online(u, "a")
	p.Setting, p.IdleSince, p.Skills = call.Available, now, []string{"car"}
	return p
}
