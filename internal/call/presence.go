package call

import (
	"errors"
	"slices"
	"time"
)

// Errors of holding a user.
var (
	ErrHeld    = errors.New("call: user is held by another call")
	ErrNotFree = errors.New("call: adjuster is not free to be rung")
)

// Availability says what an adjuster can be used for.
type Availability string

// Availabilities. Available and Away are set by the adjuster; the others follow from what happens.
const (
	Available Availability = "available"
	InRing    Availability = "ringing"
	InCall    Availability = "in_call"
	WrapUp    Availability = "wrap_up"
	Away      Availability = "away"
	Offline   Availability = "offline"
)

// MissedRings is the reason given when missed rings have made an adjuster away.
const MissedRings = "missed_rings"

// Presence is what is known of one user: devices, availability, and the hold that reserves the user for one
// call. It is plain data with pure transitions; each returns a changed copy and leaves the Version to the store.
type Presence struct {
	User    User     `json:"user"`
	Version int64    `json:"version"` // 0: nothing is stored
	Name    string   `json:"name,omitempty"`
	Skills  []string `json:"skills,omitempty"`
	Queues  []string `json:"queues,omitempty"` // of an adjuster; none means every queue

	Sessions []Session `json:"sessions,omitempty"`

	Call     string `json:"call,omitempty"`      // the hold: ID of the call that has the user
	Ringing  bool   `json:"ringing,omitempty"`   // the hold is a ring not yet accepted
	LastCall string `json:"last_call,omitempty"` // the hold before that

	Setting     Availability `json:"setting,omitempty"` // Available or Away
	Reason      string       `json:"reason,omitempty"`  // why Setting is what it is, if not by the adjuster's wish
	Missed      int          `json:"missed,omitempty"`  // rings in a row that came to nothing
	WrapUpUntil time.Time    `json:"wrap_up_until,omitzero"`
	IdleSince   time.Time    `json:"idle_since,omitzero"`
	Deadline    time.Time    `json:"deadline,omitzero"` // next Expire that matters; set by Timed
}

// Session is one signed-in device. It outlives its socket by the grace of its user's role.
type Session struct {
	ID     string    `json:"id"`
	Node   string    `json:"node"`
	Conn   int64     `json:"conn"` // counts the sockets of this session; the end of an older one means nothing
	Online bool      `json:"online"`
	GoneAt time.Time `json:"gone_at,omitzero"`
	Resume string    `json:"resume"` // hash of the secret that resumes it

	Watches bool `json:"watches,omitempty"` // is shown who waits
}

// Clone returns a copy that shares nothing with p.
func (p Presence) Clone() Presence {
	p.Skills = slices.Clone(p.Skills)
	p.Queues = slices.Clone(p.Queues)
	p.Sessions = slices.Clone(p.Sessions)
	return p
}

// Online reports whether any session has a socket.
func (p Presence) Online() bool {
	return slices.ContainsFunc(p.Sessions, func(s Session) bool { return s.Online })
}

// OnlineSessions returns the IDs of the sessions that have a socket.
func (p Presence) OnlineSessions() []string {
	var ids []string
	for _, s := range p.Sessions {
		if s.Online {
			ids = append(ids, s.ID)
		}
	}
	return ids
}

// Session returns the session with the given ID.
func (p Presence) Session(id string) (Session, bool) {
	i := p.index(id)
	if i < 0 {
		return Session{}, false
	}
	return p.Sessions[i], true
}

func (p Presence) index(id string) int {
	return slices.IndexFunc(p.Sessions, func(s Session) bool { return s.ID == id })
}

// Changed returns the event that tells a call of this presence.
func (p Presence) Changed() PresenceChanged {
	return PresenceChanged{User: p.User, Version: p.Version, Sessions: p.OnlineSessions()}
}

// Availability returns the state of an adjuster.
func (p Presence) Availability() Availability {
	switch {
	case p.Call != "" && p.Ringing:
		return InRing
	case p.Call != "":
		return InCall
	case !p.Online():
		return Offline
	case !p.WrapUpUntil.IsZero():
		return WrapUp
	}
	return p.setting()
}

func (p Presence) setting() Availability {
	if p.Setting == "" {
		return Away
	}
	return p.Setting
}

// Free reports whether the adjuster can be rung.
func (p Presence) Free() bool {
	return p.User.Role == Adjuster && p.Availability() == Available
}

// Serves reports whether the adjuster takes calls of the queue.
func (p Presence) Serves(queue string) bool {
	return len(p.Queues) == 0 || slices.Contains(p.Queues, queue)
}

// HasSkills reports whether the adjuster has every one of the wanted skills.
func (p Presence) HasSkills(wanted []string) bool {
	for _, skill := range wanted {
		if !slices.Contains(p.Skills, skill) {
			return false
		}
	}
	return true
}

// Unused reports whether nothing of the presence is worth keeping.
func (p Presence) Unused() bool { return len(p.Sessions) == 0 && p.Call == "" }

// Attach seats a socket on a session, which is added when it is new. Conn is counted up; s.Conn is ignored.
func (p Presence) Attach(s Session, now time.Time) Presence {
	p = p.Clone()
	s.Online, s.GoneAt = true, zeroTime
	if i := p.index(s.ID); i >= 0 {
		s.Conn = p.Sessions[i].Conn + 1
		p.Sessions[i] = s
	} else {
		s.Conn = 1
		p.Sessions = append(p.Sessions, s)
	}
	if p.IdleSince.IsZero() {
		p.IdleSince = now
	}
	return p.dropOldest()
}

// MaxSessions bounds the devices of one user. One more takes the place of the one that is gone longest.
const MaxSessions = 16

