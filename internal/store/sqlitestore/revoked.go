package sqlitestore

import (
	"context"
	"fmt"
	"time"

	"github.com/claimcall/claimcall/internal/call"
	"github.com/claimcall/claimcall/internal/store"
)

// credentialTables are added to files that were made without them; an older program does not mind. Times are
// microseconds since 1970.
const credentialTables = `
CREATE TABLE IF NOT EXISTS revoked (
	role TEXT NOT NULL, user TEXT NOT NULL, at INTEGER NOT NULL, until INTEGER NOT NULL, PRIMARY KEY (role, user)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS spent (name TEXT PRIMARY KEY, until INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS spent_until ON spent (until);
`

func (f *file) addCredentials() error {
	_, err := f.db.Exec(credentialTables)
	return err
}

// Revoke implements store.Credentials.
func (s *Store) Revoke(ctx context.Context, u call.User, keep time.Duration) (time.Time, error) {
	at := s.now()
	return journaled(ctx, s, "revoke", func() (time.Time, error) {
		return at, s.file.revoke(u, at, at.Add(keep))
	})
}

// Revocations implements store.Credentials.
func (s *Store) Revocations(ctx context.Context, since time.Time) ([]store.Revocation, error) {
	return journaled(ctx, s, "read revocations", func() ([]store.Revocation, error) {
		return s.file.revocations(since, s.now())
	})
}

// Spend implements store.Credentials.
func (s *Store) Spend(ctx context.Context, name string, life time.Duration) (first bool, err error) {
	return journaled(ctx, s, "spend", func() (bool, error) {
		now := s.now()
		return s.file.spend(name, now, now.Add(life))
	})
}

// Spent implements store.Credentials.
func (s *Store) Spent(ctx context.Context, name string) (bool, error) {
	return journaled(ctx, s, "ask what is spent", func() (spent bool, err error) {
		err = s.file.db.QueryRow(`SELECT EXISTS (SELECT 1 FROM spent WHERE name = ? AND until > ?)`,
			name, s.now().UnixMicro()).Scan(&spent)
		return spent, err
	})
}

// journaled has the journal goroutine do something with the file.
func journaled[T any](ctx context.Context, s *Store, what string, do func() (T, error)) (T, error) {
	type outcome struct {
		value T
		err   error
	}
	done := make(chan outcome, 1) // the journal may come to it after ctx has ended
	var none T
	err := s.submit(ctx, func() {
		value, err := do()
		done <- outcome{value, err}
	})
	if err != nil {
		return none, err
	}
	got := <-done
	if got.err != nil {
		return none, fmt.Errorf("sqlitestore: %s: %w", what, got.err)
	}
	return got.value, nil
}

// revoke notes a revocation, and forgets those that no token can be so old for.
func (f *file) revoke(u call.User, at, until time.Time) error {
	if _, err := f.db.Exec(`DELETE FROM revoked WHERE until <= ?`, at.UnixMicro()); err != nil {
		return err
	}
	_, err := f.db.Exec(`INSERT OR REPLACE INTO revoked (role, user, at, until) VALUES (?, ?, ?, ?)`,
		string(u.Role), u.ID, at.UnixMicro(), until.UnixMicro())
	return err
}

func (f *file) revocations(since, now time.Time) ([]store.Revocation, error) {
	rows, err := f.db.Query(`SELECT role, user, at FROM revoked WHERE at >= ? AND until > ?`,
		since.UnixMicro(), now.UnixMicro())
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []store.Revocation
	for rows.Next() {
		var r store.Revocation
		var at int64
		if err := rows.Scan(&r.User.Role, &r.User.ID, &at); err != nil {
			return nil, err
		}
		r.At = time.UnixMicro(at).UTC()
		all = append(all, r)
	}
	return all, rows.Err()
}

// spend reports whether name was not spent before.
func (f *file) spend(name string, now, until time.Time) (first bool, err error) {
	if _, err := f.db.Exec(`DELETE FROM spent WHERE until <= ?`, now.UnixMicro()); err != nil {
		return false, err
	}
	added, err := f.db.Exec(`INSERT OR IGNORE INTO spent (name, until) VALUES (?, ?)`, name, until.UnixMicro())
	if err != nil {
		return false, err
	}
	n, err := added.RowsAffected()
	return n == 1, err
}
