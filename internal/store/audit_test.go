package store

import (
	"errors"
	"testing"
	"time"
)

// TestVerifyAudit changes an entry in every way.
func TestVerifyAudit(t *testing.T) {
	chain := func() []AuditEntry {
		var entries []AuditEntry
		var last AuditEntry
		for i := range 4 {
			last = NextAudit(last, Act{Actor: "boss", What: "call.end", Target: string(rune('a' + i))}, time.Unix(int64(i), 0))
			entries = append(entries, last)
		}
		return entries
	}
	if err := VerifyAudit(AuditEntry{}, chain()); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func([]AuditEntry) []AuditEntry{
		"who":      func(e []AuditEntry) []AuditEntry { e[1].Actor = "nobody"; return e },
		"what":     func(e []AuditEntry) []AuditEntry { e[1].What = "x"; return e },
		"target":   func(e []AuditEntry) []AuditEntry { e[1].Target = "x"; return e },
		"detail":   func(e []AuditEntry) []AuditEntry { e[1].Detail = "x"; return e },
		"when":     func(e []AuditEntry) []AuditEntry { e[1].At = e[1].At.Add(1); return e },
		"left out": func(e []AuditEntry) []AuditEntry { return append(e[:1], e[2:]...) },
		"first":    func(e []AuditEntry) []AuditEntry { return e[1:] },
		"twice":    func(e []AuditEntry) []AuditEntry { return append(e[:2:2], e[1:]...) },
		"swapped":  func(e []AuditEntry) []AuditEntry { e[1], e[2] = e[2], e[1]; return e },
		"hashed anew": func(e []AuditEntry) []AuditEntry {
			e[1].Target = "x"
			e[1].Hash = e[1].hash()
			return e
		},
	} {
		if err := VerifyAudit(AuditEntry{}, change(chain())); !errors.Is(err, ErrAudit) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
