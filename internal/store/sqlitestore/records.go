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

// records returns the ended calls that f chooses, newest end first.
func (f *file) records(ctx context.Context, filter store.Filter, now time.Time) ([]call.Call, error) {
	query, args := recordQuery(filter, f.oldest(now))
	rows, err := f.db.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, readError(err)
	}
	defer rows.Close()
	var calls []call.Call
	for rows.Next() {
		var body []byte
		if err := rows.Scan(&body); err != nil {
			return nil, readError(err)
		}
		c, err := decodeRecord(body)
		if err != nil {
			return nil, err
		}
		calls = append(calls, c)
	}
	if err := rows.Err(); err != nil {
		return nil, readError(err)
	}
	return calls, nil
}

// defaultPage is how many records a filter without a limit returns.
const defaultPage = 100

func recordQuery(f store.Filter, oldest int64) (query string, args []any) {
	where := []string{"ended_at > ?"}
	args = []any{oldest}
	and := func(condition string, arg any) {
		where, args = append(where, condition), append(args, arg)
	}
	switch f.User.Role {
	case call.Claimant:
		and("claimant = ?", f.User.ID)
	case call.Adjuster:
		and("adjuster = ?", f.User.ID)
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
	if f.Limit <= 0 {
		f.Limit = defaultPage
	}
	return "SELECT body FROM records WHERE " + strings.Join(where, " AND ") +
		" ORDER BY ended_at DESC, id LIMIT ?", append(args, f.Limit)
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
