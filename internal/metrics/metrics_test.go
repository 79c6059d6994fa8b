package metrics

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/claimcall/claimcall/hub"
	"github.com/claimcall/claimcall/internal/call"
	"github.com/claimcall/claimcall/internal/httpapi"
	"github.com/claimcall/claimcall/internal/store"
	"github.com/claimcall/claimcall/internal/store/sqlitestore"
	"github.com/claimcall/claimcall/protocol"
)

// scrape returns what is shown, by metric with its labels.
func scrape(t *testing.T, m *Metrics) map[string]string {
	t.Helper()
	answer := httptest.NewRecorder()
	m.Handler().ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	if answer.Code != http.StatusOK {
		t.Fatalf("answered %d: %s", answer.Code, answer.Body)
	}
	shown := map[string]string{}
	for line := range strings.Lines(answer.Body.String()) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), " "); ok && name != "#" {
			shown[name] = value
		}
	}
	return shown
}

func (m *Metrics) wants(t *testing.T, want map[string]string) {
	t.Helper()
	shown := scrape(t, m)
	for name, value := range want {
		if got := shown["claimcall_"+name]; got != value {
			t.Errorf("%s is %q, want %q", name, got, value)
		}
	}
}

// everything returns metrics in which each one has counted something.
func everything(t *testing.T) *Metrics {
	m := New("v1")
	m.SocketOpened()
	m.SocketSignedIn(protocol.RoleClaimant)
	m.SocketClosed(protocol.CloseSlowConsumer, time.Minute)
	m.Refused(httpapi.LimitRate)
	m.Login("wechat", httpapi.OutcomeOK)
	for _, move := range []hub.Move{
		{To: protocol.StateQueued},
		{From: protocol.StateQueued, To: protocol.StateRinging},
		{From: protocol.StateRinging, To: protocol.StateQueued, Reason: protocol.ReasonNoAnswer},
		{From: protocol.StateRinging, To: protocol.StateConnecting, Age: time.Second},
		{From: protocol.StateConnecting, To: protocol.StateActive, Provider: "relay"},
		{From: protocol.StateActive, To: protocol.StateActive, Provider: "srs", Left: "relay"},
		{From: protocol.StateActive, To: protocol.StateEnded, Reason: protocol.ReasonHangup},
	} {
		m.CallMoved(move)
	}
	m.Assigned(false)
	m.Commanded(protocol.TypeCallJoin, time.Second)
	m.Failed(protocol.CodeRateLimited)
	m.Resynced(3)
	m.Dropped()
	m.Told("crm", "told")
	m.Hooks([]string{"srs"}, http.NotFoundHandler()).ServeHTTP(httptest.NewRecorder(),
		httptest.NewRequest(http.MethodPost, "/hooks/srs/secret", nil))
	m.Store(broken{})
	m.Watch(Sources{
		Sessions:  func() map[protocol.Role]int { return map[protocol.Role]int{protocol.RoleAdjuster: 2} },
		Providers: []string{"relay", "srs"}, Health: func(p string) error {
			if p == "srs" {
				return errors.New("down")
			}
			return nil
		},
		Bus: func() (time.Time, time.Duration) { return time.Now(), 250 * time.Millisecond },
	})
	return m
}

// names are all metrics of our own, with their labels.
const names = `
assignments_total outcome
build_info version
bus_heartbeat_age_seconds
bus_lag_seconds
call_state_seconds state
call_wait_seconds
calls_ended_total reason
calls_total state
command_seconds type
errors_total code
failovers_total provider
frames_dropped_total
hooks_total outcome,provider
logins_total method,outcome
messages_received_total
provider_up provider
refusals_total limit
resynced_users_total
resyncs_total
rings_failed_total reason
sessions role
sign_ins_total role
socket_seconds
sockets_closed_total code
sockets_open
sockets_opened_total
store_conflicts_total
store_errors_total op
store_seconds op
streams_handed_out_total provider
webhook_tries_total outcome,receiver
`

