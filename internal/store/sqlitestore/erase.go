package sqlitestore

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/claimcall/claimcall/internal/call"
	"github.com/claimcall/claimcall/internal/store"
)

// Erase implements store.Store. The space of what goes is overwritten, in the file and in its journal.
func (s *Store) Erase(ctx context.Context, old call.Call, next *call.Call) error {
	_, err := journaled(ctx, s, "erase", func() (struct{}, error) {
		now, err := s.file.record(context.Background(), old.ID, s.now())
		switch {
		case err != nil:
			return struct{}{}, err
		case now.Version != old.Version:
			return struct{}{}, store.ErrStale
		}
		return struct{}{}, s.file.erase(old.ID, next)
	})
	return err
}

func (f *file) erase(id string, next *call.Call) error {
	if _, err := f.db.Exec(`PRAGMA secure_delete = ON`); err != nil {
		return err
	}
	err := f.rewrite(id, next)
	_, off := f.db.Exec(`PRAGMA secure_delete = OFF`)
	_, cut := f.db.Exec(`PRAGMA wal_checkpoint(TRUNCATE)`)
	return errors.Join(err, off, cut)
}

func (f *file) rewrite(id string, next *call.Call) error {
	if next == nil {
		_, err := f.db.Exec(`DELETE FROM records WHERE id = ?`, id)
		return err
	}
	body, err := json.Marshal(next)
	if err != nil {
		return fmt.Errorf("encode: %w", err)
	}
	_, err = f.db.Exec(`UPDATE records SET claimant = ?, adjuster = ?, claim_no = ?, body = ? WHERE id = ?`,
		next.Claimant.User, next.Adjuster.User, next.ClaimNo, string(body), id)
	return err
}
