package redisstore

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/claimcall/claimcall/internal/call"
	"github.com/claimcall/claimcall/internal/store"
)

// Revoke implements store.Credentials.
func (s *Store) Revoke(ctx context.Context, u call.User, keep time.Duration) (time.Time, error) {
	at, err := s.run(ctx, s.scripts.revoke, []string{s.keys.revoked()},
		userName(u), keep.Microseconds(), s.given()).Int64()
	if err != nil {
		return time.Time{}, s.fail("revoke", err)
	}
	return time.UnixMicro(at).UTC(), nil
}

// Revocations implements store.Credentials.
func (s *Store) Revocations(ctx context.Context, since time.Time) ([]store.Revocation, error) {
	from := "-inf"
	if !since.IsZero() {
		from = strconv.FormatInt(since.UnixMicro(), 10)
	}
	found, err := s.client.ZRangeByScoreWithScores(ctx, s.keys.revoked(), &redis.ZRangeBy{Min: from, Max: "+inf"}).Result()
	if err != nil {
		return nil, s.fail("read revocations", err)
	}
	all := make([]store.Revocation, len(found))
	for i, entry := range found {
		name, _ := entry.Member.(string)
		_, user, err := parseName(name)
		if err != nil {
			return nil, s.fail("read revocations", err)
		}
		all[i] = store.Revocation{User: user, At: time.UnixMicro(int64(entry.Score)).UTC()}
	}
	return all, nil
}

// Spend implements store.Credentials.
func (s *Store) Spend(ctx context.Context, name string, life time.Duration) (first bool, err error) {
	first, err = s.run(ctx, s.scripts.spend, []string{s.keys.spent(name)}, life.Microseconds(), s.given()).Bool()
	return first, s.fail("spend", err)
}

// Spent implements store.Credentials.
func (s *Store) Spent(ctx context.Context, name string) (bool, error) {
	until, err := s.client.Get(ctx, s.keys.spent(name)).Int64()
	if err == redis.Nil {
		return false, nil
	}
	if err != nil {
		return false, s.fail("ask what is spent", fmt.Errorf("name: %w", err))
	}
	return time.UnixMicro(until).After(s.Now()), nil
}
