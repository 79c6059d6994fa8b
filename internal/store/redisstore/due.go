package redisstore

import (
	"context"
	"strconv"
	"time"

	"go.uber.org/zap"

	"github.com/claimcall/claimcall/internal/store"
)

// Due implements store.Store.
func (s *Store) Due(ctx context.Context, limit int, lease time.Duration) (store.Due, error) {
	asked := s.clock.elapsed()
	found, err := s.run(ctx, s.scripts.due, []string{s.keys.due(), s.keys.documents()},
		limit, lease.Microseconds(), s.given()).StringSlice()
	if err != nil {
		return store.Due{}, s.fail("read what is due", err)
	}
	s.observe(asked, found[0])
	due := store.Due{Next: parseTime(found[1])}
	for _, name := range found[2:] {
		id, u, err := parseName(name)
		switch {
		case err != nil: // none of our programs wrote it, and it must not hold up what else is due
			s.log.Error("name of what is due can't be read", zap.Error(err))
		case id != "":
			due.Calls = append(due.Calls, id)
		default:
			due.Users = append(due.Users, u)
		}
	}
	return due, nil
}

// observe takes in the time that a script returned.
func (s *Store) observe(asked time.Duration, micros string) {
	answered := s.clock.elapsed()
	if at := parseTime(micros); !at.IsZero() && s.fixed == nil {
		s.clock.observe(asked, answered, at.UnixMicro())
	}
}

// parseTime reads microseconds; zero if there are none.
func parseTime(micros string) time.Time {
	at, err := strconv.ParseInt(micros, 10, 64)
	if err != nil {
		return time.Time{}
	}
	return time.UnixMicro(at).UTC()
}
