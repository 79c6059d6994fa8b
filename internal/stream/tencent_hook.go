package stream

import (
	"bytes"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/claimcall/claimcall/internal/call"
)

// Errors of a callback. Tencent repeats what is not answered with 200: once a minute, twelve times at the most.
var (
	errTencentHook = errors.New("stream: tencent: not a callback")
	errUnsettled   = errors.New("stream: tencent: too early to tell whether the stream is over; the next repetition will")
)

// maxTencentHook bounds the body of a callback. Those of recordings hold two addresses.
const maxTencentHook = 64 << 10

// The callbacks that are of interest here.
const (
	tencentCut        = "0"
	tencentBegan      = "1"
	tencentRecording  = "100"
	tencentScreenshot = "200"
	tencentRecorder   = "332" // what the recorder is doing
)

// number is a decimal number as it was written, bare or as a text: old callbacks have texts where new ones have numbers.
type number string

// UnmarshalJSON takes a number or a text.
func (n *number) UnmarshalJSON(b []byte) error {
	*n = number(bytes.Trim(b, `"`))
	if *n == "null" {
		*n = ""
	}
	return nil
}

// int is 0 for what is no number, or too large for one.
func (n number) int() int64 {
	i, err := strconv.ParseInt(string(n), 10, 64)
	if err != nil {
		return 0
	}
	return i
}

// time is the moment of n seconds after 1970, or zero if there is no such number.
func (n number) time() time.Time {
	if seconds := n.int(); seconds > 0 {
		return time.Unix(seconds, 0)
	}
	return time.Time{}
}

// tencentHook is one callback: what all of them have, and what some have.
type tencentHook struct {
	Event  number `json:"event_type"`
	T      number `json:"t"` // when Sign expires
	Sign   string `json:"sign"`
	Domain string `json:"app"`     // push domain
	App    string `json:"appname"` // application
	Stream string `json:"stream_id"`

	Sequence  string `json:"sequence"`
	EventTime number `json:"event_time"`
	Duration  number `json:"push_duration"` // of a push that was cut, in milliseconds
	Code      number `json:"errcode"`       // why it was cut
	Params    string `json:"stream_param"`  // query of the publisher's address, with its signature

	FileID     string `json:"file_id"`
	FileSize   number `json:"file_size"`
	VideoURL   string `json:"video_url"`
	PictureURL string `json:"pic_full_url"`
	Picture    string `json:"pic_url"` // path in the bucket
	StartTime  number `json:"start_time"`
	EndTime    number `json:"end_time"`
	CreateTime number `json:"create_time"`
}

// ahead is by how much Tencent's clock may be before ours. A time beyond that would make every later push look old.
const ahead = time.Minute

// push is the push that a callback of its begin or its cut is about. Times that can't be are taken as unknown.
func (h tencentHook) push(now time.Time) push {
	since := h.EventTime.time()
	if since.After(now.Add(ahead)) {
		return push{sequence: h.Sequence}
	}
	if h.Event == tencentCut && !since.IsZero() {
		ran := h.Duration.int()
		if ran < 0 || ran > pushLife.Milliseconds() {
			return push{sequence: h.Sequence}
		}
		since = since.Add(-time.Duration(ran) * time.Millisecond)
	}
	return push{sequence: h.Sequence, since: since}
}

// readTencentHook reads the body of a request from Tencent.
func readTencentHook(w http.ResponseWriter, r *http.Request) (tencentHook, error) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxTencentHook))
	if err != nil {
		return tencentHook{}, fmt.Errorf("%w: body cannot be read", errTencentHook)
	}
	var h tencentHook
	if repeats(body) {
		return tencentHook{}, fmt.Errorf("%w: not one object, or a field comes twice", errTencentHook)
	}
	if err := json.Unmarshal(body, &h); err != nil {
		return tencentHook{}, fmt.Errorf("%w: body is not the JSON of one", errTencentHook) // the cause would quote it
	}
	return h, nil
}

// genuine checks the signature of a callback. It covers nothing but the time of its expiry, so that whoever saw one may use it
// for any body until then: that the path is a secret matters more.
func (h tencentHook) genuine(key string, now time.Time) error {
	if key == "" {
		return nil
	}
	want := MD5.of(key + string(h.T))
	if subtle.ConstantTimeCompare([]byte(want), []byte(h.Sign)) != 1 {
		return ErrSignature
	}
	if expires := h.T.time(); expires.IsZero() || expires.Before(now) {
		return ErrExpired
	}
	return nil
}

// ours returns the name of the stream, if it is one that was handed out here. Others may live in the same account. Not all
// callbacks name domain and application.
func (t *Tencent) ours(h tencentHook) (call.StreamName, bool) {
	domain := h.Domain == "" || strings.EqualFold(h.Domain, t.pushDomain)
	name, prefixed := strings.CutPrefix(h.Stream, t.prefix)
	parsed, err := parseName(name)
	return parsed, domain && (h.App == "" || h.App == t.app) && prefixed && err == nil
}

// answerTencent writes the answer: 200 if the callback has been dealt with, anything else to have it repeated.
func answerTencent(w http.ResponseWriter, err error) {
	status := http.StatusOK
	switch {
	case err == nil:
	case errors.Is(err, ErrSignature), errors.Is(err, ErrExpired), errors.Is(err, errTencentHook):
		status = http.StatusForbidden
	default:
		status = http.StatusServiceUnavailable
	}
	code := status
	if err == nil {
		code = 0
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = fmt.Fprintf(w, `{"code":%d}`, code)
}
