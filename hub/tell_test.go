package hub_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/claimcall/claimcall/hub"
	"github.com/claimcall/claimcall/internal/call"
	"github.com/claimcall/claimcall/internal/store"
	"github.com/claimcall/claimcall/protocol"
)

// tellingWorld is a world in which "all" is told everything and "ends" of ends.
func tellingWorld(t *testing.T, do func(w *world)) {
	t.Helper()
	inWorld(t, func(w *world) {
		w.end()
		w.tell = []hub.Receiver{{Name: "all"}, {Name: "ends", Kinds: []hub.EventKind{hub.EventEnded}}}
		w.start("b")
		do(w)
	})
}

// events takes all that a receiver is to be told, and tells it. Each line is an ID without the call, and what it says.
func (w *world) events(receiver string) []string {
	w.t.Helper()
	ctx := context.Background()
	first, err := w.store.TakeEvents(ctx, receiver, 100, time.Minute)
	if err != nil {
		w.t.Fatal(err)
	}
	var lines []string
	for _, e := range first {
		for more := true; more; {
			lines = append(lines, w.toldLine(e))
			if e, more, err = w.store.EventTold(ctx, e, time.Minute); err != nil {
				w.t.Fatal(err)
			}
		}
	}
	return lines
}

func (w *world) toldLine(e store.Event) string {
	w.t.Helper()
	var told hub.Told
	if err := json.Unmarshal(e.Body, &told); err != nil {
		w.t.Fatal(err)
	}
	d := told.Data
	if d.Call.ID != e.Call || told.Timestamp != d.At || d.Node == "" || strings.Contains(string(e.Body), "Zhang") {
		w.t.Errorf("event %s", e.Body)
	}
	words := []string{fmt.Sprint(e.Seq), string(told.Type), "by", string(d.By)}
	for _, word := range []string{d.Adjuster, string(d.Reason), d.Provider} {
		if word != "" {
			words = append(words, word)
		}
	}
	return strings.Join(words, " ")
}

func (w *world) wantsEvents(receiver string, want ...string) {
	w.t.Helper()
	if got := w.events(receiver); !slices.Equal(got, want) {
		w.t.Errorf("%s is told\n%s\nwant\n%s", receiver, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestEventsOfACall(t *testing.T) {
	tellingWorld(t, func(w *world) {
		zhang, li := w.inCall()
		zhang.does(protocol.TypeStreamsRefresh)
		li.send(protocol.TypeCallNote, protocol.CallNote{Call: li.call, Text: "secret"})
		li.does(protocol.TypeCallHangup)
		all := []string{
			"2 call.created by claimant", "5 call.ringing by hub li", "7 call.accepted by adjuster li",
			"11 call.active by adjuster li relay", "13 call.streams by claimant li relay", "17 call.ended by adjuster li hangup",
		}
		w.wantsEvents("all", all...)
		w.wantsEvents("ends", all[5])
		if w.told.Load() < 5 {
			t.Errorf("%d calls of OnEvents", w.told.Load())
		}
		w.wantsEvents("all")
		n, err := w.hub.Replay(context.Background(), "all", time.Time{}, time.Time{})
		if n != 1 || err != nil {
			t.Errorf("replayed %d, %v", n, err)
		}
		w.wantsEvents("all", all...)
		n, err = w.hub.Replay(context.Background(), "all", time.Now().Add(time.Hour), time.Time{})
		if n != 0 || err != nil {
			t.Errorf("replayed %d, %v", n, err)
		}
		if _, err := w.hub.Replay(context.Background(), "nobody", time.Time{}, time.Time{}); !errors.Is(err, hub.ErrReceiver) {
			t.Errorf("replay for nobody: %v", err)
		}
	})
}

func TestEventsOfOtherWays(t *testing.T) {
	tellingWorld(t, func(w *world) {
		li := w.works("li")
		li.invites()
		w.wantsEvents("all", "2 call.created by adjuster li", "3 call.ended by hub li offline")
		zhang := w.waits("zhang")
		li.invites()
		zhang.heard()
		zhang.send(protocol.TypeCallReject, protocol.CallReject{Call: zhang.call})
		w.wantsEvents("all", "2 call.created by adjuster li", "3 call.ringing by adjuster li", "5 call.ended by claimant li rejected")
		w.events("ends")
		zhang.requests("r1")
		synctest.Wait()
		li.heard()
		li.send(protocol.TypeCallReject, protocol.CallReject{Call: li.call})
		zhang.heard()
		zhang.does(protocol.TypeCallCancel)
		got := w.events("all")
		if len(got) < 4 || got[0] != "2 call.created by claimant" || got[2] != "7 call.requeued by adjuster li rejected" {
			t.Errorf("told %q", got)
		}
		w.wantsEvents("ends", got[len(got)-1])
	})
}

// A commit that is refused must not tell, and one whose answer is lost tells once.
func TestEventsKeepToTheCommit(t *testing.T) {
	tellingWorld(t, func(w *world) {
		zhang := w.waits("zhang")
		zhang.requests("r1")
		w.wantsEvents("all", "2 call.created by claimant")
		stale := call.Call{ID: zhang.call, Version: 9, State: call.Ended}
		err := w.store.Commit(context.Background(), store.Commit{
			Call: &stale, CallWas: 7, Events: []store.Event{{Receiver: "all", Call: zhang.call, Seq: 19, Body: []byte("{}")}},
		})
		if !errors.Is(err, store.ErrStale) {
			t.Fatal(err)
		}
		w.wantsEvents("all")
	})
}

func TestNobodyToTell(t *testing.T) {
	inWorld(t, func(w *world) {
		_, li := w.inCall()
		li.does(protocol.TypeCallHangup)
		if w.told.Load() != 0 {
			t.Error("OnEvents is called without events")
		}
		w.wantsEvents("all")
	})
}

func TestEventKinds(t *testing.T) {
	if kinds := hub.EventKinds(); len(kinds) != 7 || len(slices.Compact(slices.Sorted(slices.Values(kinds)))) != 7 {
		t.Errorf("kinds %v", kinds)
	}
}

func TestReceivers(t *testing.T) {
	tellingWorld(t, func(w *world) {
		ctx := context.Background()
		if err := w.store.StopReceiver(ctx, "ends", true); err != nil {
			t.Fatal(err)
		}
		states := func() string {
			all, err := w.hub.Receivers(ctx)
			return fmt.Sprint(all, err)
		}
		if got := states(); got != "[{all false} {ends true}] <nil>" {
			t.Errorf("receivers %s", got)
		}
		if err := w.hub.StartReceiver(ctx, "ends"); err != nil || states() != "[{all false} {ends false}] <nil>" {
			t.Errorf("started: %v, %s", err, states())
		}
		if err := w.hub.StartReceiver(ctx, "nobody"); !errors.Is(err, hub.ErrReceiver) {
			t.Errorf("nobody is started: %v", err)
		}
	})
}
