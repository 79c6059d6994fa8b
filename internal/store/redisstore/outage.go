package redisstore

import (
	"math/rand/v2"
	"time"
)

const (
	firstWait = 100 * time.Millisecond // before the second subscription, at most; each further wait is twice as long
	lastWait  = 2 * time.Second        // so that with the time it takes to try, a server's return is noticed within 8 s
	steady    = 10 * time.Second       // how long a subscription lasts that counts as one; longer than any failure takes
	tellEvery = time.Minute            // between two lines in the log about the same outage
)

// outage is a row of subscriptions that failed or broke soon. The zero value is one that begins.
type outage struct {
	limit time.Duration // of the wait before
	told  time.Time
}

// failed takes in a subscription that ended now and lasted so long.
func (o *outage) failed(lasted time.Duration) {
	if lasted >= steady {
		*o = outage{}
	}
	o.limit = min(max(firstWait, 2*o.limit), lastWait)
}

// wait returns how long to wait before the next one: half of it by chance, so that the nodes do not come all at once.
func (o *outage) wait() time.Duration { return o.limit/2 + rand.N(o.limit/2+1) }

// worthTelling reports whether the log should have it: the first time, and rarely after that.
func (o *outage) worthTelling(now time.Time) bool {
	if !o.told.IsZero() && now.Sub(o.told) < tellEvery {
		return false
	}
	o.told = now
	return true
}
