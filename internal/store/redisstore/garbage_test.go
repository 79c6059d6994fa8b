package redisstore

import (
	"fmt"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"github.com/claimcall/claimcall/internal/call"
	"github.com/claimcall/claimcall/internal/store"
)

// What can't be read holds up nobody else: neither in the line nor of what is due.
func TestGarbageHoldsUpNobody(t *testing.T) {
	s := opened(t, "redis://"+miniredis.RunT(t).Addr(), Options{})
	for i := range 3 {
		c := call.Call{
			ID: fmt.Sprint("call", i), Version: 1, State: call.Queued, Caller: call.Claimant, Queue: "default",
			CreatedAt: s.Now().Add(time.Duration(i)), Deadline: s.Now(), Claimant: call.Leg{User: fmt.Sprint("c", i)},
		}
		if err := s.Commit(t.Context(), store.Commit{Call: &c}); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.client.HSet(t.Context(), s.keys.documents(), callName("call0"), "{").Err(); err != nil {
		t.Fatal(err)
	}
	if err := s.client.ZAdd(t.Context(), s.keys.due(), redis.Z{Score: 1, Member: "?"}).Err(); err != nil {
		t.Fatal(err)
	}
	if err := s.client.HSet(t.Context(), s.keys.documents(), "?", "{").Err(); err != nil {
		t.Fatal(err)
	}

	waiting, err := s.Waiting(t.Context(), "default", 10)
	if err != nil || len(waiting) != 2 || waiting[0].ID != "call1" {
		t.Errorf("waiting: %v, %v", waiting, err)
	}
	due, err := s.Due(t.Context(), 10, time.Minute)
	if err != nil || len(due.Calls) != 3 {
		t.Errorf("due: %v, %v", due, err)
	}
}

// A store that is closed in the middle of many commands waits for those on their way, and refuses the others.
func TestCloseInTheMiddle(t *testing.T) {
	s := opened(t, "redis://"+miniredis.RunT(t).Addr(), Options{})
	done := make(chan error)
	for range 50 {
		go func() {
			var err error
			for err == nil {
				_, err = s.Presences(t.Context(), call.User{Role: call.Adjuster, ID: "li"})
			}
			done <- err
		}()
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for range 50 {
		if err := <-done; err != store.ErrClosed {
			t.Errorf("got %v", err)
		}
	}
}
