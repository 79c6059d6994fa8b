package hub_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/claimcall/claimcall/hub"
	"github.com/claimcall/claimcall/internal/store"
	"github.com/claimcall/claimcall/protocol"
)

// erase erases, and checks that the receipt says nothing of whom.
func (w *world) erase(s hub.Subject) hub.Receipt {
	w.t.Helper()
	r, err := w.hub.Erase(context.Background(), "supervisor:boss", s)
	if err != nil {
		w.t.Fatal(err)
	}
	text, err := json.Marshal(r)
	if err != nil || r.ID == "" || len(r.Subject) != 64 || s.User != "" && strings.Contains(string(text), s.User) {
		w.t.Errorf("receipt %s, %v", text, err)
	}
	return r
}

// everything returns all records as the store has them.
func (w *world) everything() string {
	w.t.Helper()
	calls, err := store.AllRecords(context.Background(), w.store, store.Filter{})
	if err != nil {
		w.t.Fatal(err)
	}
	text, err := json.Marshal(calls)
	if err != nil {
		w.t.Fatal(err)
	}
	return string(text)
}

func TestEraseClaimant(t *testing.T) {
	tellingWorld(t, func(w *world) {
		w.hasRecords()
		r := w.erase(hub.Subject{Role: protocol.RoleClaimant, User: "zhang"})
		if r.Removed != 5 || r.Changed != 0 || r.Events != 15 || !r.SignedOut {
			t.Errorf("receipt %+v", r)
		}
		if all := w.everything(); strings.Contains(all, "hang\"") || strings.Contains(all, "Zhang") || !strings.Contains(all, "B1") {
			t.Errorf("left: %s", all)
		}
		if p := w.presenceOf("claimant", "zhang"); p.Version != 0 {
			t.Errorf("left: %+v", p)
		}
		if got := w.events("all"); len(got) != 4 {
			t.Errorf("still told %v", got)
		}
		if again := w.erase(hub.Subject{Role: protocol.RoleClaimant, User: "zhang"}); again.Removed != 0 || again.SignedOut {
			t.Errorf("erased again: %+v", again)
		}
	})
}

func TestEraseClaim(t *testing.T) {
	tellingWorld(t, func(w *world) {
		w.hasRecords()
		if r := w.erase(hub.Subject{ClaimNo: "A3"}); r.Removed != 1 || r.SignedOut || r.Events != 3 {
			t.Errorf("receipt %+v", r)
		}
		if all := w.everything(); strings.Contains(all, "A3") || !strings.Contains(all, "A2") {
			t.Errorf("left: %s", all)
		}
		if p := w.presenceOf("claimant", "zhang"); p.Version == 0 {
			t.Error("the claimant was signed out")
		}
	})
}

// An adjuster goes out of records that are about others, also where a ring came to nothing.
func TestEraseAdjuster(t *testing.T) {
	tellingWorld(t, func(w *world) {
		w.hasRecords()
		li := w.works("li")
		chen := w.waits("chen")
		chen.requests("r9")
		w.pass(time.Second, chen, li)
		li.heard()
		li.send(protocol.TypeCallReject, protocol.CallReject{Call: li.call, Reason: "li is at lunch"})
		chen.heard()
		chen.does(protocol.TypeCallCancel)
		if all := w.everything(); !strings.Contains(all, "lunch") || !strings.Contains(all, "Li") {
			t.Fatalf("before: %s", all)
		}
		w.pass(time.Minute, chen)
		r := w.erase(hub.Subject{Role: protocol.RoleAdjuster, User: "li"})
		if r.Changed != 2 || r.Removed != 0 || r.Events == 0 {
			t.Errorf("receipt %+v", r)
		}
		all := w.everything()
		for _, trace := range []string{`"li"`, `"Li"`, "lunch"} {
			if strings.Contains(all, trace) {
				t.Errorf("%s is left: %s", trace, all)
			}
		}
		if !strings.Contains(all, `"erased"`) || strings.Count(all, `"claim_no"`) != 7 {
			t.Errorf("left: %s", all)
		}
		for _, line := range w.events("all") {
			if strings.Contains(line, " li") {
				t.Errorf("told: %s", line)
			}
		}
	})
}

func TestEraseRefuses(t *testing.T) {
	inWorld(t, func(w *world) {
		w.inCall()
		for _, u := range []hub.Subject{{Role: protocol.RoleClaimant, User: "zhang"}, {Role: protocol.RoleAdjuster, User: "li"}} {
			if _, err := w.hub.Erase(context.Background(), "boss", u); !errors.Is(err, hub.ErrInCall) {
				t.Errorf("%+v: %v", u, err)
			}
		}
		for _, s := range []hub.Subject{
			{}, {Role: protocol.RoleClaimant}, {User: "zhang"}, {Role: protocol.RoleSupervisor, User: "boss"},
			{Role: protocol.RoleClaimant, User: "zhang", ClaimNo: "A1"},
		} {
			if _, err := w.hub.Erase(context.Background(), "boss", s); !errors.Is(err, hub.ErrSubject) {
				t.Errorf("%+v: %v", s, err)
			}
		}
	})
}

func TestAudit(t *testing.T) {
	inWorld(t, func(w *world) {
		ctx := context.Background()
		r := w.erase(hub.Subject{ClaimNo: "A1"})
		for _, what := range []string{"call.end", "drain"} {
			if err := w.hub.Audit(ctx, hub.Act{Actor: "cli", What: what}); err != nil {
				t.Fatal(err)
			}
		}
		log, err := w.hub.AuditLog(ctx, 0, 0)
		if err != nil || len(log) != 3 || log[0].What != "erase" || !strings.Contains(log[0].Detail, r.ID) || log[0].Actor != "supervisor:boss" {
			t.Errorf("%+v, %v", log, err)
		}
		if log, err = w.hub.AuditLog(ctx, 1, 1); err != nil || len(log) != 1 || log[0].What != "call.end" {
			t.Errorf("%+v, %v", log, err)
		}
		newest, err := w.hub.VerifyAudit(ctx)
		if err != nil || newest.Seq != 3 || newest.Hash == "" {
			t.Errorf("%+v, %v", newest, err)
		}
	})
	inFaultyWorld(t, func(w *world, f *faulty) {
		f.has(only(down, "AddAudit"), nil)
		if _, err := w.hub.Erase(context.Background(), "boss", hub.Subject{ClaimNo: "A1"}); err == nil {
			t.Error("erased without a word in the log")
		}
	})
}
