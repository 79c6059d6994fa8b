package httpapi

import (
	"context"
	_ "embed"
	"net/http"

	"go.uber.org/zap"

	"github.com/claimcall/claimcall/hub"
	"github.com/claimcall/claimcall/protocol"
)

// Admin is what the administration API needs of *hub.Hub. What changes something is in the audit log when it returns.
type Admin interface {
	Identify(token string) (hub.Identity, error)
	Audit(ctx context.Context, act hub.Act) error
	Running(ctx context.Context, after string) (hub.RunningPage, error)
	EndCall(ctx context.Context, actor, call string) (protocol.Call, error)
	QueueStates(ctx context.Context) ([]hub.QueueState, error)
	Person(ctx context.Context, role protocol.Role, id string) (hub.Person, error)
	SetAvailability(ctx context.Context, actor, adjuster string, to protocol.Availability) (hub.Person, error)
}

// adminRoute is one operation. serve is told who asks.
type adminRoute struct {
	pattern string
	serve   func(s *Server, w http.ResponseWriter, r *http.Request, actor string) (any, error)
	inside  bool // on the internal listener alone
}

// adminRoutes are all operations but revoking, which has a way of its own: see revokePath.
func adminRoutes() []adminRoute {
	return []adminRoute{
		{pattern: "GET /admin/v1/calls", serve: func(s *Server, _ http.ResponseWriter, r *http.Request, _ string) (any, error) {
			return s.Admin.Running(r.Context(), r.URL.Query().Get("after"))
		}},
		{pattern: "POST /admin/v1/calls/{id}/end", serve: func(s *Server, _ http.ResponseWriter, r *http.Request, actor string) (any, error) {
			return s.Admin.EndCall(r.Context(), actor, r.PathValue("id"))
		}},
		{pattern: "GET /admin/v1/queues", serve: func(s *Server, _ http.ResponseWriter, r *http.Request, _ string) (any, error) {
			queues, err := s.Admin.QueueStates(r.Context())
			return map[string]any{"queues": queues}, err
		}},
		{pattern: "GET /admin/v1/users/{role}/{id}", serve: (*Server).servePerson},
		{pattern: "POST /admin/v1/users/adjuster/{id}/availability", serve: (*Server).serveAvailability},
		{pattern: "POST /admin/v1/node/drain", serve: (*Server).serveDrain, inside: true},
	}
}

// OpenAPI is the description of the administration API, of version 3.1.
//
//go:embed openapi.json
var OpenAPI []byte

// administrate adds the administration API: for everybody on the internal listener, and else for supervisors, by their
// tokens.
func (s *Server) administrate(mux *http.ServeMux, inside bool) {
	protect := http.NewCrossOriginProtection()
	mux.HandleFunc("GET /admin/v1/openapi.json", serveOpenAPI)
	for _, route := range adminRoutes() {
		handler := s.administers(route)
		switch {
		case inside:
			mux.Handle(route.pattern, protect.Handler(handler))
		case !route.inside:
			mux.HandleFunc(route.pattern, forSupervisors(s.Admin, handler))
		}
	}
}

func serveOpenAPI(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	_, _ = w.Write(OpenAPI) // the client is gone: nobody is left to tell
}

func (s *Server) administers(route adminRoute) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		found, err := route.serve(s, w, r, s.actor(r))
		if err != nil {
			refuse(w, told(err))
			return
		}
		answer(w, http.StatusOK, found)
	}
}

// actor says for the audit log who asks: whom the token is for, or that it came by the internal listener.
func (s *Server) actor(r *http.Request) string {
	if token := bearer(r); token != "" {
		if who, err := s.Admin.Identify(token); err == nil {
			return string(who.Role) + ":" + who.User
		}
	}
	return "internal"
}

func (s *Server) servePerson(_ http.ResponseWriter, r *http.Request, _ string) (any, error) {
	role := protocol.Role(r.PathValue("role"))
	if !role.Valid() {
		return nil, protocol.BadData("role", "claimant, adjuster or supervisor")
	}
	return s.Admin.Person(r.Context(), role, r.PathValue("id"))
}

func (s *Server) serveAvailability(w http.ResponseWriter, r *http.Request, actor string) (any, error) {
	var wanted protocol.AvailabilitySet
	if e := readJSON(w, r, &wanted); e != nil {
		return nil, e
	}
	return s.Admin.SetAvailability(r.Context(), actor, r.PathValue("id"), wanted.State)
}

// serveDrain begins to drain this node, and does not wait for that. The process goes on until it is told to end.
func (s *Server) serveDrain(_ http.ResponseWriter, r *http.Request, actor string) (any, error) {
	if err := s.Admin.Audit(r.Context(), hub.Act{Actor: actor, What: "node.drain"}); err != nil {
		s.log.Error("not drained", zap.Error(err))
		return nil, protocol.NewError(protocol.CodeUnavailable)
	}
	s.log.Info("draining, as an administrator asked")
	go s.Drain(context.WithoutCancel(r.Context()))
	return map[string]bool{"draining": true}, nil
}
