// Package storage opens the store that a deployment remembers its calls in. Programs that embed the hub choose one by
// a short text, as does the claimcall command with its --db and --redis flags.
package storage

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"go.uber.org/zap"

	"github.com/claimcall/claimcall/internal/store"
	"github.com/claimcall/claimcall/internal/store/redisstore"
	"github.com/claimcall/claimcall/internal/store/sqlitestore"
)

// ErrUnknown refuses a location of a form that Open does not know.
var ErrUnknown = errors.New(`storage: want "memory:", "sqlite:FILE", the path of a file, or "redis://HOST:PORT"`)

// connectLimit bounds how long Open waits for a Redis to answer.
const connectLimit = 5 * time.Second

// Open opens the store at a location, which takes one of these forms:
//
//	memory:        nothing is kept: for trials and tests
//	sqlite:FILE    a file on this machine, for one process; it is created when there is none
//	FILE           the same
//
//	redis://[USER:PASSWORD@]HOST[:6379][/DB]                                       one Redis, for many nodes
//	redis+sentinel://[USER:PASSWORD@]HOST[:26379],HOST.../MASTER[/DB]              the one that Sentinels name
//	redis+cluster://[USER:PASSWORD@]HOST[:6379],HOST...                            a cluster
//
// With rediss in place of redis connections use TLS. Several deployments share a Redis when each has a prefix of its own
// for its keys: "?prefix=NAME". Ended calls stay for 90 days, or as "?retention=2160h" says. With Sentinel
// sentinel_user and sentinel_password may be given likewise.
//
// The path of a file that contains a colon needs the prefix sqlite. The logger may be nil. The caller closes the store.
// A Redis that does not answer within 5 s is an error.
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
	case scheme == "redis" || scheme == "rediss" || strings.HasPrefix(scheme, "redis+") || strings.HasPrefix(scheme, "rediss+"):
		return connect(location, log)
	}
	return nil, fmt.Errorf("%w, got the scheme %q", ErrUnknown, scheme)
}

func connect(url string, log *zap.Logger) (store.Store, error) {
	ctx, cancel := context.WithTimeout(context.Background(), connectLimit)
	defer cancel()
	s, err := redisstore.Open(ctx, url, redisstore.Options{Log: log})
	if err != nil {
		return nil, err // not s: an interface that holds a nil pointer is not nil
	}
	return s, nil
}

func open(path string, log *zap.Logger) (store.Store, error) {
	s, err := sqlitestore.Open(path, sqlitestore.Options{Log: log})
	if err != nil {
		return nil, err // not s: an interface that holds a nil pointer is not nil
	}
	return s, nil
}
