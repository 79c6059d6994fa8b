package call

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func report(u User, push, play int) Reported {
	return Reported{By: u, Session: u.ID[:1] + "1", Generation: 1, Push: Sample{Level: push}, Play: Sample{Level: play}}
}

// weak is active with the claimant's push reported weak from second 11.
func weak(t testing.TB) Call {
	return after(t, after(t, active(t), 9, report(zhang, 3, 1)), 11, report(zhang, 4, 1))
}

// bad is active with the claimant's push reported bad by the adjuster from second 11.
func bad(t testing.TB) Call {
	return after(t, after(t, active(t), 9, report(li, 1, 5)), 11, report(li, 1, 6))
}

func quality(claimant, adjuster Quality) func(testing.TB, Call) {
	return func(t testing.TB, c Call) {
		t.Helper()
		if c.Claimant.Quality() != claimant || c.Adjuster.Quality() != adjuster {
			t.Errorf("claimant %s, adjuster %s; want %s and %s", c.Claimant.Quality(), c.Adjuster.Quality(), claimant, adjuster)
		}
	}
}

func TestReported(t *testing.T) {
	t.Parallel()
	told := []string{"call.profile zhang/z1 leg=claimant", "call.profile li/l1 leg=claimant"}
	proposed := []string{"call.profile zhang/z1 leg=claimant propose=audio", "call.profile li/l1 leg=claimant propose=audio"}
	better := func(t testing.TB) Call { return after(t, weak(t), 12, report(zhang, 1, 1)) }
	run(t, []row{
		{name: "all is well", from: active, ev: report(zhang, 1, 2), at: 9, same: true},
		{name: "nothing measured", from: active, ev: report(zhang, 0, 0), at: 9, same: true},
		{name: "one weak report", from: active, ev: report(zhang, 3, 1), at: 9, state: Active, check: quality(Good, Good)},
		{name: "a second one", from: func(t testing.TB) Call { return after(t, active(t), 9, report(zhang, 3, 1)) },
			ev: report(zhang, 3, 1), at: 11, state: Active, effects: told, check: quality(Weak, Good)},
		{name: "a good one in between", from: func(t testing.TB) Call {
			return after(t, after(t, active(t), 9, report(zhang, 3, 1)), 11, report(zhang, 2, 1))
		}, ev: report(zhang, 3, 1), at: 13, state: Active, check: quality(Good, Good)},
		{name: "what does not arrive", from: func(t testing.TB) Call { return after(t, active(t), 9, report(li, 1, 3)) },
			ev: report(li, 1, 5), at: 11, state: Active, effects: told, check: quality(Bad, Good)},
		{name: "weak as before", from: weak, ev: report(zhang, 3, 1), at: 13, same: true},
		{name: "better for the first time", from: weak, ev: report(zhang, 1, 1), at: 12, state: Active, check: quality(Weak, Good)},
		{name: "better, but not for long", from: better, ev: report(zhang, 1, 1), at: 41.999, same: true},
		{name: "better for long enough", from: better, ev: report(zhang, 1, 1), at: 42, state: Active, effects: told, check: quality(Good, Good)},
		{name: "better but for one", from: func(t testing.TB) Call { return after(t, better(t), 30, report(zhang, 3, 1)) },
			ev: report(zhang, 1, 1), at: 42, state: Active, check: quality(Weak, Good)},
		{name: "one end says better, the other does not", from: func(t testing.TB) Call {
			return after(t, after(t, bad(t), 12, report(zhang, 3, 1)), 14, report(zhang, 3, 1))
		}, ev: report(zhang, 1, 1), at: 15, state: Active, check: quality(Bad, Good)},

		{name: "bad for a while", from: bad, ev: report(li, 1, 5), at: 25.999, same: true},
		{name: "bad for too long", from: bad, ev: report(li, 1, 5), at: 26, state: Active, effects: proposed, check: quality(Bad, Good)},
		{name: "proposed before", from: func(t testing.TB) Call { return after(t, bad(t), 26, report(li, 1, 5)) },
			ev: report(li, 1, 5), at: 60, same: true},
		{name: "sound alone has nothing to go over to", from: func(t testing.TB) Call {
			c := active(t)
			c.Media = Audio
			return after(t, after(t, c, 9, report(li, 1, 5)), 11, report(li, 1, 5))
		}, ev: report(li, 1, 5), at: 60, same: true},
		{name: "from bad by one step", from: func(t testing.TB) Call { return after(t, bad(t), 12, report(li, 1, 1)) },
			ev: report(li, 1, 1), at: 42, state: Active, effects: told, check: quality(Weak, Good)},

		{name: "another device begins afresh", from: bad, ev: Join{By: zhang, Session: "z2"}, at: 20, state: Active,
			effects: []string{"call.withdrawn zhang/z1 answered_elsewhere", "call.joined zhang/z2 leg=claimant", "call.joined li/l1 leg=claimant",
				"drop relay g1", "call.streams zhang/z2", "call.streams li/l1"}, check: func(t testing.TB, c Call) {
				quality(Good, Good)(t, c)
				if !c.Claimant.BadFrom.IsZero() {
					t.Error("and still counts as bad")
				}
			}},
		{name: "new streams are as bad as the old", from: bad, ev: Refresh{By: zhang, Session: "z1"}, at: 20, state: Active,
			effects: []string{"drop relay g1", "call.streams li/l1"}, check: quality(Bad, Good)},
		{name: "of an old generation", from: func(t testing.TB) Call { return after(t, active(t), 9, Refresh{By: zhang, Session: "z1"}) },
			ev: report(zhang, 6, 6), at: 11, same: true},
		{name: "from a device that has not joined", from: active, ev: Reported{By: li, Session: "l2"}, at: 9, err: ErrNotJoined},
		{name: "by a stranger", from: active, ev: Reported{By: chen, Session: "x1"}, at: 9, err: ErrNotParty},
		{name: "before there are streams", from: connecting, ev: report(li, 6, 6), at: 9, err: ErrWrongState},
		{name: "after the end", from: ended, ev: report(li, 6, 6), at: 90, err: ErrEnded},
	})
}

