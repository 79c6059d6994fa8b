package hub

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/claimcall/claimcall/internal/call"
	"github.com/claimcall/claimcall/internal/store"
	"github.com/claimcall/claimcall/protocol"
)

// MaxTokenLife is the longest life of a token that can be revoked: revocations are forgotten after it.
const MaxTokenLife = 366 * 24 * time.Hour

const (
	// lookForRevoked is how often a node asks for revocations that it was not told of.
	lookForRevoked = 2 * time.Second
	// revokedOverlap is how far back each look goes: the time of a store may step back when it fails over.
	revokedOverlap = time.Minute
)

// Errors of Identify. Ready returns ErrNotKnown, too.
var (
	// ErrRevoked refuses a token whose holder was revoked after it was issued.
	ErrRevoked = errors.New("hub: sign-in was revoked")
	// ErrNotKnown refuses any token while the node does not know yet who was revoked.
	ErrNotKnown = errors.New("hub: revocations are not known yet")
)

// revocations is what a node knows of tokens that are void. All methods may be called concurrently.
type revocations struct {
	hub *Hub

	mu     sync.Mutex
	byUser map[call.User]time.Time
	newest time.Time
	known  bool // all that there were at the start are in byUser
}

func newRevocations(h *Hub) *revocations {
	return &revocations{hub: h, byUser: map[call.User]time.Time{}}
}

// Identify returns who a token is for, or why it is refused: an error of Authenticate, ErrRevoked or ErrNotKnown.
func (h *Hub) Identify(token string) (Identity, error) {
	id, err := h.Authenticate(token)
	if err != nil {
		return Identity{}, err
	}
	if err := h.revocations.check(id); err != nil {
		return Identity{}, err
	}
	return id, nil
}

// Revoke voids the tokens that a user was given until now, on every node, and ends the user's sockets. Who is issued a
// token later may come back; times of issue are whole seconds, so one of the same second is void too. A running call goes
// on as if the sockets were lost.
func (h *Hub) Revoke(ctx context.Context, role protocol.Role, user string) error {
	u := call.User{Role: call.Role(role), ID: user}
	at, err := h.Store.Revoke(ctx, u, MaxTokenLife)
	if err != nil {
		return fmt.Errorf("hub: revoke: %w", err)
	}
	r := store.Revocation{User: u, At: at}
	h.revocations.note(r)
	// The other nodes find it by themselves soon: the message is a bell.
	if err := h.Store.Commit(ctx, store.Commit{Messages: []store.Message{r.Message()}}); err != nil {
		h.log.Warn("other nodes not told of a revocation; they look for it", zap.Error(err))
	}
	return nil
}

// run looks for revocations until ctx ends.
func (r *revocations) run(ctx context.Context) {
	for ctx.Err() == nil {
		r.hub.attempt(ctx, "look for revocations", r.look)
		rest(ctx, lookForRevoked)
	}
}

// look takes in what other nodes have revoked.
func (r *revocations) look(ctx context.Context) error {
	r.mu.Lock()
	since := r.newest
	r.mu.Unlock()
	if !since.IsZero() {
		since = since.Add(-revokedOverlap)
	}
	all, err := r.hub.Store.Revocations(ctx, since)
	if err != nil {
		return err
	}
	for _, one := range all {
		r.note(one)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.known = true
	return nil
}

// note takes in a revocation. When it returns, nobody signs in with a void token, and sockets with one are ending.
func (r *revocations) note(one store.Revocation) {
	r.mu.Lock()
	fresh := one.At.After(r.byUser[one.User])
	if fresh {
		r.byUser[one.User] = one.At
	}
	if one.At.After(r.newest) {
		r.newest = one.At
	}
	r.mu.Unlock()
	if !fresh {
		return
	}
	for _, s := range r.hub.socketsOf(one.User) {
		if s.issued().voidedBy(one.At) {
			s.close(protocol.CloseRevoked)
		}
	}
}

// issue is when a token was issued; zero if it does not say.
type issue time.Time

// voidedBy reports whether a revocation at a time voids a token.
func (i issue) voidedBy(at time.Time) bool { return !time.Time(i).After(at) }

// check refuses tokens that are void, and all while it is not known which are.
func (r *revocations) check(id Identity) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	at, revoked := r.byUser[call.User{Role: call.Role(id.Role), ID: id.User}]
	switch {
	case revoked && issue(id.Issued).voidedBy(at):
		return ErrRevoked
	case !r.known:
		return ErrNotKnown
	}
	return nil
}

func (r *revocations) areKnown() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.known
}
