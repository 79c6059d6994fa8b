package mediabench

import (
	"sync"
	"testing"
	"time"
)

// pauses watch how long no picture, or no sound, comes. They may be used concurrently.
type pauses struct {
	mu   sync.Mutex
	last [2]time.Time // when the last sound and the last picture came
	most time.Duration
}

func kindOf(u unit) int {
	if u.video {
		return 1
	}
	return 0
}

// see is a viewer.
func (p *pauses) see(u unit) {
	p.mu.Lock()
	defer p.mu.Unlock()
	last := &p.last[kindOf(u)]
	if !last.IsZero() {
		p.most = max(p.most, u.came.Sub(*last))
	}
	*last = u.came
}

// began reports whether there was sound and picture.
func (p *pauses) began() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return !p.last[0].IsZero() && !p.last[1].IsZero()
}

// since forgets what was before.
func (p *pauses) since(begin time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.most = 0
	p.last = [2]time.Time{begin, begin}
}

// longest is the longest pause until now, which may be one that has not ended.
func (p *pauses) longest(now time.Time) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	most := p.most
	for _, last := range p.last {
		most = max(most, now.Sub(last))
	}
	return most
}

func TestPauses(t *testing.T) {
	start := time.Unix(1_800_000_000, 0)
	p := &pauses{}
	if p.began() {
		t.Error("it began before anything came")
	}
	p.since(start)
	for _, after := range []time.Duration{100, 500, 600} {
		p.see(unit{came: start.Add(after * time.Millisecond)})
		p.see(unit{video: true, came: start.Add(after * time.Millisecond)})
	}
	if got := p.longest(start.Add(700 * time.Millisecond)); got != 400*time.Millisecond {
		t.Errorf("got %v", got)
	}
	p.see(unit{came: start.Add(650 * time.Millisecond)})
	if got := p.longest(start.Add(1600 * time.Millisecond)); got != time.Second {
		t.Errorf("a picture that never came again: got %v", got)
	}
}
