package hub

import (
	"context"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/claimcall/claimcall/internal/call"
	"github.com/claimcall/claimcall/internal/store"
	"github.com/claimcall/claimcall/protocol"
)

// resyncAgain is how long after a failure a resync goes on with whom it could not serve.
const resyncAgain = time.Second

// Resync is called by the store when listening has begun and whenever messages may have been lost: every socket is
// sent a view of its call afresh, or closed when its seat is gone.
func (h *Hub) Resync() {
	h.mu.Lock()
	h.listening = true
	var users []call.User
	for u := range h.sockets {
		users = append(users, u)
	}
	h.mu.Unlock()
	if len(users) > 0 {
		h.Observer.Resynced(len(users))
		go h.resync(users)
	}
}

// resync serves every user, however often the store fails: nothing else would tell them what they missed.
func (h *Hub) resync(users []call.User) {
	for len(users) > 0 && h.life.Err() == nil {
		users = h.tryResync(users)
		if len(users) > 0 {
			rest(h.life, resyncAgain)
		}
	}
}

// tryResync returns the users whom it could not serve.
func (h *Hub) tryResync(users []call.User) []call.User {
	var mu sync.Mutex
	var left []call.User
	err := forEach(users, func(u call.User) error {
		ctx, cancel := context.WithTimeout(h.life, storeTimeout)
		defer cancel()
		err := h.resyncUser(ctx, u)
		if err != nil {
			mu.Lock()
			defer mu.Unlock()
			left = append(left, u)
		}
		return err
	})
	if err != nil && h.life.Err() == nil {
		h.log.Warn("views not sent afresh; trying again", zap.Int("users", len(left)), zap.Error(err))
	}
	return left
}

// resyncUser sends a user's sockets what they would have heard last.
func (h *Hub) resyncUser(ctx context.Context, u call.User) error {
	if len(h.socketsOf(u)) == 0 {
		return nil
	}
	before := h.beliefs(u)
	p, err := h.presence(ctx, u)
	if err != nil {
		return err
	}
	c, err := h.lastCallOf(ctx, p)
	if err != nil {
		return err
	}
	for _, b := range before {
		if b.refuted(p, c) {
			b.socket.close(protocol.CloseInternal)
		}
	}
	h.closeUnseated(p)
	for _, m := range h.availabilityMessage(nil, call.Presence{}, p) {
		h.Deliver(m)
	}
	return h.showAgain(ctx, u, c)
}

// lastCallOf returns the call that has the user, or that had the user last; a zero one if there is none.
func (h *Hub) lastCallOf(ctx context.Context, p call.Presence) (call.Call, error) {
	id := p.Call
	if id == "" {
		id = p.LastCall
	}
	if id == "" {
		return call.Call{}, nil
	}
	c, err := h.Store.Call(ctx, id)
	return c, ignoreGone(err)
}

// showAgain sends a user's sockets how a call stands.
func (h *Hub) showAgain(ctx context.Context, u call.User, c call.Call) error {
	switch {
	case c.ID == "":
		return nil
	case c.State == call.Ended && h.Store.Now().Sub(c.EndedAt) > h.Timing.Grace(u.Role):
		return nil // whoever was away for so long has learned it by a welcome
	case c.State == call.Queued && c.Has(u):
		h.positions.again(ctx, c)
		return nil
	}
	n := lastNotice(c, u)
	frame, err := h.frame(n, c)
	if err != nil {
		return err
	}
	h.Deliver(store.Message{
		To: u, Session: n.Session, Frame: frame, Call: c.ID, Version: c.Version, State: c.State,
	})
	return nil
}

// belief is what a client holds for true, noted before the store is asked what is.
type belief struct {
	socket  *socket
	seated  int64  // version of the presence that has the seat
	call    string // heard of last
	version int64
	running bool
}

func (h *Hub) beliefs(u call.User) []belief {
	var all []belief
	for _, s := range h.socketsOf(u) {
		s.mu.Lock()
		all = append(all, belief{s, s.seated, s.call, s.callV, s.busy})
		s.mu.Unlock()
	}
	return all
}

// refuted reports whether the store knows less than the client: a store that fails over may lose its last writes. What
// comes then looks old to the client, who has to begin anew with a welcome.
func (b belief) refuted(p call.Presence, c call.Call) bool {
	switch {
	case p.Version < b.seated:
		return true
	case b.call == "":
		return false
	case b.call == c.ID:
		return c.Version < b.version
	}
	return b.running && b.call != p.LastCall
}

// lastNotice returns the notice that says most about how a call stands for one of its parties.
func lastNotice(c call.Call, u call.User) call.Notify {
	n := call.Notify{To: u}
	switch {
	case !c.Has(u):
		n.Notice, n.Reason = call.NoticeWithdrawn, call.NoAnswer
	case c.State == call.Ended:
		n.Notice, n.Reason, n.By = call.NoticeHangup, c.End.Reason, c.End.By
	case c.State == call.Queued:
		n.Notice = call.NoticeQueued
	case c.State == call.Ringing && u.Role == c.Called():
		n.Notice = call.NoticeInvite
	case c.State == call.Ringing:
		n.Notice = call.NoticeRinging
	case c.State == call.Active && c.Leg(u.Role).Session != "":
		n.Notice, n.Session = call.NoticeStreams, c.Leg(u.Role).Session
	default:
		n.Notice = call.NoticeAccept
	}
	return n
}
