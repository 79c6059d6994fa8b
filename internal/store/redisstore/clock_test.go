package redisstore

import (
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"

	"github.com/claimcall/claimcall/internal/store"
)

// handTimer is the time that passes in a process, moved by hand.
type handTimer struct{ passed time.Duration }

func (h *handTimer) clock() *clock { return &clock{elapsed: func() time.Duration { return h.passed }} }

func TestClockTakesHalfTheRoundTrip(t *testing.T) {
	h := &handTimer{passed: time.Hour}
	c := h.clock()
	c.observe(time.Hour-20*time.Millisecond, time.Hour, 1_000_000_000)
	same(t, "now", c.now(), time.UnixMicro(1_000_010_000).UTC())
	h.passed += time.Minute
	same(t, "a minute later", c.now(), time.UnixMicro(1_060_010_000).UTC())
}

func TestSlowAnswerSpoilsNothing(t *testing.T) {
	h := &handTimer{}
	c := h.clock()
	c.observe(0, 0, 5_000_000)
	h.passed = 10 * time.Second
	c.observe(0, h.passed, 5_000_000) // asked long ago, answered at once, and the answer took its time
	same(t, "now", c.now(), time.UnixMicro(15_000_000).UTC())
}

func TestClockNeverGoesBackwards(t *testing.T) {
	h := &handTimer{}
	c := h.clock()
	c.observe(0, 0, 50_000_000)
	before := c.now()
	h.passed = time.Second
	c.observe(h.passed, h.passed, 20_000_000) // another server took over, whose clock is slow
	same(t, "now", c.now(), before)
	h.passed = 30 * time.Second
	same(t, "later", c.now(), before)
	h.passed = 32 * time.Second
	same(t, "once the server's time has come", c.now(), before.Add(time.Second))
}

// A process whose timer runs wrong, or stood still while its machine slept, is put right by each answer.
func TestClockFollowsTheServer(t *testing.T) {
	h := &handTimer{}
	c := h.clock()
	var server time.Duration
	for range 1000 {
		server += time.Second
		h.passed += time.Second + time.Duration(rand.IntN(10_000)-5_000)*time.Microsecond
		trip := time.Duration(rand.IntN(2000)) * time.Microsecond
		c.observe(h.passed-trip, h.passed, (server - trip/2).Microseconds())
		if off := c.now().Sub(time.UnixMicro(server.Microseconds())); off.Abs() > 5*time.Millisecond {
			t.Fatalf("off by %v", off)
		}
	}
	h.passed -= time.Hour
	c.observe(h.passed, h.passed, server.Microseconds())
	server += time.Minute
	h.passed += time.Minute
	if off := c.now().Sub(time.UnixMicro(server.Microseconds())); off.Abs() > 5*time.Millisecond {
		t.Errorf("off by %v after a jump", off)
	}
}

func TestNowByMany(t *testing.T) {
	c := newClock()
	c.observe(0, 0, time.Now().UnixMicro())
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			last := c.now()
			for range 1000 {
				c.observe(c.elapsed(), c.elapsed(), time.Now().UnixMicro())
				now := c.now()
				if now.Before(last) {
					t.Errorf("%v came after %v", now, last)
				}
				last = now
			}
		})
	}
	wg.Wait()
}

// The server's clock is ten minutes off this machine's, which comes to the same as this machine's being off.
func TestOnlyTheServersClockCounts(t *testing.T) {
	for _, off := range []time.Duration{-10 * time.Minute, 10 * time.Minute} {
		m := miniredis.RunT(t)
		at := time.Now().Add(off).UTC().Truncate(time.Second)
		m.SetTime(at)
		s := opened(t, "redis://"+m.Addr(), Options{})
		if d := s.Now().Sub(at); d < 0 || d > time.Minute {
			t.Errorf("Now is %v after the server's time", d)
		}
		c := waitingCall("c1", at)
		put(t, s, &c)
		keepA(t, s, 5*time.Second)
		m.SetTime(at.Add(59 * time.Second))
		same(t, "due before its time", dueNow(t, s).Calls, []string(nil))
		same(t, "live after the lease", liveNow(t, s), []string{})
		m.SetTime(at.Add(time.Minute))
		same(t, "due", dueNow(t, s).Calls, []string{"c1"})
		same(t, "due within the lease", dueNow(t, s).Calls, []string(nil))
		m.SetTime(at.Add(time.Minute + 5*time.Second))
		same(t, "due after the lease", dueNow(t, s).Calls, []string{"c1"})
	}
}

func TestRealServersClock(t *testing.T) {
	r := startServer(t)
	s := opened(t, r.url(), Options{})
	side := r.client()
	defer side.Close()
	before := side.Time(t.Context()).Val()
	now := s.Now()
	after := side.Time(t.Context()).Val()
	const trip = time.Second // of a very busy machine
	if now.Before(before.Add(-trip)) || now.After(after.Add(trip)) {
		t.Errorf("Now is %v, the server's time is between %v and %v", now, before, after)
	}
	if now.Location() != time.UTC || now.Nanosecond()%1000 != 0 || now != now.Round(0) {
		t.Errorf("Now is %v", now)
	}
	keepA(t, s, time.Hour)
	same(t, "live", liveNow(t, s), []string{"a"})
	keepA(t, s, time.Second)
	eventually(t, "the lease ends", func() bool { return len(liveNow(t, s)) == 0 })
	later := waitingCall("c2", s.Now())
	later.Deadline = s.Now().Add(time.Hour)
	put(t, s, &later)
	same(t, "next", dueNow(t, s).Next, later.Deadline)
	c := waitingCall("c1", s.Now())
	c.Deadline = s.Now().Add(time.Second)
	put(t, s, &c)
	eventually(t, "the call is due", func() bool { return len(dueNow(t, s).Calls) == 1 })
	if now := side.Time(t.Context()).Val(); now.Before(c.Deadline) {
		t.Errorf("it was due %v early", c.Deadline.Sub(now))
	}
}

func keepA(t testing.TB, s *Store, ttl time.Duration) {
	t.Helper()
	if err := s.KeepNode(t.Context(), "a", ttl); err != nil {
		t.Fatal(err)
	}
}

func dueNow(t testing.TB, s *Store) store.Due {
	t.Helper()
	d, err := s.Due(t.Context(), 10, 5*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func liveNow(t testing.TB, s *Store) []string {
	t.Helper()
	nodes, err := s.LiveNodes(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return nodes
}
