package hub

import (
	"context"
	"errors"

	"go.uber.org/zap"

	"github.com/claimcall/claimcall/internal/call"
	"github.com/claimcall/claimcall/protocol"
)

// runningPage is how many running calls are returned at once.
const runningPage = 200

// RunningPage is a part of the calls that run.
type RunningPage struct {
	Calls []protocol.Call `json:"calls"`
	Next  string          `json:"next,omitempty"` // what follows comes after this; empty at the end
}

// QueueState is how it stands with a queue in which somebody waits.
type QueueState struct {
	Name    string        `json:"name"`
	Waiting int           `json:"waiting"`
	Oldest  protocol.Time `json:"oldest,omitzero"` // when the first in line began to wait
}

// Person is how it stands with a claimant or an adjuster.
type Person struct {
	Role         protocol.Role         `json:"role"`
	ID           string                `json:"id"`
	Availability protocol.Availability `json:"availability"`
	Call         string                `json:"call,omitempty"`
	Queues       []string              `json:"queues"` // that an adjuster serves; none means all
	Skills       []string              `json:"skills"`
	Sessions     []PersonSession       `json:"sessions"`
}

// PersonSession is one device of a person.
type PersonSession struct {
	Node   string `json:"node"`
	Online bool   `json:"online"`
}

// Running returns calls that have not ended, in the order of their ids, from behind the given one, at most 200. Errors of
// this and of all methods below are *protocol.Error.
func (h *Hub) Running(ctx context.Context, after string) (RunningPage, error) {
	ctx, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	found, err := h.Store.Running(ctx, after, runningPage+1)
	if err != nil {
		return RunningPage{}, wireError(err, call.Call{})
	}
	page := RunningPage{Calls: []protocol.Call{}}
	for i, c := range found {
		if i == runningPage {
			page.Next = found[i-1].ID
			break
		}
		page.Calls = append(page.Calls, h.whole(c, call.Adjuster))
	}
	return page, nil
}

// EndCall ends a call whatever its state. The act is in the audit log.
func (h *Hub) EndCall(ctx context.Context, actor, id string) (protocol.Call, error) {
	ctx, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	c, err := h.Store.Call(ctx, id)
	switch {
	case err != nil:
		return protocol.Call{}, wireError(err, c)
	case c.State == call.Ended:
		return protocol.Call{}, wireError(call.ErrEnded, c)
	}
	if err := h.Audit(ctx, Act{Actor: actor, What: "call.end", Target: "call:" + id}); err != nil {
		return protocol.Call{}, h.notDone("call not ended", err)
	}
	c, err = h.apply(ctx, id, call.Finish{Reason: call.EndedByAdmin})
	if err != nil {
		return protocol.Call{}, wireError(err, c)
	}
	return h.whole(c, call.Adjuster), nil
}

// QueueStates returns all queues in which somebody waits.
func (h *Hub) QueueStates(ctx context.Context) ([]QueueState, error) {
	ctx, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	names, err := h.Store.Queues(ctx)
	if err != nil {
		return nil, wireError(err, call.Call{})
	}
	states := make([]QueueState, 0, len(names))
	for _, name := range names {
		total, first, err := h.Store.Queued(ctx, 1, name)
		if err != nil {
			return nil, wireError(err, call.Call{})
		}
		if len(first) > 0 {
			states = append(states, QueueState{name, total, protocol.At(first[0].CreatedAt)})
		}
	}
	return states, nil
}

// Person returns how it stands with somebody; offline if nothing is known.
func (h *Hub) Person(ctx context.Context, role protocol.Role, id string) (Person, error) {
	ctx, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	p, err := h.presence(ctx, call.User{Role: call.Role(role), ID: id})
	if err != nil {
		return Person{}, wireError(err, call.Call{})
	}
	return personView(p), nil
}

// SetAvailability has an adjuster who is signed in take calls, or none, as the adjuster could. The act is in the audit log.
func (h *Hub) SetAvailability(ctx context.Context, actor, adjuster string, to protocol.Availability) (Person, error) {
	if to != protocol.AvailabilityAvailable && to != protocol.AvailabilityAway {
		return Person{}, protocol.BadData("state", "want available or away")
	}
	ctx, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	u := call.User{Role: call.Adjuster, ID: adjuster}
	act := Act{Actor: actor, What: "availability.set", Target: "adjuster:" + adjuster, Detail: string(to)}
	if err := h.Audit(ctx, act); err != nil {
		return Person{}, h.notDone("availability not set", err)
	}
	p, _, err := h.updatePresence(ctx, u, func(p call.Presence) (call.Presence, bool) {
		if len(p.Sessions) == 0 {
			return p, false
		}
		return p.Set(call.Availability(to), h.Store.Now()), true
	})
	if err != nil {
		return Person{}, wireError(err, call.Call{})
	}
	if len(p.Sessions) == 0 {
		return Person{}, protocol.Errorf(protocol.CodeWrongState, "The adjuster is not signed in.")
	}
	return personView(p), nil
}

// notDone says that an act was not done because it could not be written into the audit log.
func (h *Hub) notDone(what string, err error) error {
	if !errors.Is(err, context.Canceled) {
		h.log.Error(what, zap.Error(err))
	}
	return protocol.NewError(protocol.CodeUnavailable)
}

func personView(p call.Presence) Person {
	v := Person{
		Role: protocol.Role(p.User.Role), ID: p.User.ID, Availability: protocol.Availability(p.Availability()), Call: p.Call,
		Queues: append([]string{}, p.Queues...), Skills: append([]string{}, p.Skills...), Sessions: []PersonSession{},
	}
	for _, s := range p.Sessions {
		v.Sessions = append(v.Sessions, PersonSession{Node: s.Node, Online: s.Online})
	}
	return v
}
