package httpapi

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"github.com/claimcall/claimcall/protocol"
)

// statusWriter notes the status of an answer.
type statusWriter struct {
	http.ResponseWriter
	status int
}

// WriteHeader notes the first status.
func (w *statusWriter) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

// Unwrap lets http.ResponseController and the upgrade to a WebSocket reach the connection.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// logged writes a line for each request when it ends. It names the route and not the path: paths of hooks hold a secret,
// and queries of streams hold signatures.
func (s *Server) logged(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		noted := &statusWriter{ResponseWriter: w}
		defer func() {
			level := zapcore.DebugLevel
			if loud(r.Pattern) || noted.status >= http.StatusInternalServerError {
				level = zapcore.InfoLevel
			}
			s.log.Log(level, "request", zap.String("method", r.Method), zap.String("route", r.Pattern),
				zap.Int("status", noted.status), zap.Duration("took", time.Since(start)),
				zap.String("addr", clientAddr(r, s.TrustedProxies)))
		}()
		next.ServeHTTP(noted, r)
	})
}

// loud reports whether requests of a route are worth a line each. Of pages and probes there are too many.
func loud(pattern string) bool {
	_, path, found := strings.Cut(pattern, " ")
	if !found {
		path = pattern
	}
	return slices.ContainsFunc([]string{"/ws", "/api/v1/login/", "/hooks/", "/live/"}, func(prefix string) bool {
		return strings.HasPrefix(path, prefix)
	})
}

// recovered answers 500 when a handler panics, and logs it once.
func (s *Server) recovered(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			v := recover()
			if v == nil {
				return
			}
			if err, ok := v.(error); ok && errors.Is(err, http.ErrAbortHandler) {
				panic(http.ErrAbortHandler)
			}
			s.log.Error("panic in a handler", zap.String("route", r.Pattern), zap.Any("panic", v), zap.Stack("stack"))
			refuse(w, protocol.NewError(protocol.CodeInternal))
		}()
		next.ServeHTTP(w, r)
	})
}
