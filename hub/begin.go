package hub

import (
	"context"
	"errors"
	"fmt"

	"github.com/claimcall/claimcall/internal/call"
	"github.com/claimcall/claimcall/internal/store"
	"github.com/claimcall/claimcall/protocol"
)

// DefaultQueue is where a claimant waits who names no queue.
const DefaultQueue = "default"

// requestCall begins a claimant's call, or finds the one that the same request began before.
func requestCall(ctx context.Context, s *socket, data any) (any, call.Call, error) {
	in := data.(*protocol.CallRequest)
	if bound := s.identity.ClaimNo; bound != "" && in.ClaimNo != bound {
		return nil, call.Call{}, protocol.Errorf(protocol.CodeForbidden, "claim_no: this sign-in is for another claim")
	}
	if err := s.mayCall(); err != nil {
		return nil, call.Call{}, err
	}
	var c call.Call
	err := s.hub.retry(ctx, func() (err error) {
		c, err = s.request(ctx, in)
		return err
	})
	return protocol.CallAnswer{Call: s.hub.view(c, s.user)}, c, err
}

func (s *socket) request(ctx context.Context, in *protocol.CallRequest) (call.Call, error) {
	requested := meanwhile(func() (string, error) { return s.hub.Store.Requested(ctx, s.user.ID, in.RequestID) })
	p, err := s.hub.presence(ctx, s.user)
	id, unknown := requested()
	switch {
	case unknown == nil:
		return s.hub.Store.Call(ctx, id)
	case !errors.Is(unknown, store.ErrNotFound):
		return call.Call{}, unknown
	case err != nil:
		return call.Call{}, err
	case p.Call != "":
		return s.requestWhileHeld(ctx, p.Call, in)
	}
	if last, err := s.lastCall(ctx, p); err == nil && last.RequestID == in.RequestID {
		return last, nil // an invite that this very request accepted, and that has ended since
	}
	c, effects := call.NewRequest(call.Request{
		ID: newID(), RequestID: in.RequestID, ClaimNo: in.ClaimNo, Queue: orDefault(in.Queue, DefaultQueue),
		Skills: in.Skills, Media: call.Media(orDefault(in.Media, protocol.MediaVideo)), Note: in.Note,
		Providers: s.hub.Streams.Providers(), Claimant: p,
	}, s.hub.Store.Now(), s.hub.Timing)
	return s.hub.commit(ctx, c, 0, effects, []call.Presence{p})
}

// lastCall returns the call that had the claimant last, while somebody who was cut off may still come back to it.
func (s *socket) lastCall(ctx context.Context, p call.Presence) (call.Call, error) {
	if p.LastCall == "" || s.hub.Store.Now().Sub(p.IdleSince) > s.hub.Timing.GraceClaimant {
		return call.Call{}, store.ErrNotFound
	}
	return s.hub.Store.Call(ctx, p.LastCall)
}

// requestWhileHeld is glare from the claimant's side: an adjuster's invite for the same claim is ringing here, and the
// request is the yes to it. Any other running call stands in the way.
func (s *socket) requestWhileHeld(ctx context.Context, id string, in *protocol.CallRequest) (call.Call, error) {
	c, err := s.hub.Store.Call(ctx, id)
	if err != nil {
		return c, staleIfGone(err)
	}
	if c.RequestID == in.RequestID {
		return c, nil
	}
	if c.Caller == call.Adjuster && c.ClaimNo == in.ClaimNo && c.State != call.Ended {
		return s.hub.applyTo(ctx, known{call: &c}, id, call.Accept{By: s.user, Session: s.session, RequestID: in.RequestID})
	}
	return c, call.ErrHeld
}

// inviteClaimant begins an adjuster's direct call. If the claimant is just calling for the same claim, that call is taken
// instead.
func inviteClaimant(ctx context.Context, s *socket, data any) (any, call.Call, error) {
	in := data.(*protocol.CallInviteCommand)
	if err := s.mayCall(); err != nil {
		return nil, call.Call{}, err
	}
	var c call.Call
	err := s.hub.retry(ctx, func() (err error) {
		c, err = s.invite(ctx, in)
		return err
	})
	return protocol.CallAnswer{Call: s.hub.view(c, s.user)}, c, err
}

func (s *socket) invite(ctx context.Context, in *protocol.CallInviteCommand) (call.Call, error) {
	claimant := call.User{Role: call.Claimant, ID: in.User}
	both, err := s.hub.presences(ctx, []call.User{s.user, claimant})
	if err != nil {
		return call.Call{}, err
	}
	own, theirs := both[0], both[1]
	if theirs.Call != "" {
		c, err := s.pickUp(ctx, own, theirs.Call, in.ClaimNo)
		if !errors.Is(err, call.ErrWrongState) {
			return c, err
		}
	}
	if own.Call != "" {
		return call.Call{}, call.ErrHeld
	}
	c, effects := call.NewInvite(call.Invite{
		ID: newID(), ClaimNo: in.ClaimNo, Media: call.Video, Providers: s.hub.Streams.Providers(),
		Adjuster: own, Claimant: theirs,
	}, s.hub.Store.Now(), s.hub.Timing)
	return s.hub.commit(ctx, c, 0, effects, both)
}

// pickUp takes the call that the claimant is in, if it is one for the same claim that this adjuster may have.
// Otherwise it returns call.ErrWrongState.
func (s *socket) pickUp(ctx context.Context, own call.Presence, id, claimNo string) (call.Call, error) {
	c, err := s.hub.Store.Call(ctx, id)
	switch {
	case err != nil:
		return c, staleIfGone(err)
	case c.ClaimNo != claimNo:
		return c, call.ErrWrongState
	case c.Caller == call.Adjuster && c.Has(s.user) && c.State != call.Ended:
		return c, nil // the same invite again
	}
	c, err = s.hub.applyTo(ctx, known{&c, []call.Presence{own}}, id, call.PickUp{
		User: s.user.ID, Name: s.identity.Name, Session: s.session, Seen: own.Version,
	})
	if errors.Is(err, call.ErrEnded) {
		return c, fmt.Errorf("hub: call ended while it was picked up: %w", store.ErrStale)
	}
	return c, err
}

// staleIfGone turns the absence of a call that a presence names into a reason to look again.
func staleIfGone(err error) error {
	if errors.Is(err, store.ErrNotFound) {
		return store.ErrStale
	}
	return err
}

func orDefault[T ~string](value, standard T) T {
	if value == "" {
		return standard
	}
	return value
}
