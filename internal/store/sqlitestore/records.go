package sqlitestore

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/claimcall/claimcall/internal/call"
	"github.com/claimcall/claimcall/internal/store"
)

// keepRecord writes an ended call.
func (in statements) keepRecord(c change) error {
	_, err := in.keep.Exec(c.call.ID, c.call.Claimant.User, c.call.Adjuster.User, c.call.ClaimNo, c.call.RequestID,
		c.call.EndedAt.UnixMicro(), c.body)
	return err
}

// oldest returns the earliest end that a record is still kept for.
func (f *file) oldest(now time.Time) int64 { return now.Add(-f.retention).UnixMicro() }

// record returns an ended call.
func (f *file) record(ctx context.Context, id string, now time.Time) (call.Call, error) {
	var body []byte
	err := f.find.QueryRowContext(ctx, id, f.oldest(now)).Scan(&body)
	if err != nil {
		return call.Call{}, readError(err)
	}
	return decodeRecord(body)
}

// requested returns the ID of the ended call that a request led to.
func (f *file) requested(ctx context.Context, r request, now time.Time) (id string, err error) {
	err = f.ask.QueryRowContext(ctx, r.claimant, r.id, f.oldest(now)).Scan(&id)
	if err != nil {
		return "", readError(err)
	}
	return id, nil
}

// stretch reads the records behind a mark.
func (f *file) stretch(ctx context.Context, filter store.Filter, after store.Mark, count int, now time.Time) (store.Stretch, error) {
	query, args := recordQuery(filter, after, count, f.oldest(now))
	rows, err := f.db.QueryContext(ctx, query, args...)
	if err != nil {
		return store.Stretch{}, readError(err)
	}
	defer rows.Close()
	var s store.Stretch
	for rows.Next() {
		var body []byte
		if err := rows.Scan(&body); err != nil {
			return s, readError(err)
		}
		c, err := decodeRecord(body)
		if err != nil {
			return s, err
		}
		s.Calls, s.End = append(s.Calls, c), store.MarkOf(c)
	}
	if err := rows.Err(); err != nil {
		return s, readError(err)
	}
	s.More = len(s.Calls) == count
	return s, nil
}

// recordQuery chooses by what there is an index for.
func recordQuery(f store.Filter, after store.Mark, count int, oldest int64) (query string, args []any) {
	where := []string{"ended_at > ?"}
	args = []any{oldest}
	and := func(condition string, arg ...any) {
		where, args = append(where, condition), append(args, arg...)
	}
	switch f.User.Role {
	case call.Claimant:
		and("claimant = ?", f.User.ID)
	case call.Adjuster:
		and("adjuster = ?", f.User.ID)
	}
	if f.Person != "" {
		and("(claimant = ? OR adjuster = ?)", f.Person, f.Person)
	}
	if f.ClaimNo != "" {
		and("claim_no = ?", f.ClaimNo)
	}
	if !f.From.IsZero() {
		and("ended_at >= ?", f.From.UnixMicro())
	}
	if !f.Before.IsZero() {
		and("ended_at < ?", f.Before.UnixMicro())
	}
	if !after.IsZero() {
		and("ended_at <= ? AND (ended_at < ? OR id > ?)", after.EndedAt.UnixMicro(), after.EndedAt.UnixMicro(), after.ID)
	}
	return "SELECT body FROM records WHERE " + strings.Join(where, " AND ") +
		" ORDER BY ended_at DESC, id LIMIT ?", append(args, count)
}

// amend replaces the body of a record. Only the journal goroutine calls it.
func (f *file) amend(id string, was int64, body string, now time.Time) error {
	c, err := f.record(context.Background(), id, now)
	switch {
	case err != nil:
		return err
	case c.Version != was:
		return store.ErrStale
	}
	if _, err := f.db.Exec(`UPDATE records SET body = ? WHERE id = ?`, body, id); err != nil {
		return fmt.Errorf("sqlitestore: amend: %w", err)
	}
	return nil
}

func decodeRecord(body []byte) (c call.Call, err error) {
	if err := json.Unmarshal(body, &c); err != nil {
		return call.Call{}, fmt.Errorf("sqlitestore: read record: %w", err)
	}
	return c, nil
}

func readError(err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return store.ErrNotFound
	}
	return fmt.Errorf("sqlitestore: read record: %w", err)
}

// Records are removed in bites, so that no commit waits long behind one.
const (
	sweepEvery = time.Hour
	sweepBite  = 500
)

// sweep removes a bite of the records past their retention, when it is time to.
func (f *file) sweep(now time.Time) error {
	if now.Before(f.nextSweep) {
		return nil
	}
	f.nextSweep = now.Add(sweepEvery)
	gone, err := f.db.Exec(`DELETE FROM records WHERE id IN
		(SELECT id FROM records WHERE ended_at <= ? ORDER BY ended_at LIMIT ?)`, f.oldest(now), sweepBite)
	if err != nil {
		return err
	}
	if n, err := gone.RowsAffected(); err != nil || n < sweepBite {
		return err
	}
	f.nextSweep = now // there is more
	return nil
}
