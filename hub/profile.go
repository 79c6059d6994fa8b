package hub

import (
	"cmp"

	"github.com/claimcall/claimcall/internal/call"
	"github.com/claimcall/claimcall/protocol"
)

// profile returns what a leg is to push with, made of what its provider hands out.
func (h *Hub) profile(c call.Call, leg call.Role, from protocol.Profile) protocol.Profile {
	wanted, ok := h.Profiles[c.Queue]
	if !ok {
		wanted = h.Profiles[DefaultQueue]
	}
	return lowered(merged(from, wanted), c.Leg(leg).Quality())
}

// merged returns p with every figure of wanted that is not zero.
func merged(p, wanted protocol.Profile) protocol.Profile {
	p.MinBitrateKbps = cmp.Or(wanted.MinBitrateKbps, p.MinBitrateKbps)
	p.MaxBitrateKbps = cmp.Or(wanted.MaxBitrateKbps, p.MaxBitrateKbps)
	p.MinBitrateKbps = min(p.MinBitrateKbps, p.MaxBitrateKbps)
	p.FPS = cmp.Or(wanted.FPS, p.FPS)
	p.Width = cmp.Or(wanted.Width, p.Width)
	p.Height = cmp.Or(wanted.Height, p.Height)
	p.AudioQuality = cmp.Or(wanted.AudioQuality, p.AudioQuality)
	return p
}

// lowered returns p with as much picture as gets across. Sound is left whole: it comes first. At half the bit rate the
// picture keeps its size; at a quarter it is smaller, and even, as encoders want it.
func lowered(p protocol.Profile, q call.Quality) protocol.Profile {
	switch q {
	case call.Weak:
		p.MaxBitrateKbps /= 2
		p.MinBitrateKbps = min(p.MinBitrateKbps*2/3, p.MaxBitrateKbps)
		p.FPS = p.FPS * 4 / 5
	case call.Bad:
		p.MaxBitrateKbps /= 4
		p.MinBitrateKbps = min(p.MinBitrateKbps/3, p.MaxBitrateKbps)
		p.FPS = p.FPS * 8 / 15
		p.Width, p.Height = p.Width*2/3&^1, p.Height*2/3&^1
	}
	return p
}

// profileEvent tells of a changed quality of a leg's stream.
func (h *Hub) profileEvent(n call.Notify, c call.Call, v protocol.Call) (any, error) {
	streams, err := h.handOut(c, n.Leg)
	return protocol.CallProfile{
		Call: v, Leg: protocol.LegName(n.Leg), Quality: protocol.Quality(c.Leg(n.Leg).Quality().String()),
		Profile: streams.Profile, Propose: protocol.Media(n.Propose),
	}, err
}
