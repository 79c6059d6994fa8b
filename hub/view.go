package hub

import (
	"github.com/claimcall/claimcall/internal/call"
	"github.com/claimcall/claimcall/protocol"
)

// view returns a call as the given user sees it.
func (h *Hub) view(c call.Call, to call.User) protocol.Call {
	if !c.Has(to) {
		c = parted(c)
	}
	return h.whole(c, to.Role)
}

// whole returns all of a call as its party on one side sees it.
func (h *Hub) whole(c call.Call, side call.Role) protocol.Call {
	v := protocol.Call{
		ID: c.ID, Version: c.Version, State: protocol.State(c.State),
		ClaimNo: c.ClaimNo, Queue: c.Queue, Media: protocol.Media(c.Media), Skills: c.Skills, Note: c.Note,
		CreatedAt: protocol.At(c.CreatedAt), AcceptedAt: protocol.At(c.AcceptedAt), ActiveAt: protocol.At(c.ActiveAt),
		EndedAt: protocol.At(c.EndedAt), Deadline: protocol.At(c.EndsAt(h.Timing)),
		You:  protocol.LegName(side),
		Legs: protocol.Legs{Claimant: legView(c.Claimant)},
	}
	if c.Adjuster.User != "" {
		leg := legView(c.Adjuster)
		v.Legs.Adjuster = &leg
	}
	if side != call.Claimant {
		v.Notes = c.Notes
	}
	if c.State == call.Ended {
		v.End = &protocol.End{Reason: protocol.Reason(c.End.Reason), By: actor(c.End)}
	}
	return v
}

// parted returns what an adjuster may still see of a call that was rung for and went elsewhere: how it stood then.
func parted(c call.Call) call.Call {
	return call.Call{
		ID: c.ID, Version: c.Version, State: call.Queued, ClaimNo: c.ClaimNo, Queue: c.Queue, Media: c.Media,
		CreatedAt: c.CreatedAt, Claimant: call.Leg{User: c.Claimant.User, Name: c.Claimant.Name, Online: true},
	}
}

func legView(l call.Leg) protocol.Leg {
	v := protocol.Leg{User: l.User, Name: l.Name, Joined: l.Joined, Link: protocol.Link(l.Link())}
	if q := l.Quality(); q != call.Good {
		v.Quality = protocol.Quality(q.String())
	}
	return v
}

// actor says whose doing an end was.
func actor(e call.End) protocol.Actor {
	switch {
	case e.By != "":
		return protocol.Actor(e.By)
	case e.Reason == call.EndedByAdmin:
		return protocol.ActorAdmin
	}
	return protocol.ActorHub
}

// withdrawReason says why a device stops ringing.
func withdrawReason(r call.Reason) protocol.WithdrawReason {
	switch r {
	case call.AnsweredElsewhere:
		return protocol.WithdrawAnsweredElsewhere
	case call.Rejected:
		return protocol.WithdrawRejectedElsewhere
	case call.Canceled:
		return protocol.WithdrawCanceled
	case call.NoAnswer:
		return protocol.WithdrawNoAnswer
	case call.GoneOffline:
		return protocol.WithdrawOffline
	}
	return protocol.WithdrawEnded
}
