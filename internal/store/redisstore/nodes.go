package redisstore

import (
	"context"
	"time"

	"github.com/claimcall/claimcall/internal/call"
)

// KeepNode implements store.Store. It also measures the server's clock.
func (s *Store) KeepNode(ctx context.Context, node string, ttl time.Duration) error {
	asked := s.clock.elapsed()
	at, err := s.run(ctx, s.scripts.keep, []string{s.keys.nodes()},
		escape(node), ttl.Microseconds(), s.given()).Text()
	if err != nil {
		return s.fail("keep node", err)
	}
	s.observe(asked, at)
	return nil
}

// DropNode implements store.Store.
func (s *Store) DropNode(ctx context.Context, node string) error {
	return s.fail("drop node", s.client.ZRem(ctx, s.keys.nodes(), escape(node)).Err())
}

// LiveNodes implements store.Store.
func (s *Store) LiveNodes(ctx context.Context) ([]string, error) {
	nodes, err := s.run(ctx, s.scripts.live, []string{s.keys.nodes()}, s.given()).StringSlice()
	for i := range nodes {
		if err == nil {
			nodes[i], err = unescape(nodes[i])
		}
	}
	return nodes, s.fail("read live nodes", err)
}

// Stranded implements store.Store.
func (s *Store) Stranded(ctx context.Context, limit int) ([]call.User, error) {
	names, err := s.run(ctx, s.scripts.stranded, []string{s.keys.places(), s.keys.nodes()},
		online, limit, s.given()).StringSlice()
	if err != nil {
		return nil, s.fail("read stranded users", err)
	}
	users := make([]call.User, len(names))
	for i, name := range names {
		if _, users[i], err = parseName(name); err != nil {
			return nil, s.fail("read stranded users", err)
		}
	}
	return users, nil
}
