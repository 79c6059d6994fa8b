package hub

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"time"

	"go.uber.org/zap"

	"github.com/claimcall/claimcall/internal/call"
	"github.com/claimcall/claimcall/internal/store"
)

// known is what a change starts from without loading it: documents that were loaded just before. If one of them is stale
// the commit is refused, and everything is loaded.
type known struct {
	call      *call.Call
	presences []call.Presence
}

// apply is the only way to change a call: load, step, commit, again from the load if somebody was faster. It returns
// the call as it is afterwards, also with an error of call.Step.
func (h *Hub) apply(ctx context.Context, id string, events ...call.Event) (call.Call, error) {
	return h.applyTo(ctx, known{}, id, events...)
}

// applyTo is apply to what is known already.
func (h *Hub) applyTo(ctx context.Context, k known, id string, events ...call.Event) (call.Call, error) {
	var c call.Call
	err := h.retry(ctx, func() error {
		from := k
		k = known{}
		if err := h.loadCall(ctx, &from, id); err != nil {
			return err
		}
		next, effects, err := h.stepAll(*from.call, events)
		c = next
		if err != nil || next.Version == from.call.Version {
			return err
		}
		if from.call.State == call.Ended {
			return h.Store.Amend(ctx, next, from.call.Version)
		}
		c, err = h.commit(ctx, next, from.call.Version, effects, from.presences)
		return err
	})
	return c, err
}

func (h *Hub) loadCall(ctx context.Context, k *known, id string) error {
	if k.call != nil {
		return nil
	}
	c, err := h.Store.Call(ctx, id)
	k.call = &c
	return err
}

// stepAll takes the events one after the other. With an error nothing of them counts.
func (h *Hub) stepAll(c call.Call, events []call.Event) (call.Call, []call.Effect, error) {
	next, effects := c, []call.Effect(nil)
	for _, ev := range events {
		stepped, more, err := call.Step(next, ev, h.Store.Now(), h.Timing)
		if err != nil {
			return c, nil, err
		}
		next, effects = stepped, append(effects, more...)
	}
	return next, effects, nil
}

// commit writes a changed call, made from version was, with all that must be seen together with it, and
// then starts what may follow. Presences that are not known are loaded. It returns the call as it was written.
func (h *Hub) commit(ctx context.Context, c call.Call, was int64, effects []call.Effect, known []call.Presence) (call.Call, error) {
	held, err := h.missing(ctx, heldUsers(effects), known)
	if err != nil {
		return c, err
	}
	c, effects, err = h.catchUp(c, effects, held)
	if err != nil {
		return c, err
	}
	h.sign(&c, was)
	change := store.Commit{Call: &c, CallWas: was, Wake: h.watch(c)}
	if err := h.addPresences(&change, held, effects); err != nil {
		return c, err
	}
	if err := h.addNotices(&change, effects); err != nil {
		return c, err
	}
	change.Events = h.events(c, was)
	if err := h.Store.Commit(ctx, change); err != nil {
		return c, err
	}
	h.afterCommit(change, effects)
	return c, nil
}

// catchUp has the call learn of the presences that it is about to hold, as they were loaded for this commit: what
// the step knew of them may be older, and who is not yet held is not told of changes.
func (h *Hub) catchUp(c call.Call, effects []call.Effect, held []call.Presence) (call.Call, []call.Effect, error) {
	for _, p := range held {
		if !holds(effects, p.User) {
			continue
		}
		next, more, err := call.Step(c, p.Changed(), h.Store.Now(), h.Timing)
		if err != nil {
			return c, nil, err
		}
		c, effects = next, append(effects, more...)
	}
	return c, effects, nil
}

func holds(effects []call.Effect, u call.User) bool {
	return slices.ContainsFunc(effects, func(e call.Effect) bool {
		h, ok := e.(call.Hold)
		return ok && h.User == u
	})
}

// presences returns the presence of each user.
func (h *Hub) presences(ctx context.Context, users []call.User) ([]call.Presence, error) {
	if len(users) == 0 {
		return nil, nil
	}
	found, err := h.Store.Presences(ctx, users...)
	if err != nil {
		return nil, err
	}
	for i := range found {
		found[i].User = users[i]
	}
	return found, nil
}

