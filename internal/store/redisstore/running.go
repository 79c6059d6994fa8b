package redisstore

import (
	"context"
	"slices"

	"github.com/redis/go-redis/v9"

	"github.com/claimcall/claimcall/internal/call"
)

// Running implements store.Store. Every call that runs has a time at which it wants to be looked at, and by that it is
// found, in two round trips.
func (s *Store) Running(ctx context.Context, after string, limit int) ([]call.Call, error) {
	names := redis.NewStringSliceCmd(ctx, "ZRANGE", s.keys.due(), 0, -1)
	if err := s.trips.do(ctx, names); err != nil {
		return nil, s.fail("read running calls", err)
	}
	var ids []string
	for _, name := range names.Val() {
		if id, _, err := parseName(name); err == nil && id > after {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	ids = ids[:min(max(limit, 0), len(ids))]
	if len(ids) == 0 {
		return []call.Call{}, nil
	}
	args := []any{"HMGET", s.keys.documents()}
	for _, id := range ids {
		args = append(args, callName(id))
	}
	found := redis.NewSliceCmd(ctx, args...)
	if err := s.trips.do(ctx, found); err != nil {
		return nil, s.fail("read running calls", err)
	}
	var standings []standing
	for _, text := range found.Val() {
		if text, ok := text.(string); ok { // else it has ended meanwhile
			standings = append(standings, standing{text: text})
		}
	}
	return readable(s, standings, decodeCall), nil
}
