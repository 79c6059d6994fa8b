package redisstore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"

	"github.com/claimcall/claimcall/internal/call"
	"github.com/claimcall/claimcall/internal/store"
)

func TestDeploymentsOnOneServerDoNotMeet(t *testing.T) {
	r := startServer(t)
	one, other := opened(t, r.url(), Options{}), opened(t, r.url()+"?prefix=other", Options{})
	li, c := freeAdjuster("li", one.Now()), waitingCall("c1", one.Now())
	e, f := listens(t, one), listens(t, other)
	put(t, one, &c, li)
	put(t, other, nil, freeAdjuster("li", one.Now())) // would be stale if the first one were seen
	keepA(t, one, time.Minute)
	ended := endOf(waitingCall("c2", one.Now()), one.Now())
	ended.Version = 1
	put(t, one, &ended)

	if _, err := other.Call(t.Context(), "c1"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("call: %v", err)
	}
	same(t, "live", liveNow(t, other), []string{})
	queues, _ := other.Queues(t.Context())
	same(t, "queues", queues, []string{})
	records, _ := other.Records(t.Context(), store.Filter{})
	same(t, "records", len(records.Calls), 0)
	tell(t, one, li.User, "to one")
	tell(t, other, li.User, "to the other")
	e.hears("to one")
	f.hears("to the other")

	side := r.client()
	defer side.Close()
	for _, key := range side.Keys(t.Context(), "*").Val() {
		if !strings.HasPrefix(key, "{claimcall}:") && !strings.HasPrefix(key, "{other}:") {
			t.Errorf("key %s belongs to no deployment", key)
		}
	}
}

func TestRetention(t *testing.T) {
	m := miniredis.RunT(t)
	start := time.Now().UTC().Truncate(time.Second)
	m.SetTime(start)
	c := newHandClock()
	s := opened(t, "redis://"+m.Addr(), Options{Retention: 24 * time.Hour, now: c.Now})
	advance := func(d time.Duration) { c.Advance(d); m.FastForward(d) }
	old := waitingCall("old", s.Now())
	put(t, s, &old)
	advance(48 * time.Hour)
	if _, err := s.Requested(t.Context(), "z-old", "r-old"); err != nil {
		t.Errorf("request of a call that runs for long: %v", err)
	}
	old = endOf(old, s.Now())
	put(t, s, &old)
	advance(24*time.Hour - time.Second)
	if _, err := s.Call(t.Context(), "old"); err != nil {
		t.Errorf("call within its retention: %v", err)
	}
	young := endOf(waitingCall("young", s.Now()), s.Now())
	young.Claimant.User, young.ClaimNo, young.Version = "z-old", "claim-old", 1
	put(t, s, &young)
	advance(time.Second)
	if _, err := s.Call(t.Context(), "old"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("call past its retention: %v", err)
	}
	if _, err := s.Requested(t.Context(), "z-old", "r-old"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("request past its retention: %v", err)
	}
	for _, f := range []store.Filter{{}, {User: old.User(call.Claimant)}, {ClaimNo: "claim-old"}, {From: s.Now().Add(-1e6 * time.Hour)}} {
		records, err := s.Records(t.Context(), f)
		if err != nil || len(records.Calls) != 1 || records.Calls[0].ID != "young" {
			t.Errorf("records: %v, %v", records, err)
		}
	}
	advance(24 * time.Hour)
	same(t, "keys left", m.Keys(), []string{})
}

func TestLinesOfRecordsAreCut(t *testing.T) {
	m := miniredis.RunT(t)
	c := newHandClock()
	s := opened(t, "redis://"+m.Addr(), Options{Retention: time.Hour, now: c.Now})
	for i := range 5 {
		ended := endOf(waitingCall(fmt.Sprint("c", i), s.Now()), s.Now())
		ended.ClaimNo, ended.Version = "claim", 1
		put(t, s, &ended)
		c.Advance(20 * time.Minute)
	}
	for _, line := range []string{s.keys.records(), s.keys.recordsOn("claim")} {
		left, err := m.ZMembers(line)
		slices.Sort(left)
		if err != nil || !slices.Equal(left, []string{"c2", "c3", "c4"}) {
			t.Errorf("%s has %v, %v", line, left, err)
		}
	}
}

func TestManyRecords(t *testing.T) {
	s := opened(t, startServer(t).url(), Options{})
	const many = 1005
	now := s.Now()
	for i := range many {
		ended := endOf(waitingCall(fmt.Sprintf("c%04d", i), now), now.Add(-time.Duration(i)*time.Second))
		ended.Claimant.User, ended.Version = fmt.Sprint("z", i%2), 1
		put(t, s, &ended)
	}
	all, err := s.Records(t.Context(), store.Filter{Limit: many + 5})
	if err != nil || len(all.Calls) != many || all.Calls[0].ID != "c0000" || all.Calls[1000].ID != "c1000" || !all.Next.IsZero() {
		t.Errorf("%d records, %v", len(all.Calls), err)
	}
	half, err := store.AllRecords(t.Context(), s, store.Filter{User: call.User{Role: call.Claimant, ID: "z1"}})
	if err != nil || len(half) != many/2 {
		t.Errorf("%d records, %v", len(half), err)
	}
}

// TestAmendedRecordsExpire pins that a record is not kept longer for having been amended.
func TestAmendedRecordsExpire(t *testing.T) {
	r := startServer(t)
	s := opened(t, r.url(), Options{Retention: time.Hour})
	ended := endOf(waitingCall("c1", s.Now()), s.Now())
	ended.Version = 1
	put(t, s, &ended)
	next := ended
	next.Version, next.Notes = 2, "dent"
	if err := s.Amend(t.Context(), next, 1); err != nil {
		t.Fatal(err)
	}
	if ttl := s.client.PTTL(t.Context(), s.keys.record("c1")).Val(); ttl <= 0 || ttl > time.Hour {
		t.Errorf("the record has %v left", ttl)
	}
}

