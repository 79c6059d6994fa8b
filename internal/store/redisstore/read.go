package redisstore

import (
	"context"
	"errors"

	"github.com/redis/go-redis/v9"

	"github.com/claimcall/claimcall/internal/call"
	"github.com/claimcall/claimcall/internal/store"
)

// Call implements store.Store. A running call takes one round trip, an ended one two.
func (s *Store) Call(ctx context.Context, id string) (call.Call, error) {
	found := redis.NewStringCmd(ctx, "HGET", s.keys.documents(), callName(id))
	err := s.trips.do(ctx, found)
	if errors.Is(err, redis.Nil) {
		// A call that ends between the two is a record by then: the commit moves it in one step.
		return s.record(ctx, id)
	}
	if err != nil {
		return call.Call{}, s.fail("read call", err)
	}
	c, err := decodeCall(found.Val())
	return c, s.fail("read call", err)
}

// Presences implements store.Store.
func (s *Store) Presences(ctx context.Context, users ...call.User) ([]call.Presence, error) {
	if len(users) == 0 {
		return []call.Presence{}, nil
	}
	args := []any{"HMGET", s.keys.documents()}
	for _, u := range users {
		args = append(args, userName(u))
	}
	found := redis.NewSliceCmd(ctx, args...)
	if err := s.trips.do(ctx, found); err != nil {
		return nil, s.fail("read presences", err)
	}
	presences := make([]call.Presence, len(users))
	for i, text := range found.Val() {
		presences[i].User = users[i]
		if text, ok := text.(string); ok {
			var err error
			if presences[i], err = decodePresence(text); err != nil {
				return nil, s.fail("read presences", err)
			}
		}
	}
	return presences, nil
}

// Requested implements store.Store.
func (s *Store) Requested(ctx context.Context, claimant, requestID string) (string, error) {
	found := redis.NewStringCmd(ctx, "GET", s.keys.request(claimant, requestID))
	err := s.trips.do(ctx, found)
	switch {
	case errors.Is(err, redis.Nil):
		return "", store.ErrNotFound
	case err != nil:
		return "", s.fail("read request", err)
	}
	return found.Val(), nil
}
