package stream

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/claimcall/claimcall/internal/call"
	"github.com/claimcall/claimcall/protocol"
)

// ErrProvider says that no provider of that name is configured.
var ErrProvider = errors.New("stream: unknown provider")

// Set is the providers of a deployment, in order of preference. Its methods may be called concurrently.
type Set struct {
	log       *zap.Logger
	providers []Provider
	drops     *drops
	health    map[string]*health // of those that can be checked
	lists     map[string]*list   // of those that list what is published
}

// NewSet returns the set of the providers. Each name may be there once, and at least one must be.
func NewSet(log *zap.Logger, providers ...Provider) (*Set, error) {
	s := &Set{log: log, drops: newDrops(log), health: map[string]*health{}, lists: map[string]*list{}}
	for _, p := range providers {
		if s.find(p.Name()) != nil {
			return nil, fmt.Errorf("stream: provider %s is there twice", p.Name())
		}
		s.providers = append(s.providers, p)
		s.health[p.Name()], s.lists[p.Name()] = &health{}, &list{}
	}
	if len(s.providers) == 0 {
		return nil, errors.New("stream: no provider")
	}
	return s, nil
}

// Providers returns the names of the providers, best first.
func (s *Set) Providers() []string {
	names := make([]string, len(s.providers))
	for i, p := range s.providers {
		names[i] = p.Name()
	}
	return names
}

// HandOut returns what the leg that owns the stream is to push and to play with the provider. The addresses can be
// opened until expires. An unknown provider is ErrProvider.
func (s *Set) HandOut(provider string, own call.StreamName, expires time.Time) (protocol.Streams, error) {
	p := s.find(provider)
	if p == nil {
		return protocol.Streams{}, fmt.Errorf("%w: %q", ErrProvider, provider)
	}
	return p.HandOut(own, expires)
}

// Drop ends a stream, its publisher and its players. It returns at once and does its work beyond the end of ctx: it
// tries several times, and gives up with a line in the log. Close waits for it.
func (s *Set) Drop(_ context.Context, provider string, name call.StreamName) {
	p := s.find(provider)
	if p == nil {
		s.log.Warn("stream: drop: provider is not configured any more", zap.String("provider", provider))
		return
	}
	s.drops.start(p, name)
}

// Run watches the providers until ctx ends: it checks their health, and makes good what they fail to tell. It is called
// once.
func (s *Set) Run(ctx context.Context) {
	var loops sync.WaitGroup
	defer loops.Wait()
	for _, p := range s.providers {
		if checked, ok := p.(Checked); ok {
			loops.Go(func() { s.check(ctx, checked, s.health[p.Name()]) })
		}
		if listed, ok := p.(Listed); ok {
			loops.Go(func() { s.reconcile(ctx, listed, s.lists[p.Name()]) })
		}
	}
}

// Health returns nil if the provider can carry calls, as far as is known, and else why not. It changes slowly, and only
// while Run runs. It does not block.
func (s *Set) Health(provider string) error {
	h, ok := s.health[provider]
	if !ok {
		return fmt.Errorf("%w: %q", ErrProvider, provider)
	}
	return h.now()
}

// Publishing reports whether a stream is being published now, if that is known: by the provider itself, by what it told, or
// by the last list of what is published.
func (s *Set) Publishing(provider string, name call.StreamName) (publishing, known bool) {
	switch p := s.find(provider).(type) {
	case Watched:
		return p.Publishing(name)
	case Listed:
		if publishing, known := p.News().heard(name); known {
			return publishing, true
		}
		return s.lists[provider].has(name)
	}
	return false, false
}

// Close waits for the drops that run, until ctx ends; then it gives them up and returns the cause. A Drop after Close does
// nothing.
func (s *Set) Close(ctx context.Context) error {
	if err := s.drops.close(ctx); err != nil {
		return fmt.Errorf("stream: close: %w", err)
	}
	return nil
}

func (s *Set) find(name string) Provider {
	for _, p := range s.providers {
		if p.Name() == name {
			return p
		}
	}
	return nil
}

// Hooks serves POST /hooks/{provider}/{secret} for the providers that have hooks. A wrong secret and a provider that is
// not there get the same answer, 404. The path is a secret: whoever logs requests must leave it out.
func (s *Set) Hooks() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /hooks/{provider}/{secret}", func(w http.ResponseWriter, r *http.Request) {
		hooked, ok := s.find(r.PathValue("provider")).(Hooked)
		if !ok || !sameSecret(hooked.HookSecret(), r.PathValue("secret")) {
			http.NotFound(w, r)
			return
		}
		hooked.Hook(w, r)
	})
	return mux
}

// sameSecret compares digests, so that not even the length of the secret shows in the time it takes.
func sameSecret(want, got string) bool {
	a, b := sha256.Sum256([]byte(want)), sha256.Sum256([]byte(got))
	return subtle.ConstantTimeCompare(a[:], b[:]) == 1
}
