package stream

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"go.uber.org/zap"

	"github.com/claimcall/claimcall/internal/call"
)

// TencentFile is a recording or a screenshot that Tencent has made of a stream.
type TencentFile struct {
	Stream call.StreamName
	// ID is the same each time that Tencent tells of the file: its number in VOD, or the path of a screenshot in its bucket.
	ID         string
	Screenshot bool
	URL        string // a secret: whoever has it can fetch the file
	Bytes      int64
	Start, End time.Time // of what is recorded; for a screenshot both are when it was taken
}

// HookSecret returns the last part of the path that Tencent posts to.
func (t *Tencent) HookSecret() string { return t.secret }

// Hook answers a callback of Tencent.
func (t *Tencent) Hook(w http.ResponseWriter, r *http.Request) {
	hook, err := readTencentHook(w, r)
	if err == nil {
		err = hook.genuine(t.callbackKey, time.Now())
	}
	if err == nil {
		err = t.handle(r.Context(), hook)
	}
	if err != nil {
		t.log.Info("stream: tencent: callback not taken", zap.Error(err))
	}
	answerTencent(w, err)
}

// Rehearsal returns a signed callback of a kind that there is not.
func (t *Tencent) Rehearsal() (contentType, body string) {
	expires := strconv.FormatInt(time.Now().Add(time.Minute).Unix(), 10)
	return "application/json", `{"event_type":-1,"t":` + expires + `,"sign":"` + MD5.of(t.callbackKey+expires) + `"}`
}

// handle does what the callback asks for. An error has it repeated.
func (t *Tencent) handle(ctx context.Context, h tencentHook) error {
	name, ok := t.ours(h)
	if !ok {
		t.log.Debug("stream: tencent: callback of another stream")
		return nil
	}
	switch h.Event {
	case tencentBegan:
		return t.began(ctx, name, h)
	case tencentCut:
		return t.cut(ctx, name, h)
	case tencentRecording, tencentScreenshot:
		t.made(name, h)
	case tencentRecorder:
		t.log.Info("stream: tencent: recorder changed its state", zap.Stringer("stream", name))
	}
	return nil // of others nobody here needs to know
}

// began takes in that a stream is being pushed. Tencent asks nobody beforehand: whoever has an address gets in while that
// lasts, and a stream that may not be there is ended afterwards.
func (t *Tencent) began(ctx context.Context, name call.StreamName, h tencentHook) error {
	t.warnOfOpenDomain(name, h)
	asking, cancel := context.WithTimeout(ctx, authorizeLimit)
	defer cancel()
	err := t.authority.AuthorizeStream(asking, TencentName, name)
	if errors.Is(err, call.ErrStreamRefused) {
		t.log.Info("stream: tencent: pushed without a call; ended", zap.Stringer("stream", name))
		return t.Drop(ctx, name)
	}
	if err != nil {
		return fmt.Errorf("stream: authorize: %w", err)
	}
	now := time.Now()
	t.pushes.began(name.String(), h.push(now), now)
	return t.tell(ctx, name)
}

// warnOfOpenDomain looks at how the publisher's address was signed. Tencent has let it in, so a signature that is missing or
// wrong means that Tencent does not look at it.
func (t *Tencent) warnOfOpenDomain(name call.StreamName, h tencentHook) {
	query, err := url.ParseQuery(h.Params)
	if err != nil || !query.Has("txSecret") || t.keys.pushedWith(h.Stream, query) {
		return
	}
	t.log.Warn("stream: tencent: let in a publisher whose address is not signed with our push key: "+
		"is push authentication on, and the key right?", zap.Stringer("stream", name))
}

// unsettled is how long after a cut Tencent's own word on the stream may still be that of before.
const unsettled = 45 * time.Second

// codeByTencent is the reason of cuts that Tencent made itself: ordered to, or because a new push took the name over.
const codeByTencent = 21

// cut takes in that a push has ended. If another process may have heard of a newer push of the same name, Tencent is
// asked. What it says in the first moments may be old, so it is asked again when it repeats the callback.
func (t *Tencent) cut(ctx context.Context, name call.StreamName, h tencentHook) error {
	ended := h.push(time.Now())
	v := t.pushes.judge(name.String(), ended)
	if (v == probable || v == over && h.Code.int() == codeByTencent) && t.active(ctx, name) {
		if time.Since(h.EventTime.time()) < unsettled {
			return errUnsettled
		}
		return nil
	}
	t.log.Info("stream: tencent: push ended", zap.Stringer("stream", name), zap.Int64("code", h.Code.int()))
	t.pushes.cut(name.String(), ended, time.Now())
	return t.tell(ctx, name)
}

// active reports whether Tencent says that the stream is being pushed. Not knowing means no.
func (t *Tencent) active(ctx context.Context, name call.StreamName) bool {
	if t.api == nil {
		return false
	}
	state, err := t.api.state(ctx, t.stream(name))
	if err != nil {
		t.log.Info("stream: tencent: state of a stream not found out", zap.Stringer("stream", name), zap.Error(err))
	}
	return err == nil && state.StreamState == tencentActive
}

// tell tells the authority what is known of a stream, and again if that has changed meanwhile: of two callbacks at the same
// time, the one that knows less may have been faster. What the authority does not take in it is told when Tencent repeats the
// callback.
func (t *Tencent) tell(ctx context.Context, name call.StreamName) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), changedLimit)
	defer cancel()
	for told := -1; ; {
		live, changes := t.pushes.latest(name.String())
		if changes == told {
			return nil
		}
		told = changes
		if err := t.authority.StreamChanged(ctx, TencentName, name, live); err != nil {
			return fmt.Errorf("stream: tell: %w", err)
		}
	}
}

// made passes on that there is a file, and logs where in the account it is. Its address, which opens it, is not logged.
func (t *Tencent) made(name call.StreamName, h tencentHook) {
	f := TencentFile{Stream: name, ID: h.FileID, Bytes: h.FileSize.int()}
	if h.Event == tencentScreenshot {
		f.ID, f.Screenshot, f.URL, f.Start, f.End = h.Picture, true, h.PictureURL, h.CreateTime.time(), h.CreateTime.time()
	} else {
		f.URL, f.Start, f.End = h.VideoURL, h.StartTime.time(), h.EndTime.time()
	}
	t.log.Info("stream: tencent: file made", zap.Stringer("stream", name), zap.Bool("screenshot", f.Screenshot),
		zap.String("id", f.ID), zap.Int64("bytes", f.Bytes), zap.Time("start", f.Start), zap.Time("end", f.End))
	if t.file != nil {
		t.file(f)
	}
}
