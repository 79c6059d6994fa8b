package httpapi

import (
	"context"
	"encoding/json"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/claimcall/claimcall/hub"
	"github.com/claimcall/claimcall/protocol"
)

// fakeRecords knows one token and one call, and notes what it was asked for.
type fakeRecords struct {
	asked hub.RecordFilter
	err   error
}

func (f *fakeRecords) Identify(token string) (hub.Identity, error) {
	switch token {
	case "good":
		return hub.Identity{User: "li", Role: protocol.RoleAdjuster}, nil
	case "revoked":
		return hub.Identity{}, hub.ErrRevoked
	case "early":
		return hub.Identity{}, hub.ErrNotKnown
	}
	return hub.Identity{}, protocol.NewError(protocol.CodeTokenExpired)
}

func (f *fakeRecords) Records(_ context.Context, who hub.Identity, wanted hub.RecordFilter) (hub.RecordPage, error) {
	f.asked = wanted
	return hub.RecordPage{Calls: []protocol.Call{{ID: "c1", Notes: who.User}}, Next: "more"}, f.err
}

func (f *fakeRecords) Record(_ context.Context, _ hub.Identity, call string) (protocol.Call, error) {
	if call != "c1" {
		return protocol.Call{}, protocol.NewError(protocol.CodeUnknownCall)
	}
	return protocol.Call{ID: call}, nil
}

func (f *fakeRecords) Timeline(context.Context, hub.Identity, string) (hub.Timeline, error) {
	return hub.Timeline{Moments: []hub.Moment{{Node: "a"}}}, nil
}

func TestCalls(t *testing.T) {
	records := &fakeRecords{}
	handler := New(Config{Hub: fakeHub{}, Records: records}).Handler()
	get := func(path, token string) *httptest.ResponseRecorder {
		return ask(handler, "GET", path, "", "Authorization", "Bearer "+token)
	}
	for _, tt := range []struct {
		path, token string
		want        int
		body        string
	}{
		{"/api/v1/calls", "good", 200, `{"calls":[{"id":"c1"`},
		{"/api/v1/calls/c1", "good", 200, `{"id":"c1"`},
		{"/api/v1/calls/c1/timeline", "good", 200, `{"timeline":[{"at"`},
		{"/api/v1/calls/c1/timeline", "bad", 401, ""},
		{"/api/v1/calls/c2", "good", 404, `{"error":{"code":"unknown_call"`},
		{"/api/v1/calls/", "good", 404, ""},
		{"/api/v1/calls", "", 401, `{"error":{"code":"token_expired"`},
		{"/api/v1/calls/c1", "bad", 401, `{"error":{"code":"token_expired"`},
		{"/api/v1/calls", "revoked", 401, `{"error":{"code":"unauthorized"`},
		{"/api/v1/calls", "early", 503, `{"error":{"code":"unavailable"`},
		{"/api/v1/calls?limit=none", "good", 400, `limit: want 1 to 200`},
		{"/api/v1/calls?limit=0", "good", 400, `limit: want 1 to 200`},
		{"/api/v1/calls?from=yesterday", "good", 400, `from: want a time`},
		{"/api/v1/calls?before=2026", "good", 400, `before: want a time`},
	} {
		got := get(tt.path, tt.token)
		if got.Code != tt.want || !strings.Contains(got.Body.String(), tt.body) {
			t.Errorf("%s as %q: %d %s", tt.path, tt.token, got.Code, got.Body)
		}
		if asks := got.Header().Get("WWW-Authenticate") != ""; asks != (tt.want == 401) {
			t.Errorf("%s as %q: asks for a token: %v", tt.path, tt.token, asks)
		}
	}
	if got := ask(handler, "POST", "/api/v1/calls", "", "Authorization", "Bearer good"); got.Code != 405 {
		t.Errorf("POST: %d", got.Code)
	}
	if got := ask(New(Config{Hub: fakeHub{}}).Handler(), "GET", "/api/v1/calls", ""); got.Code != 404 {
		t.Errorf("without records: %d", got.Code)
	}
}

func TestCallsFilter(t *testing.T) {
	records := &fakeRecords{}
	handler := New(Config{Hub: fakeHub{}, Records: records}).Handler()
	got := ask(handler, "GET", "/api/v1/calls?claim_no=A%201&user=wu&reason=hangup&q=dent&limit=7&cursor=x.y"+
		"&from=2026-11-22T15:04:05%2B08:00&before=2026-11-22T15:04:05.250Z", "", "Authorization", "Bearer good")
	var page hub.RecordPage
	if err := json.Unmarshal(got.Body.Bytes(), &page); err != nil || page.Next != "more" || page.Calls[0].Notes != "li" {
		t.Fatalf("%v: %s", err, got.Body)
	}
	want := hub.RecordFilter{ClaimNo: "A 1", User: "wu", Reason: "hangup", Text: "dent", Limit: 7, Cursor: "x.y"}
	asked := records.asked
	if !asked.From.Equal(time.Date(2026, 11, 22, 7, 4, 5, 0, time.UTC)) ||
		!asked.Before.Equal(time.Date(2026, 11, 22, 15, 4, 5, 250e6, time.UTC)) {
		t.Errorf("from %v before %v", asked.From, asked.Before)
	}
	if asked.From, asked.Before = want.From, want.Before; asked != want {
		t.Errorf("asked for %+v", asked)
	}
}
