package store

import (
	"context"
	"time"

	"github.com/claimcall/claimcall/internal/call"
)

// Credentials is what the nodes of a deployment must agree on about tokens. It is part of Store.
type Credentials interface {
	// Revoke remembers, for keep, that the tokens which a user was given until now are void, and returns that time. Once it
	// has returned, every node finds the revocation. All who call it give the same keep.
	Revoke(ctx context.Context, u call.User, keep time.Duration) (time.Time, error)
	// Revocations returns those of since and later, the last one of each user, in no order. A zero since asks for all.
	Revocations(ctx context.Context, since time.Time) ([]Revocation, error)
	// Spend returns true to exactly one of all who spend the same name within life. A name holds no secret.
	Spend(ctx context.Context, name string, life time.Duration) (first bool, err error)
	// Spent reports whether a name was spent, and its life is not over.
	Spent(ctx context.Context, name string) (bool, error)
}

// Revocation says that tokens which a user was given until At are void.
type Revocation struct {
	User call.User
	At   time.Time // in whole microseconds
}

// Revoked is the State of a message that tells of a revocation: of the user that it goes to, at Version in
// microseconds since 1970. It has no Frame.
const Revoked call.State = "revoked"

// Message returns what tells the nodes on which the user is.
func (r Revocation) Message() Message {
	return Message{To: r.User, State: Revoked, Version: r.At.UnixMicro()}
}

// Revocation returns what a message tells of; false for one that tells of something else.
func (m Message) Revocation() (Revocation, bool) {
	if m.State != Revoked {
		return Revocation{}, false
	}
	return Revocation{User: m.To, At: time.UnixMicro(m.Version).UTC()}, true
}
