package storetest

import (
	"errors"

	"github.com/claimcall/claimcall/internal/call"
	"github.com/claimcall/claimcall/internal/store"
)

func erasure() []promise {
	return []promise{
		{"an erased record is found by nothing", recordErased},
		{"a record can be made to say less", recordBlotted},
		{"only the version that was looked at is erased", eraseStale},
	}
}

// erase erases by node A.
func (x *trial) erase(old call.Call, next *call.Call) {
	x.Helper()
	if err := x.A.Erase(x.ctx, old, next); err != nil {
		x.Fatalf("erase: %v", err)
	}
}

func recordErased(x *trial) {
	c := ended("c1", "zhang", "li", "n1", 0)
	c.RequestID = "r1"
	calls := x.ended(c, ended("c2", "zhang", "li", "n1", 1))
	x.erase(calls[0], nil)
	if _, err := x.B.Call(x.ctx, "c1"); !errors.Is(err, store.ErrNotFound) {
		x.Errorf("call: %v", err)
	}
	if _, err := x.B.Requested(x.ctx, "zhang", "r1"); !errors.Is(err, store.ErrNotFound) {
		x.Errorf("request: %v", err)
	}
	for _, f := range []store.Filter{{}, {User: claimant("zhang")}, {User: adjuster("li")}, {ClaimNo: "n1"}, {Person: "li"}} {
		x.same("records", x.list(f), []string{"c2"})
	}
	if err := x.A.Erase(x.ctx, calls[0], nil); !errors.Is(err, store.ErrNotFound) {
		x.Errorf("erase again: %v", err)
	}
}

func recordBlotted(x *trial) {
	old := x.ended(ended("c1", "zhang", "li", "n1", 0))[0]
	next := old.Clone()
	next.Version++
	next.Adjuster, next.Note = call.Leg{User: "-"}, ""
	x.erase(old, &next)
	x.same("call", x.found("c1"), next)
	x.same("of the claimant", x.list(store.Filter{User: claimant("zhang")}), []string{"c1"})
	x.same("about the claim", x.list(store.Filter{ClaimNo: "n1"}), []string{"c1"})
	x.same("of the adjuster", x.list(store.Filter{User: adjuster("li")}), []string{})
	x.same("of the person", x.list(store.Filter{Person: "li"}), []string{})
}

func eraseStale(x *trial) {
	old := x.ended(ended("c1", "zhang", "li", "n1", 0))[0]
	next := old.Clone()
	next.Version, next.Notes = 2, "new"
	if err := x.A.Amend(x.ctx, next, 1); err != nil {
		x.Fatalf("amend: %v", err)
	}
	for _, to := range []*call.Call{nil, &next} {
		if err := x.A.Erase(x.ctx, old, to); !errors.Is(err, store.ErrStale) {
			x.Errorf("erase: %v", err)
		}
	}
	x.same("call", x.found("c1"), next)
	runs := x.begin(queued("runs", "q", 0))
	if err := x.A.Erase(x.ctx, runs, nil); !errors.Is(err, store.ErrNotFound) {
		x.Errorf("erase of a running call: %v", err)
	}
}
