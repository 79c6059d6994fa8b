package redisstore

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/claimcall/claimcall/internal/call"
	"github.com/claimcall/claimcall/internal/store"
)

// BenchmarkCommit changes a call and an adjuster's hold in one commit, with a message. Bare is a GET of the same
// server, in the same run.
func BenchmarkCommit(b *testing.B) {
	r := startServer(b, "--appendonly", "yes")
	s := opened(b, r.url(), Options{})
	b.Run("bare get serial", func(b *testing.B) {
		for b.Loop() {
			if err := s.client.Get(b.Context(), "x").Err(); err != redis.Nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("serial", func(b *testing.B) {
		w := newWorker(b, s, "s")
		for b.Loop() {
			w.commit()
		}
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "commits/s")
	})
	b.Run("parallel", func(b *testing.B) {
		var workers atomic.Int64
		b.SetParallelism(32)
		b.RunParallel(func(pb *testing.PB) {
			w := newWorker(b, s, fmt.Sprint("p", workers.Add(1)))
			for pb.Next() {
				w.commit()
			}
		})
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "commits/s")
	})
}

// worker commits to a call and an adjuster of its own.
type worker struct {
	b *testing.B
	s *Store
	c call.Call
	p call.Presence
}

func newWorker(b *testing.B, s *Store, name string) *worker {
	b.ReportAllocs()
	id := fmt.Sprint(name, "-", s.Now().UnixNano())
	w := &worker{b, s, benchCall(id, s.Now()), freeAdjuster(id, s.Now())}
	put(b, s, &w.c, w.p)
	return w
}

func (w *worker) commit() {
	w.c.Version++
	w.p.Version++
	w.p.Missed++
	c := commitOf(&w.c, w.p)
	c.Messages = []store.Message{{To: w.p.User, Frame: make([]byte, 600)}}
	if err := w.s.Commit(context.Background(), c); err != nil {
		w.b.Error(err)
	}
}

func benchCall(id string, now time.Time) call.Call {
	c := waitingCall(id, now)
	c.Skills, c.Providers, c.Note = []string{"car"}, []string{"relay"}, "front bumper, left door"
	return c
}

// counter counts what a client sends.
type counter struct{ commands, trips atomic.Int64 }

// DialHook implements redis.Hook.
func (c *counter) DialHook(next redis.DialHook) redis.DialHook { return next }

// ProcessHook implements redis.Hook.
func (c *counter) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		c.commands.Add(1)
		c.trips.Add(1)
		return next(ctx, cmd)
	}
}

// ProcessPipelineHook implements redis.Hook.
func (c *counter) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error {
		c.commands.Add(int64(len(cmds)))
		c.trips.Add(1)
		return next(ctx, cmds)
	}
}

// BenchmarkCall takes whole calls through the eight commits of their life, with the reads that go before each.
func BenchmarkCall(b *testing.B) {
	r := startServer(b, "--appendonly", "yes")
	s := opened(b, r.url(), Options{})
	side := r.client()
	defer side.Close()
	var sent counter
	s.client.AddHook(&sent)
	within := processed(b, side)
	var workers, calls atomic.Int64
	b.SetParallelism(32)
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		n := workers.Add(1)
		id := fmt.Sprint(n, "-", s.Now().UnixNano())
		claimant, adjuster := freeAdjuster("z"+id, s.Now()), freeAdjuster("a"+id, s.Now())
		claimant.User.Role = call.Claimant
		put(b, s, nil, claimant, adjuster)
		for pb.Next() {
			wholeCall(b, s, fmt.Sprint("call-", id, "-", calls.Add(1)), claimant.User, adjuster.User)
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "calls/s")
	b.ReportMetric(float64(sent.commands.Load())/float64(b.N), "sent/call")
	b.ReportMetric(float64(processed(b, side)-within)/float64(b.N), "run/call")
}

func wholeCall(b *testing.B, s *Store, id string, claimant, adjuster call.User) {
	if _, err := s.Requested(b.Context(), claimant.ID, "r-"+id); err == nil {
		b.Error("the request is known already")
	}
	hold := func(p *call.Presence) { p.Call = id }
	free := func(p *call.Presence) { p.Call = "" }
	state := func(st call.State) func(*call.Call) { return func(c *call.Call) { c.State = st } }
	c := benchCall(id, s.Now())
	c.Version = 0
	c.Claimant.User = claimant.ID
	c = advance(b, s, c, state(call.Queued), hold, claimant)
	c = advance(b, s, c, state(call.Ringing), hold, adjuster)
	c = advance(b, s, c, state(call.Connecting), hold, adjuster)
	c = advance(b, s, c, func(c *call.Call) { c.Claimant.Joined = true }, nil)
	c = advance(b, s, c, state(call.Active), nil)
	c = advance(b, s, c, func(c *call.Call) { c.Claimant.Flow = call.Publishing }, nil)
	end := func(c *call.Call) { c.State, c.EndedAt = call.Ended, s.Now() }
	advance(b, s, c, end, free, claimant, adjuster)
	wrapUp, _ := s.Presences(b.Context(), adjuster)
	wrapUp[0].Version++
	put(b, s, nil, wrapUp...)
}

// advance loads the call and the users, changes them and commits.
func advance(b *testing.B, s *Store, c call.Call, how func(*call.Call), hold func(*call.Presence), users ...call.User) call.Call {
	if c.Version > 0 {
		c, _ = s.Call(b.Context(), c.ID)
	}
	how(&c)
	c.Version++
	presences, _ := s.Presences(b.Context(), users...)
	for i := range presences {
		hold(&presences[i])
		presences[i].Version++
	}
	commit := commitOf(&c, presences...)
	for _, side := range []call.Role{call.Claimant, call.Adjuster} {
		commit.Messages = append(commit.Messages, store.Message{To: c.User(side), Call: c.ID, Version: c.Version, Frame: make([]byte, 600)})
	}
	if err := s.Commit(b.Context(), commit); err != nil {
		b.Error(err)
	}
	return c
}

// BenchmarkPositions asks for the position of one call among many.
func BenchmarkPositions(b *testing.B) {
	for _, n := range []int{10, 10_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			s := opened(b, startServer(b).url(), Options{})
			for i := range n {
				c := waitingCall(fmt.Sprint("c", i), time.Unix(int64(i), 0))
				put(b, s, &c)
			}
			for b.Loop() {
				if _, err := s.Positions(b.Context(), "q", "c7"); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkFree asks for the first free adjusters among many.
func BenchmarkFree(b *testing.B) {
	for _, n := range []int{10, 5_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			s := opened(b, startServer(b).url(), Options{})
			for i := range n {
				put(b, s, nil, freeAdjuster(fmt.Sprint("a", i), time.Unix(int64(i), 0)))
			}
			for b.Loop() {
				if _, err := s.Free(b.Context(), "q", 0, 8); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkTell measures from a commit to its message on another node.
func BenchmarkTell(b *testing.B) {
	r := startServer(b, "--appendonly", "yes")
	s, other := opened(b, r.url(), Options{}), opened(b, r.url(), Options{})
	e := listens(b, other)
	li := freeAdjuster("li", s.Now())
	put(b, s, nil, li)
	for b.Loop() {
		tell(b, s, li.User, "x")
		e.hears("x")
	}
}
