package mediabench

import (
	"sync/atomic"
	"time"
)

// stalls tell how long the machine let this process wait for a core. A call whose publishers stand still for seconds is
// lost by the machine, not by the relay; who reads of a lost call wants to know.
type stalls struct{ most atomic.Int64 }

// watch has a worker look at the clock all the time.
func (s *stalls) watch(w *workers) {
	const perSecond = 50
	start := time.Now()
	w.pace(start, perSecond, 1, func(i int) bool {
		late := int64(time.Since(start.Add(at(i, 1, perSecond))))
		s.most.Store(max(s.most.Load(), late))
		return true
	})
}

// longest is the longest wait since it was asked last.
func (s *stalls) longest() time.Duration { return time.Duration(s.most.Swap(0)) }
