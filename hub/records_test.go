package hub_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/claimcall/claimcall/hub"
	"github.com/claimcall/claimcall/protocol"
)

func who(role protocol.Role, user string) hub.Identity { return hub.Identity{User: user, Role: role} }

// records returns the claim numbers of all calls that f chooses, page by page.
func (w *world) records(id hub.Identity, f hub.RecordFilter) []string {
	w.t.Helper()
	claims := []string{}
	for {
		page, err := w.hub.Records(context.Background(), id, f)
		if err != nil {
			w.t.Fatal(err)
		}
		for _, c := range page.Calls {
			claims = append(claims, c.ClaimNo)
		}
		if f.Cursor = page.Next; page.Next == "" {
			return claims
		}
		w.pass(time.Minute) // for another ration
	}
}

// hasRecords has a few calls end: all of a claimant in the same moment, and one with an adjuster later.
func (w *world) hasRecords() {
	zhang := w.waits("zhang")
	for i := range 5 {
		zhang.send(protocol.TypeCallRequest, protocol.CallRequest{RequestID: fmt.Sprint("r", i), ClaimNo: fmt.Sprint("A", i)})
		zhang.heard()
		zhang.does(protocol.TypeCallCancel)
	}
	w.pass(time.Second)
	wu, li := w.waits("wu"), w.works("li")
	wu.send(protocol.TypeCallRequest, protocol.CallRequest{RequestID: "r", ClaimNo: "B1", Note: "By the Gate"})
	li.heard()
	li.does(protocol.TypeCallAccept)
	li.send(protocol.TypeCallNote, protocol.CallNote{Call: li.call, Text: "dent"})
	li.does(protocol.TypeCallHangup)
}

func TestRecords(t *testing.T) {
	boss, li := who(protocol.RoleSupervisor, "boss"), who(protocol.RoleAdjuster, "li")
	inWorld(t, func(w *world) {
		begun := time.Now()
		w.hasRecords()
		for _, limit := range []int{0, 1, 2, 5, 6} {
			got := w.records(boss, hub.RecordFilter{Limit: limit})
			if len(got) != 6 || got[0] != "B1" {
				t.Errorf("limit %d: %v", limit, got)
			}
			if slices.Sort(got); len(slices.Compact(got)) != 6 {
				t.Errorf("limit %d: a call comes twice: %v", limit, got)
			}
		}
		w.pass(time.Minute)
		for name, tt := range map[string]struct {
			who  hub.Identity
			f    hub.RecordFilter
			want int
		}{
			"own of a claimant":       {who(protocol.RoleClaimant, "zhang"), hub.RecordFilter{}, 5},
			"own of an adjuster":      {li, hub.RecordFilter{}, 1},
			"same name, another role": {who(protocol.RoleClaimant, "li"), hub.RecordFilter{}, 0},
			"others of an adjuster":   {li, hub.RecordFilter{User: "zhang"}, 0},
			"claim":                   {boss, hub.RecordFilter{ClaimNo: "A3"}, 1},
			"person":                  {boss, hub.RecordFilter{User: "zhang"}, 5},
			"reason":                  {boss, hub.RecordFilter{Reason: "hangup"}, 1},
			"from":                    {boss, hub.RecordFilter{From: begun.Add(time.Second)}, 1},
			"before":                  {boss, hub.RecordFilter{Before: begun.Add(time.Second)}, 5},
			"text of the note":        {li, hub.RecordFilter{Text: "gate"}, 1},
			"text of the notes":       {li, hub.RecordFilter{Text: "DENT"}, 1},
			"no notes for a claimant": {who(protocol.RoleClaimant, "wu"), hub.RecordFilter{Text: "dent"}, 0},
			"text of a claim":         {boss, hub.RecordFilter{Text: "a"}, 6},
		} {
			w.pass(time.Minute)
			if got := w.records(tt.who, tt.f); len(got) != tt.want {
				t.Errorf("%s: %v", name, got)
			}
		}
	})
}

