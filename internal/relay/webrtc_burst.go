package relay

import (
	"context"
	"time"
)

const (
	// burstRate is how fast the pictures from before a viewer came are sent, in bytes per second. They are there all at
	// once, and sent at once they are more than sockets and routers on the way hold.
	burstRate = 4 << 20
	// burstStep is how far ahead of that rate they may be: timers are not exact.
	burstStep = 4 * time.Millisecond
)

// burst paces what could be sent at once. The zero value is ready.
type burst struct {
	due time.Time // when the next bytes would go at the exact rate
}

// wait returns when so many more bytes may go.
func (b *burst) wait(ctx context.Context, bytes int) error {
	now := time.Now()
	if b.due.Before(now) {
		b.due = now // what was late is not made up for
	}
	ahead := b.due.Sub(now)
	b.due = b.due.Add(time.Duration(bytes) * time.Second / burstRate)
	if ahead < burstStep {
		return nil
	}
	timer := time.NewTimer(ahead)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
