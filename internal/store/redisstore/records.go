package redisstore

import (
	"context"
	"errors"
	"strconv"

	"github.com/redis/go-redis/v9"

	"github.com/claimcall/claimcall/internal/call"
	"github.com/claimcall/claimcall/internal/store"
)

// Records stand by minus the microseconds of their end, so that Redis has the newest first, and among equals the
// smaller ID. Each line of records is cut to the retention whenever one is added, and expires with its last one.

// recordWrites returns what makes a record of an ended call.
func (s *Store) recordWrites(c call.Call, body string) []write {
	ttl := strconv.FormatInt(max(1, s.retention.Milliseconds()), 10)
	ended, oldest := strconv.FormatInt(-c.EndedAt.UnixMicro(), 10), strconv.FormatInt(-s.oldest(), 10)
	writes := []write{{"SET", s.keys.record(c.ID), []string{body, "PX", ttl}}}
	if c.RequestID != "" {
		writes = append(writes, write{"PEXPIRE", s.keys.request(c.Claimant.User, c.RequestID), []string{ttl}})
	}
	for _, line := range s.recordLines(c) {
		writes = append(writes,
			write{"ZADD", line, []string{ended, c.ID}},
			write{"ZREMRANGEBYSCORE", line, []string{oldest, "+inf"}},
			write{"PEXPIRE", line, []string{ttl}})
	}
	return writes
}

// recordLines returns the lines in which a call stands.
func (s *Store) recordLines(c call.Call) []string {
	lines := []string{s.keys.records()}
	for _, side := range []call.Role{call.Claimant, call.Adjuster} {
		if u := c.User(side); u.ID != "" {
			lines = append(lines, s.keys.recordsOf(u))
		}
	}
	if c.ClaimNo != "" {
		lines = append(lines, s.keys.recordsOn(c.ClaimNo))
	}
	return lines
}

// oldest returns the latest end, in microseconds, whose record is no longer kept.
func (s *Store) oldest() int64 { return s.Now().Add(-s.retention).UnixMicro() }

// record returns an ended call.
func (s *Store) record(ctx context.Context, id string) (call.Call, error) {
	found := redis.NewStringCmd(ctx, "GET", s.keys.record(id))
	err := s.trips.do(ctx, found)
	if errors.Is(err, redis.Nil) {
		return call.Call{}, store.ErrNotFound
	}
	if err != nil {
		return call.Call{}, s.fail("read record", err)
	}
	c, err := decodeCall(found.Val())
	if err == nil && c.EndedAt.UnixMicro() <= s.oldest() {
		return call.Call{}, store.ErrNotFound
	}
	return c, s.fail("read record", err)
}

const (
	defaultPage = 100  // records that a filter without a limit returns
	recordPage  = 1000 // records that are read at once
)

// Records implements store.Store. It takes the times of a filter in whole microseconds.
func (s *Store) Records(ctx context.Context, f store.Filter) ([]call.Call, error) {
	if f.Limit <= 0 {
		f.Limit = defaultPage
	}
	line, span := s.recordSpan(f)
	var chosen []call.Call
	seen := map[string]bool{} // a call that ends meanwhile pushes others to the next page
	for {
		ids, err := s.client.ZRangeArgs(ctx, redis.ZRangeArgs{
			Key: line, ByScore: true, Start: span.from, Stop: span.to, Offset: span.offset, Count: recordPage,
		}).Result()
		if err != nil {
			return nil, s.fail("read records", err)
		}
		page, err := s.loadRecords(ctx, ids)
		if err != nil {
			return nil, s.fail("read records", err)
		}
		for _, c := range page {
			if len(chosen) < f.Limit && !seen[c.ID] && chooses(f, c) {
				seen[c.ID] = true
				chosen = append(chosen, c)
			}
		}
		if len(ids) < recordPage || len(chosen) == f.Limit {
			return chosen, nil
		}
		span.offset += recordPage
	}
}

// span is a part of a line of records.
type span struct {
	from, to string
	offset   int64
}

// recordSpan returns the shortest line that has all that f chooses, and the part of it to look through.
func (s *Store) recordSpan(f store.Filter) (line string, sp span) {
	line = s.keys.records()
	switch {
	case f.ClaimNo != "":
		line = s.keys.recordsOn(f.ClaimNo)
	case f.User.Role != "":
		line = s.keys.recordsOf(f.User)
	}
	sp.from = "-inf"
	if !f.Before.IsZero() {
		sp.from = "(" + strconv.FormatInt(-f.Before.UnixMicro(), 10)
	}
	least := s.oldest() + 1
	if !f.From.IsZero() {
		least = max(least, f.From.UnixMicro())
	}
	sp.to = strconv.FormatInt(-least, 10)
	return line, sp
}

// chooses reports whether c is what f wants besides its end.
func chooses(f store.Filter, c call.Call) bool {
	return (f.User.Role == "" || c.User(f.User.Role) == f.User) && (f.ClaimNo == "" || c.ClaimNo == f.ClaimNo)
}

// loadRecords returns the records that have not expired meanwhile.
func (s *Store) loadRecords(ctx context.Context, ids []string) ([]call.Call, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	names := make([]string, len(ids))
	for i, id := range ids {
		names[i] = s.keys.record(id)
	}
	bodies, err := s.client.MGet(ctx, names...).Result()
	if err != nil {
		return nil, err
	}
	var calls []call.Call
	for _, body := range bodies {
		if body, ok := body.(string); ok {
			c, err := decodeCall(body)
			if err != nil {
				return nil, err
			}
			calls = append(calls, c)
		}
	}
	return calls, nil
}
