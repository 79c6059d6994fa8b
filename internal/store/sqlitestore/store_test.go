package sqlitestore

import (
	"errors"
	"fmt"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/claimcall/claimcall/internal/call"
	"github.com/claimcall/claimcall/internal/store"
)

func TestRetention(t *testing.T) {
	path, c := filepath.Join(t.TempDir(), "calls.db"), newClock()
	o := Options{Now: c.Now, Retention: 24 * time.Hour}
	s := opened(t, path, o)
	old := waitingCall("old", s.Now())
	put(t, s, &old)
	old = endOf(old, s.Now())
	put(t, s, &old)

	c.Advance(24*time.Hour - time.Second)
	if _, err := s.Call(t.Context(), "old"); err != nil {
		t.Errorf("call within its retention: %v", err)
	}
	c.Advance(time.Second)
	if _, err := s.Call(t.Context(), "old"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("call past its retention: %v", err)
	}
	if _, err := s.Requested(t.Context(), old.Claimant.User, old.RequestID); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("request past its retention: %v", err)
	}
	records, err := s.Records(t.Context(), store.Filter{})
	if len(records) != 0 || err != nil {
		t.Errorf("records past their retention: %v, %v", records, err)
	}
	same(t, "rows before a sweep", rows(t, s), 1)
	if err := s.Check(t.Context()); err != nil { // any turn of the journal sweeps
		t.Fatal(err)
	}
	_ = s.Close()
	same(t, "rows after a sweep", rows(t, opened(t, path, o)), 0)
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
