package relay

import (
	"sync"
	"time"

	"go.uber.org/zap"
)

const (
	// refusalLines is how many refused attempts are logged in refusalWindow; the others are counted.
	refusalLines  = 20
	refusalWindow = time.Minute
)

// refusals logs attempts that the gate refused. Whoever has no address can make any number of them.
type refusals struct {
	log *zap.Logger

	mu    sync.Mutex
	since time.Time
	lines int
	// unsaid is how many were not logged.
	unsaid int
}

// tell logs an attempt, and with it how many were left out before.
func (r *refusals) tell(a Attempt, why error, now time.Time) {
	unsaid, ok := r.take(now)
	if !ok {
		return
	}
	fields := []zap.Field{zap.String("name", a.Name), zap.String("protocol", a.Protocol), zap.String("addr", a.Addr), zap.NamedError("outcome", why)}
	if unsaid > 0 {
		fields = append(fields, zap.Int("more_before", unsaid))
	}
	r.log.Info("relay: "+string(a.Action)+" refused", fields...)
}

// take reports whether there is to be another line, and how many attempts had none since the last one.
func (r *refusals) take(now time.Time) (unsaid int, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if now.Sub(r.since) >= refusalWindow {
		r.since, r.lines = now, 0
	}
	if r.lines == refusalLines {
		r.unsaid++
		return 0, false
	}
	r.lines++
	unsaid, r.unsaid = r.unsaid, 0
	return unsaid, true
}
