package call

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// onSecond is activeOnTwo after the claimant could not reach the first provider.
func onSecond(t testing.TB) Call {
	return after(t, activeOnTwo(t), 9, ProviderFailed{By: zhang, Session: "z1", Generation: 1})
}

// carried is c with both pushes seen from second 20 to second 100.
func carried(t testing.TB, c Call) Call {
	g := c.Generation
	c = after(t, after(t, c, 20, FlowChanged{Claimant, g, true}), 20, FlowChanged{Adjuster, g, true})
	return after(t, c, 100, FlowChanged{Adjuster, g, false})
}

// provider checks which provider is in use, and which have failed.
func provider(want string, failed ...string) func(testing.TB, Call) {
	return func(t testing.TB, c Call) {
		t.Helper()
		if got := c.ProviderName(); got != want || !slices.Equal(c.Failed, failed) || c.HandedAt.IsZero() {
			t.Errorf("provider %s after %v, handed out at %v; want %s after %v", got, c.Failed, c.HandedAt, want, failed)
		}
	}
}

var mediaFailed = []string{"release zhang", "call.hangup zhang media_failed", "release li wrap-up", "call.hangup li media_failed"}

func TestProviderFailsByAParty(t *testing.T) {
	t.Parallel()
	run(t, []row{
		{name: "the next takes over", from: activeOnTwo, ev: ProviderFailed{By: zhang, Session: "z1", Generation: 1}, at: 9, state: Active,
			effects: []string{"drop relay g1", "call.streams li/l1"}, check: provider("srs", "relay")},
		{name: "without a generation", from: activeOnTwo, ev: ProviderFailed{By: li, Session: "l1"}, at: 9, state: Active,
			effects: []string{"drop relay g1", "call.streams zhang/z1"}, check: provider("srs", "relay")},
		{name: "even if the next is down", from: activeOnTwo, ev: ProviderFailed{By: li, Session: "l1", Avoid: []string{"srs"}}, at: 9,
			state: Active, effects: []string{"drop relay g1", "call.streams zhang/z1"}, check: provider("srs", "relay")},
		{name: "the other side's report of the same", from: onSecond, ev: ProviderFailed{By: li, Session: "l1", Generation: 1}, at: 10, same: true},
		{name: "nobody left: the last has a second chance", from: onSecond, ev: ProviderFailed{By: li, Session: "l1", Generation: 2}, at: 10,
			state: Active, effects: []string{"drop srs g2", "call.streams zhang/z1"}, check: provider("srs", "relay", "srs")},
		{name: "nobody left", from: func(t testing.TB) Call {
			return after(t, onSecond(t), 10, ProviderFailed{By: li, Session: "l1", Generation: 2})
		}, ev: ProviderFailed{By: zhang, Session: "z1", Generation: 3}, at: 11, state: "ended: media_failed",
			effects: append(slices.Clone(mediaFailed), "drop srs g3")},
		{name: "only one there is", from: active, ev: ProviderFailed{By: li, Session: "l1"}, at: 10, state: Active,
			effects: []string{"drop relay g1", "call.streams zhang/z1"}, check: provider("relay", "relay")},
		{name: "only one there is, and it has carried", from: func(t testing.TB) Call { return carried(t, active(t)) },
			ev: ProviderFailed{By: li, Session: "l1"}, at: 110, state: Active,
			effects: []string{"drop relay g1", "call.streams zhang/z1"}, check: provider("relay", "relay")},
		{name: "it has had its second chance", from: func(t testing.TB) Call {
			return after(t, carried(t, active(t)), 110, ProviderFailed{By: li, Session: "l1"})
		}, ev: ProviderFailed{By: li, Session: "l1"}, at: 120, state: "ended: media_failed", effects: append(slices.Clone(mediaFailed), "drop relay g2")},
		{name: "what failed before one that has carried is tried again", from: func(t testing.TB) Call { return carried(t, onSecond(t)) },
			ev: ProviderFailed{By: li, Session: "l1"}, at: 110, state: Active,
			effects: []string{"drop srs g2", "call.streams zhang/z1"}, check: provider("relay", "srs")},
		{name: "a refresh does not take away what has been proven", from: func(t testing.TB) Call {
			return after(t, carried(t, onSecond(t)), 105, Refresh{By: li, Session: "l1"})
		}, ev: ProviderFailed{By: li, Session: "l1"}, at: 110, state: Active,
			effects: []string{"drop srs g3", "call.streams zhang/z1"}, check: provider("relay", "srs")},
		{name: "by a stranger", from: activeOnTwo, ev: ProviderFailed{By: chen, Session: "x1"}, at: 9, err: ErrNotParty},
		{name: "from a device that has not joined", from: activeOnTwo, ev: ProviderFailed{By: li, Session: "l2"}, at: 9, err: ErrNotJoined},
		{name: "before there are streams", from: connecting, ev: ProviderFailed{By: li, Session: "l1"}, at: 9, err: ErrWrongState},
		{name: "after the end", from: ended, ev: ProviderFailed{By: li, Session: "l1"}, at: 90, err: ErrEnded},
	})
}

