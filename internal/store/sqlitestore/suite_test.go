package sqlitestore

import (
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/claimcall/claimcall/internal/store/storetest"
)

// clock is a time that only the test moves.
type clock struct{ now atomic.Int64 } // in nanoseconds since 1970

func newClock() *clock {
	c := new(clock)
	c.now.Store(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC).UnixNano())
	return c
}

func (c *clock) Now() time.Time          { return time.Unix(0, c.now.Load()) }
func (c *clock) Advance(d time.Duration) { c.now.Add(int64(d)) }

// opened opens a store that the test's end closes.
func opened(t testing.TB, path string, o Options) *Store {
	t.Helper()
	s, err := Open(path, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() }) // the test may have closed it
	return s
}

func TestSuiteInMemory(t *testing.T) {
	storetest.Run(t, func(t *testing.T) storetest.Deployment {
		c := newClock()
		s := opened(t, "", Options{Now: c.Now})
		return storetest.Deployment{A: s, B: s, Advance: c.Advance}
	})
}

func TestSuiteOnFile(t *testing.T) {
	storetest.Run(t, func(t *testing.T) storetest.Deployment {
		c := newClock()
		s := opened(t, filepath.Join(t.TempDir(), "calls.db"), Options{Now: c.Now})
		return storetest.Deployment{A: s, B: s, Advance: c.Advance}
	})
}
