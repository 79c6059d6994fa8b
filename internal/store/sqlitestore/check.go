package sqlitestore

import (
	"context"
	"errors"
	"fmt"
	"os"
)

// errReplaced says that the open file is not the one at the path any more: what is written to it is lost.
var errReplaced = errors.New("the file was moved, deleted or replaced while it is open; put it back or restart")

// Check implements store.Store: it writes a probe in the journal goroutine, which is also the one that delivers, and
// looks whether the file is still where the next start will look for it.
func (s *Store) Check(ctx context.Context) error {
	var failed error
	at := s.now().UnixMicro()
	if err := s.submit(ctx, func() { failed = probe(s.file.db, at) }); err != nil {
		return err
	}
	if failed == nil {
		failed = s.file.inPlace()
	}
	if failed != nil {
		return fmt.Errorf("sqlitestore: check: %w", failed)
	}
	return nil
}

// inPlace reports whether the path still leads to the file that is open. It does not open the file: see createPrivate.
func (f *file) inPlace() error {
	if f.opened == nil {
		return nil
	}
	found, err := os.Stat(f.path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return errReplaced
	case err != nil:
		return err
	case !os.SameFile(found, f.opened):
		return errReplaced
	}
	return nil
}