// TestNames pins what dashboards and alerts rest on.
func TestNames(t *testing.T) {
	var got []string
	label := regexp.MustCompile(`([a-z_]+)="`)
	for _, family := range families(t, everything(t)) {
		shown, labels := family.name, map[string]bool{}
		for _, match := range label.FindAllStringSubmatch(family.labels, -1) {
			if match[1] != "le" {
				labels[match[1]] = true
			}
		}
		if all := slices.Sorted(maps.Keys(labels)); len(all) > 0 {
			shown += " " + strings.Join(all, ",")
		}
		got = append(got, shown)
	}
	slices.Sort(got)
	if want := strings.Split(strings.TrimSpace(names), "\n"); !slices.Equal(got, want) {
		t.Errorf("there are\n%s", strings.Join(got, "\n"))
	}
}

type family struct{ name, labels string }

// families returns our own metrics as they are declared, each with all labels that it has shown.
func families(t *testing.T, m *Metrics) []family {
	t.Helper()
	answer := httptest.NewRecorder()
	m.Handler().ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	var all []family
	for line := range strings.Lines(answer.Body.String()) {
		if declared, ok := strings.CutPrefix(line, "# TYPE claimcall_"); ok {
			name, _, _ := strings.Cut(declared, " ")
			all = append(all, family{name: name})
		} else if strings.HasPrefix(line, "claimcall_") {
			all[len(all)-1].labels += line
		}
	}
	return all
}

func TestSockets(t *testing.T) {
	m := New("v1")
	m.SocketOpened()
	m.SocketOpened()
	m.SocketSignedIn(protocol.RoleAdjuster)
	m.SocketClosed(0, time.Second)
	m.Login("oidc", httpapi.OutcomeRefused)
	m.wants(t, map[string]string{
		"sockets_opened_total": "2", "sockets_open": "1", `sign_ins_total{role="adjuster"}`: "1",
		`sockets_closed_total{code="client"}`: "1", "socket_seconds_count": "1",
		`refusals_total{limit="draining"}`: "0", `logins_total{method="oidc",outcome="refused"}`: "1",
		`build_info{version="v1"}`: "1",
	})
	everything(t).wants(t, map[string]string{
		`sockets_closed_total{code="slow_consumer"}`: "1", `refusals_total{limit="rate"}`: "1",
		`hooks_total{outcome="refused",provider="srs"}`: "1", `webhook_tries_total{outcome="told",receiver="crm"}`: "1",
		`provider_up{provider="relay"}`: "1", `provider_up{provider="srs"}`: "0", "bus_lag_seconds": "0.25",
		`sessions{role="adjuster"}`: "2",
	})
}

// nobody is a hub that lets nobody in.
type nobody struct{}

func (nobody) Serve(c hub.Conn, o hub.Opening) { c.Close(protocol.CloseHelloTimeout, ""); o.Ended() }
func (nobody) Ready(context.Context) error     { return nil }
func (nobody) Drain(context.Context)           {}

// TestInternalListenerAlone serves what is counted.
func TestInternalListenerAlone(t *testing.T) {
	m := New("v1")
	s := httpapi.New(httpapi.Config{Hub: nobody{}, Observer: m, Metrics: m.Handler()})
	for _, tt := range []struct {
		handler http.Handler
		want    int
	}{{s.InternalHandler(), 200}, {s.Handler(), 404}} {
		w := httptest.NewRecorder()
		tt.handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "http://127.0.0.1/metrics", nil))
		if w.Code != tt.want {
			t.Errorf("answered %d, want %d", w.Code, tt.want)
		}
	}
}

func TestNoHookOfUnknownNames(t *testing.T) {
	m := New("v1")
	hooks := m.Hooks([]string{"srs"}, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.URL.Path, "down") {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}))
	for _, path := range []string{"/hooks/srs/x", "/hooks/srs/down", "/hooks/a/x", "/hooks/b/x", "/hooks/"} {
		hooks.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, path, nil))
	}
	m.wants(t, map[string]string{
		`hooks_total{outcome="ok",provider="srs"}`: "1", `hooks_total{outcome="failed",provider="srs"}`: "1",
		`hooks_total{outcome="ok",provider="other"}`: "3", `hooks_total{outcome="ok",provider="a"}`: "",
	})
}

// broken is a store that answers with errors.
type broken struct {
	store.Store
	err error
}

func (b broken) Commit(context.Context, store.Commit) error { return b.err }

