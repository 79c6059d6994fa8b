package storetest

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/claimcall/claimcall/internal/call"
	"github.com/claimcall/claimcall/internal/store"
)

func credentials() []promise {
	return []promise{
		{"a revocation is found by every node, the last one of each user", revocations},
		{"revocations are forgotten after their time", revocationsEnd},
		{"the nodes of a user are told of a revocation", revocationTold},
		{"a name is spent once, whoever asks", spentOnce},
		{"a name can be spent again after its life", spentAgain},
	}
}

const month = 30 * 24 * time.Hour

// revoke revokes by node A.
func (x *trial) revoke(u call.User) time.Time {
	x.Helper()
	return must[time.Time](x, "revoke")(x.A.Revoke(x.ctx, u, month))
}

// revoked returns the revocations as node B finds them.
func (x *trial) revoked(since time.Time) map[call.User]time.Time {
	x.Helper()
	found := map[call.User]time.Time{}
	for _, r := range must[[]store.Revocation](x, "revocations")(x.B.Revocations(x.ctx, since)) {
		found[r.User] = r.At
	}
	return found
}

// sameTimes compares maps, whose keys JSON can't hold.
func (x *trial) sameTimes(what string, got, want map[call.User]time.Time) {
	x.Helper()
	if len(got) != len(want) {
		x.Fatalf("%s: got %v, want %v", what, got, want)
	}
	for u, at := range want {
		if !got[u].Equal(at) {
			x.Fatalf("%s: %v at %v, want %v", what, u, got[u], at)
		}
	}
}

func revocations(x *trial) {
	x.sameTimes("at first", x.revoked(time.Time{}), nil)
	li, odd := adjuster("li"), claimant("a b:c\n")
	first := x.revoke(li)
	x.Advance(time.Second)
	second := x.revoke(odd)
	if second.Sub(first) < time.Second || first.Nanosecond()%1000 != 0 {
		x.Fatalf("revoked at %v, then at %v", first, second)
	}
	x.sameTimes("both", x.revoked(time.Time{}), map[call.User]time.Time{li: first, odd: second})
	x.sameTimes("of then and later", x.revoked(second), map[call.User]time.Time{odd: second})
	x.Advance(time.Second)
	third := x.revoke(li)
	x.sameTimes("again", x.revoked(time.Time{}), map[call.User]time.Time{li: third, odd: second})
}

func revocationsEnd(x *trial) {
	x.revoke(adjuster("li"))
	x.Advance(month + time.Second)
	at := x.revoke(adjuster("wang"))
	x.sameTimes("after a month", x.revoked(time.Time{}), map[call.User]time.Time{adjuster("wang"): at})
}

func revocationTold(x *trial) {
	a := x.listen(x.A, "a")
	x.arrive(online(adjuster("li"), "a"))
	want := store.Revocation{User: adjuster("li"), At: x.revoke(adjuster("li"))}
	x.commit(store.Commit{Messages: []store.Message{want.Message()}})
	got, ok := a.next(x).Revocation()
	if !ok || got.User != want.User || !got.At.Equal(want.At) {
		x.Errorf("got %+v, want %+v", got, want)
	}
	x.tell("other", adjuster("li"))
	if got, ok := a.next(x).Revocation(); ok {
		x.Errorf("another message was taken for %+v", got)
	}
}

func spentOnce(x *trial) {
	if must[bool](x, "spent")(x.B.Spent(x.ctx, "ticket: 1")) {
		x.Fatal("spent before it was")
	}
	var firsts atomic.Int32
	var all sync.WaitGroup
	for i := range 20 {
		all.Go(func() {
			s := []store.Store{x.A, x.B}[i%2]
			if first, err := s.Spend(x.ctx, "ticket: 1", time.Minute); err == nil && first {
				firsts.Add(1)
			}
		})
	}
	all.Wait()
	x.same("firsts", firsts.Load(), 1)
	x.same("spent", must[bool](x, "spent")(x.B.Spent(x.ctx, "ticket: 1")), true)
	x.same("another name", must[bool](x, "spend")(x.A.Spend(x.ctx, "ticket: 2", time.Minute)), true)
}

func spentAgain(x *trial) {
	x.same("first", must[bool](x, "spend")(x.A.Spend(x.ctx, "t", time.Minute)), true)
	x.Advance(59 * time.Second)
	x.same("within its life", must[bool](x, "spend")(x.B.Spend(x.ctx, "t", time.Minute)), false)
	x.Advance(2 * time.Second)
	x.same("spent", must[bool](x, "spent")(x.B.Spent(x.ctx, "t")), false)
	x.same("after its life", must[bool](x, "spend")(x.B.Spend(x.ctx, "t", time.Minute)), true)
}