// dropOldest makes room when there are too many sessions: the one that is gone longest goes or, when all have a
// socket, the one that signed in first.
func (p Presence) dropOldest() Presence {
	if len(p.Sessions) <= MaxSessions {
		return p
	}
	oldest := 0
	for i, s := range p.Sessions {
		last := p.Sessions[oldest]
		if !s.Online && (last.Online || s.GoneAt.Before(last.GoneAt)) {
			oldest = i
		}
	}
	p.Sessions = slices.Delete(p.Sessions, oldest, oldest+1)
	return p
}

// Detach takes the socket from a session. It changes nothing, and says so, when the session has a newer one.
func (p Presence) Detach(id string, conn int64, now time.Time) (Presence, bool) {
	i := p.index(id)
	if i < 0 || p.Sessions[i].Conn != conn || !p.Sessions[i].Online {
		return p, false
	}
	p = p.Clone()
	p.Sessions[i].Online, p.Sessions[i].GoneAt = false, now
	return p, true
}

// DetachDead takes the sockets from all sessions on nodes that are not among those alive.
func (p Presence) DetachDead(alive []string, now time.Time) (Presence, bool) {
	changed := false
	for _, s := range p.Sessions {
		if s.Online && !slices.Contains(alive, s.Node) {
			p, _ = p.Detach(s.ID, s.Conn, now)
			changed = true
		}
	}
	return p, changed
}

// Watch says whether a session is shown who waits. It changes nothing, and says so, when that is so already or there is no
// such session.
func (p Presence) Watch(id string, on bool) (Presence, bool) {
	i := p.index(id)
	if i < 0 || p.Sessions[i].Watches == on {
		return p, false
	}
	p = p.Clone()
	p.Sessions[i].Watches = on
	return p, true
}

// SignOut removes a session for good.
func (p Presence) SignOut(id string) Presence {
	p = p.Clone()
	p.Sessions = slices.DeleteFunc(p.Sessions, func(s Session) bool { return s.ID == id })
	return p.afterSessions()
}

// afterSessions forgets what holds only while the user is signed in: the next sign-in starts away.
func (p Presence) afterSessions() Presence {
	if len(p.Sessions) == 0 {
		p.Setting, p.Reason, p.Missed, p.WrapUpUntil = "", "", 0, zeroTime
	}
	return p
}

// Set takes over the adjuster's own wish: Available or Away. Either ends a wrap-up.
func (p Presence) Set(a Availability, now time.Time) Presence {
	p = p.Clone()
	if !p.WrapUpUntil.IsZero() || a == Available && p.Availability() != Available {
		p.WrapUpUntil, p.IdleSince = zeroTime, now
	}
	p.Setting, p.Reason, p.Missed = a, "", 0
	return p
}

// Hold reserves the user for a call. An adjuster who is to be rung must be free.
func (p Presence) Hold(id string, ringing bool) (Presence, error) {
	switch {
	case p.Call != "":
		return p, ErrHeld
	case ringing && !p.Free():
		return p, ErrNotFree
	}
	p = p.Clone()
	p.Call, p.Ringing, p.WrapUpUntil = id, ringing, zeroTime
	return p, nil
}

// Take turns a ring into being in the call.
func (p Presence) Take(id string) Presence {
	if p.Call != id {
		return p
	}
	p = p.Clone()
	p.Ringing, p.Missed = false, 0
	return p
}

// Release ends the hold of the given call, and nobody else's. An adjuster whose ring ended by nothing of the
// adjuster's doing counts as idle all along, and so keeps the turn.
func (p Presence) Release(id string, r Release, now time.Time, t Timing) Presence {
	if p.Call != id {
		return p
	}
	p = p.Clone()
	if !p.Ringing || r.Missed {
		p.IdleSince = now
	}
	p.LastCall, p.Call, p.Ringing = p.Call, "", false
	if r.WrapUp && t.WrapUp > 0 {
		p.WrapUpUntil = now.Add(t.WrapUp)
	}
	if r.Missed {
		p.Missed++
	}
	if r.Missed && p.Missed >= t.MaxMissed {
		p.Setting, p.Reason, p.Missed = Away, MissedRings, 0
	}
	return p.afterSessions()
}

// Timed returns p with its Deadline set to the next moment at which Expire has something to do.
func (p Presence) Timed(t Timing) Presence {
	p.Deadline = p.WrapUpUntil
	for _, s := range p.Sessions {
		if end := p.endOf(s, t); !end.IsZero() && (p.Deadline.IsZero() || end.Before(p.Deadline)) {
			p.Deadline = end
		}
	}
	return p
}

// endOf returns when a session can no longer be resumed; zero for not yet known. A running call keeps
// all sessions of its parties, and once more for the grace when it is over, so that whoever comes back learns how it ended.
func (p Presence) endOf(s Session, t Timing) time.Time {
	if s.Online || p.Call != "" {
		return zeroTime
	}
	since := s.GoneAt
	if p.LastCall != "" && p.IdleSince.After(since) {
		since = p.IdleSince
	}
	return since.Add(t.Grace(p.User.Role))
}

// Expire ends what is over by now: a wrap-up, and sessions that nobody resumed in time. It reports whether
// anything changed.
func (p Presence) Expire(now time.Time, t Timing) (Presence, bool) {
	over := func(at time.Time) bool { return !at.IsZero() && !at.After(now) }
	if !over(p.Timed(t).Deadline) {
		return p, false
	}
	p = p.Clone()
	if over(p.WrapUpUntil) {
		p.WrapUpUntil, p.IdleSince = zeroTime, now
	}
	p.Sessions = slices.DeleteFunc(p.Sessions, func(s Session) bool { return over(p.endOf(s, t)) })
	return p.afterSessions(), true
}
