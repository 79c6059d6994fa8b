package call

import "time"

// Request is what a claimant's call begins with.
type Request struct {
	ID        string
	RequestID string
	ClaimNo   string
	Queue     string
	Skills    []string
	Media     Media
	Note      string
	Providers []string
	Claimant  Presence // as it stands, not yet held
}

// NewRequest returns the queued call of a claimant, of version 1, and what follows from it.
// The claimant's presence must be held in the same commit.
func NewRequest(r Request, now time.Time, t Timing) (Call, []Effect) {
	s := step{timing: t, now: now, Call: Call{
		ID: r.ID, State: Queued, Caller: Claimant, RequestID: r.RequestID,
		ClaimNo: r.ClaimNo, Queue: r.Queue, Skills: r.Skills, Media: r.Media, Note: r.Note,
		Providers: r.Providers, CreatedAt: now, Claimant: newLeg(r.Claimant, now),
	}}
	s.Call = s.Clone()
	s.add(Hold{User: r.Claimant.User})
	s.notify(NoticeQueued, Claimant)
	return s.done(Call{}, Claimant), s.effects
}

// Invite is what an adjuster's direct call begins with.
type Invite struct {
	ID        string
	ClaimNo   string
	Media     Media
	Providers []string
	Adjuster  Presence // as it stands, not yet held
	Claimant  Presence // the called party, as it stands
}

// NewInvite returns the call of an adjuster who invites a claimant directly, of version 1, and what follows
// from it. When the claimant is not there or is in a call, the call comes back ended, for the record.
func NewInvite(in Invite, now time.Time, t Timing) (Call, []Effect) {
	s := step{timing: t, now: now, Call: Call{
		ID: in.ID, State: Ringing, Caller: Adjuster, ClaimNo: in.ClaimNo, Media: in.Media,
		Providers: in.Providers, CreatedAt: now, RingAt: now,
		Claimant: newLeg(in.Claimant, now), Adjuster: newLeg(in.Adjuster, now),
	}}
	s.Call = s.Clone()
	switch {
	case !s.Claimant.Online:
		s.close(GoneOffline, "")
	case in.Claimant.Call != "":
		s.close(Busy, "")
	default:
		s.add(Hold{User: in.Claimant.User})
		s.add(Hold{User: in.Adjuster.User})
		s.notify(NoticeInvite, Claimant)
		s.notify(NoticeRinging, Adjuster)
	}
	return s.done(Call{}, Adjuster), s.effects
}

func newLeg(p Presence, now time.Time) Leg {
	l := Leg{User: p.User.ID, Name: p.Name, Online: p.Online(), Seen: p.Version}
	if !l.Online {
		l.GoneAt = now
	}
	return l
}
