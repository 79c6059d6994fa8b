package storetest

import (
	"slices"
	"time"

	"github.com/claimcall/claimcall/internal/call"
	"github.com/claimcall/claimcall/internal/store"
)

func due() []promise {
	return []promise{
		{"what has a deadline is due from then on", dueAtDeadline},
		{"what was returned is leased", dueLease},
		{"a commit ends the lease", dueCommit},
		{"a wake comes earlier than the deadline, never later", dueWake},
		{"the limit leaves the rest due", dueLimit},
		{"an ended call is never due", dueEnded},
		{"two nodes never get the same", dueOnce},
	}
}

const lease = 5 * time.Second

// lookFor asks node B for what is due.
func (x *trial) lookFor() store.Due {
	x.Helper()
	return must[store.Due](x, "due")(x.B.Due(x.ctx, 100, lease))
}

// isDue checks what is due now, in any order.
func (x *trial) isDue(when string, calls []string, users ...string) store.Due {
	x.Helper()
	d := x.lookFor()
	got := slices.Sorted(slices.Values(d.Calls))
	var people []string
	for _, u := range d.Users {
		people = append(people, u.ID)
	}
	x.same(when+": calls", append([]string{}, got...), append([]string{}, calls...))
	x.same(when+": users", append([]string{}, slices.Sorted(slices.Values(people))...), append([]string{}, users...))
	return d
}

// in returns the time after d.
func (x *trial) in(d time.Duration) time.Time { return x.A.Now().Add(d) }

func dueAtDeadline(x *trial) {
	c := queued("c1", "q", 0)
	c.Deadline = x.in(time.Hour)
	x.begin(c)
	li := idle("li", 0)
	li.Deadline = x.in(2 * time.Hour)
	x.arrive(li)
	x.begin(queued("never", "q", 0))

	d := x.isDue("too early", nil)
	x.same("next", d.Next, c.Deadline)
	x.Advance(time.Hour)
	d = x.isDue("after an hour", []string{"c1"})
	if d.Next.After(x.in(lease)) || d.Next.IsZero() {
		x.Errorf("next is %v, want the end of the lease", d.Next)
	}
	x.Advance(time.Hour)
	x.isDue("after two hours", []string{"c1"}, "li")
}

func dueLease(x *trial) {
	c := queued("c1", "q", 0)
	c.Deadline = x.in(-time.Second)
	x.begin(c)
	x.isDue("at first", []string{"c1"})
	x.isDue("leased", nil)
	x.Advance(lease + time.Millisecond)
	x.isDue("after the lease", []string{"c1"})
}

func dueCommit(x *trial) {
	c := queued("c1", "q", 0)
	c.Deadline = x.in(-time.Second)
	c = x.begin(c)
	x.isDue("at first", []string{"c1"})
	c = x.change(c, func(c *call.Call) { c.Deadline = x.in(-time.Second) })
	x.isDue("after a commit that sets the same deadline", []string{"c1"})
	c = x.change(c, func(c *call.Call) { c.Deadline = x.in(time.Hour) })
	x.Advance(lease + time.Millisecond)
	x.isDue("after a commit that sets a later deadline", nil)
	x.change(c, func(c *call.Call) { c.Deadline = time.Time{} })
	x.Advance(2 * time.Hour)
	x.isDue("after a commit that takes the deadline away", nil)
}

func dueWake(x *trial) {
	c := queued("c1", "q", 0)
	c.Deadline = x.in(time.Hour)
	c = x.begin(c)
	x.begin(queued("c2", "q", 0))
	wake := func(at time.Time) {
		x.commit(store.Commit{Wake: []store.Wake{{Call: "c1", At: at}, {Call: "c2", At: at}}})
	}
	wake(x.in(2 * time.Hour))
	d := x.isDue("a later wake", nil)
	x.same("next after a later wake", d.Next, c.Deadline)
	wake(x.in(time.Minute))
	x.Advance(time.Minute)
	x.isDue("an earlier wake", []string{"c1", "c2"})
	wake(x.in(0))
	x.isDue("a wake within the lease", []string{"c1", "c2"})
	x.change(c, func(*call.Call) {})
	x.Advance(lease + time.Millisecond)
	x.isDue("a commit brings back the own deadline", []string{"c2"})
}

func dueLimit(x *trial) {
	for i, id := range []string{"c1", "c2", "c3"} {
		c := queued(id, "q", 0)
		c.Deadline = x.in(time.Duration(i-10) * time.Second)
		x.begin(c)
	}
	soon := queued("soon", "q", 0)
	soon.Deadline = x.in(time.Second)
	x.begin(soon)
	d := must[store.Due](x, "due")(x.A.Due(x.ctx, 2, lease))
	x.same("the earliest two", d.Calls, []string{"c1", "c2"})
	x.same("next is of what is not due yet", d.Next, soon.Deadline)
	x.isDue("the rest", []string{"c3"})
}

func dueEnded(x *trial) {
	c := queued("c1", "q", 0)
	c.Deadline = x.in(time.Minute)
	x.end(x.begin(c))
	x.Advance(time.Hour)
	x.isDue("after the end", nil)
}

func dueOnce(x *trial) {
	var want []string
	for i := range 50 {
		c := queued("c"+string(rune('A'+i)), "q", 0)
		c.Deadline = x.in(-time.Second)
		want = append(want, x.begin(c).ID)
	}
	found := make(chan []string, 10)
	for i := range cap(found) {
		go func() {
			d, err := []store.Store{x.A, x.B}[i%2].Due(x.ctx, 7, lease)
			if err != nil {
				x.Errorf("due: %v", err)
			}
			found <- d.Calls
		}()
	}
	var got []string
	for range cap(found) {
		got = append(got, <-found...)
	}
	slices.Sort(got)
	slices.Sort(want)
	x.same("all, each once", got, want)
}
