package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// TestAdmin runs the commands against a node that answers as the real one does; the routes themselves are tested with it.
func TestAdmin(t *testing.T) {
	var asked []string
	node := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.Method+" "+r.RequestURI+" "+r.Header.Get("Authorization"))
		switch {
		case strings.HasSuffix(r.RequestURI, "after="):
			fmt.Fprint(w, `{"calls":[{"id":"c1","state":"queued","claim_no":"A1","created_at":"2026-11-22T10:00:00.000Z","legs":{"claimant":{"user":"zhang"}}}],"next":"c1"}`)
		case strings.HasSuffix(r.RequestURI, "after=c1"):
			fmt.Fprint(w, `{"calls":[{"id":"c2","state":"active","claim_no":"A2","created_at":"2026-11-22T10:00:00.000Z","legs":{"claimant":{"user":"wang"},"adjuster":{"user":"li"}}}]}`)
		case strings.Contains(r.RequestURI, "over"):
			w.WriteHeader(http.StatusConflict)
			fmt.Fprint(w, `{"error":{"code":"call_ended","message":"The call has ended."}}`)
		case strings.Contains(r.RequestURI, "elsewhere"):
			w.WriteHeader(http.StatusNotFound)
		default:
			fmt.Fprint(w, `{"id":"c1","state":"ended"}`)
		}
	}))
	defer node.Close()
	for _, tt := range []struct {
		args, asked string
		code        int
		says        []string
	}{
		{"list", "GET /admin/v1/calls?after= ;GET /admin/v1/calls?after=c1 ", 0, []string{"c1 queued ", " A1 zhang -\n", "c2 active ", " A2 wang li\n"}},
		{"end c1", "POST /admin/v1/calls/c1/end ", 0, []string{"c1 ended\n"}},
		{"end a/b --token t", "POST /admin/v1/calls/a%2Fb/end Bearer t", 0, []string{"ended"}},
		{"end over", "POST /admin/v1/calls/over/end ", 1, []string{"The call has ended."}},
		{"end elsewhere", "POST /admin/v1/calls/elsewhere/end ", 1, []string{"internal listener"}},
		{"revoke adjuster li", "POST /admin/v1/users/adjuster/li/revoke ", 0, []string{"adjuster li revoked"}},
		{"revoke admin li", "", 1, []string{"claimant"}},
		{"drain", "POST /admin/v1/node/drain ", 0, []string{"draining"}},
	} {
		asked = nil
		var out strings.Builder
		args := append([]string{"admin"}, strings.Fields(tt.args+" --url "+node.URL+"/")...)
		code := run(t.Context(), args, terminal{&out, &out})
		if code != tt.code || strings.Join(asked, ";") != tt.asked {
			t.Errorf("%s: exit %d, asked %q", tt.args, code, asked)
		}
		for _, text := range tt.says {
			if !strings.Contains(out.String(), text) {
				t.Errorf("%s said %q, want %q in it", tt.args, out.String(), text)
			}
		}
	}
}
