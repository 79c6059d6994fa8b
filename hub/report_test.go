package hub_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/claimcall/claimcall/internal/call"
	"github.com/claimcall/claimcall/protocol"
)

// report sends what a device measures, as levels, and waits until the next may be sent.
func (c *client) report(generation, push, play int) {
	c.send(protocol.TypeStreamsReport, protocol.StreamsReport{
		Call: c.call, Generation: generation, Push: &protocol.StreamStats{Level: push}, Play: &protocol.StreamStats{Level: play},
	})
	time.Sleep(2 * time.Second)
}

// measures sends a report about the first streams.
func (c *client) measures(push, play int) {
	c.send(protocol.TypeStreamsReport, protocol.StreamsReport{
		Call: c.call, Generation: 1, Push: &protocol.StreamStats{Level: push}, Play: &protocol.StreamStats{Level: play},
	})
}

// counts has the operations of the store counted from now on. It returns what tells how often calls were read and anything
// was committed since.
func (f *faulty) counts() func() (reads, commits int) {
	var mu sync.Mutex
	ops := map[string]int{}
	f.has(func(_ context.Context, op string) error {
		mu.Lock()
		defer mu.Unlock()
		ops[op]++
		return nil
	}, nil)
	return func() (int, int) {
		mu.Lock()
		defer mu.Unlock()
		return ops["Call"], ops["Commit"]
	}
}

// qualities are those of the claimant's and the adjuster's stream.
func (w *world) qualities(id string) [2]call.Quality {
	w.t.Helper()
	c, err := w.store.Call(w.t.Context(), id)
	if err != nil {
		w.t.Fatal(err)
	}
	return [2]call.Quality{c.Claimant.Quality(), c.Adjuster.Quality()}
}

// TestReportsThatChangeNothingCostNothing: each side reports every few seconds, for as long as a call lasts, and a level
// that sways between two qualities is a change of neither.
func TestReportsThatChangeNothingCostNothing(t *testing.T) {
	inFaultyWorld(t, func(w *world, f *faulty) {
		zhang, li := w.inCall()
		zhang.report(1, 2, 2)
		li.report(1, 2, 2)
		count := f.counts()
		for i := range 50 {
			zhang.report(1, 2+i%2, 1)
			li.report(1, 1, 3-i%2)
		}
		synctest.Wait()
		if reads, commits := count(); reads != 0 || commits != 0 {
			t.Errorf("100 reports took %d reads and %d commits", reads, commits)
		}
	})
}

// TestABadStreamIsTold: once when it gets bad, and once to propose sound alone.
func TestABadStreamIsTold(t *testing.T) {
	inFaultyWorld(t, func(w *world, f *faulty) {
		zhang, li := w.inCall()
		zhang.report(1, 1, 1)
		li.report(1, 1, 1)
		li.heard()
		count := f.counts()
		for range 50 {
			zhang.report(1, 6, 1)
			li.report(1, 1, 1)
		}
		synctest.Wait()
		if reads, commits := count(); reads != 2 || commits != 2 {
			t.Errorf("100 reports took %d reads and %d commits", reads, commits)
		}
		f.has(nil, nil)
		got := slices.DeleteFunc(li.events(), func(event string) bool { return event == "ok" })
		if !slices.Equal(got, []string{"call.profile", "call.profile"}) {
			t.Errorf("li heard %v", got)
		}
	})
}

// TestReportsGoOnElsewhere: who returns with another socket goes on from what the call has.
func TestReportsGoOnElsewhere(t *testing.T) {
	inFaultyWorld(t, func(w *world, _ *faulty) {
		zhang, _ := w.inCall()
		zhang.report(1, 4, 1)
		zhang.report(1, 4, 1)
		_, back := zhang.returning()
		back()
		zhang.report(1, 2, 1)
		if got := w.qualities(zhang.call); got != [2]call.Quality{call.Weak, call.Good} {
			t.Errorf("one report after the return: %v", got)
		}
		for range 16 {
			zhang.report(1, 2, 1)
		}
		if got := w.qualities(zhang.call); got != [2]call.Quality{call.Good, call.Good} {
			t.Errorf("half a minute after the return: %v", got)
		}
	})
}

// TestReportsAfterTheEnd are told so, though no report before asked the store.
func TestReportsAfterTheEnd(t *testing.T) {
	inFaultyWorld(t, func(w *world, _ *faulty) {
		zhang, li := w.inCall()
		zhang.report(1, 1, 1)
		li.does(protocol.TypeCallHangup)
		zhang.heard()
		zhang.report(1, 1, 1)
		if got := zhang.heard(); len(got) != 1 || got[0].Type != protocol.TypeError {
			t.Errorf("heard %+v", got)
		}
	})
}
