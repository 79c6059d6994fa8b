package call

import (
	"slices"
	"time"
)

// Role says on which side of a call somebody is.
type Role string

// The two sides of a call.
const (
	Claimant Role = "claimant"
	Adjuster Role = "adjuster"
)

// Other returns the opposite side.
func (r Role) Other() Role {
	if r == Claimant {
		return Adjuster
	}
	return Claimant
}

// User is one person in one role. The same ID in two roles is two users.
type User struct {
	Role Role   `json:"role"`
	ID   string `json:"id"`
}

// State is where a call stands.
type State string

// The states of a call, in the order in which it passes them.
const (
	Queued     State = "queued"
	Ringing    State = "ringing"
	Connecting State = "connecting" // accepted; not both sides have joined
	Active     State = "active"     // both sides have joined; streams are handed out
	Ended      State = "ended"
)

// Reason says why a call ended, or why a ring was withdrawn.
type Reason string

// Reasons for which a call ends. NoAnswer, Rejected, Canceled and GoneOffline are also reasons
// for which a ring is withdrawn.
const (
	HungUp       Reason = "hangup"
	Canceled     Reason = "canceled"
	Rejected     Reason = "rejected"
	NoAnswer     Reason = "no_answer"
	Busy         Reason = "busy"
	GoneOffline  Reason = "offline"
	NoAdjuster   Reason = "no_adjuster"
	JoinTimeout  Reason = "join_timeout"
	Lost         Reason = "lost"
	MediaFailed  Reason = "media_failed"
	EndedByAdmin Reason = "ended_by_admin"
	MaxDuration  Reason = "max_duration"
)

// AnsweredElsewhere tells a session that another device of the same user has the call now.
const AnsweredElsewhere Reason = "answered_elsewhere"

// Media is what the claimant wants to send.
type Media string

// Kinds of media.
const (
	Video Media = "video"
	Audio Media = "audio"
)

// Call is one conversation from request to end. It is plain data: copy it with Clone, change it with Step.
type Call struct {
	ID      string `json:"id"` // also the name of the room in which the media meets
	Version int64  `json:"version"`
	State   State  `json:"state"`
	Caller  Role   `json:"caller"` // Claimant: by way of a queue. Adjuster: a direct invite.

	RequestID string   `json:"request_id,omitempty"`
	ClaimNo   string   `json:"claim_no"`
	Queue     string   `json:"queue,omitempty"`
	Skills    []string `json:"skills,omitempty"` // wanted of the adjuster
	Media     Media    `json:"media"`
	Note      string   `json:"note,omitempty"`
	Notes     string   `json:"notes,omitempty"` // of the adjuster, for adjusters alone

	CreatedAt  time.Time `json:"created_at"`
	RingAt     time.Time `json:"ring_at,omitzero"` // start of the running or last ring
	AcceptedAt time.Time `json:"accepted_at,omitzero"`
	JoinFrom   time.Time `json:"join_from,omitzero"` // start of the time to join: the accept, or a later return
	ActiveAt   time.Time `json:"active_at,omitzero"`
	EndedAt    time.Time `json:"ended_at,omitzero"`
	Deadline   time.Time `json:"deadline,omitzero"` // next Tick that matters; zero once ended

	Claimant Leg      `json:"claimant"`
	Adjuster Leg      `json:"adjuster,omitzero"`  // zero while nobody is rung
	Rung     []string `json:"rung,omitempty"`     // adjusters whose ring came to nothing, in order
	Declined []No     `json:"declined,omitempty"` // of the rings that were declined with a word why, the last by each user

	Providers   []string  `json:"providers"`        // media services in order of preference, as configured at the start
	Provider    int       `json:"provider"`         // index of the one in use
	Failed      []string  `json:"failed,omitempty"` // providers that could not carry the call, and are not tried again
	Proven      bool      `json:"proven,omitempty"` // the one in use has carried both pushes for Timing.MediaSteady
	Generation  int       `json:"generation"`
	HandedAt    time.Time `json:"handed_at,omitzero"`    // when streams were handed out, until a push of theirs is seen
	CarriedFrom time.Time `json:"carried_from,omitzero"` // since when both pushes are seen

	End End `json:"end,omitzero"`

	Timeline []Moment `json:"timeline,omitempty"`
	Omitted  int      `json:"omitted,omitempty"` // moments left out of the middle of Timeline
}

