// Package storage opens the store that a deployment remembers its calls in. Programs that embed the hub choose one by
// a short text, as does the claimcall command with its --db and --redis flags.
package storage

import (
	"errors"
	"fmt"
	"strings"

	"go.uber.org/zap"

	"github.com/claimcall/claimcall/internal/store"
	"github.com/claimcall/claimcall/internal/store/sqlitestore"
)

// ErrUnknown refuses a location of a form that Open does not know.
var ErrUnknown = errors.New(`storage: want "memory:", "sqlite:FILE" or the path of a file`)

// Open opens the store at a location, which takes one of these forms:
//
//	memory:        nothing is kept: for trials and tests
//	sqlite:FILE    a file on this machine, for one process; it is created when there is none
//	FILE           the same
//
// A path that contains a colon needs the prefix. The logger may be nil. The caller closes the store.
func Open(location string, log *zap.Logger) (store.Store, error) {
	scheme, rest, found := strings.Cut(location, ":")
	switch {
	case location == "":
		return nil, fmt.Errorf("%w, got nothing", ErrUnknown)
	case !found:
		return open(location, log)
	case scheme == "memory" && rest == "":
		return open("", log)
	case scheme == "sqlite" && rest != "" && rest != ":memory:":
		return open(rest, log)
	case scheme == "redis" || scheme == "rediss":
		return nil, fmt.Errorf("%w; Redis is not supported by this build yet", ErrUnknown)
	}
	return nil, fmt.Errorf("%w, got the scheme %q", ErrUnknown, scheme)
}

func open(path string, log *zap.Logger) (store.Store, error) {
	s, err := sqlitestore.Open(path, sqlitestore.Options{Log: log})
	if err != nil {
		return nil, err // not s: an interface that holds a nil pointer is not nil
	}
	return s, nil
}
