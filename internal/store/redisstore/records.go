package redisstore

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

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

// Records implements store.Store.
func (s *Store) Records(ctx context.Context, f store.Filter) (store.Page, error) {
	lines, oldest := s.recordLinesFor(f), s.oldestFor(f)
	page, err := f.Collect(func(after store.Mark, count int) (store.Stretch, error) {
		// No record has an empty ID: all that ended in the last microsecond before are behind this mark.
		begin := store.Mark{EndedAt: f.Before.Add(-time.Microsecond)}
		if !f.Before.IsZero() && (after.IsZero() || after.Compare(begin) < 0) {
			after = begin
		}
		return s.stretch(ctx, lines, after, oldest, count)
	})
	return page, s.fail("read records", err)
}

// recordLinesFor returns the shortest lines that have all that f chooses.
func (s *Store) recordLinesFor(f store.Filter) []string {
	switch {
	case f.ClaimNo != "":
		return []string{s.keys.recordsOn(f.ClaimNo)}
	case f.User.Role != "":
		return []string{s.keys.recordsOf(f.User)}
	case f.Person != "":
		return []string{
			s.keys.recordsOf(call.User{Role: call.Claimant, ID: f.Person}),
			s.keys.recordsOf(call.User{Role: call.Adjuster, ID: f.Person}),
		}
	}
	return []string{s.keys.records()}
}

// oldestFor returns the score of the oldest record that f may choose.
func (s *Store) oldestFor(f store.Filter) string {
	least := s.oldest() + 1
	if !f.From.IsZero() {
		least = max(least, f.From.UnixMicro())
	}
	return strconv.FormatInt(-least, 10)
}

// stretch reads the records behind a mark from several lines at once.
func (s *Store) stretch(ctx context.Context, lines []string, after store.Mark, oldest string, count int) (store.Stretch, error) {
	var marks []store.Mark
	var st store.Stretch
	for _, line := range lines {
		found, err := s.marks(ctx, line, after, oldest, count)
		if err != nil {
			return st, err
		}
		marks, st.More = append(marks, found...), st.More || len(found) == count
	}
	slices.SortFunc(marks, store.Mark.Compare)
	marks = slices.Compact(marks) // a call stands in both lines of somebody who was both parties
	if len(marks) > count {
		marks, st.More = marks[:count], true
	}
	if len(marks) == 0 {
		return st, nil
	}
	st.End = marks[len(marks)-1]
	var err error
	st.Calls, err = s.loadRecords(ctx, marks)
	return st, err
}

// marks returns where the records of a line stand that are behind a mark, at most count.
func (s *Store) marks(ctx context.Context, line string, after store.Mark, oldest string, count int) ([]store.Mark, error) {
	from := "-inf"
	if !after.IsZero() {
		from = strconv.FormatInt(-after.EndedAt.UnixMicro(), 10)
	}
	var marks []store.Mark
	for offset := 0; ; offset += count {
		found, err := s.client.ZRangeArgsWithScores(ctx, redis.ZRangeArgs{
			Key: line, ByScore: true, Start: from, Stop: oldest, Offset: int64(offset), Count: int64(count),
		}).Result()
		if err != nil {
			return nil, err
		}
		for _, z := range found {
			id, _ := z.Member.(string)
			m := store.Mark{EndedAt: time.UnixMicro(-int64(z.Score)).UTC(), ID: id}
			// One that ended meanwhile pushes others back, which then come again.
			if (after.IsZero() || m.Compare(after) > 0) && !slices.Contains(marks, m) && len(marks) < count {
				marks = append(marks, m)
			}
		}
		if len(found) < count || len(marks) == count {
			return marks, nil
		}
	}
}

// Amend implements store.Store. The record keeps its time to live.
func (s *Store) Amend(ctx context.Context, c call.Call, was int64) error {
	d, err := callDocument(c)
	if err != nil {
		return s.fail("amend", err)
	}
	begins, err := beginOf(c.ID, was)
	if err != nil {
		return s.fail("amend", err)
	}
	answer, err := s.run(ctx, s.scripts.amend, []string{s.keys.record(c.ID)}, begins, d.body).Int()
	return s.replaced("amend", answer, err)
}

// beginOf returns how the record of a call begins that is of some version.
func beginOf(id string, version int64) (string, error) {
	before, err := json.Marshal(struct {
		ID      string `json:"id"`
		Version int64  `json:"version"`
	}{id, version})
	return strings.TrimSuffix(string(before), "}") + ",", err
}

// replaced returns what the answer of a script that replaces a record means.
func (s *Store) replaced(operation string, answer int, err error) error {
	switch {
	case err != nil:
		return s.fail(operation, err)
	case answer == missing:
		return store.ErrNotFound
	case answer == refused:
		return store.ErrStale
	}
	return nil
}

// Erase implements store.Store. What Redis has written to its own files goes when it rewrites them.
func (s *Store) Erase(ctx context.Context, old call.Call, next *call.Call) error {
	body, lines := "", s.recordLines(old)
	if next != nil {
		d, err := callDocument(*next)
		if err != nil {
			return s.fail("erase", err)
		}
		stays := s.recordLines(*next)
		body, lines = d.body, slices.DeleteFunc(lines, func(line string) bool { return slices.Contains(stays, line) })
	}
	begins, err := beginOf(old.ID, old.Version)
	if err != nil {
		return s.fail("erase", err)
	}
	keys := append([]string{s.keys.record(old.ID), s.keys.request(old.Claimant.User, old.RequestID)}, lines...)
	answer, err := s.run(ctx, s.scripts.rewrite, keys, begins, old.ID, body).Int()
	return s.replaced("erase", answer, err)
}

// loadRecords returns the records that have not expired meanwhile.
func (s *Store) loadRecords(ctx context.Context, marks []store.Mark) ([]call.Call, error) {
	names := make([]string, len(marks))
	for i, m := range marks {
		names[i] = s.keys.record(m.ID)
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
