package httpapi

import (
	"context"
	"net/http"

	"go.uber.org/zap"

	"github.com/claimcall/claimcall/hub"
	"github.com/claimcall/claimcall/protocol"
)

// Revoker is what revoking needs of *hub.Hub.
type Revoker interface {
	Identify(token string) (hub.Identity, error)
	Revoke(ctx context.Context, role protocol.Role, user string) error
}

// revokePath is where the tokens that a user was given until now are made void, on every node.
const revokePath = "POST /admin/v1/users/{role}/{id}/revoke"

// serveRevoke does it for whoever has come this far: on the internal listener nobody is asked who they are.
func (s *Server) serveRevoke(w http.ResponseWriter, r *http.Request) {
	role := protocol.Role(r.PathValue("role"))
	if !role.Valid() {
		refuse(w, protocol.BadData("role", "claimant, adjuster or supervisor"))
		return
	}
	if s.Admin != nil {
		act := hub.Act{Actor: s.actor(r), What: "user.revoke", Target: string(role) + ":" + r.PathValue("id")}
		if err := s.Admin.Audit(r.Context(), act); err != nil {
			s.log.Error("not revoked", zap.Error(err))
			refuse(w, protocol.NewError(protocol.CodeUnavailable))
			return
		}
	}
	if err := s.Revoker.Revoke(r.Context(), role, r.PathValue("id")); err != nil {
		s.log.Error("not revoked", zap.Error(err))
		refuse(w, protocol.NewError(protocol.CodeUnavailable))
		return
	}
	answer(w, http.StatusOK, struct{}{})
}

// forSupervisors lets through who has the token of a supervisor. Cookies are not asked for, so no foreign page can.
func forSupervisors(people interface {
	Identify(token string) (hub.Identity, error)
}, next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		who, err := people.Identify(bearer(r))
		switch {
		case err != nil:
			refuse(w, told(err))
		case who.Role != protocol.RoleSupervisor:
			refuse(w, protocol.NewError(protocol.CodeForbidden))
		default:
			next(w, r)
		}
	}
}
