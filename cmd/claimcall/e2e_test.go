package main

import (
	"context"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"go.uber.org/zap"

	"github.com/claimcall/claimcall/hub/storage"
	"github.com/claimcall/claimcall/internal/call"
	"github.com/claimcall/claimcall/internal/mediatest"
	"github.com/claimcall/claimcall/internal/store"
	"github.com/claimcall/claimcall/protocol"
)

// A call from the request to the end, between processes.
func TestAWholeCall(t *testing.T) {
	s := serve(t, nil)
	zhang := callAs(s, "zhang", "--claim-no", "BX-1", "--note", "front left", "--for", "200ms")
	queued := zhang.sees(protocol.TypeCallQueued)
	li := callAs(s, "li", "--answer")

	invite := li.sees(protocol.TypeCallInvite)
	if invite.Data.Call.ID != queued.Data.Call.ID || invite.Data.Call.ClaimNo != "BX-1" || invite.Data.Call.Note != "front left" {
		t.Errorf("li was rung for %+v", invite.Data.Call)
	}
	for _, each := range []*caller{zhang, li} {
		streams := each.sees(protocol.TypeCallStreams)
		if streams.Data.Call.State != protocol.StateActive || len(streams.Data.Streams.Push) == 0 {
			t.Errorf("%s got %+v", each.name, streams.Data)
		}
		end := each.sees(protocol.TypeCallHangup)
		if end.Data.Reason != "hangup" || end.Data.Call.State != protocol.StateEnded {
			t.Errorf("%s: %+v", each.name, end.Data)
		}
		each.exits(0)
	}
	want := []string{"welcome", "call.queued", "call.ringing", "call.accept", "call.joined", "call.joined", "call.streams", "call.hangup"}
	if got := slices.DeleteFunc(zhang.seen, func(t string) bool { return t == "call.peer" }); !slices.Equal(got, want) {
		t.Errorf("zhang saw %v, want %v", got, want)
	}
	s.stop()
	for _, p := range []*process{s.process, zhang.process, li.process} {
		if found := secrets(p.written()); len(found) > 0 {
			t.Errorf("%s shows %v", p.name, found)
		}
	}
}

func TestNobodyAnswers(t *testing.T) {
	s := serve(t, nil, "--queue-wait", "300ms")
	zhang := callAs(s, "zhang")
	if end := zhang.sees(protocol.TypeCallHangup); end.Data.Reason != string(protocol.ReasonNoAdjuster) {
		t.Errorf("got %+v", end.Data)
	}
	zhang.exits(1)
}

func TestGivingUp(t *testing.T) {
	s := serve(t, nil)
	zhang := callAs(s, "zhang")
	zhang.sees(protocol.TypeCallQueued)
	zhang.signal(syscall.SIGINT)
	if end := zhang.sees(protocol.TypeCallHangup); end.Data.Reason != string(protocol.ReasonCanceled) {
		t.Errorf("got %+v", end.Data)
	}
	zhang.exits(0)
}

// The server dies in the middle of a call. Both come back to the same call, and its record outlives everything.
func TestKilledInTheMiddleOfACall(t *testing.T) {
	s := serve(t, nil)
	li := callAs(s, "li", "--answer")
	li.sees(protocol.TypeWelcome)
	zhang := callAs(s, "zhang", "--claim-no", "BX-2")
	id := zhang.sees(protocol.TypeCallStreams).Data.Call.ID
	li.sees(protocol.TypeCallStreams)

	s.signal(syscall.SIGKILL)
	<-s.ended
	s = serve(t, s)
	for _, each := range []*caller{zhang, li} {
		back := each.sees(protocol.TypeWelcome)
		if !back.Data.Resumed || back.Data.Call == nil || back.Data.Call.ID != id || back.Data.Call.State != protocol.StateActive {
			t.Errorf("%s came back to %+v", each.name, back.Data)
		}
	}
	li.signal(syscall.SIGINT)
	for _, each := range []*caller{zhang, li} {
		if end := each.sees(protocol.TypeCallHangup); end.Data.Call.ID != id || end.Data.Reason != "hangup" {
			t.Errorf("%s: %+v", each.name, end.Data)
		}
		each.exits(0)
	}
	s.stop()
	wantRecord(t, s.db, id)
}

// wantRecord opens the store of a server that has ended.
func wantRecord(t *testing.T, db, id string) {
	t.Helper()
	kept, err := storage.Open(db, zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	defer kept.Close()
	records, err := store.AllRecords(context.Background(), kept, store.Filter{})
	if err != nil || len(records) != 1 {
		t.Fatalf("got %d records and %v", len(records), err)
	}
	if r := records[0]; r.ID != id || r.End.Reason != call.HungUp || r.Adjuster.User != "li" || r.Claimant.User != "zhang" {
		t.Errorf("got %+v", r)
	}
}

// A drain sends clients elsewhere; here that is the next server on the same address.
func TestRestartInGoodOrder(t *testing.T) {
	s := serve(t, nil)
	li := callAs(s, "li", "--answer")
	li.sees(protocol.TypeWelcome)
	zhang := callAs(s, "zhang")
	id := zhang.sees(protocol.TypeCallStreams).Data.Call.ID
	s.stop()
	zhang.sees(protocol.TypeBye)
	serve(t, s)
	if back := zhang.sees(protocol.TypeWelcome); back.Data.Call == nil || back.Data.Call.ID != id {
		t.Errorf("came back to %+v", back.Data)
	}
	zhang.signal(syscall.SIGINT)
	zhang.exits(0)
	li.exits(0)
}

// Real media: each side records what the other sends.
func TestPictureAndSoundArrive(t *testing.T) {
	mediatest.Need(t, "ffmpeg")
	s := serve(t, nil)
	files := map[string]string{"zhang": filepath.Join(t.TempDir(), "zhang.flv"), "li": filepath.Join(t.TempDir(), "li.flv")}
	li := callAs(s, "li", "--answer", "--push", "testsrc", "--play", files["li"])
	li.sees(protocol.TypeWelcome)
	zhang := callAs(s, "zhang", "--push", "testsrc", "--play", files["zhang"], "--for", "6s")
	for _, each := range []*caller{zhang, li} {
		each.exits(0)
		streams, err := exec.Command("ffprobe", "-v", "error", "-show_entries", "stream=codec_name", "-of", "csv=p=0", files[each.name]).Output()
		if err != nil || strings.Join(strings.Fields(string(streams)), ",") != "h264,aac" {
			t.Errorf("%s recorded %q: %v", each.name, streams, err)
		}
		if found := secrets(each.written()); len(found) > 0 {
			t.Errorf("%s shows %v", each.name, found)
		}
	}
	if found := secrets(s.written()); len(found) > 0 {
		t.Errorf("the server logs %v", found)
	}
}
