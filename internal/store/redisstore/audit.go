package redisstore

import (
	"context"
	"encoding/json"

	"github.com/claimcall/claimcall/internal/store"
)

// AddAudit implements store.AuditLog. The text of the last entry is what the script compares.
func (s *Store) AddAudit(ctx context.Context, e store.AuditEntry) error {
	last, text, err := s.lastAudit(ctx)
	if err != nil {
		return s.fail("add audit", err)
	}
	if e.Seq != last.Seq+1 || e.Prev != last.Hash {
		return store.ErrStale
	}
	body, err := json.Marshal(e)
	if err != nil {
		return s.fail("add audit", err)
	}
	answer, err := s.run(ctx, s.scripts.audit, []string{s.keys.audit()}, text, string(body)).Int()
	switch {
	case err != nil:
		return s.fail("add audit", err)
	case answer == refused:
		return store.ErrStale
	}
	return nil
}

// Audit implements store.AuditLog.
func (s *Store) Audit(ctx context.Context, after int64, limit int) ([]store.AuditEntry, error) {
	if limit <= 0 {
		return nil, nil
	}
	found, err := s.client.LRange(ctx, s.keys.audit(), after, after+int64(limit)-1).Result()
	if err != nil {
		return nil, s.fail("read audit", err)
	}
	entries := make([]store.AuditEntry, len(found))
	for i, text := range found {
		if err := decode(text, &entries[i]); err != nil {
			return nil, s.fail("read audit", err)
		}
	}
	return entries, nil
}

// LastAudit implements store.AuditLog.
func (s *Store) LastAudit(ctx context.Context) (store.AuditEntry, error) {
	last, _, err := s.lastAudit(ctx)
	return last, s.fail("read audit", err)
}

func (s *Store) lastAudit(ctx context.Context) (last store.AuditEntry, text string, err error) {
	found, err := s.client.LRange(ctx, s.keys.audit(), -1, -1).Result()
	if err != nil || len(found) == 0 {
		return last, "", err
	}
	return last, found[0], decode(found[0], &last)
}
