package hub_test

import (
	"strings"
	"testing"
	"time"

	"github.com/claimcall/claimcall/hub"
)

// keepingWorld has records, and a hub that keeps them so long.
func keepingWorld(t *testing.T, keep hub.Keep, do func(w *world)) {
	t.Helper()
	inWorld(t, func(w *world) {
		w.hasRecords()
		w.end()
		w.keep = keep
		w.start("b")
		do(w)
	})
}

func TestTextsAreKeptForTheirTime(t *testing.T) {
	keepingWorld(t, hub.Keep{Texts: 2 * time.Hour}, func(w *world) {
		w.pass(110 * time.Minute)
		if all := w.everything(); !strings.Contains(all, "dent") || !strings.Contains(all, "Wu") || !strings.Contains(all, "Gate") {
			t.Errorf("before their time: %s", all)
		}
		w.pass(75 * time.Minute)
		all := w.everything()
		for _, text := range []string{"dent", "Gate", `"Wu"`, `"Li"`, `"Zhang"`} {
			if strings.Contains(all, text) {
				t.Errorf("%s is left: %s", text, all)
			}
		}
		if strings.Count(all, `"claim_no"`) != 6 || !strings.Contains(all, `"li"`) {
			t.Errorf("left: %s", all)
		}
	})
}

func TestRecordsAreKeptForTheirTime(t *testing.T) {
	keepingWorld(t, hub.Keep{Records: 2 * time.Hour}, func(w *world) {
		w.pass(110 * time.Minute)
		if n := strings.Count(w.everything(), `"claim_no"`); n != 6 {
			t.Errorf("%d records before their time", n)
		}
		w.pass(75 * time.Minute)
		if all := w.everything(); all != "null" {
			t.Errorf("left: %s", all)
		}
	})
}
