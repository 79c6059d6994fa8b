package faulttest

import (
	"math/rand/v2"
	"time"
)

// The SDK's rule, in web/sdk/backoff.js.
const (
	firstPause = 500 * time.Millisecond
	mostPause  = 10 * time.Second
)

// backoff says how long a client stays away after each failure in a row: any time under a ceiling that doubles.
type backoff struct{ failures int }

func (b *backoff) next() time.Duration {
	ceiling := min(mostPause, firstPause<<min(b.failures, 10))
	b.failures++
	return rand.N(ceiling)
}

// reset is for when a ping was answered.
func (b *backoff) reset() { b.failures = 0 }