// End says how a call ended.
type End struct {
	Reason Reason `json:"reason"`
	By     Role   `json:"by,omitempty"` // empty when no party ended it
}

// No is why somebody declined a ring.
type No struct {
	User User   `json:"user"`
	Why  string `json:"why"`
}

// Leg is one party's side of a call.
type Leg struct {
	User    string `json:"user"`
	Name    string `json:"name,omitempty"`
	Session string `json:"session,omitempty"` // the device that accepted or joined; empty while any may
	Joined  bool   `json:"joined,omitempty"`

	Online bool      `json:"online"`           // Session, or while it is empty any session of the user, has a socket
	Seen   int64     `json:"seen,omitempty"`   // version of the presence that Online was taken from
	Flow   Flow      `json:"flow,omitempty"`   // what the media side sees of the leg's push
	GoneAt time.Time `json:"gone_at,omitzero"` // since when neither socket nor, for a claimant, push is there

	Sent     Quality   `json:"sent_quality,omitempty"`     // of the leg's push, as its own device measures
	Received Quality   `json:"received_quality,omitempty"` // of the leg's push, as the other side measures
	BadFrom  time.Time `json:"bad_from,omitzero"`          // since when its quality is Bad, until sound alone has been proposed
}

// Flow is what the media side sees of a push of the current generation.
type Flow string

// Flows of a push.
const (
	NotYet     Flow = ""
	Publishing Flow = "publishing"
	Silent     Flow = "silent" // was publishing, is not any more
)

// Link is the state of a leg as the other side sees it.
type Link string

// Links of a leg.
const (
	LinkUp         Link = "up"
	LinkLost       Link = "lost"
	LinkBackground Link = "background" // no socket, but the push goes on
	LinkPublishing Link = "publishing"
	LinkSilent     Link = "silent"
)

// Link returns the state of the leg as the other side sees it.
func (l Leg) Link() Link {
	switch {
	case !l.Online && l.Flow == Publishing:
		return LinkBackground
	case !l.Online:
		return LinkLost
	case l.Flow == Publishing:
		return LinkPublishing
	case l.Flow == Silent:
		return LinkSilent
	}
	return LinkUp
}

// Clone returns a copy that shares nothing with c.
func (c Call) Clone() Call {
	c.Skills = slices.Clone(c.Skills)
	c.Rung = slices.Clone(c.Rung)
	c.Declined = slices.Clone(c.Declined)
	c.Failed = slices.Clone(c.Failed)
	c.Providers = slices.Clone(c.Providers)
	c.Timeline = slices.Clone(c.Timeline)
	return c
}

// Called returns the side that is rung: the opposite of the caller.
func (c Call) Called() Role { return c.Caller.Other() }

// Leg returns a pointer to the leg of the given role.
func (c *Call) Leg(r Role) *Leg {
	if r == Claimant {
		return &c.Claimant
	}
	return &c.Adjuster
}

// User returns the user on the given side. Its ID is empty when nobody is there.
func (c Call) User(r Role) User { return User{Role: r, ID: c.Leg(r).User} }

// Has reports whether u is a party of the call now.
func (c Call) Has(u User) bool { return u.ID != "" && c.User(u.Role) == u }

// WasRung reports whether u was rung for this call without taking it.
func (c Call) WasRung(u User) bool { return u.Role == Adjuster && slices.Contains(c.Rung, u.ID) }

// Accepted reports whether the call was accepted and has not ended.
func (c Call) Accepted() bool { return c.State == Connecting || c.State == Active }

// ProviderName returns the media service in use, or "" when none is configured.
func (c Call) ProviderName() string {
	if c.Provider >= len(c.Providers) {
		return ""
	}
	return c.Providers[c.Provider]
}

// requeuedFirst puts every call that was rung before in front of all that were not.
const requeuedFirst = int64(1) << 45 // milliseconds; later than any CreatedAt of this millennium

// QueueRank orders the calls of one queue: the lowest is next. Calls that come back from a ring
// stand before all others, and among equals the older one.
func (c Call) QueueRank() int64 {
	rank := c.CreatedAt.UnixMilli()
	if len(c.Rung) > 0 {
		rank -= requeuedFirst
	}
	return rank
}