func TestProviderIsDown(t *testing.T) {
	t.Parallel()
	down := func(generation int, others ...string) ProviderFailed {
		return ProviderFailed{Generation: generation, Avoid: append([]string{"relay"}, others...)}
	}
	both := []string{"drop relay g1", "call.streams zhang/z1", "call.streams li/l1"}
	run(t, []row{
		{name: "both sides get streams of the next", from: activeOnTwo, ev: down(1), at: 9, state: Active, effects: both, check: provider("srs", "relay")},
		{name: "none is better", from: activeOnTwo, ev: down(1, "srs"), at: 9, same: true},
		{name: "none is left", from: active, ev: down(1), at: 9, same: true},
		{name: "none is left, though it has carried", from: func(t testing.TB) Call { return carried(t, active(t)) }, ev: down(1), at: 110, same: true},
		{name: "an older generation", from: onSecond, ev: down(1), at: 10, same: true},
		{name: "the claimant's push goes with it", from: func(t testing.TB) Call {
			c := background(t)
			c.Providers = []string{"relay", "srs"}
			return c
		}, ev: down(1), at: 30, state: Active, effects: both, check: func(t testing.TB, c Call) {
			if !c.Claimant.GoneAt.Equal(at(30)) || !c.Deadline.Equal(at(120)) {
				t.Errorf("gone since %v, deadline %v", c.Claimant.GoneAt, c.Deadline)
			}
		}},
		{name: "not in a call without streams", from: connecting, ev: down(0), at: 9, same: true},
		{name: "nor after the end", from: ended, ev: down(1), at: 90, same: true},
	})
}

// activeOnTwo was handed its streams after seven seconds.
func TestNobodyPushes(t *testing.T) {
	t.Parallel()
	published := func(t testing.TB) Call { return after(t, activeOnTwo(t), 16, FlowChanged{Adjuster, 1, true}) }
	run(t, []row{
		{name: "just before the time", from: activeOnTwo, ev: Tick{}, at: 16.999, same: true},
		{name: "the time is over", from: activeOnTwo, ev: Tick{}, at: 17, state: Active,
			effects: []string{"drop relay g1", "call.streams zhang/z1", "call.streams li/l1"}, check: provider("srs", "relay")},
		{name: "the next is down", from: activeOnTwo, ev: Tick{Avoid: []string{"srs"}}, at: 17, state: Active, check: deadline(7207)},
		{name: "nobody pushes to the last one either", from: func(t testing.TB) Call {
			return after(t, activeOnTwo(t), 17, Tick{})
		}, ev: Tick{}, at: 100, same: true},
		{name: "one push is enough", from: published, ev: Tick{}, at: 17, same: true},
		{name: "even one that ended", from: func(t testing.TB) Call {
			return after(t, published(t), 16, FlowChanged{Adjuster, 1, false})
		}, ev: Tick{}, at: 60, same: true},
		{name: "a refresh begins the time anew", from: func(t testing.TB) Call {
			return after(t, published(t), 20, Refresh{By: li, Session: "l1"})
		}, ev: Tick{}, at: 30, state: Active,
			effects: []string{"drop relay g2", "call.streams zhang/z1", "call.streams li/l1"}, check: provider("srs", "relay")},
		{name: "a tick that comes after the end", from: activeOnTwo, ev: Tick{}, at: 7300, state: "ended: max_duration",
			effects: []string{"release zhang", "call.hangup zhang max_duration", "release li wrap-up", "call.hangup li max_duration", "drop relay g1"}},
	})
	c := activeOnTwo(t)
	timing := DefaultTiming()
	timing.Publish = 0
	if next, _, _ := Step(c, Tick{}, at(60), timing); next.Version != c.Version {
		t.Error("a timer fires that is switched off")
	}
}

// The first streams come from the first provider that is not known to be down, and later ones from the same.
func TestFirstProvider(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		avoid []string
		want  string
	}{{nil, "relay"}, {[]string{"srs"}, "relay"}, {[]string{"relay"}, "srs"}, {[]string{"relay", "srs"}, "relay"}} {
		c := after(t, connecting(t), 6, Join{By: li, Session: "l1"})
		c.Providers = []string{"relay", "srs"}
		c = after(t, c, 7, Join{By: zhang, Session: "z1", Avoid: tt.avoid})
		again := after(t, c, 8, Join{By: zhang, Session: "z2"})
		if c.ProviderName() != tt.want || again.ProviderName() != tt.want || len(c.Failed) > 0 {
			t.Errorf("avoiding %v: %s, then %s", tt.avoid, c.ProviderName(), again.ProviderName())
		}
	}
}

// journey is one call over three providers, together with what is remembered of it outside.
type journey struct {
	*rapid.T
	call   Call
	now    time.Time
	tried  map[string]bool // since a provider was steady last
	again  bool            // the present one has had its second chance
	steady bool            // the present one was
	both   time.Time       // since when both pushes flow
}

