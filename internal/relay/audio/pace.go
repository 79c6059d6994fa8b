package audio

import (
	"math"
	"time"
)

const (
	// maxOff is how far the output may be from the times of the input; beyond it, it jumps there.
	maxOff = 100 * time.Millisecond
	// settle is the time in which a difference is made up for.
	settle = 5 * time.Second
	// maxStretch bounds how much longer or shorter sound gets on the way.
	maxStretch = 0.005
	// A difference below tolerance is left as it is: sound that has the right rate then passes untouched. One above it is made up for until it is
	// below rest.
	tolerance, rest = 5 * time.Millisecond, time.Millisecond
	// smooth is over how many frames a difference is averaged, because input is timed in whole milliseconds.
	smooth = 16
)

// pacer keeps the output, whose time is counted in samples, at the times of the input.
type pacer struct {
	started bool
	// zero is the time of sample 0 of the output, fed how many samples there are so far.
	zero time.Duration
	fed  int64
	// average is the difference of late, in seconds; stretch what is done about it.
	average, stretch float64
}

// off is how much later than the end of the output the time at is.
func (p *pacer) off(at time.Duration) time.Duration { return at - p.zero - length(p.fed, rate) }

// gap is how much later that is than has been usual: how much is missing before at.
func (p *pacer) gap(at time.Duration) time.Duration {
	return p.off(at) - time.Duration(p.average*float64(time.Second))
}

// arrive takes the time of the next input.
func (p *pacer) arrive(at time.Duration) {
	off := p.off(at)
	if !p.started || off > maxOff || off < -maxOff {
		p.started = true
		p.zero += off
		p.average, p.stretch = 0, 0
		return
	}
	p.average += (off.Seconds() - p.average) / smooth
	leave := tolerance
	if p.stretch != 0 {
		leave = rest
	}
	if math.Abs(p.average) < leave.Seconds() {
		p.stretch = 0
		return
	}
	p.stretch = min(max(p.average/settle.Seconds(), -maxStretch), maxStretch)
}
