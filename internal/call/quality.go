package call

import "time"

// Quality says how well the push of a leg gets across. The greater, the worse.
type Quality int

// The qualities.
const (
	Good Quality = iota
	Weak
	Bad
)

func (q Quality) String() string { return [...]string{"good", "weak", "bad"}[min(max(q, Good), Bad)] }

// Sample is what a device measures of one stream.
type Sample struct {
	Level int // netQualityLevel of live-pusher and live-player: 1 best to 6 broken; 0 not known
	Code  int // last code of live-pusher or live-player; 0 for none
}

// quality returns what a sample speaks of, and false when it says nothing. The codes are: uplink poor; packets unstable,
// stutter; cut off and coming back; given up.
func (m Sample) quality() (Quality, bool) {
	q := Good
	switch {
	case m.Level >= 5:
		q = Bad
	case m.Level >= 3:
		q = Weak
	}
	switch m.Code {
	case 1101, 2104, 2105:
		return max(q, Weak), true
	case 1102, 2103, -1307, -2301:
		return Bad, true
	}
	return q, m.Level > 0
}

// Gauge smooths the quality that one device measures: it falls fast and rises slowly, so that a picture does not pump.
type Gauge struct {
	Quality    Quality
	worse      int       // samples in a row that were worse than Quality
	betterFrom time.Time // since when all samples are better than Quality
}

// worseSamples is after how many worse samples in a row the quality falls. One alone may be chance.
const worseSamples = 2

// take returns the gauge after one more sample.
func (g Gauge) take(m Sample, now time.Time, raise time.Duration) Gauge {
	q, says := m.quality()
	switch {
	case !says:
		return g
	case q > g.Quality && g.worse+1 >= worseSamples:
		return Gauge{Quality: q}
	case q > g.Quality:
		return Gauge{Quality: g.Quality, worse: g.worse + 1}
	case q == g.Quality:
		return Gauge{Quality: q}
	case g.betterFrom.IsZero():
		return Gauge{Quality: g.Quality, betterFrom: now}
	case now.Sub(g.betterFrom) >= raise:
		return Gauge{Quality: g.Quality - 1}
	}
	return g
}

// Measured is how well the streams of a call get across, as one device says.
type Measured struct {
	Push Quality // of its own leg's stream, as it leaves
	Play Quality // of the other leg's stream, as it arrives
}

// Meter smooths what one device measures, beside the call and not in it: most samples change nothing that the call has to
// know. It is plain data. The zero value has measured nothing and knows of no call.
type Meter struct {
	push, play Gauge
	told       Measured  // what the call has
	due        time.Time // when the call may propose sound alone; zero for never
}

// Take returns the meter after one more sample of each stream.
func (m Meter) Take(push, play Sample, now time.Time, t Timing) Meter {
	m.push = m.push.take(push, now, t.QualityRaise)
	m.play = m.play.take(play, now, t.QualityRaise)
	return m
}

// Measured returns what the device says by now.
func (m Meter) Measured() Measured { return Measured{Push: m.push.Quality, Play: m.play.Quality} }

// HasNews reports whether the call should be told what is measured, as Reported: it has something else, or has
// something to propose.
func (m Meter) HasNews(now time.Time) bool {
	return m.Measured() != m.told || !m.due.IsZero() && !now.Before(m.due)
}

// Follow returns the meter of a device on the given side after a look at its call. What differs begins afresh at what
// the call has.
func (m Meter) Follow(c Call, own Role, t Timing) Meter {
	m.told = Measured{Push: c.Leg(own).Sent, Play: c.Leg(own.Other()).Received}
	m.push, m.play = m.push.at(m.told.Push), m.play.at(m.told.Play)
	m.due = time.Time{}
	for _, bad := range []time.Time{c.Claimant.BadFrom, c.Adjuster.BadFrom} {
		if due := bad.Add(t.ProposeAudio); !bad.IsZero() && (m.due.IsZero() || due.Before(m.due)) {
			m.due = due
		}
	}
	return m
}

// at returns the gauge if it shows q, else one that does.
func (g Gauge) at(q Quality) Gauge {
	if g.Quality == q {
		return g
	}
	return Gauge{Quality: q}
}

// Quality returns how well the leg's push gets across, at its worse end.
func (l Leg) Quality() Quality { return max(l.Sent, l.Received) }

// reported takes what a device measures: of its own leg's push as it leaves, of the other's as it arrives.
func (s *step) reported(ev Reported) error {
	if err := s.streaming(ev.By, ev.Session, ev.Generation); err != nil {
		return err
	}
	own, other := ev.By.Role, ev.By.Role.Other()
	wasOwn, wasOther := *s.Leg(own), *s.Leg(other)
	if m := ev.Measured; m != nil {
		s.Leg(own).Sent, s.Leg(other).Received = m.Push, m.Play
	}
	s.qualityChanged(own, wasOwn)
	s.qualityChanged(other, wasOther)
	if *s.Leg(own) == wasOwn && *s.Leg(other) == wasOther {
		return errSame
	}
	return nil
}

// qualityChanged tells both sides when the quality of a leg has changed, and proposes sound alone, once, when it stays bad.
func (s *step) qualityChanged(side Role, before Leg) {
	leg := s.Leg(side)
	changed, propose := leg.Quality() != before.Quality(), Media("")
	switch {
	case leg.Quality() != Bad:
		leg.BadFrom = zeroTime
	case changed && s.Media == Video:
		leg.BadFrom = s.now
	case !leg.BadFrom.IsZero() && s.now.Sub(leg.BadFrom) >= s.timing.ProposeAudio:
		leg.BadFrom, propose = zeroTime, Audio
	}
	if !changed && propose == "" {
		return
	}
	for _, to := range []Role{Claimant, Adjuster} {
		s.inform(Notify{Notice: NoticeProfile, Leg: side, Propose: propose}, to)
	}
}

// forgetQuality starts afresh with what a leg's device measured, for another device has taken its place.
func (s *step) forgetQuality(side Role) {
	leg, other := s.Leg(side), s.Leg(side.Other())
	leg.Sent, leg.Received, other.Received = Good, Good, Good
	for _, l := range []*Leg{leg, other} {
		if l.Quality() != Bad {
			l.BadFrom = zeroTime
		}
	}
}
