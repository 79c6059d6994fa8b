package faulttest

import (
	"slices"
	"testing"

	"github.com/claimcall/claimcall/internal/call"
	"github.com/claimcall/claimcall/internal/store"
	"github.com/claimcall/claimcall/internal/store/redisstore"
)

// store opens what the nodes share, for looking at it from the side.
func (c *cluster) store(t testing.TB) store.Store {
	t.Helper()
	s, err := redisstore.Open(t.Context(), c.redisURL(), redisstore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// presence returns what is known of a party.
func (c *cluster) presence(t testing.TB, p *party) call.Presence {
	t.Helper()
	s := c.store(t)
	defer s.Close()
	found, err := s.Presences(t.Context(), call.User{Role: call.Role(p.role), ID: p.name})
	if err != nil {
		t.Fatal(err)
	}
	return found[0]
}

// since returns what a party has heard after the first n.
func (p *party) since(n int) []heard {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.log[n:])
}
