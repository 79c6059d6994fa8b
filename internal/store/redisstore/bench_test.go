package redisstore

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/claimcall/claimcall/internal/store/storetest"
)

// BenchmarkCommit changes a call and an adjuster's hold in one commit, with a message.
func BenchmarkCommit(b *testing.B) {
	r := startServer(b, "--appendonly", "yes")
	s := opened(b, r.url(), Options{})
	for _, goroutines := range []int{1, 8, 64, 256} {
		b.Run(fmt.Sprint(goroutines), func(b *testing.B) { storetest.Commits(b, s, goroutines) })
	}
}

// BenchmarkLoneCommit measures what one commit takes when nobody else commits, beside a GET and a script that does
// nothing, turn by turn.
func BenchmarkLoneCommit(b *testing.B) {
	r := startServer(b, "--appendonly", "yes")
	s := opened(b, r.url(), Options{})
	w := storetest.NewWriter(b, s)
	nothing := redis.NewScript("return 1")
	var gets, scripts, commits []time.Duration
	for b.Loop() {
		gets = append(gets, timed(func() { s.client.Get(b.Context(), "x") }))
		scripts = append(scripts, timed(func() { nothing.Run(b.Context(), s.client, []string{"x"}) }))
		commits = append(commits, timed(w.Commit))
	}
	get := median(gets)
	b.ReportMetric(get, "get-p50-µs")
	b.ReportMetric(median(scripts), "script-p50-µs")
	b.ReportMetric(median(commits), "commit-p50-µs")
	b.ReportMetric(median(scripts)/get, "script/get")
	b.ReportMetric(median(commits)/get, "commit/get")
}

func timed(do func()) time.Duration {
	begun := time.Now()
	do()
	return time.Since(begun)
}

// median returns the middle one in microseconds.
func median(times []time.Duration) float64 {
	slices.Sort(times)
	return float64(times[len(times)/2]) / float64(time.Microsecond)
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
	storetest.Calls(b, s, 64)
	b.ReportMetric(float64(sent.commands.Load())/float64(b.N), "sent/call")
	b.ReportMetric(float64(sent.trips.Load())/float64(b.N), "trips/call")
	b.ReportMetric(float64(processed(b, side)-within)/float64(b.N), "run/call")
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
