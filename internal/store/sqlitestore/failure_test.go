package sqlitestore

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/claimcall/claimcall/internal/call"
	"github.com/claimcall/claimcall/internal/store"
)

// limit sets how many pages the file may have. It returns how many it has now.
func limit(t *testing.T, s *Store, pages int) int {
	t.Helper()
	var count int
	if err := s.file.db.QueryRow(`PRAGMA page_count`).Scan(&count); err != nil {
		t.Fatal(err)
	}
	if _, err := s.file.db.Exec(fmt.Sprint("PRAGMA max_page_count = ", count+pages)); err != nil {
		t.Fatal(err)
	}
	return count
}

func TestFullDiskRefusesAndKeepsMemoryTrue(t *testing.T) {
	s := opened(t, filepath.Join(t.TempDir(), "calls.db"), Options{})
	ctx := t.Context()
	c := waitingCall("c1", s.Now())
	li := freeAdjuster("li", s.Now())
	put(t, s, &c, li)

	limit(t, s, 0)
	big := c.Clone()
	big.Version, big.State, big.Note = 2, call.Ringing, strings.Repeat("x", 100_000)
	held := li.Clone()
	held.Version, held.Call = 2, "c1"
	fresh := waitingCall("c2", s.Now())
	fresh.Note = big.Note
	for _, refused := range []store.Commit{commitOf(&big, held), commitOf(&fresh)} {
		err := s.Commit(ctx, refused)
		if err == nil || errors.Is(err, store.ErrStale) {
			t.Fatalf("commit to a full file: %v", err)
		}
	}
	got, _ := s.Call(ctx, "c1")
	same(t, "call", got, c)
	free, _ := s.Free(ctx, "q", 0, 9)
	same(t, "free", free, []call.Presence{li})
	waiting, _ := s.Waiting(ctx, "q", 9)
	same(t, "waiting", waiting, []call.Call{c})

	limit(t, s, 1000)
	put(t, s, &big, held)
	put(t, s, &fresh)
	got, _ = s.Call(ctx, "c1")
	same(t, "call once there is room", got, big)
	if err := s.Check(ctx); err != nil {
		t.Errorf("check: %v", err)
	}
}

func TestSlotsSurviveFailure(t *testing.T) {
	path := filepath.Join(t.TempDir(), "calls.db")
	s := opened(t, path, Options{})
	limit(t, s, 0)
	big := waitingCall("big", s.Now())
	big.Note = strings.Repeat("x", 100_000)
	for range 3 {
		if err := s.Commit(t.Context(), commitOf(&big)); err == nil {
			t.Fatal("commit to a full file succeeds")
		}
	}
	limit(t, s, 1000)
	var want []call.Call
	for i := range 5 {
		c := waitingCall(fmt.Sprint("c", i), s.Now())
		put(t, s, &c)
		want = append(want, c)
	}
	if s.file.slots.next != 6 {
		t.Errorf("next slot is %d after five documents", s.file.slots.next)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = opened(t, path, Options{})
	for _, c := range want {
		got, err := s.Call(t.Context(), c.ID)
		same(t, "call", got, c)
		same(t, "error", err, nil)
	}
}

func TestSlotsAreUsedAgain(t *testing.T) {
	s := opened(t, "", Options{})
	for i := range 20 {
		c, li := waitingCall(fmt.Sprint("c", i), s.Now()), freeAdjuster(fmt.Sprint("li", i), s.Now())
		put(t, s, &c, li)
		c, li.Version, li.Sessions = endOf(c, s.Now()), 2, nil
		put(t, s, &c, li)
	}
	if s.file.slots.next > 3 || len(s.file.slots.of) > 0 {
		t.Errorf("slots after everything is gone: %+v", s.file.slots)
	}
}

// occupied runs f while the file is busy, so that every commit stays in flight.
func occupied(t *testing.T, s *Store, f func()) {
	t.Helper()
	tx, err := s.file.db.Begin()
	if err != nil {
		t.Fatal(err)
	}
	f()
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
}

func TestNobodyReadsWhatIsInFlight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := opened(t, "", Options{})
		c := waitingCall("c1", s.Now())
		put(t, s, &c)
		next := c.Clone()
		next.Version, next.Note = 2, "next"
		winner, loser := make(chan error, 1), make(chan error, 1)
		occupied(t, s, func() {
			go func() { winner <- s.Commit(t.Context(), commitOf(&next)) }()
			synctest.Wait()
			got, _ := s.Call(t.Context(), "c1")
			same(t, "call in flight", got, c)
			go func() { loser <- s.Commit(t.Context(), commitOf(&next)) }()
			synctest.Wait()
			if len(winner)+len(loser) > 0 {
				t.Error("a commit returned before the file had it")
			}
		})
		same(t, "winner", <-winner, nil)
		if err := <-loser; !errors.Is(err, store.ErrStale) {
			t.Errorf("loser: %v", err)
		}
		got, _ := s.Call(t.Context(), "c1")
		same(t, "call", got, next)
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
}

func TestContextEndsTheWaitAndNotTheCommit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := opened(t, "", Options{})
		c := waitingCall("c1", s.Now())
		occupied(t, s, func() {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			if err := s.Commit(ctx, commitOf(&c)); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("commit: %v", err)
			}
			if err := s.Check(ctx); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("check: %v", err)
			}
		})
		synctest.Wait()
		got, err := s.Call(t.Context(), "c1")
		same(t, "call", got, c)
		same(t, "error", err, nil)
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
}

func TestCloseWritesWhatIsQueued(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "calls.db")
		s := opened(t, path, Options{})
		results := make(chan error, 10)
		closed := make(chan error, 1)
		occupied(t, s, func() {
			for i := range cap(results) {
				c := waitingCall(fmt.Sprint("c", i), s.Now())
				go func() { results <- s.Commit(t.Context(), commitOf(&c)) }()
			}
			synctest.Wait()
			go func() { closed <- s.Close() }()
			synctest.Wait()
		})
		same(t, "close", <-closed, nil)
		for range cap(results) {
			same(t, "commit", <-results, nil)
		}
		s = opened(t, path, Options{})
		waiting, _ := s.Waiting(t.Context(), "q", 99)
		same(t, "calls", len(waiting), cap(results))
		_ = s.Close()
	})
}
