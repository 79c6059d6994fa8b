package call

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func report(u User, push, play Quality) Reported {
	return Reported{By: u, Session: u.ID[:1] + "1", Generation: 1, Measured: &Measured{push, play}}
}

// weak is active with the claimant's push reported weak from second 11.
func weak(t testing.TB) Call { return after(t, active(t), 11, report(zhang, Weak, Good)) }

// bad is active with the claimant's push reported bad by the adjuster from second 11.
func bad(t testing.TB) Call { return after(t, active(t), 11, report(li, Good, Bad)) }

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
	run(t, []row{
		{name: "all is well", from: active, ev: report(zhang, Good, Good), at: 9, same: true},
		{name: "nothing measured", from: weak, ev: Reported{By: zhang, Session: "z1", Generation: 1}, at: 12, same: true},
		{name: "weak", from: active, ev: report(zhang, Weak, Good), at: 11, state: Active, effects: told, check: quality(Weak, Good)},
		{name: "what does not arrive", from: active, ev: report(li, Good, Bad), at: 11, state: Active, effects: told, check: quality(Bad, Good)},
		{name: "weak as before", from: weak, ev: report(zhang, Weak, Good), at: 13, same: true},
		{name: "better", from: weak, ev: report(zhang, Good, Good), at: 42, state: Active, effects: told, check: quality(Good, Good)},
		{name: "one end says better, the other does not", from: func(t testing.TB) Call {
			return after(t, bad(t), 14, report(zhang, Weak, Good))
		}, ev: report(zhang, Good, Good), at: 15, state: Active, check: quality(Bad, Good)},

		{name: "bad for a while", from: bad, ev: report(li, Good, Bad), at: 25.999, same: true},
		{name: "bad for too long", from: bad, ev: report(li, Good, Bad), at: 26, state: Active, effects: proposed, check: quality(Bad, Good)},
		{name: "proposed before", from: func(t testing.TB) Call { return after(t, bad(t), 26, report(li, Good, Bad)) },
			ev: report(li, Good, Bad), at: 60, same: true},
		{name: "sound alone has nothing to go over to", from: func(t testing.TB) Call {
			c := active(t)
			c.Media = Audio
			return after(t, c, 11, report(li, Good, Bad))
		}, ev: report(li, Good, Bad), at: 60, same: true},

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
			ev: report(zhang, Bad, Bad), at: 11, same: true},
		{name: "from a device that has not joined", from: active, ev: Reported{By: li, Session: "l2"}, at: 9, err: ErrNotJoined},
		{name: "by a stranger", from: active, ev: Reported{By: chen, Session: "x1"}, at: 9, err: ErrNotParty},
		{name: "before there are streams", from: connecting, ev: report(li, Bad, Bad), at: 9, err: ErrWrongState},
		{name: "after the end", from: ended, ev: report(li, Bad, Bad), at: 90, err: ErrEnded},
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

// metered is a call and the meters of both its devices, as their nodes have them.
type metered struct {
	t      rapid.TB
	call   Call
	now    time.Time
	meters map[Role]Meter
	told   int // reports that reached the call
}

func (m *metered) report(u User, push, play int) {
	meter := m.meters[u.Role].Take(Sample{Level: push}, Sample{Level: play}, m.now, DefaultTiming())
	if meter.HasNews(m.now) {
		measured := meter.Measured()
		next, _, err := Step(m.call, Reported{By: u, Session: m.call.Leg(u.Role).Session, Measured: &measured}, m.now, DefaultTiming())
		if err != nil {
			m.t.Fatal(err)
		}
		m.call, m.told = next, m.told+1
		meter = meter.Follow(next, u.Role, DefaultTiming())
	}
	m.meters[u.Role] = meter
}

// TestMeter: whatever two devices measure, the call has what their meters say.
func TestMeter(t *testing.T) {
	t.Parallel()
	from := active(t)
	rapid.Check(t, func(t *rapid.T) {
		m := metered{t: t, call: from, now: at(9), meters: map[Role]Meter{}}
		for range rapid.IntRange(0, 60).Draw(t, "reports") {
			m.now = m.now.Add(time.Duration(rapid.IntRange(1, 12).Draw(t, "seconds")) * time.Second)
			u := rapid.SampledFrom([]User{zhang, li}).Draw(t, "by")
			m.report(u, rapid.IntRange(0, 6).Draw(t, "push"), rapid.IntRange(0, 6).Draw(t, "play"))
			own, other := m.call.Leg(u.Role), m.call.Leg(u.Role.Other())
			if got := m.meters[u.Role].Measured(); own.Sent != got.Push || other.Received != got.Play {
				t.Errorf("the call has %s and %s, measured %v", own.Sent, other.Received, got)
			}
		}
	})
}

// TestMeterIsQuiet: a level between two qualities, measured for an hour, does not reach the call; one that is bad for an
// hour does twice.
func TestMeterIsQuiet(t *testing.T) {
	t.Parallel()
	for levels, want := range map[[2]int]int{{2, 3}: 0, {1, 2}: 0, {3, 4}: 1, {5, 6}: 2, {0, 0}: 0} {
		m := metered{t: t, call: active(t), now: at(9), meters: map[Role]Meter{}}
		for i := range 1200 {
			m.now = m.now.Add(3 * time.Second)
			m.report(zhang, levels[i%2], 1)
		}
		if m.told != want {
			t.Errorf("levels %v: told %d times, want %d", levels, m.told, want)
		}
	}
}

// TestMeterFollows: what the call forgot is forgotten, and what it did not is not.
func TestMeterFollows(t *testing.T) {
	t.Parallel()
	timing := DefaultTiming()
	m := Meter{}.Take(Sample{Level: 3}, Sample{Level: 5}, at(9), timing)
	one := m.Follow(active(t), Adjuster, timing)
	if got := one.Take(Sample{Level: 3}, Sample{Level: 5}, at(11), timing).Measured(); got != (Measured{Weak, Bad}) {
		t.Errorf("the sample from before the look is lost: %v", got)
	}
	known := Meter{}.Follow(bad(t), Adjuster, timing)
	if got := known.Measured(); got != (Measured{Good, Bad}) || known.HasNews(at(25.9)) || !known.HasNews(at(26)) {
		t.Errorf("begins with %v, news %v and %v", got, known.HasNews(at(25.9)), known.HasNews(at(26)))
	}
	afresh := known.Follow(after(t, bad(t), 20, Join{By: zhang, Session: "z2"}), Adjuster, timing)
	if got := afresh.Measured(); got != (Measured{}) || afresh.HasNews(at(60)) {
		t.Errorf("another device, and still %v", got)
	}
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
