package redisstore

import (
	"sync"
	"time"
)

// pulse is how the own echoes of a node come back. All methods may be called concurrently.
type pulse struct {
	mu    sync.Mutex
	sent  time.Time // when the last one went out
	heard time.Time // when the last one came back
	lag   time.Duration
}

func (p *pulse) sends() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sent = time.Now()
}

func (p *pulse) hears() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.heard = time.Now()
	p.lag = p.heard.Sub(p.sent)
}

// Pulse implements store.Pulsed.
func (s *Store) Pulse() (last time.Time, lag time.Duration) {
	s.pulse.mu.Lock()
	defer s.pulse.mu.Unlock()
	return s.pulse.heard, s.pulse.lag
}
