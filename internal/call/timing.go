package call

import "time"

// Timing holds every duration that decides over calls and sessions.
type Timing struct {
	Ring          time.Duration // an invite stands this long
	Join          time.Duration // after accept, or a return from being gone, both sides must have joined
	Queue         time.Duration // longest wait for an adjuster
	GraceClaimant time.Duration // a claimant may be gone this long
	GraceAdjuster time.Duration // an adjuster may be gone this long
	RingGone      time.Duration // a rung adjuster without any socket is given up after this
	WrapUp        time.Duration // pause of an adjuster after a call
	MaxCall       time.Duration // longest active call
	Publish       time.Duration // streams without any push for this long are taken to the next provider; 0 for never
	MediaSteady   time.Duration // a provider that carried both pushes this long has proven itself
	QualityRaise  time.Duration // quality rises one step after good reports for this long
	ProposeAudio  time.Duration // sound alone is proposed after bad quality for this long
	MaxMissed     int           // missed or declined rings in a row that make an adjuster away
}

// DefaultTiming returns the settings of the design.
func DefaultTiming() Timing {
	return Timing{
		Ring:          30 * time.Second,
		Join:          20 * time.Second,
		Queue:         10 * time.Minute,
		GraceClaimant: 90 * time.Second,
		GraceAdjuster: 30 * time.Second,
		RingGone:      3 * time.Second,
		WrapUp:        15 * time.Second,
		MaxCall:       2 * time.Hour,
		Publish:       10 * time.Second,
		MediaSteady:   time.Minute,
		QualityRaise:  30 * time.Second,
		ProposeAudio:  15 * time.Second,
		MaxMissed:     2,
	}
}

// Grace returns how long a user of the given role may be gone.
func (t Timing) Grace(r Role) time.Duration {
	if r == Claimant {
		return t.GraceClaimant
	}
	return t.GraceAdjuster
}