func TestSample(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		Sample
		want Quality
		says bool
	}{
		{Sample{}, Good, false}, {Sample{Code: 1002}, Good, false}, {Sample{1, 0}, Good, true}, {Sample{2, 1007}, Good, true},
		{Sample{3, 0}, Weak, true}, {Sample{4, 0}, Weak, true}, {Sample{5, 0}, Bad, true}, {Sample{6, 0}, Bad, true},
		{Sample{0, 1101}, Weak, true}, {Sample{5, 1101}, Bad, true}, {Sample{1, 2105}, Weak, true},
		{Sample{1, 1102}, Bad, true}, {Sample{0, -1307}, Bad, true},
	} {
		if q, says := tt.quality(); q != tt.want || says != tt.says {
			t.Errorf("%+v is %s, %v", tt.Sample, q, says)
		}
	}
	words := []string{Good.String(), Weak.String(), Bad.String(), Quality(7).String(), Quality(-1).String()}
	if !slices.Equal(words, []string{"good", "weak", "bad", "bad", "good"}) {
		t.Errorf("the qualities are named %v", words)
	}
}

// Whatever is measured, quality falls only after two worse samples in a row and rises by one step only after better
// ones for all of the time.
func TestGauge(t *testing.T) {
	t.Parallel()
	const raise = 30 * time.Second
	levels := []int{0, 1, 3, 5}
	of := map[int]Quality{1: Good, 3: Weak, 5: Bad}
	rapid.Check(t, func(t *rapid.T) {
		now, risen := nine, nine // risen is when the quality changed last, or was confirmed or undercut
		g, last := Gauge{}, Good
		for range rapid.IntRange(0, 60).Draw(t, "samples") {
			now = now.Add(time.Duration(rapid.IntRange(1, 12).Draw(t, "seconds")) * time.Second)
			level := rapid.SampledFrom(levels).Draw(t, "level")
			was := g
			g = g.take(Sample{Level: level}, now, raise)
			switch q := of[level]; {
			case level == 0:
				if g != was {
					t.Errorf("nothing measured made %+v of %+v", g, was)
				}
				continue
			case g.Quality > was.Quality && (q <= was.Quality || last <= was.Quality || g.Quality != q):
				t.Errorf("%s after %s, %s was measured after %s", g.Quality, was.Quality, q, last)
			case g.Quality < was.Quality && (g.Quality != was.Quality-1 || now.Sub(risen) < raise):
				t.Errorf("%s after %s, and only %s since it was not better", g.Quality, was.Quality, now.Sub(risen))
			}
			if q := of[level]; q >= was.Quality || g.Quality != was.Quality {
				risen = now
			}
			last = of[level]
			if g.Quality != was.Quality {
				last = g.Quality // it takes two more
			}
		}
	})
}

func TestDeclinedIsKept(t *testing.T) {
	t.Parallel()
	c := after(t, ringing(t), 2, Reject{By: li, Session: "l1", Why: "lunch"})
	c = after(t, c, 3, Ring{User: "wang", Seen: 1})
	c = after(t, c, 4, Reject{By: wang, Session: "w1"})
	c = after(t, c, 5, Ring{User: "li", Seen: 2})
	c = after(t, c, 6, Reject{By: li, Session: "l1", Why: "still lunch"})
	if !slices.Equal(c.Declined, []No{{li, "still lunch"}}) {
		t.Errorf("kept %+v", c.Declined)
	}
	if by := after(t, invited(t), 2, Reject{By: zhang, Session: "z1", Why: "driving"}); !slices.Equal(by.Declined, []No{{zhang, "driving"}}) {
		t.Errorf("kept %+v", by.Declined)
	}
}
