package hub_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"

	"github.com/claimcall/claimcall/hub"
	"github.com/claimcall/claimcall/internal/store"
	"github.com/claimcall/claimcall/protocol"
)

// acts returns what the audit log has.
func (w *world) acts() string {
	w.t.Helper()
	entries, err := w.hub.AuditLog(context.Background(), 0, 0)
	if err != nil {
		w.t.Fatal(err)
	}
	text := ""
	for _, e := range entries {
		text += fmt.Sprintf("%s %s %s %s;", e.Actor, e.What, e.Target, e.Detail)
	}
	return text
}

func codeOf(err error) protocol.Code {
	var told *protocol.Error
	if errors.As(err, &told) {
		return told.Code
	}
	return ""
}

func TestAdministratorEndsACall(t *testing.T) {
	inWorld(t, func(w *world) {
		ctx := context.Background()
		zhang, li := w.inCall()
		page, err := w.hub.Running(ctx, "")
		if err != nil || len(page.Calls) != 1 || page.Calls[0].State != protocol.StateActive || page.Next != "" {
			t.Fatalf("running: %+v, %v", page, err)
		}
		if page, err := w.hub.Running(ctx, page.Calls[0].ID); err != nil || len(page.Calls) != 0 {
			t.Errorf("behind it: %+v, %v", page, err)
		}
		ended, err := w.hub.EndCall(ctx, "boss", zhang.call)
		if err != nil || ended.End.Reason != protocol.ReasonEndedByAdmin || ended.End.By != protocol.ActorAdmin {
			t.Fatalf("ended: %+v, %v", ended, err)
		}
		synctest.Wait()
		zhang.wants("call.hangup")
		if got := li.events(); !slices.Contains(got, "call.hangup") {
			t.Errorf("the adjuster heard %v", got)
		}
		if _, err := w.hub.EndCall(ctx, "boss", zhang.call); codeOf(err) != protocol.CodeCallEnded {
			t.Errorf("again: %v", err)
		}
		if _, err := w.hub.EndCall(ctx, "boss", "none"); codeOf(err) != protocol.CodeUnknownCall {
			t.Errorf("another: %v", err)
		}
		if got, want := w.acts(), "boss call.end call:"+zhang.call+" ;"; got != want {
			t.Errorf("audit log: %q, want %q", got, want)
		}
	})
}

func TestAdministratorSeesAndSets(t *testing.T) {
	inWorld(t, func(w *world) {
		ctx := context.Background()
		zhang, li := w.waits("zhang"), w.client("li", "adjuster/li?queues=default").hello("")
		zhang.requests("r1")
		li.heard()
		queues, err := w.hub.QueueStates(ctx)
		if err != nil || len(queues) != 1 || queues[0].Name != hub.DefaultQueue || queues[0].Waiting != 1 {
			t.Fatalf("queues: %+v, %v", queues, err)
		}
		p, err := w.hub.Person(ctx, protocol.RoleAdjuster, "li")
		if err != nil || p.Availability != protocol.AvailabilityAway || len(p.Sessions) != 1 || !p.Sessions[0].Online || len(p.Queues) != 1 {
			t.Fatalf("li is %+v, %v", p, err)
		}
		if p, err = w.hub.SetAvailability(ctx, "boss", "li", protocol.AvailabilityAvailable); err != nil {
			t.Fatal(err)
		}
		li.wants("availability", "availability", "call.invite") // available, then ringing
		if p, err = w.hub.Person(ctx, protocol.RoleAdjuster, "li"); err != nil || p.Call == "" {
			t.Errorf("li is %+v, %v", p, err)
		}
		if _, err := w.hub.SetAvailability(ctx, "boss", "li", protocol.AvailabilityOffline); codeOf(err) != protocol.CodeBadData {
			t.Errorf("offline: %v", err)
		}
		if _, err := w.hub.SetAvailability(ctx, "boss", "wang", protocol.AvailabilityAway); codeOf(err) != protocol.CodeWrongState {
			t.Errorf("who is not there: %v", err)
		}
		if p, err := w.hub.Person(ctx, protocol.RoleClaimant, "nobody"); err != nil || p.Availability != protocol.AvailabilityOffline {
			t.Errorf("nobody is %+v, %v", p, err)
		}
		want := "boss availability.set adjuster:li available;boss availability.set adjuster:wang away;"
		if got := w.acts(); got != want {
			t.Errorf("audit log: %q, want %q", got, want)
		}
	})
}

// unwritable is a store that takes no entry of the audit log.
type unwritable struct{ hub.Store }

func (unwritable) AddAudit(context.Context, store.AuditEntry) error { return errors.New("away") }

func TestNothingIsDoneThatIsNotWrittenDown(t *testing.T) {
	inWorldWith(t, func(s hub.Store) hub.Store { return unwritable{s} }, func(w *world) {
		zhang, _ := w.inCall()
		if _, err := w.hub.EndCall(context.Background(), "boss", zhang.call); codeOf(err) != protocol.CodeUnavailable {
			t.Errorf("ended: %v", err)
		}
		if _, err := w.hub.SetAvailability(context.Background(), "boss", "li", protocol.AvailabilityAway); codeOf(err) != protocol.CodeUnavailable {
			t.Errorf("set: %v", err)
		}
		zhang.wants()
	})
}
