package wechat

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// weixin stands in for WeChat: it checks every parameter, and knows one code, once.
type weixin struct {
	t      *testing.T
	status int
	body   string // in place of its own answer
	used   bool
}

func (w *weixin) RoundTrip(r *http.Request) (*http.Response, error) {
	q := r.URL.Query()
	if r.Method != http.MethodGet || r.URL.Scheme != "https" || r.URL.Host != "api.weixin.qq.com" || r.URL.Path != "/sns/jscode2session" || len(q) != 4 {
		w.t.Errorf("asked %s %s with %d parameters", r.Method, r.URL.Path, len(q))
	}
	return &http.Response{
		StatusCode: max(w.status, http.StatusOK), Body: io.NopCloser(strings.NewReader(w.answer(q.Get))), Request: r,
		Header: http.Header{"Location": {"https://elsewhere.example.org/"}},
	}, nil
}

func (w *weixin) answer(param func(string) string) string {
	switch {
	case w.body != "":
		return w.body
	case param("appid") != "wx0123456789abcdef":
		return `{"errcode":40013,"errmsg":"invalid appid"}`
	case param("secret") != "s3cr3t&=":
		return `{"errcode":40125,"errmsg":"invalid appsecret"}`
	case param("grant_type") != "authorization_code":
		return `{"errcode":40002,"errmsg":"invalid grant_type"}`
	case param("js_code") != "0a1B2c":
		return `{"errcode":40029,"errmsg":"invalid code"}`
	case w.used:
		return `{"errcode":40163,"errmsg":"code been used"}`
	}
	w.used = true
	return `{"openid":"oGZUI0egBJY1zhBYw2KhdUfwVJJE","session_key":"tiihtNczf5v6AKRyjwEUhQ==","unionid":""}`
}

func client(w *weixin) *Client {
	return New(Config{AppID: "wx0123456789abcdef", Secret: "s3cr3t&=", Transport: w})
}

func TestACodeIsTradedOnce(t *testing.T) {
	c := client(&weixin{t: t})
	if id, err := c.OpenID(t.Context(), "0a1B2c"); err != nil || id != "oGZUI0egBJY1zhBYw2KhdUfwVJJE" {
		t.Errorf("got %q, %v", id, err)
	}
	if _, err := c.OpenID(t.Context(), "0a1B2c"); !errors.Is(err, ErrCode) {
		t.Errorf("again: %v", err)
	}
}

func TestAnswersOfWeChat(t *testing.T) {
	for name, tt := range map[string]struct {
		weixin weixin
		code   string
		want   error
	}{
		"another code":    {weixin{}, "other", ErrCode},
		"no code":         {weixin{}, "", ErrCode},
		"a long code":     {weixin{}, strings.Repeat("x", maxCode+1), ErrCode},
		"blocked":         {weixin{body: `{"errcode":40226,"errmsg":"code blocked"}`}, "x", ErrBlocked},
		"busy":            {weixin{body: `{"errcode":-1,"errmsg":"system error"}`}, "x", ErrBusy},
		"too often":       {weixin{body: `{"errcode":45011,"errmsg":"api minute-quota reach limit"}`}, "x", ErrBusy},
		"unknown errcode": {weixin{body: `{"errcode":99999}`}, "x", ErrBusy},
		"the secret":      {weixin{body: `{"errcode":40125}`}, "x", ErrSettings},
		"no openid":       {weixin{body: `{}`}, "x", ErrBusy},
		"a page":          {weixin{body: `<html>`}, "x", ErrBusy},
		"a long page":     {weixin{body: strings.Repeat(" ", answerSize) + `{"openid":"x"}`}, "x", ErrBusy},
		"status 500":      {weixin{status: 500}, "0a1B2c", ErrBusy},
		"a redirect":      {weixin{status: 302}, "0a1B2c", ErrBusy},
	} {
		tt.weixin.t = t
		_, err := client(&tt.weixin).OpenID(t.Context(), tt.code)
		if !errors.Is(err, tt.want) {
			t.Errorf("%s: got %v, want %v", name, err, tt.want)
		}
	}
	wrong := New(Config{AppID: "wx0123456789abcdef", Secret: "another", Transport: &weixin{t: t}})
	if _, err := wrong.OpenID(t.Context(), "0a1B2c"); !errors.Is(err, ErrSettings) {
		t.Errorf("another secret: %v", err)
	}
}

// silent takes requests and never answers.
type silent struct{}

func (silent) RoundTrip(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, r.Context().Err()
}

func TestErrorsHoldNoSecret(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		for _, c := range []*Client{
			New(Config{AppID: "app", Secret: "s3cr3t", Transport: silent{}}),
			New(Config{AppID: "app", Secret: "s3cr3t", API: "http://\x7f", Transport: silent{}}),
		} {
			_, err := c.OpenID(t.Context(), "c0de")
			if err == nil || strings.Contains(err.Error(), "s3cr3t") || strings.Contains(err.Error(), "c0de") {
				t.Errorf("got %v", err)
			}
		}
		if took := time.Since(start); took != answerLimit {
			t.Errorf("took %v", took)
		}
	})
}