func TestRecordsAreAnsweredForWhoAsks(t *testing.T) {
	inWorld(t, func(w *world) {
		w.hasRecords()
		see := func(id hub.Identity) protocol.Call {
			t.Helper()
			page, err := w.hub.Records(context.Background(), id, hub.RecordFilter{Limit: 1})
			if err != nil || len(page.Calls) != 1 {
				t.Fatalf("%v, %v", page, err)
			}
			one, err := w.hub.Record(context.Background(), id, page.Calls[0].ID)
			if err != nil || one.ID != page.Calls[0].ID || one.Notes != page.Calls[0].Notes {
				t.Errorf("one call is %+v, %v", one, err)
			}
			return one
		}
		wu := see(who(protocol.RoleClaimant, "wu"))
		if wu.Notes != "" || wu.You != protocol.LegClaimant {
			t.Errorf("a claimant sees %+v", wu)
		}
		for _, id := range []hub.Identity{who(protocol.RoleAdjuster, "li"), who(protocol.RoleSupervisor, "boss")} {
			if c := see(id); c.Notes != "dent" || c.You != protocol.LegAdjuster || c.Legs.Adjuster == nil || c.End == nil {
				t.Errorf("a %s sees %+v", id.Role, c)
			}
		}
		for code, id := range map[protocol.Code]hub.Identity{
			protocol.CodeNotYourCall: who(protocol.RoleAdjuster, "wang"),
			protocol.CodeUnknownCall: who(protocol.RoleSupervisor, "boss"),
		} {
			name := wu.ID
			if code == protocol.CodeUnknownCall {
				name = "none"
			}
			_, err := w.hub.Record(context.Background(), id, name)
			wantCode(t, err, code)
		}
	})
}

func TestTimeline(t *testing.T) {
	inWorld(t, func(w *world) {
		w.hasRecords()
		page, err := w.hub.Records(context.Background(), who(protocol.RoleSupervisor, "boss"), hub.RecordFilter{Limit: 1})
		if err != nil {
			t.Fatal(err)
		}
		id := page.Calls[0].ID
		for _, id := range []hub.Identity{who(protocol.RoleAdjuster, "wang"), who(protocol.RoleClaimant, "wu")} {
			if _, err := w.hub.Timeline(context.Background(), id, page.Calls[0].ID); err == nil {
				t.Errorf("a %s sees the timeline", id.Role)
			}
		}
		for _, who := range []hub.Identity{who(protocol.RoleAdjuster, "li"), who(protocol.RoleSupervisor, "boss")} {
			line, err := w.hub.Timeline(context.Background(), who, id)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, m := range line.Moments {
				got = append(got, fmt.Sprint(m.State, " by ", m.By, " ", m.Reason))
				if m.Node != w.hub.Node || m.At.IsZero() {
					t.Errorf("of node %q at %v", m.Node, m.At)
				}
			}
			want := []string{"queued by claimant ", "ringing by hub ", "connecting by adjuster ", "ended by adjuster hangup"}
			if !slices.Equal(got, want) {
				t.Errorf("got %q", got)
			}
		}
	})
}

func TestRecordsAreRefused(t *testing.T) {
	inWorld(t, func(w *world) {
		for name, f := range map[string]hub.RecordFilter{
			"limit": {Limit: 201}, "below": {Limit: -1}, "cursor": {Cursor: "zz"}, "no id": {Cursor: "zz."}, "no time": {Cursor: "!.c"},
			"long": {Text: string(make([]byte, 600))},
		} {
			t.Log(name)
			_, err := w.hub.Records(context.Background(), who(protocol.RoleSupervisor, "boss"), f)
			wantCode(t, err, protocol.CodeBadData)
		}
		var err error
		for i := 0; err == nil && i < 1000; i++ {
			_, err = w.hub.Records(context.Background(), who(protocol.RoleSupervisor, "eager"), hub.RecordFilter{})
		}
		wantCode(t, err, protocol.CodeRateLimited)
	})
	inFaultyWorld(t, func(w *world, f *faulty) {
		f.has(down, nil)
		_, err := w.hub.Record(context.Background(), who(protocol.RoleSupervisor, "boss"), "c")
		wantCode(t, err, protocol.CodeUnavailable)
	})
}

func wantCode(t *testing.T, err error, code protocol.Code) {
	t.Helper()
	var told *protocol.Error
	if !errors.As(err, &told) || told.Code != code {
		t.Errorf("got %v, want %s", err, code)
	}
}

func FuzzCursor(f *testing.F) {
	f.Add("")
	f.Add("abc.mzxw6ytboi4dqmbrgq3tknzyha")
	f.Fuzz(func(t *testing.T, text string) {
		if mark, ok := hub.ParseCursor(text); ok && text != "" {
			again, ok := hub.ParseCursor(hub.CursorOf(mark))
			if !ok || again != mark {
				t.Errorf("%q is %v, and again %v", text, mark, again)
			}
		}
	})
}
