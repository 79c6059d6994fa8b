package httpapi

import (
	"errors"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"github.com/claimcall/claimcall/hub"
	"github.com/claimcall/claimcall/protocol"
)

// readyLimit bounds how long a readiness probe may take.
const readyLimit = 3 * time.Second

// Handler serves the public listener.
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/ws", s.ServeSocket)
	s.health(mux)

	api := http.NewCrossOriginProtection()
	mux.HandleFunc("GET /api/v1/config", s.serveConfig)
	if s.DevSigner != nil {
		mux.Handle("POST /api/v1/login/dev", local(api.Handler(http.HandlerFunc(s.serveDevLogin))))
	}
	if s.Records != nil {
		s.calls(mux, s.Records)
	}
	if s.Revoker != nil {
		mux.HandleFunc(revokePath, forSupervisors(s.Revoker, s.serveRevoke))
	}
	if s.Admin != nil {
		s.administrate(mux, false)
	}
	if s.WeChat != nil {
		mux.Handle("POST /api/v1/login/wechat", s.loginRate(s.serveWeChat))
	}
	if s.OIDC != nil {
		s.signInByOIDC(mux)
	}
	live := s.fromClient(s.Live)
	for path, handler := range map[string]http.Handler{
		"/hooks/": s.Hooks, "/live/": live, "/whip/": live, "/whep/": live, "/": s.Pages,
	} {
		if handler != nil {
			mux.Handle(path, handler)
		}
	}
	return s.logged(s.recovered(mux))
}

// ServeSocket serves GET /ws: it makes a socket of the request, hands it to the hub, and returns at once.
func (s *Server) ServeSocket(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.Method != http.MethodGet:
		w.Header().Set("Allow", http.MethodGet)
		say(w, http.StatusMethodNotAllowed, "open a WebSocket here")
		return
	case r.Header.Get("Upgrade") != "" && !offers(r, protocol.Subprotocol):
		say(w, http.StatusBadRequest, "offer the subprotocol "+protocol.Subprotocol+" in Sec-WebSocket-Protocol")
		return
	}
	addr := clientAddr(r, s.TrustedProxies)
	from := household(addr)
	if err := s.throttle.wait(r.Context(), from); err != nil {
		s.observer.Refused(LimitAddressFailed)
		w.Header().Set("Retry-After", "25")
		say(w, http.StatusTooManyRequests, "too many sign-ins failed here, come back later")
		return
	}
	signedIn, left, limit := s.admit(from)
	if limit != "" {
		s.observer.Refused(limit)
		w.Header().Set("Retry-After", "1")
		say(w, http.StatusServiceUnavailable, "not now, come back in a moment")
		return
	}
	own := s.ownOrigin(r)
	var known atomic.Bool
	opening := hub.Opening{
		Token: bearer(r),
		Addr:  addr,
		Allowed: func(role protocol.Role) bool { // asked once the token is known to be good
			signedIn()
			known.Store(true)
			s.throttle.succeeded(from)
			s.observer.SocketSignedIn(role)
			return mayUse(role, own)
		},
	}
	s.hand(w, r, opening, left, func(code protocol.CloseCode) {
		if !known.Load() && isFailure(code) {
			s.throttle.failed(from)
		}
	})
}

// admit lets a socket in, or says which limit keeps it out.
func (s *Server) admit(from string) (signedIn, left func(), limit Limit) {
	signedIn, left, limit = s.gate.enter(from)
	if limit == "" && !s.enter() {
		left()
		return nil, nil, LimitDraining
	}
	return signedIn, left, limit
}

// hand upgrades the connection and gives it to the hub. over is called when the socket has ended, or was none; closing
// when the hub closes it.
func (s *Server) hand(w http.ResponseWriter, r *http.Request, opening hub.Opening, over func(), closing func(protocol.CloseCode)) {
	conn, err := s.acceptor.Accept(w, r, closing)
	if err != nil {
		over()
		s.sockets.Done()
		s.log.Debug("socket refused", zap.Error(err)) // the client has been told
		return
	}
	s.observer.SocketOpened()
	start := time.Now()
	opening.Ended = func() {
		conn.Finish()
		s.observer.SocketClosed(conn.Code(), time.Since(start))
		over()
		s.sockets.Done()
	}
	// Not in the handler: for as long as that runs, net/http keeps buffers, the request and its headers.
	go s.Hub.Serve(conn, opening)
}

// offers reports whether the client offers the subprotocol, in just these letters.
func offers(r *http.Request, subprotocol string) bool {
	for _, line := range r.Header.Values("Sec-WebSocket-Protocol") {
		for offer := range strings.SplitSeq(line, ",") {
			if strings.TrimSpace(offer) == subprotocol {
				return true
			}
		}
	}
	return false
}

// health adds /livez, which answers while the process does, and /readyz, which answers 200 while calls can be made here.
func (s *Server) health(mux *http.ServeMux) {
	mux.HandleFunc("GET /livez", func(w http.ResponseWriter, _ *http.Request) { say(w, http.StatusOK, "alive") })
	mux.HandleFunc("GET /readyz", s.serveReady)
}

func (s *Server) serveReady(w http.ResponseWriter, r *http.Request) {
	err := s.probe.ready(r.Context())
	switch {
	case s.isDraining() || errors.Is(err, hub.ErrDraining):
		say(w, http.StatusServiceUnavailable, "draining")
	case err != nil:
		s.log.Warn("not ready", zap.Error(err))
		say(w, http.StatusServiceUnavailable, "not ready")
	default:
		say(w, http.StatusOK, "ready")
	}
}
