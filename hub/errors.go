package hub

import (
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
	{ErrRevoked, protocol.CodeUnauthorized},
	{ErrNotKnown, protocol.CodeUnavailable},
	{errHandOut, protocol.CodeInternal},
}

// errHandOut says that a provider could not make URLs, which is a mistake in its settings or in our program.
var errHandOut = errors.New("hub: no stream URLs")

// wireError returns what a client is told of an error about c, which may be empty. What is not in the table comes from
// a store that does not answer: see store.Store.
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
	return protocol.NewError(protocol.CodeUnavailable)
}
