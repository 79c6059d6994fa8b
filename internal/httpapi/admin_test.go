package httpapi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/claimcall/claimcall/hub"
	"github.com/claimcall/claimcall/protocol"
)

// desk notes what administrators do.
type desk struct {
	registry
	notes []string
	mute  error // of the audit log
}

func (o *desk) note(format string, a ...any) { o.notes = append(o.notes, fmt.Sprintf(format, a...)) }

func (o *desk) Audit(_ context.Context, act hub.Act) error {
	o.note("%s %s %s", act.Actor, act.What, act.Target)
	return o.mute
}

func (o *desk) Running(_ context.Context, after string) (hub.RunningPage, error) {
	o.note("running after %q", after)
	return hub.RunningPage{Calls: []protocol.Call{{ID: "c1"}}, Next: "c1"}, nil
}

func (o *desk) EndCall(_ context.Context, actor, id string) (protocol.Call, error) {
	o.note("%s ends %s", actor, id)
	if id == "over" {
		return protocol.Call{}, protocol.CallEnded(protocol.ReasonHangup)
	}
	return protocol.Call{ID: id}, nil
}

func (o *desk) QueueStates(context.Context) ([]hub.QueueState, error) {
	return []hub.QueueState{{Name: "q", Waiting: 3}}, nil
}

func (o *desk) Person(_ context.Context, role protocol.Role, id string) (hub.Person, error) {
	return hub.Person{Role: role, ID: id}, nil
}

func (o *desk) SetAvailability(_ context.Context, actor, id string, to protocol.Availability) (hub.Person, error) {
	o.note("%s sets %s %s", actor, id, to)
	return hub.Person{ID: id, Availability: to}, nil
}

func TestAdministration(t *testing.T) {
	o := &desk{}
	drained := make(chan struct{})
	s := New(Config{Hub: fakeHub{drain: func(context.Context) { close(drained) }}, Admin: o, Revoker: o})
	const base = "http://127.0.0.1/admin/v1"
	for _, tt := range []struct {
		method, path, body string
		status             int
		answer, note       string
	}{
		{"GET", "/calls?after=c0", "", 200, `"next":"c1"`, `running after "c0"`},
		{"POST", "/calls/c1/end", "", 200, `"id":"c1"`, "supervisor:x ends c1"},
		{"POST", "/calls/over/end", "", 409, `"call_ended"`, "supervisor:x ends over"},
		{"GET", "/queues", "", 200, `"waiting":3`, ""},
		{"GET", "/users/adjuster/li", "", 200, `"id":"li"`, ""},
		{"GET", "/users/admin/li", "", 400, `"bad_data"`, ""},
		{"POST", "/users/adjuster/li/availability", `{"state":"away"}`, 200, `"away"`, "supervisor:x sets li away"},
		{"POST", "/users/adjuster/li/availability", `{`, 400, `"bad_json"`, ""},
		{"POST", "/users/adjuster/li/revoke", "", 200, `{}`, "supervisor:x user.revoke adjuster:li"},
	} {
		handler := s.Handler()
		for token, want := range map[string]int{"": 401, "adjuster": 403, "claimant": 403} {
			if w := ask(handler, tt.method, base+tt.path, tt.body, "Authorization", "Bearer "+token); w.Code != want {
				t.Errorf("%s %s by %q: %d", tt.method, tt.path, token, w.Code)
			}
		}
		if len(o.notes) > 0 {
			t.Fatalf("%s %s: somebody got through: %v", tt.method, tt.path, o.notes)
		}
		w := ask(handler, tt.method, base+tt.path, tt.body, "Authorization", "Bearer supervisor", "Content-Type", "application/json")
		if w.Code != tt.status || !strings.Contains(w.Body.String(), tt.answer) || strings.Join(o.notes, ";") != tt.note {
			t.Errorf("%s %s: %d %s, %v", tt.method, tt.path, w.Code, w.Body, o.notes)
		}
		o.notes = nil
		w = ask(s.InternalHandler(), tt.method, base+tt.path, tt.body, "Content-Type", "application/json")
		if got := strings.Join(o.notes, ";"); w.Code != tt.status || got != strings.ReplaceAll(tt.note, "supervisor:x", "internal") {
			t.Errorf("%s %s inside: %d, %s", tt.method, tt.path, w.Code, got)
		}
		o.notes = nil
	}
	if w := ask(s.Handler(), "POST", base+"/node/drain", "", "Authorization", "Bearer supervisor"); w.Code != 404 {
		t.Errorf("drained from outside: %d", w.Code)
	}
	if w := ask(s.InternalHandler(), "POST", base+"/node/drain", "", "Origin", "https://evil.example.org", "Sec-Fetch-Site", "cross-site"); w.Code != 403 {
		t.Errorf("drained by a foreign page: %d", w.Code)
	}
	if w := ask(s.InternalHandler(), "POST", base+"/node/drain", ""); w.Code != 200 || o.notes[0] != "internal node.drain " {
		t.Errorf("drained: %d, %v", w.Code, o.notes)
	}
	<-drained
}

