package embed

import (
	"context"
	"time"

	"github.com/claimcall/claimcall/hub"
	"github.com/claimcall/claimcall/protocol"
)

// NoStreams is a hub.Streams without media: both sides get a hand-out without addresses. It is for programs that carry
// picture and sound by means of their own, or need none.
type NoStreams struct{}

// Providers returns one name, because every call is carried by something.
func (NoStreams) Providers() []string { return []string{"none"} }

// HandOut returns no addresses.
func (NoStreams) HandOut(provider string, own hub.StreamName, expires time.Time) (protocol.Streams, error) {
	return protocol.Streams{
		Provider: provider, Generation: own.Generation, ExpiresAt: protocol.At(expires),
		Push: []protocol.StreamURL{}, Play: []protocol.StreamURL{},
	}, nil
}

// Drop has nothing to end.
func (NoStreams) Drop(context.Context, string, hub.StreamName) {}
