package mediabench

import (
	"sync"
	"testing"
	"time"
)

// workers are goroutines that end before their test does.
type workers struct {
	stop chan struct{}
	all  sync.WaitGroup
}

func newWorkers(t *testing.T) *workers {
	w := &workers{stop: make(chan struct{})}
	t.Cleanup(func() {
		close(w.stop)
		w.all.Wait()
	})
	return w
}

// pace calls each with 0, 1, 2 and so on, as blocks of samples at a rate per second are due from start, until the test ends or each wants no
// more. A call that was late is made up for: nothing is left out.
func (w *workers) pace(start time.Time, perSecond, samples int, each func(i int) bool) {
	w.all.Go(func() {
		timer := time.NewTimer(0)
		defer timer.Stop()
		for i := 0; ; i++ {
			timer.Reset(time.Until(start.Add(at(i, samples, perSecond))))
			select {
			case <-w.stop:
				return
			case <-timer.C:
			}
			if !each(i) {
				return
			}
		}
	})
}

// at is when the i-th block of samples begins.
func at(i, samples, perSecond int) time.Duration {
	total := int64(i) * int64(samples)
	rate := int64(perSecond)
	return time.Duration(total/rate)*time.Second + time.Duration(total%rate)*time.Second/time.Duration(rate)
}

// unit is a picture, or some sound, as it came.
type unit struct {
	video, key bool // key only for pictures
	data       []byte
	at         time.Duration // by its own clock
	came       time.Time
}

// viewer is told of each unit, of pictures and of sound by a goroutine each.
type viewer func(unit)
