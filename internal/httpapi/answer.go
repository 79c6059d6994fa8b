package httpapi

import (
	"encoding/json"
	"net/http"

	"github.com/claimcall/claimcall/protocol"
)

// status returns the HTTP status of an error code. What it does not name is a mistake in the request.
func status(code protocol.Code) int {
	switch code {
	case protocol.CodeUnauthorized, protocol.CodeTokenExpired, protocol.CodeWrongAudience, protocol.CodeWrongRole:
		return http.StatusUnauthorized
	case protocol.CodeForbidden, protocol.CodeNotYourCall:
		return http.StatusForbidden
	case protocol.CodeUnknownCall:
		return http.StatusNotFound
	case protocol.CodeCallEnded, protocol.CodeWrongState, protocol.CodeWithdrawn, protocol.CodeAnsweredElsewhere,
		protocol.CodeInCall, protocol.CodeNotJoined, protocol.CodeStreamsNotReady:
		return http.StatusConflict
	case protocol.CodeTooLarge:
		return http.StatusRequestEntityTooLarge
	case protocol.CodeNotText:
		return http.StatusUnsupportedMediaType
	case protocol.CodeRateLimited:
		return http.StatusTooManyRequests
	case protocol.CodeUnavailable:
		return http.StatusServiceUnavailable
	case protocol.CodeInternal:
		return http.StatusInternalServerError
	}
	return http.StatusBadRequest
}

// answer writes v as JSON. Answers of the API are for one caller at one time: no cache keeps them.
func answer(w http.ResponseWriter, code int, v any) {
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(v) // the client is gone: nobody is left to tell
}

// refuse answers with an error: {"error": {"code", "message", "retry"}}.
func refuse(w http.ResponseWriter, e *protocol.Error) {
	answer(w, status(e.Code), map[string]*protocol.Error{"error": e})
}

// say answers with one line of text.
func say(w http.ResponseWriter, code int, text string) {
	w.Header().Set("Cache-Control", "no-store")
	http.Error(w, text, code)
}
