package hub

import (
	"context"
	"errors"

	"github.com/claimcall/claimcall/internal/call"
	"github.com/claimcall/claimcall/internal/store"
	"github.com/claimcall/claimcall/protocol"
)

// codes says what each error of the layers below is on the wire.
var codes = []struct {
	err  error
	code protocol.Code
}{
	{call.ErrNotParty, protocol.CodeNotYourCall},
	{call.ErrWithdrawn, protocol.CodeWithdrawn},
	{call.ErrAnsweredElsewhere, protocol.CodeAnsweredElsewhere},
	{call.ErrWrongState, protocol.CodeWrongState},
	{call.ErrNotJoined, protocol.CodeNotJoined},
	{call.ErrHeld, protocol.CodeInCall},
	{store.ErrNotFound, protocol.CodeUnknownCall},
	{store.ErrClosed, protocol.CodeUnavailable},
	{store.ErrStale, protocol.CodeUnavailable},
	{context.DeadlineExceeded, protocol.CodeUnavailable},
	{context.Canceled, protocol.CodeUnavailable},
}

// wireError returns what a client is told of an error about c, which may be empty. What is not in the table is
// internal.
func wireError(err error, c call.Call) *protocol.Error {
	var told *protocol.Error
	if errors.As(err, &told) {
		return told
	}
	if errors.Is(err, call.ErrEnded) {
		return protocol.CallEnded(protocol.Reason(c.End.Reason))
	}
	for _, known := range codes {
		if errors.Is(err, known.err) {
			return protocol.NewError(known.code)
		}
	}
	return protocol.NewError(protocol.CodeInternal)
}