func TestWhatCannotBeWrittenDownIsNotDone(t *testing.T) {
	o := &desk{mute: errors.New("away")}
	h := New(Config{Hub: fakeHub{drain: func(context.Context) { t.Error("drained") }}, Admin: o, Revoker: o}).InternalHandler()
	for _, path := range []string{"/node/drain", "/users/adjuster/li/revoke"} {
		if w := ask(h, "POST", "http://127.0.0.1/admin/v1"+path, ""); w.Code != 503 || len(o.revoked) > 0 {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
}

// TestOpenAPI holds the document to the routes.
func TestOpenAPI(t *testing.T) {
	o := &desk{}
	for _, inside := range []bool{true, false} {
		s := New(Config{Hub: fakeHub{}, Admin: o, Revoker: o})
		handler := s.Handler()
		if inside {
			handler = s.InternalHandler()
		}
		w := ask(handler, "GET", "http://127.0.0.1/admin/v1/openapi.json", "")
		if w.Code != 200 || w.Header().Get("Content-Type") != "application/json" || w.Body.String() != string(OpenAPI) {
			t.Errorf("answered %d", w.Code)
		}
	}
	var document struct {
		OpenAPI string
		Paths   map[string]map[string]operation
	}
	if err := json.Unmarshal(OpenAPI, &document); err != nil || document.OpenAPI != "3.1.0" {
		t.Fatal(err)
	}
	described := describedIn(t, document.Paths)
	served := map[string]bool{"GET /admin/v1/openapi.json": true, revokePath: true}
	for _, route := range adminRoutes() {
		served[route.pattern] = true
	}
	for pattern := range served {
		if !described[pattern] {
			t.Errorf("%s is served and not described", pattern)
		}
	}
	for pattern := range described {
		if !served[pattern] {
			t.Errorf("%s is described and not served", pattern)
		}
	}
	for _, ref := range strings.Split(string(OpenAPI), `"#/components/schemas/`)[1:] {
		name, _, _ := strings.Cut(ref, `"`)
		if !strings.Contains(string(OpenAPI), fmt.Sprintf("%q: {", name)) {
			t.Errorf("the schema %s is not there", name)
		}
	}
}

// operation is what the document says of a route.
type operation struct {
	OperationID string
	Summary     string
	Parameters  []struct{ Name, In string }
	Responses   map[string]any
}

// describedIn returns the routes that the document describes, and checks that it does so wholly.
func describedIn(t *testing.T, paths map[string]map[string]operation) map[string]bool {
	t.Helper()
	described := map[string]bool{}
	for path, operations := range paths {
		for method, operation := range operations {
			described[strings.ToUpper(method)+" "+path] = true
			if operation.OperationID == "" || operation.Summary == "" || operation.Responses["200"] == nil {
				t.Errorf("%s %s is half described", method, path)
			}
			var named []string
			for _, p := range operation.Parameters {
				if p.In == "path" {
					named = append(named, "{"+p.Name+"}")
				}
			}
			for part := range strings.SplitSeq(path, "/") {
				if strings.HasPrefix(part, "{") && !slices.Contains(named, part) {
					t.Errorf("%s %s does not describe %s", method, path, part)
				}
			}
		}
	}
	return described
}
