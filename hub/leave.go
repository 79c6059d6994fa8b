package hub

import (
	"context"

	"go.uber.org/zap"

	"github.com/claimcall/claimcall/internal/call"
	"github.com/claimcall/claimcall/protocol"
)

// endSession signs a session out for good. The socket is closed once that has been answered. A ring at somebody who has
// no other device goes on to the next at once; if that fails, the time that a lost socket has does it.
func endSession(ctx context.Context, s *socket, _ any) (any, call.Call, error) {
	p, _, err := s.hub.updatePresence(ctx, s.user, func(p call.Presence) (call.Presence, bool) {
		_, known := p.Session(s.session)
		return p.SignOut(s.session), known
	})
	if err != nil {
		return nil, call.Call{}, err
	}
	s.leaving = true
	if p.Call != "" && len(p.Sessions) == 0 {
		if _, err := s.hub.apply(ctx, p.Call, p.Changed(), call.Left{User: s.user}); ignoreGone(err) != nil {
			s.hub.log.Warn("ring goes on for a moment", zap.Error(err))
		}
	}
	return protocol.Empty{}, call.Call{}, nil
}
