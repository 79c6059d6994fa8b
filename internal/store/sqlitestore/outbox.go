package sqlitestore

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/claimcall/claimcall/internal/store"
)

// outboxTables are added to files that were made without them; an older program does not mind. A lane is the events of one
// call for one receiver: when the first of them is due, and how often it has failed. Times are microseconds since 1970.
const outboxTables = `
CREATE TABLE IF NOT EXISTS events (
	receiver TEXT NOT NULL, call TEXT NOT NULL, seq INTEGER NOT NULL, body BLOB NOT NULL, PRIMARY KEY (receiver, call, seq)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS lanes (
	receiver TEXT NOT NULL, call TEXT NOT NULL, due INTEGER NOT NULL, tries INTEGER NOT NULL, PRIMARY KEY (receiver, call)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS lanes_due ON lanes (receiver, due);
CREATE TABLE IF NOT EXISTS stopped (receiver TEXT PRIMARY KEY) WITHOUT ROWID;
`

// addOutbox also ends every lease, as whoever had one was the process before, and every pause: that may have been of any length.
func (f *file) addOutbox() error {
	_, err := f.db.Exec(outboxTables + `UPDATE lanes SET due = 0 WHERE due > 0;`)
	return err
}

// enqueue writes an event. A lane that waits or is leased goes on doing so.
func enqueue(tx *sql.Tx, e store.Event, now time.Time) error {
	_, err := tx.Exec(`INSERT OR REPLACE INTO events (receiver, call, seq, body) VALUES (?, ?, ?, ?)`,
		e.Receiver, e.Call, e.Seq, e.Body)
	if err != nil {
		return err
	}
	_, err = tx.Exec(`INSERT OR IGNORE INTO lanes (receiver, call, due, tries) VALUES (?, ?, ?, 0)`,
		e.Receiver, e.Call, now.UnixMicro())
	return err
}

// TakeEvents implements store.Outbox.
func (s *Store) TakeEvents(ctx context.Context, receiver string, limit int, lease time.Duration) ([]store.Event, error) {
	return journaled(ctx, s, "take events", func() (events []store.Event, err error) {
		err = s.file.within(func(tx *sql.Tx) error {
			events, err = take(tx, receiver, limit, s.now(), lease)
			return err
		})
		return events, err
	})
}

func take(tx *sql.Tx, receiver string, limit int, now time.Time, lease time.Duration) ([]store.Event, error) {
	lanes, err := dueLanes(tx, receiver, limit, now)
	if err != nil {
		return nil, err
	}
	var events []store.Event
	for _, lane := range lanes {
		first, found, err := firstOf(tx, lane)
		if err != nil {
			return nil, err
		}
		if found {
			events = append(events, first)
		}
		if err := lean(tx, lane, found, now.Add(lease), lane.Tries); err != nil {
			return nil, err
		}
	}
	return events, nil
}

// dueLanes returns the lanes of a receiver whose time has come, as events without more than their names and tries.
func dueLanes(tx *sql.Tx, receiver string, limit int, now time.Time) ([]store.Event, error) {
	rows, err := tx.Query(`SELECT call, tries FROM lanes WHERE receiver = ? AND due <= ? ORDER BY due, call LIMIT ?`,
		receiver, now.UnixMicro(), limit)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var lanes []store.Event
	for rows.Next() {
		lane := store.Event{Receiver: receiver}
		if err := rows.Scan(&lane.Call, &lane.Tries); err != nil {
			return nil, err
		}
		lanes = append(lanes, lane)
	}
	return lanes, rows.Err()
}

// firstOf returns the first event of a lane.
func firstOf(tx *sql.Tx, lane store.Event) (first store.Event, found bool, err error) {
	first = lane
	err = tx.QueryRow(`SELECT seq, body FROM events WHERE receiver = ? AND call = ? ORDER BY seq LIMIT 1`,
		lane.Receiver, lane.Call).Scan(&first.Seq, &first.Body)
	if errors.Is(err, sql.ErrNoRows) {
		return first, false, nil
	}
	return first, err == nil, err
}

// lean sets when a lane is due, or removes one without events.
func lean(tx *sql.Tx, lane store.Event, stays bool, due time.Time, tries int) error {
	if !stays {
		_, err := tx.Exec(`DELETE FROM lanes WHERE receiver = ? AND call = ?`, lane.Receiver, lane.Call)
		return err
	}
	_, err := tx.Exec(`UPDATE lanes SET due = ?, tries = ? WHERE receiver = ? AND call = ?`,
		moment(due), tries, lane.Receiver, lane.Call)
	return err
}