// A call over three providers, through any failures and at any pace.
func TestFailover(t *testing.T) {
	t.Parallel()
	start := active(t)
	start.Providers = []string{"relay", "srs", "tencent"}
	rapid.Check(t, func(t *rapid.T) {
		j := &journey{T: t, call: start, now: start.ActiveAt, tried: map[string]bool{"relay": true}}
		parties := []ProviderFailed{{By: zhang, Session: "z1"}, {By: li, Session: "l1"}, {}}
		draw := func(label string, n int) int { return rapid.IntRange(0, n).Draw(t, label) }
		avoid := func() []string {
			return rapid.SliceOfDistinct(rapid.SampledFrom(start.Providers), rapid.ID[string]).Draw(t, "avoid")
		}
		t.Repeat(map[string]func(*rapid.T){
			"fail": func(*rapid.T) {
				ev := parties[draw("by", 2)]
				ev.Generation, ev.Avoid = j.call.Generation-draw("age", 1), avoid()
				j.step(ev)
			},
			"flow": func(*rapid.T) {
				side := []Role{Claimant, Adjuster}[draw("side", 1)]
				j.step(FlowChanged{side, j.call.Generation - draw("age", 3)/3, draw("on", 3) > 0})
			},
			"flow more": func(*rapid.T) {
				j.step(FlowChanged{[]Role{Claimant, Adjuster}[draw("side", 1)], j.call.Generation, true})
			},
			"refresh": func(*rapid.T) { j.step(Refresh{By: li, Session: "l1", Generation: j.call.Generation - draw("age", 1)}) },
			"wait":    func(*rapid.T) { j.now = j.now.Add(time.Duration(draw("seconds", 70)) * time.Second) },
			"tick":    func(*rapid.T) { j.step(Tick{avoid()}) },
		})
	})
}

// step takes one event and checks it against what is remembered.
func (j *journey) step(ev Event) {
	was := j.call
	j.steady = j.steady || !j.both.IsZero() && j.now.Sub(j.both) >= DefaultTiming().MediaSteady
	next, _, err := Step(was, ev, j.now, DefaultTiming())
	if err != nil && was.State != Ended {
		j.Errorf("%T%+v: %v", ev, ev, err)
	}
	if next.Generation < was.Generation || next.Generation > was.Generation+1 {
		j.Errorf("generation %d after %d", next.Generation, was.Generation)
	}
	if old, stale := generation(ev); stale && old < was.Generation && next.Version != was.Version {
		j.Errorf("%T%+v of an old generation changed the call in generation %d", ev, ev, was.Generation)
	}
	j.call = next
	j.moved(was, ev)
	j.both = bothFrom(j.both, next, j.now)
}

// moved checks where the call went, and why it ended.
func (j *journey) moved(was Call, ev Event) {
	from, to := was.ProviderName(), j.call.ProviderName()
	failed, isFailed := ev.(ProviderFailed)
	byParty := isFailed && failed.By.ID != ""
	switch left := len(was.Providers) - len(j.tried); {
	case j.call.State == Ended && was.State != Ended && j.call.End.Reason == MediaFailed:
		if !byParty || left > 0 || j.steady || !j.again {
			j.Errorf("%T%+v ended the call with %d providers untried, steady %v, second chance %v", ev, ev, left, j.steady, j.again)
		}
	case from != to:
		if j.steady {
			j.tried = map[string]bool{from: true}
		}
		if j.tried[to] {
			j.Errorf("%s again after %v", to, slices.Sorted(maps.Keys(j.tried)))
		}
		if _, timed := ev.(Tick); !timed && !isFailed {
			j.Errorf("%T moved the call", ev)
		}
		j.tried[to], j.steady, j.again = true, false, false
	case byParty && j.call.Generation > was.Generation: // the second chance of the last one
		if j.again && !j.steady {
			j.Error("a third chance for one that was never steady")
		}
		if j.steady {
			j.tried = map[string]bool{to: true}
		}
		j.steady, j.again = false, true
	}
}

// generation returns the generation that an event is about.
func generation(ev Event) (int, bool) {
	switch ev := ev.(type) {
	case ProviderFailed:
		return ev.Generation, ev.Generation > 0
	case FlowChanged:
		return ev.Generation, true
	case Refresh:
		return ev.Generation, ev.Generation > 0
	}
	return 0, false
}

func bothFrom(was time.Time, c Call, now time.Time) time.Time {
	switch {
	case c.Claimant.Flow != Publishing || c.Adjuster.Flow != Publishing:
		return time.Time{}
	case was.IsZero():
		return now
	}
	return was
}

func TestFailedIsCopied(t *testing.T) {
	t.Parallel()
	c := activeOnTwo(t)
	c.Providers, c.Failed = []string{"a", "b", "c"}, append(make([]string, 0, 4), "b")
	x := after(t, c, 9, ProviderFailed{By: li, Session: "l1"})
	y := after(t, c, 9, ProviderFailed{By: li, Session: "l1"})
	if fmt.Sprint(c.Failed[:2]) != "[b ]" || fmt.Sprint(x.Failed, y.Failed) != "[b a] [b a]" {
		t.Errorf("%q, then %q and %q", c.Failed[:2], x.Failed, y.Failed)
	}
}
