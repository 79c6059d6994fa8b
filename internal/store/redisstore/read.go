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
	text, err := s.client.HGet(ctx, s.keys.documents(), callName(id)).Result()
	if errors.Is(err, redis.Nil) {
		// A call that ends between the two is a record by then: the commit moves it in one step.
		return s.record(ctx, id)
	}
	if err != nil {
		return call.Call{}, s.fail("read call", err)
	}
	c, err := decodeCall(text)
	return c, s.fail("read call", err)
}

// Presences implements store.Store.
func (s *Store) Presences(ctx context.Context, users ...call.User) ([]call.Presence, error) {
	if len(users) == 0 {
		return []call.Presence{}, nil
	}
	found, err := s.client.HMGet(ctx, s.keys.documents(), userNames(users)...).Result()
	if err != nil {
		return nil, s.fail("read presences", err)
	}
	presences := make([]call.Presence, len(users))
	for i, text := range found {
		presences[i].User = users[i]
		if text, ok := text.(string); ok {
			if presences[i], err = decodePresence(text); err != nil {
				return nil, s.fail("read presences", err)
			}
		}
	}
	return presences, nil
}

// Requested implements store.Store.
func (s *Store) Requested(ctx context.Context, claimant, requestID string) (string, error) {
	id, err := s.client.Get(ctx, s.keys.request(claimant, requestID)).Result()
	if errors.Is(err, redis.Nil) {
		return "", store.ErrNotFound
	}
	return id, s.fail("read request", err)
}
