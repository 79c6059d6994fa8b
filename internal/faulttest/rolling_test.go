package faulttest

import (
	"context"
	"fmt"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/claimcall/claimcall/internal/call"
	"github.com/claimcall/claimcall/internal/store"
	"github.com/claimcall/claimcall/protocol"
)

// A rolling restart, as the design has it.
const (
	liveCalls = 200
	rounds    = 20
	oneInBusy = 5 // one in so many claimants ends a call after a moment and begins another
)

// TestRollingRestart ends one of three nodes after the other in good order and starts it again, while 200 calls run. Most
// of them run through all of it, others end and begin. Clients go where they like, when they are told to.
func TestRollingRestart(t *testing.T) {
	names := []string{"a", "b", "c"}
	c := newCluster(t, names)
	var working, calling []*bot
	for i := range liveCalls {
		adjuster, claimant := c.bot("adjuster", fmt.Sprint("adjuster", i)), c.bot("claimant", fmt.Sprint("claimant", i))
		claimant.stays = i%oneInBusy != 0
		working, calling = append(working, adjuster), append(calling, claimant)
	}
	stay, leave := context.WithCancel(t.Context())
	defer leave()
	during, over := context.WithCancel(t.Context())
	defer over()
	at, from := crowd(working, stay, stay), crowd(calling, during, stay)
	within(t, time.Minute, "all calls that stay are live", func() bool { return live(calling) == liveCalls-liveCalls/oneInBusy })

	begun := time.Now()
	for round := range rounds {
		name := names[round%len(names)]
		c.node(name).signal(syscall.SIGTERM)
		left := c.node(name).exits(leftWithin)
		if code := c.node(name).cmd.ProcessState.ExitCode(); code != 0 {
			t.Errorf("round %d: %s ended with %d", round, name, code)
		}
		c.start(name, binary)
		t.Logf("round %d: %s gone after %s, %d of the calls that stay are live", round, name, left.Round(time.Millisecond), live(calling))
	}
	t.Logf("%d rounds took %s", rounds, time.Since(begun).Round(time.Second))
	within(t, patience, "everybody is back", func() bool { return allOpen(working) && allOpen(calling) })
	over()
	c.ends(from, "the claimants' calls come to an end", 2*time.Minute)
	s := c.store(t)
	within(t, time.Minute, "no adjuster is held", func() bool { return c.stuck(s, working) == "" })
	leave()
	c.ends(at, "the adjusters leave", patience)
	checkStayed(t, calling)
	checkStrange(t, append(working, calling...))
	c.checkCalls(s, calling)
	c.checkAssignments(s, working)
	c.checkAnswers(working)
}

// live counts the claimants that stay and see their call run.
func live(claimants []*bot) int {
	n := 0
	for _, b := range claimants {
		for _, c := range b.all() {
			if b.stays && c.State == protocol.StateActive {
				n++
			}
		}
	}
	return n
}

func allOpen(bots []*bot) bool {
	return !slices.ContainsFunc(bots, func(b *bot) bool {
		b.mu.Lock()
		defer b.mu.Unlock()
		return !b.open
	})
}

// checkStayed checks that whoever stays had one call, and that its streams went on.
func checkStayed(t *testing.T, claimants []*bot) {
	t.Helper()
	for _, b := range claimants {
		if !b.stays {
			continue
		}
		if len(b.made) != 1 {
			t.Errorf("%s had %d calls, want one that runs through", b.name, len(b.made))
		}
		for _, h := range b.party.since(0) {
			if h.generation > 1 {
				t.Errorf("%s was given streams of generation %d of call %s by %s", b.name, h.generation, h.call, h.typ)
			}
		}
	}
}

func checkStrange(t *testing.T, bots []*bot) {
	t.Helper()
	for _, b := range bots {
		for _, what := range b.strange {
			t.Errorf("%s: %s", b.name, what)
		}
	}
}

// checkAnswers looks for calls that two adjusters were told they have answered.
func (c *cluster) checkAnswers(adjusters []*bot) {
	c.t.Helper()
	answered, forgotten := map[string]*bot{}, 0
	for _, b := range adjusters {
		for id, told := range b.made {
			switch other := answered[id]; {
			case other == nil:
			case c.mayForget(told) || c.mayForget(other.made[id]):
				forgotten++
			default:
				c.t.Errorf("call %s was answered by %s and by %s", id, other.name, b.name)
			}
			answered[id] = b
		}
	}
	if forgotten > 0 {
		c.t.Logf("%d calls were answered again, because a Redis that was killed forgot the first answer", forgotten)
	}
}

// checkAssignments looks for adjusters who had two calls at once.
func (c *cluster) checkAssignments(s store.Store, adjusters []*bot) {
	c.t.Helper()
	for _, b := range adjusters {
		records, err := store.AllRecords(c.t.Context(), s, store.Filter{User: call.User{Role: call.Adjuster, ID: b.name}})
		if err != nil {
			c.t.Fatal(err)
		}
		slices.SortFunc(records, func(one, other call.Call) int { return one.AcceptedAt.Compare(other.AcceptedAt) })
		for _, r := range records {
			if r.End.Reason != call.HungUp {
				c.t.Logf("%s was in call %s that ended by %s\n%s", b.name, r.ID, r.End.Reason, b.story())
			}
		}
		for i := 1; i < len(records); i++ {
			if was, is := records[i-1], records[i]; is.AcceptedAt.Before(was.EndedAt) {
				c.t.Errorf("%s had call %s until %s, and call %s from %s", b.name, was.ID, was.EndedAt, is.ID, is.AcceptedAt)
			}
		}
	}
}
