package redisstore

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/claimcall/claimcall/internal/call"
	"github.com/claimcall/claimcall/internal/store"
)

// waitingCall returns a queued call of version 1 with a deadline a minute later.
func waitingCall(id string, now time.Time) call.Call {
	return call.Call{
		ID: id, Version: 1, State: call.Queued, Caller: call.Claimant, RequestID: "r-" + id, ClaimNo: "claim-" + id,
		Queue: "q", Media: call.Video, CreatedAt: now, Deadline: now.Add(time.Minute), Claimant: call.Leg{User: "z-" + id},
	}
}

// endOf returns the next version of a call, ended.
func endOf(c call.Call, now time.Time) call.Call {
	c.Version++
	c.State, c.EndedAt, c.Deadline = call.Ended, now, time.Time{}
	c.End = call.End{Reason: call.HungUp, By: call.Claimant}
	return c
}

// freeAdjuster returns the first presence of an adjuster who is free on node a.
func freeAdjuster(id string, now time.Time) call.Presence {
	return call.Presence{
		User: call.User{Role: call.Adjuster, ID: id}, Version: 1, Name: "name of " + id, Skills: []string{"car"},
		Sessions: []call.Session{{ID: "s-" + id, Node: "a", Conn: 1, Online: true, Resume: "hash"}},
		Setting:  call.Available, IdleSince: now,
	}
}

// commitOf returns the commit of documents made from the versions before theirs.
func commitOf(c *call.Call, presences ...call.Presence) store.Commit {
	var commit store.Commit
	if c != nil {
		commit.Call, commit.CallWas = c, c.Version-1
	}
	for _, p := range presences {
		commit.Presences = append(commit.Presences, store.Presence{Presence: p, Was: p.Version - 1})
	}
	return commit
}

// put commits documents made from the versions before theirs.
func put(t testing.TB, s *Store, c *call.Call, presences ...call.Presence) {
	t.Helper()
	if err := s.Commit(t.Context(), commitOf(c, presences...)); err != nil {
		t.Fatal(err)
	}
}

// tell sends a user one message.
func tell(t testing.TB, s *Store, u call.User, frame string) {
	t.Helper()
	commit := store.Commit{Messages: []store.Message{{To: u, Frame: []byte(frame)}}}
	if err := s.Commit(t.Context(), commit); err != nil {
		t.Fatal(err)
	}
}

func same(t testing.TB, what string, got, want any) {
	t.Helper()
	g, _ := json.Marshal(got)
	w, _ := json.Marshal(want)
	if string(g) != string(w) {
		t.Errorf("%s:\n got %s\nwant %s", what, g, w)
	}
}
