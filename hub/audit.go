package hub

import (
	"context"
	"fmt"

	"github.com/claimcall/claimcall/internal/store"
)

// Names from the store, for those who keep and read the audit log.
type (
	// Act is something that an administrator did.
	Act = store.Act
	// AuditEntry is one act in its place in the log.
	AuditEntry = store.AuditEntry
)

// auditPage is how many entries are read at once.
const auditPage = 500

// Audit writes an act into the audit log. Do so before the act: what is not written is not to be done.
func (h *Hub) Audit(ctx context.Context, act Act) error {
	err := h.retry(ctx, func() error {
		last, err := h.Store.LastAudit(ctx)
		if err != nil {
			return err
		}
		return h.Store.AddAudit(ctx, store.NextAudit(last, act, h.Store.Now()))
	})
	if err != nil {
		return fmt.Errorf("hub: audit: %w", err)
	}
	return nil
}

// AuditLog returns entries whose Seq is greater than after, the oldest first, at most limit and at most 500.
func (h *Hub) AuditLog(ctx context.Context, after int64, limit int) ([]AuditEntry, error) {
	if limit <= 0 || limit > auditPage {
		limit = auditPage
	}
	entries, err := h.Store.Audit(ctx, after, limit)
	if err != nil {
		return nil, fmt.Errorf("hub: read audit log: %w", err)
	}
	return entries, nil
}

// VerifyAudit checks the whole log, and returns its newest entry: whoever has noted its Hash elsewhere can tell
// later that nothing before it was changed or cut off. An error that is store.ErrAudit says that something was.
func (h *Hub) VerifyAudit(ctx context.Context) (newest AuditEntry, err error) {
	for {
		entries, err := h.AuditLog(ctx, newest.Seq, auditPage)
		if err == nil {
			err = store.VerifyAudit(newest, entries)
		}
		if err != nil {
			return newest, fmt.Errorf("hub: verify audit log: %w", err)
		}
		if len(entries) > 0 {
			newest = entries[len(entries)-1]
		}
		if len(entries) < auditPage {
			return newest, nil
		}
	}
}
