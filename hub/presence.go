package hub

import (
	"context"
	"errors"
	"time"

	"go.uber.org/zap"

	"github.com/claimcall/claimcall/internal/call"
	"github.com/claimcall/claimcall/internal/store"
)

// wakeAfter is when the sweep looks at a call whose party's presence has changed, in case the node that
// changed it dies before it has told the call.
const wakeAfter = time.Second

// updatePresence changes one presence: load, change, commit, again if somebody was faster. The user's sessions are
// told of a changed availability. A change that returns false is left alone.
func (h *Hub) updatePresence(ctx context.Context, u call.User,
	change func(call.Presence) (call.Presence, bool),
) (call.Presence, error) {
	var next call.Presence
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
		commit := store.Commit{Presences: []store.Presence{{Presence: next, Was: was.Version}}}
		commit.Messages = h.availabilityMessage(nil, was, next)
		if next.Call != "" {
			commit.Wake = []store.Wake{{Call: next.Call, At: h.Store.Now().Add(wakeAfter)}}
		}
		return h.Store.Commit(ctx, commit)
	})
	if err != nil {
		return call.Presence{}, err
	}
	h.follow(next)
	return next, nil
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
// done or the hub has ended; then other nodes see that this one is gone.
func (h *Hub) stand(s *socket) {
	h.unregister(s)
	if s.session == "" {
		return
	}
	for wait := 100 * time.Millisecond; ; wait = min(2*wait, storeTimeout) {
		err := h.tryStand(s)
		if err == nil || errors.Is(err, store.ErrClosed) {
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
	detached := false
	p, err := h.updatePresence(ctx, s.user, func(p call.Presence) (call.Presence, bool) {
		if session, _ := p.Session(s.session); session.Node != h.Node || h.seatTaken(s) {
			return p, false
		}
		p, detached = p.Detach(s.session, s.seat, h.Store.Now())
		return p, detached
	})
	if err != nil || p.Call == "" {
		return err
	}
	return h.tellCall(ctx, p)
}

// tellCall has the user's call learn which of the user's sessions have a socket.
func (h *Hub) tellCall(ctx context.Context, p call.Presence) error {
	_, err := h.apply(ctx, p.Call, p.Changed())
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	return err
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
