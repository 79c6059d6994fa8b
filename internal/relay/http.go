package relay

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"go.uber.org/zap"
)

// Handler serves GET /{App}/{name}.flv, as HTTP-FLV or, when the request asks
// for an upgrade, as WebSocket-FLV: one binary message for each tag. A viewer that
// comes before the publisher is answered when the first frame is there, or
// with 404 when it does not come. If the stream ends before that, there is
// nothing to play and nothing wrong: 204, or a WebSocket that is closed at
// once. A refused viewer gets 403, without a reason. With WebRTC it serves WHIP
// and WHEP, too, as routeWebRTC says.
func (r *Relay) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/"+r.app+"/{file}", r.serveFLV)
	if r.web != nil {
		r.routeWebRTC(mux)
	}
	return mux
}

func (r *Relay) serveFLV(w http.ResponseWriter, req *http.Request) {
	header := w.Header()
	header.Set("Access-Control-Allow-Origin", "*")
	header.Set("Cache-Control", "no-store")
	name, ok := strings.CutSuffix(req.PathValue("file"), ".flv")
	switch {
	case !ok || !validName(name):
		http.Error(w, "not found", http.StatusNotFound)
		return
	case req.Method != http.MethodGet:
		header.Set("Allow", http.MethodGet)
		http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
		return
	}
	if err := r.enter(); err != nil {
		http.Error(w, "busy", http.StatusServiceUnavailable)
		return
	}
	defer r.leave()
	defer r.recoverHTTP()
	r.playFLV(w, req, name)
}

// recoverHTTP is the last line against a mistake of ours: net/http would print
// the panic with its own logger.
func (r *Relay) recoverHTTP() {
	if v := recover(); v != nil {
		r.log.Error("relay: panic while playing", zap.Any("panic", v), zap.Stack("stack"))
		panic(http.ErrAbortHandler)
	}
}

func (r *Relay) playFLV(w http.ResponseWriter, req *http.Request, name string) {
	a := Attempt{Name: name, Action: Play, Query: req.URL.Query(), Protocol: protocolFLV, Addr: req.RemoteAddr}
	upgrade := strings.EqualFold(req.Header.Get("Upgrade"), "websocket")
	if upgrade {
		a.Protocol = protocolWSFLV
	}
	s, err := r.admitHTTP(req.Context(), a)
	switch {
	case errors.Is(err, errFull):
		http.Error(w, "busy", http.StatusServiceUnavailable)
		return
	case err != nil:
		http.Error(w, "forbidden", http.StatusForbidden)
		return
	}
	defer r.names.release(s)
	control := http.NewResponseController(w)
	_ = control.SetReadDeadline(time.Time{}) // the server's own limits are for short requests
	_ = control.SetWriteDeadline(time.Time{})
	ctx, cancel := context.WithCancelCause(req.Context())
	defer cancel(nil)
	v, err := r.watch(s, func() {
		cancel(errEvicted)
		_ = control.SetWriteDeadline(time.Unix(1, 0)) // ends the write under way, of a WebSocket as well
	})
	if err != nil {
		r.outcome(a, err)
		http.Error(w, "busy", http.StatusServiceUnavailable)
		return
	}
	defer r.unwatch(v)

	err = v.await(ctx)
	switch over := ended(err); {
	case over && !upgrade:
		r.outcome(a, err)
		w.WriteHeader(http.StatusNoContent)
		return
	case err != nil && !over:
		r.outcome(a, err)
		http.Error(w, "not found", http.StatusNotFound)
		return
	}
	r.started(a)
	if upgrade {
		err = r.streamWS(ctx, w, req, v)
	} else {
		err = r.streamFLV(ctx, w, v)
	}
	r.outcome(a, err)
}

func (r *Relay) streamFLV(ctx context.Context, w http.ResponseWriter, v *viewer) error {
	w.Header().Set("Content-Type", "video/x-flv")
	w.Header().Set("X-Accel-Buffering", "no") // asks proxies to pass each tag on at once
	out := &flvSink{
		w:       w,
		control: http.NewResponseController(w),
		timeout: r.limits.WriteTimeout,
		mux:     flvMuxer{tracks: v.stream.carries()},
	}
	w.WriteHeader(http.StatusOK)
	if err := out.control.Flush(); err != nil { // the first tag may take a while
		return fmt.Errorf("%w: %w", errGone, err)
	}
	return v.play(ctx, out)
}

// flvSink writes tags as the body of a response.
type flvSink struct {
	w       http.ResponseWriter
	control *http.ResponseController
	timeout time.Duration
	mux     flvMuxer
}

func (f *flvSink) write(ctx context.Context, p packet, ms uint32) error {
	err := f.control.SetWriteDeadline(time.Now().Add(f.timeout))
	if err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	if ctx.Err() != nil { // only now: an eviction from here on moves the deadline that was set
		return context.Cause(ctx)
	}
	if _, err := f.w.Write(f.mux.mux(p, ms)); err != nil {
		return err
	}
	return f.control.Flush()
}
