package hub

import (
	"context"

	"go.uber.org/zap"

	"github.com/claimcall/claimcall/internal/call"
	"github.com/claimcall/claimcall/internal/store"
)

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
		go h.resync(users)
	}
}

func (h *Hub) resync(users []call.User) {
	for _, u := range users {
		ctx, cancel := context.WithTimeout(h.life, storeTimeout)
		err := h.resyncUser(ctx, u)
		cancel()
		if err != nil {
			h.log.Warn("view not sent afresh; the client asks when it comes back", zap.Error(err))
		}
	}
}

// resyncUser sends a user's sockets what they would have heard last.
func (h *Hub) resyncUser(ctx context.Context, u call.User) error {
	p, err := h.presence(ctx, u)
	if err != nil {
		return err
	}
	h.closeUnseated(p)
	for _, m := range h.availabilityMessage(nil, call.Presence{}, p) {
		h.Deliver(m)
	}
	id := p.Call
	if id == "" {
		id = p.LastCall
	}
	if id == "" {
		return nil
	}
	c, err := h.Store.Call(ctx, id)
	if err != nil {
		return ignoreGone(err)
	}
	if c.State == call.Ended && h.Store.Now().Sub(c.EndedAt) > h.Timing.Grace(u.Role) {
		return nil // whoever was away for so long has learned it by a welcome
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
