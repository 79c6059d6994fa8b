package assigntest

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/claimcall/claimcall/hub"
	"github.com/claimcall/claimcall/internal/store/sqlitestore"
)

// hundreds is how many times TestRandomRuns has rapid check a hundred worlds.
var hundreds = flag.Int("hundreds", 5, "let TestRandomRuns check so many hundreds of worlds, with twenty runs in each")

// TestRandomRuns lets ten thousand times anything happen on two nodes with one store, in fake time. Nobody is ever held
// without a live call, or the other way round, and left alone for a while, no call is live and nobody is busy. When all
// have left, nobody is signed in, and every call is on record once.
func TestRandomRuns(t *testing.T) {
	t.Parallel()
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
		t: t, stores: []hub.Store{s, s}, unit: time.Second, deaths: 2, rests: synctest.Wait, exact: true,
		passes: func(d time.Duration) { time.Sleep(d); synctest.Wait() },
		dice:   func(label string, n int) int { return rapid.IntRange(0, n-1).Draw(t, label) },
	}
	w.open()
	defer w.close()
	w.history()
}

// TestRandomRunsOnRedis lets anything happen a hundred times on two nodes with a real Redis, in real time, which is
// why people are quick there and the worlds five at a time. Only a world's end is quiet enough to look into the store.
func TestRandomRunsOnRedis(t *testing.T) {
	t.Parallel()
	url := startRedis(t)
	var worlds sync.WaitGroup
	for n := range 5 {
		worlds.Go(func() {
			t.Run(fmt.Sprint(n), func(t *testing.T) { realWorld(t, url, uint64(n)) })
		})
	}
	worlds.Wait()
}

// realWorld is a world of its own on a Redis.
func realWorld(t *testing.T, url string, seed uint64) {
	prefix := fmt.Sprintf("w%d", seed)
	dice := rand.New(rand.NewPCG(seed, 0))
	w := &world{
		t: t, stores: []hub.Store{openRedis(t, url, prefix), openRedis(t, url, prefix)},
		unit: 20 * time.Millisecond, deaths: 4,
		rests:  func() { <-time.After(time.Duration(dice.IntN(4)) * time.Millisecond) },
		passes: func(d time.Duration) { <-time.After(d) },
		dice:   func(_ string, n int) int { return dice.IntN(n) },
	}
	w.open()
	defer w.close()
	w.history()
}
