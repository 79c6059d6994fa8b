package httpapi

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/claimcall/claimcall/protocol"
)

// mayUse reports whether a role may use a socket, given whether its Origin is our own. The package comment says why.
func mayUse(role protocol.Role, own bool) bool { return own || role == protocol.RoleClaimant }

// ownOrigin reports whether r comes from a page of this deployment, or from no page at all. With --dev no name is our
// own but those of this machine.
func (s *Server) ownOrigin(r *http.Request) bool {
	sent := r.Header.Values("Origin")
	if len(sent) == 0 {
		return true
	}
	if len(sent) > 1 {
		return false
	}
	origin, err := url.Parse(sent[0])
	if err != nil || origin.Host == "" {
		return false
	}
	same := func(known string) bool { return strings.EqualFold(known, sent[0]) }
	here := s.DevSigner == nil || isLocal(r.Host)
	return here && strings.EqualFold(origin.Host, r.Host) || slices.ContainsFunc(s.Origins, same)
}

// bearer returns the token of the Authorization header, or "".
func bearer(r *http.Request) string {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}
