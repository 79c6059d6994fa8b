package hub_test

import (
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/claimcall/claimcall/hub"
	"github.com/claimcall/claimcall/internal/metrics"
	"github.com/claimcall/claimcall/protocol"
)

// inCountedWorld runs do with a world whose hub is counted, and what reads a metric with all its labels as it stands.
func inCountedWorld(t *testing.T, do func(w *world, read func(string) string)) {
	t.Helper()
	inWorld(t, func(w *world) {
		m := metrics.New("test")
		w.end()
		plain := w.store
		w.store, w.counts = m.Store(plain), m
		w.start("counted")
		m.Watch(metrics.Sources{
			Sessions:  func() map[protocol.Role]int { return w.hub.Sessions() },
			Providers: []string{"relay"}, Health: w.streams.Health,
		})
		do(w, func(metric string) string {
			synctest.Wait()
			answer := httptest.NewRecorder()
			m.Handler().ServeHTTP(answer, httptest.NewRequest("GET", "/metrics", nil))
			for line := range strings.Lines(answer.Body.String()) {
				if value, ok := strings.CutPrefix(line, "claimcall_"+metric+" "); ok {
					return strings.TrimSpace(value)
				}
			}
			return ""
		})
	})
}

func TestACallIsCounted(t *testing.T) {
	inCountedWorld(t, func(w *world, read func(string) string) {
		li, zhang := w.works("li"), w.waits("zhang")
		time.Sleep(time.Second)
		zhang.requests("r1")
		li.heard()
		time.Sleep(7 * time.Second)
		li.does(protocol.TypeCallAccept)
		zhang.heard()
		li.does(protocol.TypeCallJoin)
		time.Sleep(2 * time.Second)
		zhang.does(protocol.TypeCallJoin)
		time.Sleep(10 * time.Second)
		zhang.send(protocol.TypeStreamsRefresh, protocol.StreamsRefresh{Call: zhang.call})
		li.does(protocol.TypeCallHangup)
		li.does("call.unheard-of")
		li.heard()
		for metric, want := range map[string]string{
			`calls_total{state="queued"}`:                   "1",
			`calls_total{state="ringing"}`:                  "1",
			`calls_total{state="connecting"}`:               "1",
			`calls_total{state="active"}`:                   "1",
			`calls_total{state="ended"}`:                    "1",
			`calls_ended_total{reason="hangup"}`:            "1",
			`calls_ended_total{reason="lost"}`:              "0",
			`call_state_seconds_sum{state="queued"}`:        "0",
			`call_state_seconds_sum{state="ringing"}`:       "7",
			`call_state_seconds_sum{state="connecting"}`:    "2",
			`call_state_seconds_count{state="active"}`:      "1",
			`call_wait_seconds_sum`:                         "7",
			`streams_handed_out_total{provider="relay"}`:    "2",
			`assignments_total{outcome="won"}`:              "1",
			`command_seconds_count{type="call.request"}`:    "1",
			`command_seconds_count{type="call.join"}`:       "2",
			`command_seconds_count{type="call.unheard-of"}`: "",
			`errors_total{code="unknown_type"}`:             "1",
			`sessions{role="claimant"}`:                     "1",
			`sessions{role="adjuster"}`:                     "1",
			`sessions{role="supervisor"}`:                   "0",
			`provider_up{provider="relay"}`:                 "1",
			`frames_dropped_total`:                          "0",
			`store_errors_total{op="commit"}`:               "0",
		} {
			if got := read(metric); got != want {
				t.Errorf("%s is %q, want %q", metric, got, want)
			}
		}
		zhang.drops()
		if got := read(`sessions{role="claimant"}`); got != "0" {
			t.Errorf("%s claimants are left", got)
		}
	})
}

func TestTroubleIsCounted(t *testing.T) {
	inCountedWorld(t, func(w *world, read func(string) string) {
		w.streams.set(&w.streams.providers, []string{"relay", "srs"})
		zhang, li := w.inCall()
		zhang.send(protocol.TypeStreamsRefresh, protocol.StreamsRefresh{Call: zhang.call, Why: protocol.WhyFailed, Generation: 1})
		w.hub.Resync()
		zhang.heard()
		zhang.does(protocol.TypeCallHangup)
		time.Sleep(hub.DefaultTiming().WrapUp + time.Second)
		zhang.requests("r2")
		li.heard()
		li.does(protocol.TypeCallReject)
		w.streams.set(&w.streams.red, []string{"relay"})
		for metric, want := range map[string]string{
			`failovers_total{provider="relay"}`:           "1",
			`streams_handed_out_total{provider="srs"}`:    "1",
			`rings_failed_total{reason="rejected"}`:       "1",
			`resyncs_total`:                               "1",
			`resynced_users_total`:                        "2",
			`provider_up{provider="relay"}`:               "0",
			`store_seconds_count{op="no such operation"}`: "",
		} {
			if got := read(metric); got != want {
				t.Errorf("%s is %q, want %q", metric, got, want)
			}
		}
		if read("messages_received_total") == "0" {
			t.Error("no message was counted")
		}
	})
}

// TestIdleSocketsCountNothing: what beats and does nothing else changes no metric of the hub.
func TestIdleSocketsCountNothing(t *testing.T) {
	beats := &strict{t: t}
	inWorld(t, func(w *world) {
		w.end()
		w.counts = beats
		w.start("counted")
		zhang := w.waits("zhang")
		for range 10 {
			time.Sleep(30 * time.Second)
			zhang.send(protocol.TypePing, protocol.Ping{})
		}
		zhang.heard()
	})
}

// strict is an Observer that wants to hear nothing.
type strict struct{ t *testing.T }

func (s *strict) heard(what ...any) { s.t.Errorf("counted %s", fmt.Sprint(what...)) }

func (s *strict) CallMoved(m hub.Move)                       { s.heard(m) }
func (s *strict) Assigned(won bool)                          { s.heard(won) }
func (s *strict) Commanded(t protocol.Type, _ time.Duration) { s.heard(t) }
func (s *strict) Failed(code protocol.Code)                  { s.heard(code) }
func (s *strict) Resynced(users int)                         { s.heard(users) }
func (s *strict) Dropped()                                   { s.heard("dropped") }
