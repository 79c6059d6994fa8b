package sqlitestore

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/claimcall/claimcall/internal/call"
	"github.com/claimcall/claimcall/internal/store"
)

// file is the SQLite side of a store. Its one connection makes its users wait for each other; only the
// journal goroutine writes.
type file struct {
	db        *sql.DB
	path      string      // absolute
	opened    os.FileInfo // what path led to at the start; nil in memory
	slots     slots
	retention time.Duration
	nextSweep time.Time

	statements
	find, ask *sql.Stmt // read a record, and the ID that a request led to
}

// statements are those that write.
type statements struct {
	put, drop *sql.Stmt // write and remove a document
	keep      *sql.Stmt // write a record
}

func openFile(path string, o Options) (*file, error) {
	db, err := openDatabase(path, o.Sync)
	if err != nil {
		return nil, err
	}
	f := &file{db: db, slots: newSlots(), retention: o.Retention}
	if err := errors.Join(f.note(path), f.prepare(), f.addCredentials(), f.addOutbox(), f.addAudit()); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return f, nil
}

// note remembers which file is open, for Check.
func (f *file) note(path string) (err error) {
	if inMemory(path) {
		return nil
	}
	if f.path, err = filepath.Abs(path); err != nil {
		return err
	}
	f.opened, err = os.Stat(f.path)
	return err
}

func (f *file) prepare() (err error) {
	prepare := func(query string) *sql.Stmt {
		if err != nil {
			return nil
		}
		var stmt *sql.Stmt
		stmt, err = f.db.Prepare(query)
		return stmt
	}
	f.put = prepare(`INSERT OR REPLACE INTO documents (slot, kind, body) VALUES (?, ?, ?)`)
	f.drop = prepare(`DELETE FROM documents WHERE slot = ?`)
	f.keep = prepare(`INSERT OR REPLACE INTO records
		(id, claimant, adjuster, claim_no, request_id, ended_at, body) VALUES (?, ?, ?, ?, ?, ?, ?)`)
	f.find = prepare(`SELECT body FROM records WHERE id = ? AND ended_at > ?`)
	f.ask = prepare(`SELECT id FROM records WHERE claimant = ? AND request_id = ? AND ended_at > ?
		ORDER BY ended_at DESC LIMIT 1`)
	return err
}

func (f *file) close() error { return f.db.Close() }

// Kinds of documents.
const (
	kindCall     = "call"
	kindPresence = "presence"
)

// load fills m with every document, and the slots with where they lie.
func (f *file) load(m *memory) error {
	rows, err := f.db.Query(`SELECT slot, kind, body FROM documents ORDER BY slot`)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var slot int64
		var kind string
		var body []byte
		if err := rows.Scan(&slot, &kind, &body); err != nil {
			return err
		}
		k, err := m.load(kind, body)
		if err != nil {
			return fmt.Errorf("document %d: %w", slot, err)
		}
		f.slots.found(k, slot)
	}
	return rows.Err()
}

// load takes in one stored document.
func (m *memory) load(kind string, body []byte) (key, error) {
	switch kind {
	case kindCall:
		c := new(call.Call)
		if err := json.Unmarshal(body, c); err != nil {
			return key{}, err
		}
		m.putCall(c)
		return callKey(c.ID), nil
	case kindPresence:
		p := new(call.Presence)
		if err := json.Unmarshal(body, p); err != nil {
			return key{}, err
		}
		m.putPresence(p)
		return userKey(p.User), nil
	}
	return key{}, fmt.Errorf("unknown kind %q", kind)
}

// write brings all changes of a batch into the file, or none of them.
func (f *file) write(batch []*flight, now time.Time) error {
	var changes []change
	var events []store.Event
	for _, fl := range batch {
		changes, events = append(changes, fl.changes...), append(events, fl.events...)
	}
	if len(changes)+len(events) == 0 {
		return nil
	}
	moves := f.slots.plan(changes)
	if err := f.transact(changes, moves, events, now); err != nil {
		f.slots.undo(moves)
		return err
	}
	f.slots.release(moves)
	return nil
}

// writes reports whether the flight has anything for the file.
func (fl *flight) writes() bool { return len(fl.changes)+len(fl.events) > 0 }

func (f *file) transact(changes []change, moves []move, events []store.Event, now time.Time) error {
	return f.within(func(tx *sql.Tx) error {
		in := statements{put: tx.Stmt(f.put), drop: tx.Stmt(f.drop), keep: tx.Stmt(f.keep)}
		for i, c := range changes {
			if err := in.write(c, moves[i]); err != nil {
				return err
			}
		}
		for _, e := range events {
			if err := enqueue(tx, e, now); err != nil {
				return err
			}
		}
		return nil
	})
}

// write brings one change into the file. A call that has ended is a record from then on, and no document.
func (in statements) write(c change, m move) error {
	if c.ended() {
		if err := in.keepRecord(c); err != nil {
			return err
		}
	}
	var err error
	switch {
	case c.stays():
		_, err = in.put.Exec(m.slot, c.kind(), c.body)
	case m.leave:
		_, err = in.drop.Exec(m.slot)
	}
	return err
}

func (c change) kind() string {
	if c.call != nil {
		return kindCall
	}
	return kindPresence
}

// ended reports whether the change turns a call into a record.
func (c change) ended() bool { return c.call != nil && c.call.State == call.Ended }

// stays reports whether there is a document after the change.
func (c change) stays() bool { return c.body != "" && !c.ended() }
