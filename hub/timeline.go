package hub

import (
	"context"

	"github.com/claimcall/claimcall/internal/call"
	"github.com/claimcall/claimcall/protocol"
)

// Timeline is what became of a call.
type Timeline struct {
	Moments []Moment `json:"timeline"`
	// Omitted is how many moments are left out of the middle of a long one.
	Omitted int `json:"omitted,omitempty"`
}

// Moment is a change of the state or the streams of a call.
type Moment struct {
	At      protocol.Time  `json:"at"`
	Version int64          `json:"version"` // of the call from then on
	State   protocol.State `json:"state"`
	// By is whose doing it was, and Adjuster who was rung or in the call then.
	By       protocol.Actor  `json:"by"`
	Adjuster string          `json:"adjuster,omitempty"`
	Reason   protocol.Reason `json:"reason,omitempty"`
	// Provider and Generation are of the streams of an active call.
	Provider   string `json:"provider,omitempty"`
	Generation int    `json:"generation,omitempty"`
	Node       string `json:"node"` // that wrote it
}

// Timeline returns what became of a call, to a supervisor or its adjuster. Its errors are *protocol.Error.
func (h *Hub) Timeline(ctx context.Context, who Identity, id string) (Timeline, error) {
	if bad := h.charge(who, 1); bad != nil {
		return Timeline{}, bad
	}
	ctx, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	c, err := h.Store.Call(ctx, id)
	switch {
	case err != nil:
		return Timeline{}, wireError(err, call.Call{})
	case who.Role == protocol.RoleClaimant:
		return Timeline{}, protocol.NewError(protocol.CodeForbidden)
	case who.Role != protocol.RoleSupervisor && !c.Has(userOf(who)):
		return Timeline{}, protocol.NewError(protocol.CodeNotYourCall)
	}
	t := Timeline{Moments: make([]Moment, len(c.Timeline)), Omitted: c.Omitted}
	for i, m := range c.Timeline {
		t.Moments[i] = momentView(m)
	}
	return t, nil
}

func momentView(m call.Moment) Moment {
	return Moment{
		At: protocol.At(m.At), Version: m.Version, State: protocol.State(m.State), By: actor(call.End{By: m.By, Reason: m.Reason}),
		Adjuster: m.Adjuster, Reason: protocol.Reason(m.Reason), Provider: m.Provider, Generation: m.Generation, Node: m.Node,
	}
}

// sign writes into what is new since version was that this node wrote it. The call must be this change's own copy.
func (h *Hub) sign(c *call.Call, was int64) {
	moments := c.Since(was)
	for i := range moments {
		moments[i].Node = h.Node
	}
}
