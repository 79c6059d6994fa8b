package redisstore

import (
	"context"
	"crypto/rand"
	"errors"
	"maps"
	"strconv"
	"strings"

	"github.com/redis/go-redis/v9"

	"github.com/claimcall/claimcall/internal/store"
)

// probe is the document that checks commit. All nodes share it.
const probe = "probe:document"

// Check implements store.Store: it loads and commits a document with a message for the nodes that listen by this
// store, and waits for the message there. It fails at once while such a node is silent.
func (s *Store) Check(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, silence)
	defer cancel()
	token := rand.Text()
	nodes, echoes, err := s.expect(token)
	defer s.forget(token)
	if err == nil {
		err = s.commitProbe(ctx, nodes, token)
	}
	if err != nil {
		return s.fail("check", err)
	}
	for _, echo := range echoes {
		select {
		case <-echo:
		case <-ctx.Done():
			return s.fail("check", errors.Join(ErrSilent, ctx.Err()))
		}
	}
	return nil
}

// expect prepares for the echo of a token at every node that listens.
func (s *Store) expect(token string) (nodes []string, echoes []<-chan struct{}, err error) {
	for node, seat := range s.listening() {
		echo, live := seat.await(token)
		if !live {
			err = ErrSilent
		}
		nodes, echoes = append(nodes, escape(node)), append(echoes, echo)
	}
	return nodes, echoes, err
}

func (s *Store) forget(token string) {
	for _, seat := range s.listening() {
		seat.forget(token)
	}
}

func (s *Store) listening() map[string]*seat {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.seats)
}

// commitProbe commits the next version of the probe; again if another node was faster.
func (s *Store) commitProbe(ctx context.Context, nodes []string, token string) error {
	for {
		was, err := s.probeVersion(ctx)
		if err != nil {
			return err
		}
		err = s.commit(ctx, batch{
			changes: []change{{name: probe, was: was, document: document{version: was + 1, nodes: nodes}}},
			letters: []letter{{name: probe, text: encodeEcho(token)}},
		})
		if !errors.Is(err, store.ErrStale) {
			return err
		}
	}
}

func (s *Store) probeVersion(ctx context.Context) (int64, error) {
	text, err := s.client.HGet(ctx, s.keys.documents(), headOf(probe)).Result()
	if errors.Is(err, redis.Nil) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	version, _, _ := strings.Cut(text, " ")
	return strconv.ParseInt(version, 10, 64)
}
