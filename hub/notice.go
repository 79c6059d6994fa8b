package hub

import (
	"github.com/claimcall/claimcall/internal/call"
	"github.com/claimcall/claimcall/internal/store"
	"github.com/claimcall/claimcall/protocol"
)

// addNotices puts what the effects have to tell into the change, one message per user told.
func (h *Hub) addNotices(change *store.Commit, effects []call.Effect) error {
	for _, e := range effects {
		n, ok := e.(call.Notify)
		if !ok {
			continue
		}
		frame, err := h.frame(n, *change.Call)
		if err != nil {
			return err
		}
		change.Messages = append(change.Messages, store.Message{
			To: n.To, Session: n.Session, Except: n.Except, Frame: frame,
			Call: change.Call.ID, Version: change.Call.Version, State: standing(n, *change.Call),
		})
	}
	return nil
}

// standing returns how the call stands for whoever gets the notice: one that was withdrawn is over.
func standing(n call.Notify, c call.Call) call.State {
	if n.Notice == call.NoticeWithdrawn {
		return call.Ended
	}
	return c.State
}

// frame returns what a notice looks like on the wire. NoticeQueued has none: the node of the waiting claimant
// sends it with the position, which it looks up for itself.
func (h *Hub) frame(n call.Notify, c call.Call) ([]byte, error) {
	if n.Notice == call.NoticeQueued {
		return nil, nil
	}
	data, err := h.payload(n, c)
	if err != nil {
		return nil, err
	}
	return protocol.Encode(protocol.Type(n.Notice), "", data)
}

func (h *Hub) payload(n call.Notify, c call.Call) (any, error) {
	v := h.view(c, n.To)
	switch n.Notice {
	case call.NoticeInvite:
		return protocol.CallInvited{Call: v, ExpiresAt: protocol.At(c.RingAt.Add(h.Timing.Ring))}, nil
	case call.NoticeWithdrawn:
		return protocol.CallWithdrawn{Call: v, Reason: withdrawReason(n.Reason)}, nil
	case call.NoticeJoined:
		return protocol.CallJoined{Call: v, Leg: protocol.LegName(n.Leg)}, nil
	case call.NoticeStreams:
		streams, err := h.handOut(c, n.To.Role)
		return protocol.CallStreams{Call: v, Streams: streams}, err
	case call.NoticePeer:
		return protocol.CallPeer{Call: v, Leg: protocol.LegName(n.Leg), Link: protocol.Link(c.Leg(n.Leg).Link())}, nil
	case call.NoticeProfile:
		return h.profileEvent(n, c, v)
	case call.NoticeHangup:
		return protocol.CallHangup{Call: v, Reason: protocol.Reason(n.Reason), By: actor(call.End{Reason: n.Reason, By: n.By})}, nil
	}
	return protocol.CallEvent{Call: v}, nil
}

// availabilityMessage adds a message for the adjuster's sessions if the availability differs between two presences.
func (h *Hub) availabilityMessage(to []store.Message, was, next call.Presence) []store.Message {
	if next.User.Role != call.Adjuster || was.Availability() == next.Availability() {
		return to
	}
	frame, err := availabilityFrame(next)
	if err != nil {
		return to
	}
	return append(to, store.Message{To: next.User, Version: next.Version, Frame: frame})
}

// availabilityFrame returns the event that says what an adjuster's availability is.
func availabilityFrame(p call.Presence) ([]byte, error) {
	event := protocol.AvailabilityEvent{State: protocol.Availability(p.Availability()), Until: until(p)}
	if p.Availability() == call.Away {
		event.Reason = availabilityReason(p)
	}
	return protocol.Encode(protocol.TypeAvailability, "", event)
}

// until returns when a wrap-up ends by itself; zero without one.
func until(p call.Presence) protocol.Time {
	if p.Availability() != call.WrapUp {
		return protocol.Time{}
	}
	return protocol.At(p.WrapUpUntil)
}

func availabilityReason(p call.Presence) protocol.AvailabilityReason {
	if p.Reason == call.MissedRings {
		return protocol.AvailabilityMissed
	}
	return protocol.AvailabilityRequested
}

// Deliver hands a message of the store to the sockets that it is for. One for this node itself is the bell of seatsTaken.
func (h *Hub) Deliver(m store.Message) {
	if r, ok := m.Revocation(); ok {
		h.revocations.note(r)
		return
	}
	if m.Node != "" {
		go h.lookAround(m.To)
		return
	}
	if m.Call != "" && m.To.Role == call.Claimant {
		h.positions.heard(m)
	}
	for _, s := range h.socketsOf(m.To) {
		s.deliver(m)
	}
}
