package call

import "testing"

func BenchmarkStep(b *testing.B) {
	timing := DefaultTiming()
	rung := ringing(b)
	rung.Rung = []string{"wang"}
	for _, bench := range []struct {
		name string
		c    Call
		ev   Event
		at   float64
	}{
		{"Accept", rung, Accept{By: li, Session: "l1"}, 5},
		{"AcceptTwice", connecting(b), Accept{By: li, Session: "l1"}, 6},
		{"TickDue", rung, Tick{}, 31},
		{"TickEarly", rung, Tick{}, 30},
	} {
		b.Run(bench.name, func(b *testing.B) {
			b.ReportAllocs()
			now := at(bench.at)
			for b.Loop() {
				if _, _, err := Step(bench.c, bench.ev, now, timing); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
