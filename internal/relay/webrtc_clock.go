package relay

import "time"

const (
	// slewStep is by how much the time of a track is corrected with each new RTP timestamp.
	slewStep = time.Millisecond
	// slewMax is the largest error that is corrected so slowly. A larger one is corrected quickly, and so is that from the
	// beginning, when packets have come together that were sent one after the other.
	slewMax = 200 * time.Millisecond
	// stepMax is how far tracks of one publisher can be apart. What is further off is a clock that was set.
	stepMax = 10 * time.Second
)

// rtpClock turns the RTP timestamps of one track into the time of its publisher. It begins with the time at which the first
// packet came; sender reports then say how the tracks of the publisher belong together, so that lips move with the words.
type rtpClock struct {
	rate int64 // ticks in a second

	started bool
	// reported is set when a sender report has come.
	reported bool
	last     uint32
	ticks    int64
	// base is the time of tick 0, target what it should be, hurry how it gets there.
	base, target time.Duration
	hurry        bool
}

// at returns the time of ts; arrived is when its packet came, on the same scale.
func (c *rtpClock) at(ts uint32, arrived time.Duration) time.Duration {
	if !c.started {
		c.started, c.last = true, ts
		c.base, c.target = arrived, arrived
	}
	if step := int32(ts - c.last); step > 0 {
		c.ticks += int64(step)
		c.last = ts
		c.correct(time.Duration(step) * time.Second / time.Duration(c.rate))
	}
	return c.time(ts)
}

// correct brings the clock nearer to where it should be, after it has gone on by a step. It never runs backwards: to be
// late, it runs at half its speed.
func (c *rtpClock) correct(step time.Duration) {
	off := c.target - c.base
	if c.hurry {
		c.base += max(off, -step/2)
		c.hurry = c.base != c.target
		return
	}
	c.base += min(max(off, -slewStep, -step/2), slewStep)
}

// time returns the time of a timestamp near the last one.
func (c *rtpClock) time(ts uint32) time.Duration {
	ticks := c.ticks + int64(int32(ts-c.last))
	seconds, rest := ticks/c.rate, ticks%c.rate
	return c.base + time.Duration(seconds)*time.Second + time.Duration(rest)*time.Second/time.Duration(c.rate)
}

// lipSync is what the tracks of a publisher have in common: the time 0 of their clocks on the publisher's own clock.
type lipSync struct {
	known bool
	zero  time.Time
}

// report takes what a sender report says: at the publisher's time ntp, in the form of NTP, the track was at ts.
func (l *lipSync) report(c *rtpClock, ntp uint64, ts uint32) {
	if !c.started {
		return
	}
	wall, media := ntpTime(ntp), c.time(ts)
	first := !c.reported
	c.reported = true
	off := wall.Sub(l.zero) - media
	if !l.known || off > stepMax || off < -stepMax {
		l.known, l.zero = true, wall.Add(-media)
		return
	}
	c.target = c.base + off
	c.hurry = c.hurry || first || off > slewMax || off < -slewMax
}

// ntpTime reads seconds since 1900 in 32 bits and a fraction in 32 more.
func ntpTime(ntp uint64) time.Time {
	const between1900And1970 = 2_208_988_800 // seconds
	return time.Unix(int64(ntp>>32)-between1900And1970, int64((ntp&0xFFFFFFFF)*1_000_000_000>>32))
}
