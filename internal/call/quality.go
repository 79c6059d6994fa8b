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
	Quality    Quality   `json:"quality,omitempty"`
	Worse      int       `json:"worse,omitempty"`      // samples in a row that were worse than Quality
	BetterFrom time.Time `json:"better_from,omitzero"` // since when all samples are better than Quality
}

// worseSamples is after how many worse samples in a row the quality falls. One alone may be chance.
const worseSamples = 2

// take returns the gauge after one more sample.
func (g Gauge) take(m Sample, now time.Time, raise time.Duration) Gauge {
	q, says := m.quality()
	switch {
	case !says:
		return g
	case q > g.Quality && g.Worse+1 >= worseSamples:
		return Gauge{Quality: q}
	case q > g.Quality:
		return Gauge{Quality: g.Quality, Worse: g.Worse + 1}
	case q == g.Quality:
		return Gauge{Quality: q}
	case g.BetterFrom.IsZero():
		return Gauge{Quality: g.Quality, BetterFrom: now}
	case now.Sub(g.BetterFrom) >= raise:
		return Gauge{Quality: g.Quality - 1}
	}
	return g
}

// Quality returns how well the leg's push gets across, at its worse end.
func (l Leg) Quality() Quality { return max(l.Sent.Quality, l.Received.Quality) }

// reported takes what a device measures: of its own leg's push as it leaves, of the other's as it arrives.
func (s *step) reported(ev Reported) error {
	if err := s.streaming(ev.By, ev.Session, ev.Generation); err != nil {
		return err
	}
	own, other := ev.By.Role, ev.By.Role.Other()
	wasOwn, wasOther := *s.Leg(own), *s.Leg(other)
	s.Leg(own).Sent = wasOwn.Sent.take(ev.Push, s.now, s.timing.QualityRaise)
	s.Leg(other).Received = wasOther.Received.take(ev.Play, s.now, s.timing.QualityRaise)
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
	leg.Sent, leg.Received, other.Received = Gauge{}, Gauge{}, Gauge{}
	for _, l := range []*Leg{leg, other} {
		if l.Quality() != Bad {
			l.BadFrom = zeroTime
		}
	}
}
