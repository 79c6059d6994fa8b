package assigntest

import (
	"flag"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/claimcall/claimcall/hub"
	"github.com/claimcall/claimcall/internal/store/sqlitestore"
)

// hundreds is how many times TestRandomRuns has rapid check a hundred worlds.
var hundreds = flag.Int("hundreds", 1, "let TestRandomRuns check so many hundreds of worlds, with ten runs in each")

// runsPerWorld keeps the fake time of one bubble to minutes.
const runsPerWorld = 10

// overAfter is when everything must be over that has been left alone: a second each to notice, the lease of a node, the time
// that a node which had no lease gives everybody, the retry of whoever could not reach the store, and the longest grace.
const overAfter = 30 * time.Second

// TestRandomRuns lets a thousand times, or ten thousand with -hundreds 10, anything happen on two nodes with one store, in fake time. Nobody is ever held
// without a live call, or the other way round, and when everybody has left and all graces are over, no call is left, nobody
// is busy, and every call is on record once.
func TestRandomRuns(t *testing.T) {
	for n := range *hundreds {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(t *rapid.T) { rapid.SyncTest(t, fakeWorld) })
		})
	}
}

// fakeWorld is a world in memory, in fake time.
func fakeWorld(t *rapid.T) {
	s, err := sqlitestore.Open("", sqlitestore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	w := &world{
		t: t, stores: []hub.Store{s, s}, timing: worldTiming(time.Second), rest: synctest.Wait, deaths: 2,
		passes: func(d time.Duration) { time.Sleep(d); synctest.Wait() },
	}
	w.open()
	defer w.close()
	for range runsPerWorld {
		w.run(rapid.IntRange(1, 20).Draw(t, "steps"))
		for left := overAfter; !w.isOver() && left > 0; left -= time.Second {
			w.passes(time.Second)
		}
		if !w.isOver() {
			t.Fatalf("not over: %+v", w.presences())
		}
		w.checkHolds()
		w.checkRecords()
	}
}

// worldTiming has everything end within a few units. A node's lease takes its five seconds all the same.
func worldTiming(unit time.Duration) hub.Timing {
	return hub.Timing{
		Ring: 6 * unit, Join: 5 * unit, Queue: 20 * unit, GraceClaimant: 6 * unit, GraceAdjuster: 4 * unit,
		RingGone: unit, WrapUp: 3 * unit, MaxCall: 20 * unit, MaxMissed: 2,
	}
}

// run lets so many things happen, and then everybody leave.
func (w *world) run(steps int) {
	w.everybodyComes()
	for range steps {
		w.step()
		w.settle()
	}
	w.mend()
	for _, p := range w.people {
		p.leaves()
	}
}
