package assigntest

import (
	"flag"
	"testing"
	"time"
)

// histories is how many TestAssignment checks.
var histories = flag.Int("histories", 1000, "let TestAssignment check so many histories")

// TestAssignment: fifty adjusters and five hundred claimants call each other on two nodes with a real Redis, whose answers
// come late, say that somebody was faster, or get lost; lines drop, and their sessions go on on the other node. What the
// clients asked and heard from one quiet moment to the next has an explanation in the specification.
func TestAssignment(t *testing.T) {
	t.Parallel()
	url := startRedis(t)
	o := openOffice(t, 50, 500, openRedis(t, url, ""), openRedis(t, url, ""))
	defer o.close()
	operations := 0
	var checking time.Duration
	for range *histories {
		h, over := o.round()
		operations += len(h)
		begun := time.Now()
		for _, part := range h.refused() {
			t.Fatalf("no explanation for\n%s", part)
		}
		if !over {
			t.Fatalf("a call does not end:\n%s", h)
		}
		checking += time.Since(begun)
	}
	t.Logf("%d histories of %d operations, checked in %s", *histories, operations, checking)
}
