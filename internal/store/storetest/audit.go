package storetest

import (
	"errors"
	"fmt"
	"sync"

	"github.com/claimcall/claimcall/internal/store"
)

func audit() []promise {
	return []promise{
		{"entries come back in their order", auditOrder},
		{"an entry that does not follow is stale", auditStale},
		{"concurrent writers make one chain", auditChain},
	}
}

// adds appends an act by node A.
func (x *trial) adds(what string) store.AuditEntry {
	x.Helper()
	last := must[store.AuditEntry](x, "last audit")(x.B.LastAudit(x.ctx))
	e := store.NextAudit(last, store.Act{Actor: "boss", What: what, Target: "call:c1", Detail: "\"in\" <words> 王"}, x.A.Now())
	if err := x.A.AddAudit(x.ctx, e); err != nil {
		x.Fatalf("add audit: %v", err)
	}
	return e
}

func (x *trial) audit(after int64, limit int) []store.AuditEntry {
	x.Helper()
	return must[[]store.AuditEntry](x, "audit")(x.B.Audit(x.ctx, after, limit))
}

func auditOrder(x *trial) {
	x.same("of an empty log", must[store.AuditEntry](x, "last audit")(x.B.LastAudit(x.ctx)), store.AuditEntry{})
	x.same("an empty log", len(x.audit(0, 10)), 0)
	var want []store.AuditEntry
	for i := range 12 {
		want = append(want, x.adds(fmt.Sprint("act", i)))
	}
	x.same("all", x.audit(0, 100), want)
	x.same("some", x.audit(3, 4), want[3:7])
	x.same("none", len(x.audit(12, 10)), 0)
	x.same("last", must[store.AuditEntry](x, "last audit")(x.B.LastAudit(x.ctx)), want[11])
	if err := store.VerifyAudit(store.AuditEntry{}, x.audit(0, 100)); err != nil {
		x.Errorf("verify: %v", err)
	}
	if err := store.VerifyAudit(want[4], want[5:]); err != nil {
		x.Errorf("verify a part: %v", err)
	}
}

func auditStale(x *trial) {
	first := x.adds("first")
	for name, e := range map[string]store.AuditEntry{
		"the same again":      first,
		"as if there is none": store.NextAudit(store.AuditEntry{}, store.Act{What: "other"}, x.A.Now()),
		"one left out":        store.NextAudit(store.NextAudit(first, store.Act{}, x.A.Now()), store.Act{}, x.A.Now()),
		"another before":      store.NextAudit(store.AuditEntry{Seq: 1, Hash: "other"}, store.Act{}, x.A.Now()),
	} {
		if err := x.A.AddAudit(x.ctx, e); !errors.Is(err, store.ErrStale) {
			x.Errorf("%s: %v", name, err)
		}
	}
	x.same("log", x.audit(0, 10), []store.AuditEntry{first})
}

func auditChain(x *trial) {
	const writers, each = 6, 8
	var all sync.WaitGroup
	for w := range writers {
		all.Go(func() {
			s := []store.Store{x.A, x.B}[w%2]
			for i := 0; i < each; {
				last, err := s.LastAudit(x.ctx)
				if err == nil {
					err = s.AddAudit(x.ctx, store.NextAudit(last, store.Act{Actor: fmt.Sprint(w), What: fmt.Sprint(i)}, s.Now()))
				}
				switch {
				case err == nil:
					i++
				case !errors.Is(err, store.ErrStale):
					x.Errorf("add audit: %v", err)
					return
				}
			}
		})
	}
	all.Wait()
	entries := x.audit(0, 1000)
	if err := store.VerifyAudit(store.AuditEntry{}, entries); err != nil || len(entries) != writers*each {
		x.Errorf("%d entries, %v", len(entries), err)
	}
}
