package bench

import (
	"slices"
	"sync"
	"time"
)

// sample collects latencies. Its methods may be called concurrently.
type sample struct {
	mu    sync.Mutex
	times []time.Duration
}

func (s *sample) add(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.times = append(s.times, d)
}

// micros returns a percentile in microseconds, 0 to 100; 0 of nothing.
func (s *sample) micros(percent float64) float64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.times) == 0 {
		return 0
	}
	slices.Sort(s.times)
	return float64(s.times[int(float64(len(s.times)-1)*percent/100)].Nanoseconds()) / 1e3
}
