package hub_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/claimcall/claimcall/protocol"
)

// TestQueueFitsAFrame has more people wait than a list may have, with all that each may say.
func TestQueueFitsAFrame(t *testing.T) {
	inWorld(t, func(w *world) {
		for i := range protocol.MaxWaiting + 3 {
			c := w.waits(fmt.Sprint("zhang", i))
			c.send(protocol.TypeCallRequest, protocol.CallRequest{
				RequestID: "r", ClaimNo: strings.Repeat("王", protocol.MaxClaimNo), Queue: strings.Repeat("\u2028", protocol.MaxQueue),
				Skills: slices.Repeat([]string{strings.Repeat("🚗", protocol.MaxSkill)}, protocol.MaxSkills),
				Note:   strings.Repeat("🚗", protocol.MaxNote),
			})
		}
		boss := w.client("boss", "supervisor/boss").hello("")
		boss.heard()
		boss.send(protocol.TypeQueueWatch, protocol.QueueWatch{On: true})
		frame := boss.conn.take()[0]
		var answer struct{ Data protocol.QueueAnswer }
		if err := json.Unmarshal(frame, &answer); err != nil {
			t.Fatal(err)
		}
		q := answer.Data.Queue
		if len(frame) > protocol.MaxFrame || q.Total != protocol.MaxWaiting+3 || len(q.Waiting) < 2 {
			t.Errorf("%d bytes list %d of %d calls", len(frame), len(q.Waiting), q.Total)
		}
		if n := len([]rune(q.Waiting[0].Note)); n != protocol.MaxWaitingNote {
			t.Errorf("%d characters of a note", n)
		}
	})
}

// TestQueueIsLookedUpForWatchersOnly counts how often the store is asked.
func TestQueueIsLookedUpForWatchersOnly(t *testing.T) {
	inFaultyWorld(t, func(w *world, f *faulty) {
		var looks atomic.Int32
		f.has(only(func(context.Context, string) error { looks.Add(1); return nil }, "Queued"), nil)
		looked := func() int32 {
			looks.Store(0)
			time.Sleep(10 * time.Second)
			synctest.Wait()
			return looks.Load()
		}
		w.waits("zhang").requests("r1")
		w.client("chen", "adjuster/chen").hello("")
		if n := looked(); n != 0 {
			t.Errorf("%d looks while nobody watches", n)
		}
		var watchers []*client
		for _, token := range []string{"adjuster/li", "adjuster/wang", "supervisor/boss"} {
			c := w.client("watcher", token).hello("")
			c.send(protocol.TypeQueueWatch, protocol.QueueWatch{On: true})
			watchers = append(watchers, c)
		}
		if n := looked(); n < 9 || n > 11 {
			t.Errorf("%d looks in 10 s for three who watch the same", n)
		}
		for _, c := range watchers {
			c.drops()
		}
		if n := looked(); n != 0 {
			t.Errorf("%d looks while all who watch are gone", n)
		}
	})
}

// TestQueueIsShownAfterTrouble has the store fail while somebody comes.
func TestQueueIsShownAfterTrouble(t *testing.T) {
	inFaultyWorld(t, func(w *world, f *faulty) {
		boss := w.client("boss", "supervisor/boss").hello("")
		boss.send(protocol.TypeQueueWatch, protocol.QueueWatch{On: true})
		boss.heard()
		f.has(only(down, "Queued"), nil)
		w.waits("zhang").requests("r1")
		time.Sleep(3 * time.Second)
		boss.wants()
		boss.send(protocol.TypeQueueWatch, protocol.QueueWatch{On: true})
		boss.wants("error:unavailable")
		f.has(nil, nil)
		time.Sleep(1500 * time.Millisecond)
		boss.wants("queue")
		time.Sleep(3 * time.Second)
		boss.wants()
	})
}
