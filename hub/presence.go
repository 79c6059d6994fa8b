package hub

import (
	"context"
	"errors"
	"time"

	"go.uber.org/zap"

	"github.com/claimcall/claimcall/internal/call"
	"github.com/claimcall/claimcall/internal/store"
)

// updatePresence changes one presence: load, change, commit, again if somebody was faster. The call that has the user
// learns of it in the same commit, and the user's sessions are told of a changed availability. It returns the presence,
// and the call as it was written; nil without one. A change that returns false is left alone.
func (h *Hub) updatePresence(ctx context.Context, u call.User,
	change func(call.Presence) (call.Presence, bool),
) (call.Presence, *call.Call, error) {
	var next call.Presence
	var in *call.Call
	err := h.retry(ctx, func() error {
		was, err := h.presence(ctx, u)
		if err != nil {
			return err
		}
		var changed bool
		if next, changed = change(was); !changed {
			next = was
			return nil
		}
		next = h.stamp(next, was.Version)
		in, err = h.commitPresence(ctx, was, next)
		return err
	})
	if err != nil {
		return call.Presence{}, nil, err
	}
	return next, in, nil
}

// commitPresence writes a changed presence together with its call, which it returns.
func (h *Hub) commitPresence(ctx context.Context, was, next call.Presence) (*call.Call, error) {
	change := store.Commit{Presences: []store.Presence{{Presence: next, Was: was.Version}}}
	change.Messages = h.availabilityMessage(h.seatsTaken(was, next), was, next)
	effects, err := h.addCallOf(ctx, &change, next)
	if err != nil {
		return nil, err
	}
	if err := h.Store.Commit(ctx, change); err != nil {
		return nil, err
	}
	h.afterCommit(change, effects)
	return change.Call, nil
}

// addCallOf has the call that a presence names learn of it. A call that is over has released the user meanwhile, which
// makes the commit fail.
func (h *Hub) addCallOf(ctx context.Context, change *store.Commit, p call.Presence) ([]call.Effect, error) {
	if p.Call == "" {
		return nil, nil
	}
	was, err := h.Store.Call(ctx, p.Call)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	c, effects, err := call.Step(was, p.Changed(), h.Store.Now(), h.Timing)
	if err != nil || c.Version == was.Version {
		return nil, err
	}
	h.sign(&c, was.Version)
	change.Call, change.CallWas, change.Wake = &c, was.Version, h.watch(c)
	change.Events = h.events(c, was.Version)
	return effects, h.addNotices(change, effects)
}

// stamp gives a changed presence its version and deadline.
func (h *Hub) stamp(p call.Presence, was int64) call.Presence {
	p.Version = store.NextVersion(was, h.Store.Now())
	return p.Timed(h.Timing)
}

// follow starts what a committed presence calls for.
func (h *Hub) follow(p call.Presence) {
	h.sweeper.at(p.Deadline)
	if p.Free() {
		h.assigner.kickFor(p.Queues)
	}
}

// stand takes a socket that has ended off its seat, if it has one, and tells the call. It goes on trying until that is
// done or the hub leaves; then other nodes see that this one is gone.
func (h *Hub) stand(s *socket) {
	h.unregister(s)
	h.board.remove(s)
	if s.session == "" {
		return
	}
	for wait := 100 * time.Millisecond; ; wait = min(2*wait, storeTimeout) {
		err := h.tryStand(s)
		if err == nil || errors.Is(err, store.ErrClosed) {
			return
		}
		if h.drains() { // which must not take as long as a store is away
			h.log.Warn("end of a socket not recorded; others see to it when the lease is over", zap.Error(err))
			return
		}
		h.log.Warn("end of a socket not recorded; trying again", zap.Error(err))
		select {
		case <-time.After(wait):
		case <-h.life.Done():
			return
		}
	}
}

func (h *Hub) tryStand(s *socket) error {
	ctx, cancel := h.command()
	defer cancel()
	p, in, err := h.updatePresence(ctx, s.user, func(p call.Presence) (call.Presence, bool) {
		if session, _ := p.Session(s.session); session.Node != h.Node || h.seatTaken(s) {
			return p, false
		}
		return p.Detach(s.session, s.seat, h.Store.Now())
	})
	if err != nil || p.Call == "" || in != nil {
		return err
	}
	// Somebody else took the seat away, before this socket may have had its last word in the call.
	_, err = h.apply(ctx, p.Call, p.Changed())
	return ignoreGone(err)
}

// presence returns the presence of one user.
func (h *Hub) presence(ctx context.Context, u call.User) (call.Presence, error) {
	found, err := h.presences(ctx, []call.User{u})
	if err != nil {
		return call.Presence{}, err
	}
	return found[0], nil
}

// command returns a context for one command's ways to the store.
func (h *Hub) command() (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.Background(), storeTimeout)
}
