package call

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

// moments writes a timeline as lines such as "5 connecting by adjuster li", times in seconds after nine.
func moments(c Call) []string {
	var lines []string
	for _, m := range c.Timeline {
		line := fmt.Sprintf("%v v%d %s", m.At.Sub(nine).Seconds(), m.Version, m.State)
		for _, word := range []string{string(m.By), m.Adjuster, string(m.Reason), m.Provider} {
			if word != "" {
				line += " " + word
			}
		}
		if m.Generation > 0 {
			line += fmt.Sprint(" g", m.Generation)
		}
		lines = append(lines, line)
	}
	return lines
}

func TestTimeline(t *testing.T) {
	t.Parallel()
	two := activeOnTwo(t)
	two = after(t, two, 20, Refresh{By: zhang, Session: "z1"})
	two = after(t, two, 30, ProviderFailed{By: li, Session: "l1"})
	absent, _ := NewInvite(Invite{ID: "c1", Adjuster: signedIn(li, "l1"), Claimant: signedIn(zhang)}, nine, DefaultTiming())
	for name, tt := range map[string]struct {
		call Call
		want []string
	}{
		"a call": {ended(t), []string{
			"0 v1 queued claimant", "1 v2 ringing li", "5 v3 connecting adjuster li", "7 v5 active claimant li relay g1",
			"60 v6 ended claimant li hangup",
		}},
		"declined": {after(t, ringing(t), 4, Reject{By: li, Session: "l1"}), []string{
			"0 v1 queued claimant", "1 v2 ringing li", "4 v3 queued adjuster li rejected",
		}},
		"missed": {after(t, ringing(t), 31, Tick{}), []string{
			"0 v1 queued claimant", "1 v2 ringing li", "31 v3 queued li no_answer",
		}},
		"given up": {canceled(t), []string{
			"0 v1 queued claimant", "1 v2 ringing li", "5 v3 ended claimant li canceled",
		}},
		"other streams": {two, []string{
			"0 v1 queued claimant", "1 v2 ringing li", "5 v3 connecting adjuster li", "7 v5 active claimant li relay g1",
			"20 v6 active claimant li relay g2", "30 v7 active adjuster li srs g3",
		}},
		"by an operator": {after(t, active(t), 9, Finish{EndedByAdmin}), []string{
			"0 v1 queued claimant", "1 v2 ringing li", "5 v3 connecting adjuster li", "7 v5 active claimant li relay g1",
			"9 v6 ended li ended_by_admin",
		}},
		"over as it begins": {absent, []string{"0 v1 ended li offline"}},
	} {
		if got := moments(tt.call); !slices.Equal(got, tt.want) {
			t.Errorf("%s:\n got %q\nwant %q", name, got, tt.want)
		}
	}
}

// A timeline has a bound, and what is new is always at its end.
func TestTimelineIsBounded(t *testing.T) {
	t.Parallel()
	c := queued(t)
	for i := range 100 {
		before := c.Version
		now := nine.Add(time.Duration(i) * time.Second)
		c, _, _ = Step(c, Ring{User: "li", Seen: 1}, now, DefaultTiming())
		c, _, _ = Step(c, Reject{By: li}, now, DefaultTiming())
		if news := c.Since(before); len(news) != 2 || news[1].Version != c.Version || news[0].State != Ringing {
			t.Fatalf("new after version %d: %+v", before, news)
		}
	}
	if n := len(c.Timeline); n != firstMoments+lastMoments || n+c.Omitted != 201 {
		t.Errorf("%d moments, %d left out", n, c.Omitted)
	}
	if first := c.Timeline[0]; first.Version != 1 {
		t.Errorf("begins with %+v", first)
	}
	if all := c.Since(0); len(all) != len(c.Timeline) {
		t.Errorf("%d moments since the beginning", len(all))
	}
	if none := c.Since(c.Version); len(none) != 0 {
		t.Errorf("after the newest: %+v", none)
	}
}