// EventTold implements store.Outbox.
func (s *Store) EventTold(ctx context.Context, e store.Event, lease time.Duration) (next store.Event, more bool, err error) {
	found, err := journaled(ctx, s, "remove event", func() (found *store.Event, err error) {
		err = s.file.within(func(tx *sql.Tx) error {
			next, more, err := told(tx, e, s.now().Add(lease))
			if more {
				found = &next
			}
			return err
		})
		return found, err
	})
	if err != nil || found == nil {
		return store.Event{}, false, err
	}
	return *found, true, nil
}

// told removes an event, and leases the next one of its lane.
func told(tx *sql.Tx, e store.Event, due time.Time) (next store.Event, more bool, err error) {
	gone, err := tx.Exec(`DELETE FROM events WHERE receiver = ? AND call = ? AND seq = ?`, e.Receiver, e.Call, e.Seq)
	if err != nil {
		return next, false, err
	}
	if n, err := gone.RowsAffected(); err != nil || n == 0 {
		return next, false, err
	}
	next, more, err = firstOf(tx, store.Event{Receiver: e.Receiver, Call: e.Call})
	if err != nil {
		return next, false, err
	}
	return next, more, lean(tx, e, more, due, 0)
}

// EventFailed implements store.Outbox.
func (s *Store) EventFailed(ctx context.Context, e store.Event, until time.Time) error {
	_, err := journaled(ctx, s, "put event off", func() (struct{}, error) {
		_, err := s.file.db.Exec(`UPDATE lanes SET due = ?, tries = tries + 1 WHERE receiver = ? AND call = ?
			AND EXISTS (SELECT 1 FROM events WHERE receiver = ? AND call = ? AND seq = ?)`,
			moment(until), e.Receiver, e.Call, e.Receiver, e.Call, e.Seq)
		return struct{}{}, err
	})
	return err
}

// DropEvents implements store.Outbox.
func (s *Store) DropEvents(ctx context.Context, receiver string, calls ...string) (int, error) {
	return journaled(ctx, s, "drop events", func() (count int, err error) {
		err = s.file.within(func(tx *sql.Tx) error {
			count, err = drop(tx, receiver, calls)
			return err
		})
		return count, err
	})
}

func drop(tx *sql.Tx, receiver string, calls []string) (int, error) {
	if len(calls) == 0 {
		if _, err := tx.Exec(`DELETE FROM lanes WHERE receiver = ?`, receiver); err != nil {
			return 0, err
		}
		return affected(tx.Exec(`DELETE FROM events WHERE receiver = ?`, receiver))
	}
	count := 0
	for _, call := range calls {
		n, err := affected(tx.Exec(`DELETE FROM events WHERE receiver = ? AND call = ?`, receiver, call))
		if err == nil {
			_, err = tx.Exec(`DELETE FROM lanes WHERE receiver = ? AND call = ?`, receiver, call)
		}
		if err != nil {
			return 0, err
		}
		count += n
	}
	return count, nil
}

func affected(r sql.Result, err error) (int, error) {
	if err != nil {
		return 0, err
	}
	n, err := r.RowsAffected()
	return int(n), err
}

// StopReceiver implements store.Outbox.
func (s *Store) StopReceiver(ctx context.Context, receiver string, stopped bool) error {
	query := `DELETE FROM stopped WHERE receiver = ?`
	if stopped {
		query = `INSERT OR IGNORE INTO stopped (receiver) VALUES (?)`
	}
	_, err := journaled(ctx, s, "stop receiver", func() (sql.Result, error) { return s.file.db.Exec(query, receiver) })
	return err
}

// StoppedReceivers implements store.Outbox.
func (s *Store) StoppedReceivers(ctx context.Context) ([]string, error) {
	return journaled(ctx, s, "read stopped receivers", func() (names []string, err error) {
		rows, err := s.file.db.Query(`SELECT receiver FROM stopped ORDER BY receiver`)
		if err != nil {
			return nil, err
		}
		defer rows.Close()
		for rows.Next() {
			var name string
			if err := rows.Scan(&name); err != nil {
				return nil, err
			}
			names = append(names, name)
		}
		return names, rows.Err()
	})
}

// within does something in one transaction.
func (f *file) within(do func(*sql.Tx) error) error {
	tx, err := f.db.Begin()
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // of no effect after Commit
	if err := do(tx); err != nil {
		return err
	}
	return tx.Commit()
}
