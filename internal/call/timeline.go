package call

import "time"

// Moment is one step of a call's life: a change of its state, or other streams.
type Moment struct {
	At       time.Time `json:"at"`
	Version  int64     `json:"version"` // of the call from then on
	State    State     `json:"state"`
	By       Role      `json:"by,omitempty"`       // whose doing it was; empty for nobody's in the call
	Adjuster string    `json:"adjuster,omitempty"` // who was rung or in the call then
	Reason   Reason    `json:"reason,omitempty"`   // of an end, or of a ring that came to nothing

	Provider   string `json:"provider,omitempty"` // of an active call
	Generation int    `json:"generation,omitempty"`

	Node string `json:"node,omitempty"` // that wrote it; set by who commits
}

// Bounds of a timeline: of a longer one the middle is left out, such as rings over rings.
const (
	firstMoments = 16
	lastMoments  = 32
)

// mark adds the moment to the timeline if the step has led to another state or other streams.
func (s *step) mark(before Call, by Role) {
	if before.Version > 0 && s.State == before.State && s.Generation == before.Generation {
		return
	}
	m := Moment{At: s.now, Version: s.Version, State: s.State, By: by, Adjuster: s.Adjuster.User, Reason: s.End.Reason}
	switch {
	case s.State == Ended:
		m.By = s.End.By
	case s.State == Active:
		m.Provider, m.Generation = s.ProviderName(), s.Generation
	case before.State == Ringing && s.State == Queued:
		m.Adjuster, m.Reason = before.Adjuster.User, s.why
	}
	s.Timeline = append(s.Timeline, m)
	if over := len(s.Timeline) - firstMoments - lastMoments; over > 0 {
		s.Timeline = append(s.Timeline[:firstMoments], s.Timeline[firstMoments+over:]...)
		s.Omitted += over
	}
}

// Since returns the moments after the given version.
func (c Call) Since(version int64) []Moment {
	first := len(c.Timeline)
	for first > 0 && c.Timeline[first-1].Version > version {
		first--
	}
	return c.Timeline[first:]
}

// doer returns whose act an event is; empty for nobody's.
func doer(ev Event) Role {
	switch ev := ev.(type) {
	case PickUp:
		return Adjuster
	case Accept:
		return ev.By.Role
	case Reject:
		return ev.By.Role
	case Join:
		return ev.By.Role
	case Refresh:
		return ev.By.Role
	case ProviderFailed:
		return ev.By.Role
	case Left:
		return ev.User.Role
	}
	return ""
}
