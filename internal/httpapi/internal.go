package httpapi

import (
	"net/http"
	"net/http/pprof"
)

// InternalHandler serves the internal listener, which is for operators: health, metrics, profiles and administration. Nobody
// is asked who they are, so it belongs on loopback or behind a wall. The command line is not served: it may hold the key
// of tokens.
func (s *Server) InternalHandler() http.Handler {
	mux := http.NewServeMux()
	s.health(mux)
	if s.Metrics != nil {
		mux.Handle("GET /metrics", s.Metrics)
	}
	if s.Revoker != nil {
		mux.Handle(revokePath, http.NewCrossOriginProtection().Handler(http.HandlerFunc(s.serveRevoke)))
	}
	if s.Admin != nil {
		s.administrate(mux, true)
	}
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	return numbered(s.recovered(mux))
}
