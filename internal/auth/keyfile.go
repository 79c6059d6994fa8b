package auth

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"sync"
	"time"
)

// rereadFile is how often a file of keys is looked at.
const rereadFile = 5 * time.Second

// KeyFile is a Source: a file with public keys in PEM, or with a JSON Web Key Set, which may hold secrets, too.
type KeyFile struct {
	path string

	mu   sync.Mutex
	text []byte
	keys []Key
}

// NewKeyFile reads the file at path. It fails if there is no key in it that can be used.
func NewKeyFile(path string) (*KeyFile, error) {
	f := &KeyFile{path: path}
	if err := f.read(); err != nil {
		return nil, err
	}
	return f, nil
}

// Run reads the file again whenever it has changed, until ctx ends. A file that can't be used changes nothing: report is
// told why, once for each such text.
func (f *KeyFile) Run(ctx context.Context, report func(error)) {
	regularly := time.NewTicker(rereadFile)
	defer regularly.Stop()
	var last string
	for {
		select {
		case <-ctx.Done():
			return
		case <-regularly.C:
		}
		err := f.read()
		if err == nil {
			last = ""
		} else if err.Error() != last {
			last = err.Error()
			report(err)
		}
	}
}

func (f *KeyFile) read() error {
	text, err := os.ReadFile(f.path)
	if err != nil {
		return fmt.Errorf("auth: read keys: %w", err)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.keys != nil && bytes.Equal(text, f.text) {
		return nil
	}
	keys, err := parseKeys(text, true)
	if err != nil {
		return fmt.Errorf("auth: keys in %s: %w", f.path, err)
	}
	f.text, f.keys = text, keys
	return nil
}

// Keys implements Source.
func (f *KeyFile) Keys() ([]Key, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.keys, true
}

// Seek implements Source: the file is read again soon in any case.
func (*KeyFile) Seek() {}
