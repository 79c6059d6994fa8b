package hub

import (
	"context"

	"github.com/claimcall/claimcall/internal/call"
	"github.com/claimcall/claimcall/protocol"
)

// noteCall keeps what an adjuster writes about a call, running or ended.
func noteCall(ctx context.Context, s *socket, data any) (any, call.Call, error) {
	in := data.(*protocol.CallNote)
	return s.act(ctx, in.Call, call.Noted{By: s.user, Text: in.Text})
}
