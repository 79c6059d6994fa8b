package storetest

import (
	"errors"
	"fmt"
	"time"

	"github.com/claimcall/claimcall/internal/call"
	"github.com/claimcall/claimcall/internal/store"
)

func records() []promise {
	return []promise{
		{"records come newest end first", recordOrder},
		{"filters choose by party, claim and time", recordFilters},
		{"one page leads to the next", recordPages},
		{"pages split calls that ended in the same moment", recordTies},
		{"a page looks at a bounded number of records", recordBound},
		{"a text is found in what is written", recordText},
		{"a record can be amended from its own version", recordAmended},
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
	return callIDs(must[store.Page](x, "records")(x.B.Records(x.ctx, f)).Calls)
}

func recordOrder(x *trial) {
	calls := x.ended(ended("c1", "z", "l", "n", 20), ended("c2", "z", "l", "n", 30), ended("c3", "z", "l", "n", 10))
	x.begin(queued("running", "q", 0))
	x.same("order", x.list(store.Filter{}), []string{"c2", "c1", "c3"})
	got := must[store.Page](x, "records")(x.B.Records(x.ctx, store.Filter{Limit: 1}))
	x.same("whole", got.Calls, []call.Call{calls[1]})
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
		"either side":           {store.Filter{Person: "li"}, []string{"c4", "c3", "c1"}},
		"both parties":          {store.Filter{User: adjuster("li"), Person: "y"}, []string{"c3"}},
		"party and claim":       {store.Filter{Person: "li", ClaimNo: "n3"}, []string{"c4"}},
		"reason":                {store.Filter{Reason: call.HungUp, From: at(2)}, []string{"c4", "c3"}},
		"no such reason":        {store.Filter{Reason: call.Lost}, []string{}},
		"behind one":            {store.Filter{After: store.MarkOf(calls[1])}, []string{"c1"}},
		"behind one and before": {store.Filter{After: store.MarkOf(calls[3]), Before: at(1)}, []string{"c1"}},
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
	for _, limit := range []int{1, 10, 25} {
		x.same("pages", x.pages(store.Filter{User: claimant("z"), Limit: limit}), want)
	}
}

// pages returns the IDs of the records that f chooses, page by page. All pages but the last are full.
func (x *trial) pages(f store.Filter) []string {
	x.Helper()
	got := []string{}
	for {
		page := must[store.Page](x, "records")(x.B.Records(x.ctx, f))
		got = append(got, callIDs(page.Calls)...)
		if f.After = page.Next; page.Next.IsZero() {
			return got
		}
		x.same("calls of a page that is not the last", len(page.Calls), f.Limit)
	}
}

// recordTies has more calls end in one microsecond than are on a page, some before, and some after.
func recordTies(x *trial) {
	var want []string
	for i, second := range []int{9, 9, 5, 5, 5, 5, 5, 5, 5, 1} {
		id := fmt.Sprintf("c%02d", i)
		x.ended(ended(id, "z", "z", "n", second))
		want = append(want, id)
	}
	for limit := 1; limit < 9; limit++ {
		x.same("all", x.pages(store.Filter{Limit: limit}), want)
		x.same("of a person on both sides", x.pages(store.Filter{Person: "z", Limit: limit}), want)
		x.same("about a claim", x.pages(store.Filter{ClaimNo: "n", Limit: limit}), want)
	}
}

func recordBound(x *trial) {
	const many = 150
	for i := range many {
		c := ended(fmt.Sprintf("c%05d", i), "z", "l", "n", i/10)
		if i == 0 || i == many-1 {
			c.Note = "needle"
		}
		x.ended(c)
	}
	f := store.Filter{Text: "needle", Limit: 50, Look: 100}
	first := must[store.Page](x, "records")(x.B.Records(x.ctx, f))
	if len(first.Calls) != 1 || first.Next.IsZero() {
		x.Fatalf("%d calls on the first page, next %+v", len(first.Calls), first.Next)
	}
	f.After = first.Next
	second := must[store.Page](x, "records")(x.B.Records(x.ctx, f))
	x.same("second page", callIDs(second.Calls), []string{"c00000"})
}

func recordText(x *trial) {
	c := ended("c1", "z", "li", "PA-42", 10)
	c.Claimant.Name, c.Adjuster.Name = "Wang Fang 王芳", "Li Wei"
	c.Note, c.Notes = "by the Gate", "replace lamp"
	x.ended(c, ended("c2", "z", "li", "PB-1", 20))
	for text, want := range map[string][]string{
		"pa-4": {"c1"}, "p": {"c2", "c1"}, "王": {"c1"}, "LI WEI": {"c1"}, "gate": {"c1"}, "Lamp": {"c1"}, "lamps": {}, "%": {},
	} {
		x.same(text, x.list(store.Filter{Text: text}), want)
	}
	x.same("notes for an adjuster", x.list(store.Filter{User: adjuster("li"), Text: "lamp"}), []string{"c1"})
	x.same("notes for a claimant", x.list(store.Filter{User: claimant("z"), Text: "lamp"}), []string{})
}

func recordAmended(x *trial) {
	amend := func(c call.Call, want error) {
		x.Helper()
		was := c.Version
		c.Notes, c.Version = fmt.Sprint("written at ", was), was+1
		if err := x.A.Amend(x.ctx, c, was); !errors.Is(err, want) {
			x.Fatalf("amend from version %d: got %v, want %v", was, err, want)
		}
	}
	c := x.ended(ended("c1", "z", "li", "n", 0))[0]
	amend(c, nil)
	amend(c, store.ErrStale)
	got := x.found("c1")
	x.same("version", got.Version, c.Version+1)
	x.same("notes", got.Notes, "written at 1")
	x.same("list", x.list(store.Filter{Text: "WRITTEN", User: adjuster("li")}), []string{"c1"})
	amend(got, nil)
	amend(call.Call{ID: "none", Version: 1}, store.ErrNotFound)
	amend(x.begin(queued("runs", "q", 0)), store.ErrNotFound)
	x.same("running call", x.found("runs").Notes, "")
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
