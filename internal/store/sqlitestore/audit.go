package sqlitestore

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"

	"github.com/claimcall/claimcall/internal/store"
)

// auditTable is added to files that were made without it; an older program does not mind.
const auditTable = `CREATE TABLE IF NOT EXISTS audit (seq INTEGER PRIMARY KEY, body TEXT NOT NULL);`

func (f *file) addAudit() error {
	_, err := f.db.Exec(auditTable)
	return err
}

// AddAudit implements store.AuditLog.
func (s *Store) AddAudit(ctx context.Context, e store.AuditEntry) error {
	body, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("sqlitestore: add audit: %w", err)
	}
	_, err = journaled(ctx, s, "add audit", func() (struct{}, error) {
		return struct{}{}, s.file.within(func(tx *sql.Tx) error {
			last, err := auditEntries(tx.Query(`SELECT body FROM audit ORDER BY seq DESC LIMIT 1`))
			if err != nil {
				return err
			}
			if before := newest(last); e.Seq != before.Seq+1 || e.Prev != before.Hash {
				return store.ErrStale
			}
			_, err = tx.Exec(`INSERT INTO audit (seq, body) VALUES (?, ?)`, e.Seq, string(body))
			return err
		})
	})
	return err
}

// Audit implements store.AuditLog.
func (s *Store) Audit(ctx context.Context, after int64, limit int) ([]store.AuditEntry, error) {
	return journaled(ctx, s, "read audit", func() ([]store.AuditEntry, error) {
		return auditEntries(s.file.db.Query(`SELECT body FROM audit WHERE seq > ? ORDER BY seq LIMIT ?`, after, limit))
	})
}

// LastAudit implements store.AuditLog.
func (s *Store) LastAudit(ctx context.Context) (store.AuditEntry, error) {
	return journaled(ctx, s, "read audit", func() (store.AuditEntry, error) {
		last, err := auditEntries(s.file.db.Query(`SELECT body FROM audit ORDER BY seq DESC LIMIT 1`))
		return newest(last), err
	})
}

// newest returns the first of entries that come newest first; a zero one if there is none.
func newest(entries []store.AuditEntry) store.AuditEntry {
	if len(entries) == 0 {
		return store.AuditEntry{}
	}
	return entries[0]
}

func auditEntries(rows *sql.Rows, err error) ([]store.AuditEntry, error) {
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var entries []store.AuditEntry
	for rows.Next() {
		var body []byte
		if err := rows.Scan(&body); err != nil {
			return nil, err
		}
		var e store.AuditEntry
		if err := json.Unmarshal(body, &e); err != nil {
			return nil, err
		}
		entries = append(entries, e)
	}
	return entries, rows.Err()
}
