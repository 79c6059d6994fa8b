package storetest

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/claimcall/claimcall/internal/call"
	"github.com/claimcall/claimcall/internal/store"
)

// patience bounds the wait for something that must happen.
const patience = 10 * time.Second

// trial is one test with its deployment. Its methods speak of calls and people, and fail the test
// where something goes wrong.
type trial struct {
	*testing.T
	Deployment
	ctx context.Context
}

func newTrial(t *testing.T, d Deployment) *trial {
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	t.Cleanup(cancel)
	return &trial{t, d, ctx}
}

func must[T any](x *trial, what string) func(T, error) T {
	x.Helper()
	return func(v T, err error) T {
		x.Helper()
		if err != nil {
			x.Fatalf("%s: %v", what, err)
		}
		return v
	}
}

// same compares documents as they look in JSON, where times and empty lists have one form.
func (x *trial) same(what string, got, want any) {
	x.Helper()
	if g, w := asJSON(x, got), asJSON(x, want); g != w {
		x.Fatalf("%s:\n got %s\nwant %s", what, g, w)
	}
}

type fataler interface {
	Helper()
	Fatalf(format string, args ...any)
}

func asJSON(t fataler, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatalf("encode: %v", err)
	}
	return string(b)
}

// commit takes over c by node A.
func (x *trial) commit(c store.Commit) {
	x.Helper()
	if err := x.A.Commit(x.ctx, c); err != nil {
		x.Fatalf("commit: %v", err)
	}
}

// refused checks that c is stale.
func (x *trial) refused(c store.Commit) {
	x.Helper()
	if err := x.A.Commit(x.ctx, c); !errors.Is(err, store.ErrStale) {
		x.Fatalf("commit: got %v, want ErrStale", err)
	}
}

// begin stores a new call.
func (x *trial) begin(c call.Call) call.Call {
	x.Helper()
	c.Version = 1
	x.commit(store.Commit{Call: &c})
	return c
}

// change stores the next version of a call.
func (x *trial) change(c call.Call, how func(*call.Call)) call.Call {
	x.Helper()
	next := nextCall(c, how)
	x.commit(store.Commit{Call: &next, CallWas: c.Version})
	return next
}

func nextCall(c call.Call, how func(*call.Call)) call.Call {
	c = c.Clone()
	how(&c)
	c.Version++
	return c
}

// end ends a call now.
func (x *trial) end(c call.Call) call.Call {
	x.Helper()
	return x.change(c, func(c *call.Call) {
		c.State, c.EndedAt, c.Deadline = call.Ended, x.A.Now(), time.Time{}
		c.End = call.End{Reason: call.HungUp, By: call.Claimant}
	})
}

// arrive stores a first presence.
func (x *trial) arrive(p call.Presence) call.Presence {
	x.Helper()
	p.Version = store.NextVersion(0, x.A.Now())
	x.commit(store.Commit{Presences: []store.Presence{{Presence: p}}})
	return p
}

// move stores the next version of a presence.
func (x *trial) move(p call.Presence, how func(*call.Presence)) call.Presence {
	x.Helper()
	next := nextPresence(p, how)
	x.commit(store.Commit{Presences: []store.Presence{next}})
	return next.Presence
}

func nextPresence(p call.Presence, how func(*call.Presence)) store.Presence {
	was := p.Version
	p = p.Clone()
	how(&p)
	p.Version = was + 1
	return store.Presence{Presence: p, Was: was}
}

// seen returns the presence of a user as node B sees it.
func (x *trial) seen(u call.User) call.Presence {
	x.Helper()
	return must[[]call.Presence](x, "presences")(x.B.Presences(x.ctx, u))[0]
}

// found returns a call as node B sees it.
func (x *trial) found(id string) call.Call {
	x.Helper()
	return must[call.Call](x, "call")(x.B.Call(x.ctx, id))
}

// queued returns a call that waits since the given number of seconds after the start of time.
func queued(id, queue string, second int) call.Call {
	return call.Call{
		ID: id, State: call.Queued, Caller: call.Claimant, ClaimNo: "claim-" + id, Queue: queue, Media: call.Video,
		CreatedAt: second0().Add(time.Duration(second) * time.Second), Claimant: call.Leg{User: "z-" + id},
	}
}

func second0() time.Time { return time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC) }

func claimant(id string) call.User { return call.User{Role: call.Claimant, ID: id} }
func adjuster(id string) call.User { return call.User{Role: call.Adjuster, ID: id} }

// online returns the presence of a user with one session on each node.
func online(u call.User, on ...string) call.Presence {
	p := call.Presence{User: u, Name: "name of " + u.ID}
	for _, node := range on {
		p.Sessions = append(p.Sessions, call.Session{ID: u.ID + "@" + node, Node: node, Conn: 1, Online: true})
	}
	return p
}

// idle returns a free adjuster, idle since the given number of seconds.
func idle(id string, second int, queues ...string) call.Presence {
	p := online(adjuster(id), "a")
	p.Setting, p.Queues = call.Available, queues
	p.IdleSince = second0().Add(time.Duration(second) * time.Second)
	return p
}

func callIDs(calls []call.Call) []string {
	ids := []string{}
	for _, c := range calls {
		ids = append(ids, c.ID)
	}
	return ids
}

func userIDs(presences []call.Presence) []string {
	ids := []string{}
	for _, p := range presences {
		ids = append(ids, p.User.ID)
	}
	return ids
}
