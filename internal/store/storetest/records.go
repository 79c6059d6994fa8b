package storetest

import (
	"fmt"
	"time"

	"github.com/claimcall/claimcall/internal/call"
	"github.com/claimcall/claimcall/internal/store"
)

func records() []promise {
	return []promise{
		{"records come newest end first", recordOrder},
		{"filters choose by party, claim and time", recordFilters},
		{"the end of one page leads to the next", recordPages},
		{"without a limit a hundred come", recordDefault},
		{"a call may end as it begins", bornEnded},
	}
}

// ended returns a call that ended so many seconds after some hour; the trial's ended says which.
func ended(id, claimant, adjuster, claimNo string, second int) call.Call {
	c := queued(id, "q", 0)
	c.Version, c.State, c.ClaimNo, c.CreatedAt = 1, call.Ended, claimNo, second0()
	c.Claimant.User, c.Adjuster.User = claimant, adjuster
	c.End = call.End{Reason: call.HungUp, By: call.Adjuster}
	c.EndedAt = second0().Add(time.Duration(second) * time.Second)
	return c
}

// ended stores ended calls, moved into the last hour, so that no retention is over for them.
func (x *trial) ended(calls ...call.Call) []call.Call {
	x.Helper()
	base := x.A.Now().Truncate(time.Second).Add(-time.Hour)
	for i := range calls {
		c := &calls[i]
		c.EndedAt = base.Add(c.EndedAt.Sub(second0()))
		x.commit(store.Commit{Call: c})
	}
	return calls
}

// list returns the IDs of the records that f chooses.
func (x *trial) list(f store.Filter) []string {
	x.Helper()
	return callIDs(must[[]call.Call](x, "records")(x.B.Records(x.ctx, f)))
}

func recordOrder(x *trial) {
	calls := x.ended(ended("c1", "z", "l", "n", 20), ended("c2", "z", "l", "n", 30), ended("c3", "z", "l", "n", 10))
	x.begin(queued("running", "q", 0))
	x.same("order", x.list(store.Filter{}), []string{"c2", "c1", "c3"})
	got := must[[]call.Call](x, "records")(x.B.Records(x.ctx, store.Filter{Limit: 1}))
	x.same("whole", got, []call.Call{calls[1]})
}

func recordFilters(x *trial) {
	calls := x.ended(
		ended("c1", "z", "li", "n1", 10), ended("c2", "z", "wang", "n2", 20),
		ended("c3", "y", "li", "n1", 30), ended("c4", "li", "", "n3", 40))
	at := func(i int) time.Time { return calls[i].EndedAt }
	for name, f := range map[string]struct {
		store.Filter
		want []string
	}{
		"claimant":              {store.Filter{User: claimant("z")}, []string{"c2", "c1"}},
		"adjuster":              {store.Filter{User: adjuster("li")}, []string{"c3", "c1"}},
		"same id, other role":   {store.Filter{User: claimant("li")}, []string{"c4"}},
		"claim":                 {store.Filter{ClaimNo: "n1"}, []string{"c3", "c1"}},
		"from":                  {store.Filter{From: at(1)}, []string{"c4", "c3", "c2"}},
		"before":                {store.Filter{Before: at(1)}, []string{"c1"}},
		"span":                  {store.Filter{From: at(1), Before: at(3)}, []string{"c3", "c2"}},
		"party, claim and time": {store.Filter{User: adjuster("li"), ClaimNo: "n1", From: at(1)}, []string{"c3"}},
		"nobody":                {store.Filter{User: adjuster("zhao")}, []string{}},
	} {
		x.same(name, x.list(f.Filter), f.want)
	}
}

func recordPages(x *trial) {
	var want []string
	for i := range 25 {
		id := fmt.Sprintf("c%02d", i)
		x.ended(ended(id, "z", "l", "n", i))
		want = append([]string{id}, want...)
	}
	got, f := []string{}, store.Filter{User: claimant("z"), Limit: 10}
	for {
		page := must[[]call.Call](x, "records")(x.B.Records(x.ctx, f))
		if len(page) == 0 {
			break
		}
		got = append(got, callIDs(page)...)
		f.Before = page[len(page)-1].EndedAt
	}
	x.same("pages", got, want)
}

func recordDefault(x *trial) {
	for i := range 101 {
		x.ended(ended(fmt.Sprint("c", i), "z", "l", "n", i))
	}
	x.same("default limit", len(x.list(store.Filter{})), 100)
	x.same("own limit", len(x.list(store.Filter{Limit: 101})), 101)
}

func bornEnded(x *trial) {
	c := x.ended(ended("c1", "z", "li", "n", 0))[0]
	x.same("call", x.found("c1"), c)
	x.same("records", x.list(store.Filter{User: adjuster("li")}), []string{"c1"})
}
