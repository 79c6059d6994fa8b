package httpapi

import (
	"context"
	"errors"
	"net/http"
	"testing"

	"github.com/claimcall/claimcall/hub"
	"github.com/claimcall/claimcall/protocol"
)

// registry takes a role for the token of somebody who has it.
type registry struct {
	err     error
	revoked []string
}

func (*registry) Identify(token string) (hub.Identity, error) {
	if token == "" {
		return hub.Identity{}, protocol.NewError(protocol.CodeUnauthorized)
	}
	return hub.Identity{User: "x", Role: protocol.Role(token)}, nil
}

func (r *registry) Revoke(_ context.Context, role protocol.Role, user string) error {
	r.revoked = append(r.revoked, string(role)+" "+user)
	return r.err
}

func TestWhoMayRevoke(t *testing.T) {
	people := &registry{}
	s := New(Config{Hub: fakeHub{}, Revoker: people})
	for _, tt := range []struct {
		handler    http.Handler
		token      string
		path       string
		want       int
		wantPeople int
	}{
		{s.Handler(), "", "adjuster/li", 401, 0},
		{s.Handler(), "adjuster", "adjuster/li", 403, 0},
		{s.Handler(), "claimant", "adjuster/li", 403, 0},
		{s.Handler(), "supervisor", "admin/li", 400, 0},
		{s.Handler(), "supervisor", "adjuster/li", 200, 1},
		{s.Handler(), "supervisor", "claimant/a%2Fb", 200, 2},
		{s.InternalHandler(), "", "adjuster/li", 200, 3},
	} {
		r := []string{"Authorization", "Bearer " + tt.token, "Host", "127.0.0.1"}
		w := ask(tt.handler, "POST", "http://127.0.0.1/admin/v1/users/"+tt.path+"/revoke", "", r...)
		if w.Code != tt.want || len(people.revoked) != tt.wantPeople {
			t.Errorf("%s by %q: %d, %v", tt.path, tt.token, w.Code, people.revoked)
		}
	}
	if people.revoked[1] != "claimant a/b" {
		t.Errorf("revoked %v", people.revoked)
	}
	people.err = errors.New("away")
	if w := ask(s.Handler(), "POST", "/admin/v1/users/adjuster/li/revoke", "", "Authorization", "Bearer supervisor"); w.Code != http.StatusServiceUnavailable {
		t.Errorf("without a store: %d", w.Code)
	}
}
