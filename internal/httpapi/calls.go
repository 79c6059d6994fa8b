package httpapi

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/claimcall/claimcall/hub"
	"github.com/claimcall/claimcall/protocol"
)

// Records is what the API of calls needs of *hub.Hub.
type Records interface {
	Identify(token string) (hub.Identity, error)
	Records(ctx context.Context, who hub.Identity, f hub.RecordFilter) (hub.RecordPage, error)
	Record(ctx context.Context, who hub.Identity, call string) (protocol.Call, error)
	Timeline(ctx context.Context, who hub.Identity, call string) (hub.Timeline, error)
}

// calls adds the API of calls, for whoever has a token.
func (s *Server) calls(mux *http.ServeMux, records Records) {
	mux.HandleFunc("GET /api/v1/calls", asked(records, func(r *http.Request, who hub.Identity) (any, error) {
		f, bad := recordFilter(r.URL.Query())
		if bad != nil {
			return nil, bad
		}
		return records.Records(r.Context(), who, f)
	}))
	mux.HandleFunc("GET /api/v1/calls/{id}", asked(records, func(r *http.Request, who hub.Identity) (any, error) {
		return records.Record(r.Context(), who, r.PathValue("id"))
	}))
	mux.HandleFunc("GET /api/v1/calls/{id}/timeline", asked(records, func(r *http.Request, who hub.Identity) (any, error) {
		return records.Timeline(r.Context(), who, r.PathValue("id"))
	}))
}

// asked answers who has a token with what get returns.
func asked(records Records, get func(*http.Request, hub.Identity) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		who, err := records.Identify(bearer(r))
		if err != nil {
			e := told(err)
			if status(e.Code) == http.StatusUnauthorized {
				w.Header().Set("WWW-Authenticate", "Bearer")
			}
			refuse(w, e)
			return
		}
		found, err := get(r, who)
		if err != nil {
			refuse(w, told(err))
			return
		}
		answer(w, http.StatusOK, found)
	}
}

// told returns what a client is told of an error of a hub.
func told(err error) *protocol.Error {
	var e *protocol.Error
	switch {
	case errors.As(err, &e):
		return e
	case errors.Is(err, hub.ErrRevoked):
		return protocol.NewError(protocol.CodeUnauthorized)
	}
	return protocol.NewError(protocol.CodeUnavailable)
}

// recordFilter reads the parameters of a list.
func recordFilter(q url.Values) (f hub.RecordFilter, bad *protocol.Error) {
	f = hub.RecordFilter{
		ClaimNo: q.Get("claim_no"), User: q.Get("user"), Reason: q.Get("reason"), Text: q.Get("q"), Cursor: q.Get("cursor"),
	}
	for name, at := range map[string]*time.Time{"from": &f.From, "before": &f.Before} {
		if text := q.Get(name); text != "" {
			t, err := time.Parse(time.RFC3339, text)
			if err != nil {
				return f, protocol.BadData(name, "want a time such as 2026-11-22T15:04:05Z")
			}
			*at = t
		}
	}
	if text := q.Get("limit"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			return f, protocol.BadData("limit", "want 1 to 200")
		}
		f.Limit = n
	}
	return f, nil
}
