package sqlitestore

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/claimcall/claimcall/internal/call"
	"github.com/claimcall/claimcall/internal/store"
)

func TestRetention(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := opened(t, "", Options{Retention: 24 * time.Hour})
		old := waitingCall("old", s.Now())
		put(t, s, &old)
		old = endOf(old, s.Now())
		put(t, s, &old)
		synctest.Wait() // the journal sweeps after its work

		time.Sleep(24*time.Hour - time.Second)
		if _, err := s.Call(t.Context(), "old"); err != nil {
			t.Errorf("call within its retention: %v", err)
		}
		time.Sleep(time.Second)
		isForgotten(t, s, old)
		same(t, "rows before a sweep", rows(t, s), 1)
		if err := s.Check(t.Context()); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		same(t, "rows after a sweep", rows(t, s), 0)
		_ = s.Close()
	})
}

func isForgotten(t *testing.T, s *Store, c call.Call) {
	t.Helper()
	if _, err := s.Call(t.Context(), c.ID); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("call past its retention: %v", err)
	}
	if _, err := s.Requested(t.Context(), c.Claimant.User, c.RequestID); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("request past its retention: %v", err)
	}
	if records, err := s.Records(t.Context(), store.Filter{}); len(records.Calls) != 0 || err != nil {
		t.Errorf("records past their retention: %v, %v", records, err)
	}
}

// rows counts the records in the file.
func rows(t *testing.T, s *Store) (n int) {
	t.Helper()
	if err := s.file.db.QueryRow(`SELECT count(*) FROM records`).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestSweepTakesBites(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := opened(t, "", Options{Retention: time.Hour})
		for i := range sweepBite + 10 {
			born := endOf(call.Call{ID: fmt.Sprint("c", i)}, s.Now())
			put(t, s, &born)
		}
		synctest.Wait()
		time.Sleep(2 * time.Hour)
		for _, want := range []int{10, 0, 0} {
			if err := s.submit(t.Context(), func() {}); err != nil {
				t.Fatal(err)
			}
			synctest.Wait() // the journal sweeps after its work
			same(t, "records left", rows(t, s), want)
		}
		_ = s.Close()
	})
}

// Reads and writes share one connection. A read that is cut off must neither lose it nor disturb a write.
func TestCanceledReadsDoNoHarm(t *testing.T) {
	for name, path := range map[string]string{"memory": "", "file": filepath.Join(t.TempDir(), "calls.db")} {
		s := opened(t, path, Options{})
		stop := make(chan struct{})
		var readers sync.WaitGroup
		for n := range 4 {
			readers.Go(func() { readInHaste(t, s, time.Duration(n+1)*50*time.Microsecond, stop) })
		}
		for i := range 60 {
			born := endOf(call.Call{ID: fmt.Sprint("c", i), Note: strings.Repeat("x", 2000)}, s.Now())
			put(t, s, &born)
		}
		close(stop)
		readers.Wait()
		if n := rows(t, s); n != 60 {
			t.Errorf("%s: %d of 60 records are left", name, n)
		}
	}
}

// readInHaste reads records with little time until stop is closed.
func readInHaste(t *testing.T, s *Store, patience time.Duration, stop <-chan struct{}) {
	for {
		select {
		case <-stop:
			return
		default:
		}
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		_, _ = s.Records(ctx, store.Filter{})
		_, _ = s.Call(ctx, "c1")
		cancel()
	}
}

func TestWorksInBubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := opened(t, "", Options{})
		c := waitingCall("c1", s.Now())
		put(t, s, &c)
		due, _ := s.Due(t.Context(), 9, time.Second)
		same(t, "wait for the deadline", due.Next.Sub(s.Now()), time.Minute)
		time.Sleep(due.Next.Sub(s.Now()))
		due, _ = s.Due(t.Context(), 9, time.Second)
		same(t, "due", due.Calls, []string{"c1"})
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	})
}

func TestReplacedListenerIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := opened(t, "", Options{})
		first, second := make(chan error, 1), make(chan error, 1)
		go func() { first <- s.Listen(t.Context(), "node", deaf{}) }()
		synctest.Wait()
		go func() { second <- s.Listen(t.Context(), "node", deaf{}) }()
		if err := <-first; !errors.Is(err, ErrReplaced) {
			t.Errorf("first: %v", err)
		}
		_ = s.Close()
		if err := <-second; !errors.Is(err, store.ErrClosed) {
			t.Errorf("second: %v", err)
		}
	})
}

// deaf is a listener that does nothing.
type deaf struct{}

func (deaf) Deliver(store.Message) {}
func (deaf) Resync()               {}

func TestNothingRunsAfterClose(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	s, err := Open(filepath.Join(t.TempDir(), "calls.db"), Options{Sync: true})
	if err != nil {
		t.Fatal(err)
	}
	c := waitingCall("c1", s.Now())
	put(t, s, &c)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestTimeIsUTCInMicroseconds(t *testing.T) {
	now := opened(t, "", Options{}).Now()
	if now.Location() != time.UTC || now.Nanosecond()%1000 != 0 || now != now.Round(0) {
		t.Errorf("Now is %v", now)
	}
}

func TestFoundSlotsLeaveTheGapsFree(t *testing.T) {
	s := newSlots()
	s.found(key{id: "a"}, 2)
	s.found(key{id: "b"}, 5)
	taken := map[int64]bool{}
	for i := range 4 {
		taken[s.take(key{id: fmt.Sprint(i)})] = true
	}
	same(t, "slots", taken, map[int64]bool{1: true, 3: true, 4: true, 6: true})
}

func TestPositionAmongMany(t *testing.T) {
	l := newLine()
	for i := range 10_000 {
		l.add(place{int64(i * 7919 % 10_000), key{id: "c"}})
	}
	for _, rank := range []int64{0, 1, 4999, 9999} {
		same(t, "position", l.position(place{rank, key{id: "c"}}), int(rank)+1)
	}
}
