package hub

import (
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
)

// TestForEach: every item is done whatever becomes of the others, and a store that is away for all of them is told of in a
// few lines.
func TestForEach(t *testing.T) {
	away := errors.New("away")
	for _, test := range []struct{ items, bad, lines int }{{0, 0, 0}, {40, 0, 0}, {40, 1, 1}, {40, 3, 3}, {40, 4, 4}, {5000, 5000, 4}} {
		items := make([]int, test.items)
		for i := range items {
			items[i] = i
		}
		var done atomic.Int64
		err := forEach(items, func(i int) error {
			done.Add(1)
			if i < test.items-test.bad {
				return nil
			}
			return fmt.Errorf("user %d: %w", i, away)
		})
		if int(done.Load()) != test.items {
			t.Errorf("%d of %d done", done.Load(), test.items)
		}
		if test.lines == 0 {
			if err != nil {
				t.Errorf("none of %d bad: %v", test.items, err)
			}
			continue
		}
		if !errors.Is(err, away) || strings.Count(err.Error(), "\n")+1 != test.lines {
			t.Errorf("%d of %d bad: got %v, want %d lines", test.bad, test.items, err, test.lines)
		}
		if test.bad > fewErrors && !strings.HasSuffix(err.Error(), fmt.Sprintf("and %d more", test.bad-fewErrors)) {
			t.Errorf("%d of %d bad: %v", test.bad, test.items, err)
		}
	}
}