// missing returns the presence of each user: the known one, or else as the store has it.
func (h *Hub) missing(ctx context.Context, users []call.User, known []call.Presence) ([]call.Presence, error) {
	var found []call.Presence
	var unknown []call.User
	for _, u := range users {
		if i := slices.IndexFunc(known, func(p call.Presence) bool { return p.User == u }); i >= 0 {
			found = append(found, known[i])
		} else {
			unknown = append(unknown, u)
		}
	}
	loaded, err := h.presences(ctx, unknown)
	return append(found, loaded...), err
}

// addPresences puts the holds and releases among the effects into the change.
func (h *Hub) addPresences(change *store.Commit, held []call.Presence, effects []call.Effect) error {
	for _, was := range held {
		next, err := h.hold(was, change.Call.ID, effects)
		if err != nil {
			return err
		}
		next = h.stamp(next, was.Version)
		change.Presences = append(change.Presences, store.Presence{Presence: next, Was: was.Version})
		change.Messages = h.availabilityMessage(change.Messages, was, next)
	}
	return nil
}

// heldUsers returns whom the effects hold or release, each once.
func heldUsers(effects []call.Effect) []call.User {
	var users []call.User
	add := func(u call.User) {
		if !slices.Contains(users, u) {
			users = append(users, u)
		}
	}
	for _, e := range effects {
		switch e := e.(type) {
		case call.Hold:
			add(e.User)
		case call.Take:
			add(e.User)
		case call.Release:
			add(e.User)
		}
	}
	return users
}

// hold takes those effects to a presence that concern its user.
func (h *Hub) hold(p call.Presence, id string, effects []call.Effect) (call.Presence, error) {
	var err error
	for _, e := range effects {
		switch e := e.(type) {
		case call.Hold:
			if e.User == p.User {
				p, err = p.Hold(id, e.Ringing)
			}
		case call.Take:
			if e.User == p.User {
				p = p.Take(id)
			}
		case call.Release:
			if e.User == p.User {
				p = p.Release(id, e, h.Store.Now(), h.Timing)
			}
		}
		if err != nil {
			return p, err
		}
	}
	return p, nil
}

// afterCommit starts what follows from a committed change, and waits for none of it. All of it may be lost or repeated
// without harm: the loops find it again.
func (h *Hub) afterCommit(change store.Commit, effects []call.Effect) {
	h.observeMoves(change)
	if len(change.Events) > 0 && h.OnEvents != nil {
		h.OnEvents()
	}
	if c := change.Call; c != nil && c.State == call.Queued {
		go h.queued(change)
	} else {
		h.followAll(change)
	}
	for _, e := range effects {
		if drop, ok := e.(call.DropStreams); ok {
			h.drop(*change.Call, drop)
		}
	}
}

// queued tells the claimant the place in the queue before anybody is looked for who may ring at once.
func (h *Hub) queued(change store.Commit) {
	ctx, cancel := context.WithTimeout(h.life, storeTimeout)
	defer cancel()
	h.positions.begin(ctx, *change.Call)
	h.followAll(change)
}

// followAll wakes the loops that have to do with what was committed.
func (h *Hub) followAll(change store.Commit) {
	for _, p := range change.Presences {
		h.follow(p.Presence)
	}
	c := change.Call
	if c == nil {
		return
	}
	h.sweeper.at(c.Deadline)
	if c.State == call.Queued {
		h.assigner.kick(c.Queue)
	}
	if !c.Accepted() {
		h.positions.changed(c.Queue)
	}
	h.log.Info("call", zap.String("call", c.ID), zap.Int64("version", c.Version), zap.String("state", string(c.State)),
		zap.String("reason", string(c.End.Reason)), zap.Int("generation", c.Generation))
}

// retry calls try until it does not fail for having been too late.
func (h *Hub) retry(ctx context.Context, try func() error) error {
	for pause := time.Millisecond; ; pause = min(2*pause, 50*time.Millisecond) {
		err := try()
		if !errors.Is(err, store.ErrStale) {
			return err
		}
		select {
		case <-time.After(rand.N(pause)):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