func TestTimesOfGoneDocumentsAreRemoved(t *testing.T) {
	r := startServer(t)
	s := opened(t, r.url(), Options{})
	c := waitingCall("c1", s.Now())
	put(t, s, &c)
	wake := store.Commit{Wake: []store.Wake{{Call: "c1", At: s.Now()}, {Call: "never", At: s.Now()}}}
	if err := s.Commit(t.Context(), wake); err != nil {
		t.Fatal(err)
	}
	side := r.client()
	defer side.Close()
	same(t, "times", side.ZRange(t.Context(), s.keys.due(), 0, -1).Val(), []string{"call:c1"})
	side.HDel(t.Context(), s.keys.documents(), "call:c1") // by a hand from outside
	same(t, "due", dueNow(t, s).Calls, []string(nil))
	same(t, "times", side.ZCard(t.Context(), s.keys.due()).Val(), 0)
}

func TestEverythingGoesWithTheLastDocument(t *testing.T) {
	m := miniredis.RunT(t)
	s := opened(t, "redis://"+m.Addr(), Options{Retention: time.Hour})
	li, c := freeAdjuster("li", s.Now()), waitingCall("c1", s.Now())
	li.Queues, li.Deadline = []string{"p", "q"}, s.Now().Add(time.Minute)
	put(t, s, &c, li)
	li.Version++
	li.Sessions = nil
	c = endOf(c, s.Now())
	put(t, s, &c, li)
	m.FastForward(2 * time.Hour)
	same(t, "keys left", m.Keys(), []string{})
}

// Names come from users and tokens: nothing in them may lead astray.
func TestStrangeNames(t *testing.T) {
	s := opened(t, startServer(t).url(), Options{})
	names := []string{"a b", "a\tb", "a\nb", "a!", "a", "*", "张三", "a:b", "%20", "a+b", "{x}", "\x00\xff"}
	for i, name := range names {
		li := freeAdjuster(name, s.Now().Add(time.Duration(i)))
		li.Queues, li.Sessions[0].Node = []string{name}, name
		c := waitingCall(name, s.Now())
		c.Queue, c.Deadline = name, s.Now().Add(-time.Second)
		put(t, s, &c, li)
	}
	for _, name := range names {
		waiting, err := s.Waiting(t.Context(), name, 9)
		if err != nil || len(waiting) != 1 {
			t.Errorf("%q: waiting %v, %v", name, waiting, err)
		}
		free, err := s.Free(t.Context(), name, 0, 9)
		if err != nil || len(free) != 1 {
			t.Errorf("%q: free %v, %v", name, free, err)
		}
		at, err := s.Positions(t.Context(), name, name)
		if err != nil || at[0] != 1 {
			t.Errorf("%q: position %v, %v", name, at, err)
		}
	}
	queues, err := s.Queues(t.Context())
	if err != nil || !sameSet(queues, names) {
		t.Errorf("queues %q, %v", queues, err)
	}
	stranded, err := s.Stranded(t.Context(), 99)
	if err != nil || len(stranded) != len(names) {
		t.Errorf("stranded %v, %v", stranded, err)
	}
	due, err := s.Due(t.Context(), 99, time.Second)
	if err != nil || !sameSet(due.Calls, names) {
		t.Errorf("due %q, %v", due.Calls, err)
	}
}

func sameSet(a, b []string) bool {
	a, b = slices.Clone(a), slices.Clone(b)
	slices.Sort(a)
	slices.Sort(b)
	return slices.Equal(a, b)
}

func TestMalformedDocumentIsAnError(t *testing.T) {
	r := startServer(t)
	s := opened(t, r.url(), Options{})
	side := r.client()
	defer side.Close()
	for _, text := range []string{"", "x", `{"id":1,"user":1}`} {
		side.HSet(t.Context(), s.keys.documents(), "call:c1", text, "adjuster:li", text)
		if _, err := s.Call(t.Context(), "c1"); !errors.Is(err, errDocument) {
			t.Errorf("%q as a call: %v", text, err)
		}
		if _, err := s.Presences(t.Context(), call.User{Role: call.Adjuster, ID: "li"}); !errors.Is(err, errDocument) {
			t.Errorf("%q as a presence: %v", text, err)
		}
	}
}

func TestContextIsObeyed(t *testing.T) {
	r := startServer(t)
	s := opened(t, r.url(), Options{})
	r.freeze()
	defer r.thaw()
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	begun := time.Now()
	if err := s.Commit(ctx, store.Commit{}); err == nil {
		t.Error("a frozen server takes a commit")
	}
	if took := time.Since(begun); took > time.Second {
		t.Errorf("giving up took %v", took)
	}
}

// No socket costs a command. A node costs a few a second, and none of them depends on its sessions.
func TestIdleSessionsCostNoCommands(t *testing.T) {
	r := startServer(t)
	s := opened(t, r.url(), Options{})
	for i := range 200 {
		put(t, s, nil, freeAdjuster(fmt.Sprint("li", i), s.Now()))
	}
	side := r.client()
	defer side.Close()
	before := processed(t, side)
	listens(t, s)
	eventually(t, "some echoes have come", func() bool { return echoes(t, side) >= 3 })
	if n := processed(t, side) - before; n > 40 {
		t.Errorf("%d commands with nothing to do", n)
	}
}
