package sqlitestore

import (
	"context"
	"fmt"
)

// Check implements store.Store: it writes a probe in the journal goroutine, which is also the one that delivers.
func (s *Store) Check(ctx context.Context) error {
	var failed error
	at := s.now().UnixMicro()
	if err := s.submit(ctx, func() { failed = probe(s.file.db, at) }); err != nil {
		return err
	}
	if failed != nil {
		return fmt.Errorf("sqlitestore: check: %w", failed)
	}
	return nil
}
