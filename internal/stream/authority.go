package stream

import (
	"context"
	"errors"
	"sync/atomic"

	"github.com/claimcall/claimcall/internal/call"
)

// Authority knows the calls. The hub is one. Its methods are called concurrently.
type Authority interface {
	// AuthorizeStream returns nil if name may be published and played at the provider now: its call is running, both
	// sides have joined, and generation and provider are the call's newest. A refusal is call.ErrStreamRefused,
	// and call.ErrStreamUnknown if there never was such a call; any other error means that it could not be found out.
	AuthorizeStream(ctx context.Context, provider string, name call.StreamName) error
	// StreamProvider returns the provider at which name may be published and played now. Its errors are those of
	// AuthorizeStream.
	StreamProvider(ctx context.Context, name call.StreamName) (string, error)
	// StreamChanged tells that a stream began or ceased to be published. The news may be late, told before, and of an old
	// generation. An error means that it was not taken in.
	StreamChanged(ctx context.Context, provider string, name call.StreamName, publishing bool) error
}

// ErrNotReady says that there is no Authority yet.
var ErrNotReady = errors.New("stream: not ready")

// LateAuthority stands in for an Authority that is made later: the hub needs the providers, and those need the hub.
// Until Bind it refuses everything as not ready. The zero value is ready for use.
type LateAuthority struct {
	bound atomic.Pointer[Authority]
}

// Bind makes a the authority from now on.
func (l *LateAuthority) Bind(a Authority) { l.bound.Store(&a) }

// AuthorizeStream asks the bound authority.
func (l *LateAuthority) AuthorizeStream(ctx context.Context, provider string, name call.StreamName) error {
	if a := l.bound.Load(); a != nil {
		return (*a).AuthorizeStream(ctx, provider, name)
	}
	return ErrNotReady
}

// StreamProvider asks the bound authority.
func (l *LateAuthority) StreamProvider(ctx context.Context, name call.StreamName) (string, error) {
	if a := l.bound.Load(); a != nil {
		return (*a).StreamProvider(ctx, name)
	}
	return "", ErrNotReady
}

// StreamChanged tells the bound authority.
func (l *LateAuthority) StreamChanged(ctx context.Context, provider string, name call.StreamName, publishing bool) error {
	if a := l.bound.Load(); a != nil {
		return (*a).StreamChanged(ctx, provider, name, publishing)
	}
	return ErrNotReady
}

// IsRefusal reports whether err means "no", rather than "cannot tell".
func IsRefusal(err error) bool {
	for _, refusal := range []error{ErrSignature, ErrExpired, ErrName, ErrPublished, call.ErrStreamRefused} {
		if errors.Is(err, refusal) {
			return true
		}
	}
	return false
}
