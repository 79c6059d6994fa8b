package hub

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"go.uber.org/zap"

	"github.com/claimcall/claimcall/internal/call"
	"github.com/claimcall/claimcall/internal/store"
	"github.com/claimcall/claimcall/protocol"
)

// Receiver is told of calls by events.
type Receiver struct {
	Name  string      // of its events in the outbox
	Kinds []EventKind // of events that it wants; none means all
}

// EventKind says what an event tells.
type EventKind string

// The kinds of events.
const (
	EventCreated  EventKind = "call.created"
	EventRinging  EventKind = "call.ringing"  // at an adjuster, or at the claimant of a direct invite
	EventRequeued EventKind = "call.requeued" // a ring came to nothing
	EventAccepted EventKind = "call.accepted"
	EventActive   EventKind = "call.active"  // both sides have joined
	EventStreams  EventKind = "call.streams" // new streams in an active call
	EventEnded    EventKind = "call.ended"
)

// EventKinds returns every kind, in the order in which a call may give them.
func EventKinds() []EventKind {
	return []EventKind{
		EventCreated, EventRinging, EventRequeued, EventAccepted, EventActive, EventStreams, EventEnded,
	}
}

// Told is what a receiver gets.
type Told struct {
	Type      EventKind     `json:"type"`
	Timestamp protocol.Time `json:"timestamp"`
	Data      ToldData      `json:"data"`
}

// ToldData is about the moment of which an event tells, and the call. It has no names and no free text: whoever needs
// them asks for the call.
type ToldData struct {
	Call ToldCall `json:"call"`
	Moment
}

// ToldCall is a call as receivers see it. People are named by their ids.
type ToldCall struct {
	ID         string           `json:"id"`
	ClaimNo    string           `json:"claim_no"`
	Queue      string           `json:"queue,omitempty"`
	Media      protocol.Media   `json:"media"`
	Caller     protocol.LegName `json:"caller"`
	Claimant   string           `json:"claimant"`
	CreatedAt  protocol.Time    `json:"created_at"`
	AcceptedAt protocol.Time    `json:"accepted_at,omitzero"`
	ActiveAt   protocol.Time    `json:"active_at,omitzero"`
	EndedAt    protocol.Time    `json:"ended_at,omitzero"`
}

// events returns what all receivers are to be told of a call since a version.
func (h *Hub) events(c call.Call, was int64) []store.Event {
	var events []store.Event
	for _, r := range h.Tell {
		events = append(events, h.eventsFor(r, c, was)...)
	}
	return events
}

// eventsFor returns what one receiver is to be told. The same moment always gives the same event.
func (h *Hub) eventsFor(r Receiver, c call.Call, was int64) []store.Event {
	var events []store.Event
	add := func(m call.Moment, kind EventKind, seq int64) {
		if len(r.Kinds) > 0 && !slices.Contains(r.Kinds, kind) {
			return
		}
		body, err := json.Marshal(Told{kind, protocol.At(m.At), ToldData{toldCall(c), momentView(m)}})
		if err != nil {
			h.log.Error("event not encoded", zap.String("call", c.ID), zap.Error(err))
			return
		}
		events = append(events, store.Event{Receiver: r.Name, Call: c.ID, Seq: seq, Body: body})
	}
	for i, m := range c.Timeline {
		if m.Version <= was {
			continue
		}
		if m.Version == 1 {
			begun := m
			begun.By, begun.Reason = c.Caller, "" // it may have ended in the same moment, by nobody's doing
			add(begun, EventCreated, 2)
		}
		if kind := kindOf(c.Timeline[:i], m); kind != "" {
			add(m, kind, 2*m.Version+1)
		}
	}
	return events
}

// kindOf returns what a moment tells besides the beginning of the call; empty for nothing.
func kindOf(before []call.Moment, m call.Moment) EventKind {
	switch m.State {
	case call.Ringing:
		return EventRinging
	case call.Connecting:
		return EventAccepted
	case call.Ended:
		return EventEnded
	case call.Active:
		if slices.ContainsFunc(before, func(b call.Moment) bool { return b.State == call.Active }) {
			return EventStreams
		}
		return EventActive
	}
	if len(before) > 0 {
		return EventRequeued
	}
	return ""
}

func toldCall(c call.Call) ToldCall {
	return ToldCall{
		ID: c.ID, ClaimNo: c.ClaimNo, Queue: c.Queue, Media: protocol.Media(c.Media), Caller: protocol.LegName(c.Caller),
		Claimant: c.Claimant.User, CreatedAt: protocol.At(c.CreatedAt), AcceptedAt: protocol.At(c.AcceptedAt),
		ActiveAt: protocol.At(c.ActiveAt), EndedAt: protocol.At(c.EndedAt),
	}
}

// ErrReceiver says that nobody of that name is told of calls.
var ErrReceiver = errors.New("hub: no such receiver")

// Replay tells a receiver again of all calls that ended at from or later and earlier than before, and returns of how many.
// The events have the ids that they had, and tell of the calls as these are on record. Zero times mean all.
func (h *Hub) Replay(ctx context.Context, receiver string, from, before time.Time) (calls int, err error) {
	i := slices.IndexFunc(h.Tell, func(r Receiver) bool { return r.Name == receiver })
	if i < 0 {
		return 0, ErrReceiver
	}
	f := store.Filter{From: from, Before: before, Limit: replayPage}
	for {
		page, err := h.Store.Records(ctx, f)
		if err != nil {
			return calls, fmt.Errorf("hub: replay: %w", err)
		}
		for _, c := range page.Calls {
			if err := h.Store.Commit(ctx, store.Commit{Events: h.eventsFor(h.Tell[i], c, 0)}); err != nil {
				return calls, fmt.Errorf("hub: replay: %w", err)
			}
			calls++
		}
		if f.After = page.Next; page.Next.IsZero() {
			break
		}
	}
	if h.OnEvents != nil {
		h.OnEvents()
	}
	return calls, nil
}

const replayPage = 100 // calls that are read at once

// ReceiverState is how it stands with a receiver.
type ReceiverState struct {
	Name    string `json:"name"`
	Stopped bool   `json:"stopped"` // it has answered that it is gone, and is told nothing
}

// Receivers returns all that are told of calls.
func (h *Hub) Receivers(ctx context.Context) ([]ReceiverState, error) {
	stopped, err := h.Store.StoppedReceivers(ctx)
	if err != nil {
		return nil, fmt.Errorf("hub: receivers: %w", err)
	}
	states := make([]ReceiverState, len(h.Tell))
	for i, r := range h.Tell {
		states[i] = ReceiverState{r.Name, slices.Contains(stopped, r.Name)}
	}
	return states, nil
}

// StartReceiver has a receiver that was stopped told again, from here on. What it has missed is Replay's to tell.
func (h *Hub) StartReceiver(ctx context.Context, name string) error {
	if !slices.ContainsFunc(h.Tell, func(r Receiver) bool { return r.Name == name }) {
		return ErrReceiver
	}
	if err := h.Store.StopReceiver(ctx, name, false); err != nil {
		return fmt.Errorf("hub: start receiver: %w", err)
	}
	return nil
}