func TestStoreErrorsAndConflicts(t *testing.T) {
	m := New("v1")
	for _, err := range []error{
		store.ErrStale, fmt.Errorf("again: %w", store.ErrStale), errors.New("away"), context.DeadlineExceeded, context.Canceled, nil,
	} {
		if got := m.Store(broken{err: err}).Commit(t.Context(), store.Commit{}); got != err {
			t.Errorf("got %v, want %v", got, err)
		}
	}
	m.wants(t, map[string]string{
		`store_seconds_count{op="commit"}`: "6", `store_errors_total{op="commit"}`: "2", "store_conflicts_total": "2",
		`store_errors_total{op="call"}`: "0",
	})
}

// TestStorePassesOn takes the ways that are counted through a real store.
func TestStorePassesOn(t *testing.T) {
	plain, err := sqlitestore.Open("", sqlitestore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer plain.Close()
	m := New("v1")
	s, ctx := m.Store(plain), t.Context()
	zhang := call.User{Role: call.Claimant, ID: "zhang"}
	c, _ := call.NewRequest(call.Request{
		ID: "c1", RequestID: "r1", ClaimNo: "A1", Queue: "q", Claimant: call.Presence{User: zhang}, Providers: []string{"relay"},
	}, s.Now(), call.DefaultTiming())
	if err := s.Commit(ctx, store.Commit{Call: &c}); err != nil {
		t.Fatal(err)
	}
	if got, err := s.Call(ctx, "c1"); err != nil || got.ClaimNo != "A1" {
		t.Errorf("call: %v, %v", got, err)
	}
	if got, err := s.Presences(ctx, zhang); err != nil || len(got) != 1 {
		t.Errorf("presences: %v, %v", got, err)
	}
	if got, err := s.Waiting(ctx, "q", 5); err != nil || len(got) != 1 {
		t.Errorf("waiting: %v, %v", got, err)
	}
	_, freeErr := s.Free(ctx, "q", 0, 5)
	_, dueErr := s.Due(ctx, 5, time.Second)
	_, recordsErr := s.Records(ctx, store.Filter{})
	if err := errors.Join(freeErr, dueErr, recordsErr, s.KeepNode(ctx, "n", time.Second), s.Check(ctx)); err != nil {
		t.Error(err)
	}
	want := map[string]string{}
	for _, op := range []string{"call", "presences", "commit", "waiting", "free", "due", "keep_node", "records", "check"} {
		want[fmt.Sprintf(`store_seconds_count{op=%q}`, op)] = "1"
	}
	m.wants(t, want)
}

// TestNothingIsAllocated keeps counting off the hot paths' bill.
func TestNothingIsAllocated(t *testing.T) {
	m := New("v1")
	s := m.Store(broken{})
	for name, count := range map[string]func(){
		"socket":  func() { m.SocketOpened(); m.SocketClosed(protocol.CloseReplaced, time.Second) },
		"command": func() { m.Commanded(protocol.TypeCallJoin, time.Second) },
		"error":   func() { m.Failed(protocol.CodeInCall) },
		"commit":  func() { _ = s.Commit(context.Background(), store.Commit{}) },
		"move": func() {
			m.CallMoved(hub.Move{From: protocol.StateQueued, To: protocol.StateRinging, After: time.Second})
		},
	} {
		if n := testing.AllocsPerRun(100, count); n > 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}

// TestDeployedFilesNameMetrics reads the dashboard and the rules.
func TestDeployedFilesNameMetrics(t *testing.T) {
	shown := scrape(t, everything(t))
	known := map[string]bool{}
	for name := range shown {
		name, _, _ = strings.Cut(name, "{")
		known[name] = true
	}
	metric := regexp.MustCompile(`\bclaimcall_[a-z_]+`)
	for _, path := range []string{"../../deploy/grafana/claimcall.json", "../../deploy/prometheus/alerts.yml"} {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		named := metric.FindAllString(string(text), -1)
		if len(named) < 5 {
			t.Errorf("%s names %v only", path, named)
		}
		for _, name := range named {
			if !known[name] {
				t.Errorf("%s names %s, which is not there", path, name)
			}
		}
	}
}
