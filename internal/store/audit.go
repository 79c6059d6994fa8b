package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// AuditLog keeps administrative acts for good. It is part of Store. Nothing changes or removes an entry; each holds the
// hash of the one before, so that what was changed from outside shows.
type AuditLog interface {
	// AddAudit appends an entry. ErrStale if its Seq is not the next one, or its Prev not the hash of the last.
	AddAudit(ctx context.Context, e AuditEntry) error
	// Audit returns entries whose Seq is greater than after, the oldest first, at most limit.
	Audit(ctx context.Context, after int64, limit int) ([]AuditEntry, error)
	// LastAudit returns the newest entry; one of Seq 0 if there is none.
	LastAudit(ctx context.Context) (AuditEntry, error)
}

// Act is something that an administrator did. It names no person but by id.
type Act struct {
	Actor  string `json:"actor"`            // who: a role and an id, or how they came, such as "cli"
	What   string `json:"what"`             // such as "call.end"
	Target string `json:"target,omitempty"` // on what, such as "call:ID" or "adjuster:li"
	Detail string `json:"detail,omitempty"` // in words; no personal data
}

// AuditEntry is one act in its place.
type AuditEntry struct {
	Seq int64     `json:"seq"` // from 1
	At  time.Time `json:"at"`
	Act
	Prev string `json:"prev"` // Hash of the entry before; empty for the first
	Hash string `json:"hash"` // of all the rest
}

// ErrAudit says that the log is not what was written.
var ErrAudit = errors.New("store: audit log was changed")

// NextAudit returns the entry of an act that comes after last.
func NextAudit(last AuditEntry, act Act, now time.Time) AuditEntry {
	e := AuditEntry{Seq: last.Seq + 1, At: now.UTC().Truncate(time.Microsecond), Act: act, Prev: last.Hash}
	e.Hash = e.hash()
	return e
}

// VerifyAudit checks that entries follow each other and the one before them, which is of Seq 0 for the first of all.
func VerifyAudit(before AuditEntry, entries []AuditEntry) error {
	for _, e := range entries {
		if e.Seq != before.Seq+1 || e.Prev != before.Hash || e.Hash != e.hash() {
			return fmt.Errorf("%w: entry %d", ErrAudit, before.Seq+1)
		}
		before = e
	}
	return nil
}

// hash returns the hash of everything but Hash.
func (e AuditEntry) hash() string {
	e.Hash = ""
	text, err := json.Marshal(e)
	if err != nil { // cannot be: all fields are texts, numbers and a time
		return ""
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}
