package redisstore

import (
	"sync"
	"time"
)

// clock tells the server's time without asking each time. It goes by the time that has passed in this process, which
// nobody can set, plus an offset that is measured again and again; what the machine holds for the date plays no part.
// Methods may be called concurrently.
type clock struct {
	elapsed func() time.Duration // since some moment

	mu     sync.Mutex
	known  bool
	offset int64 // microseconds from elapsed to the server's time
	last   int64 // what now returned last
}

func newClock() *clock {
	begun := time.Now()
	return &clock{elapsed: func() time.Duration { return time.Since(begun) }}
}

// now returns the server's time. It never goes backwards: if the server's does, it stands still until then.
func (c *clock) now() time.Time {
	passed := c.elapsed().Microseconds()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.last = max(c.last, passed+c.offset)
	return time.UnixMicro(c.last).UTC()
}

// observe takes in what the server's clock said, in microseconds, some time between asked and answered. The offset is
// moved no further than into what that allows, so that a slow answer does not spoil what is known better.
func (c *clock) observe(asked, answered time.Duration, server int64) {
	least, most := server-answered.Microseconds(), server-asked.Microseconds()
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.known {
		c.known, c.offset = true, least+(most-least)/2
		return
	}
	c.offset = min(max(c.offset, least), most)
}
