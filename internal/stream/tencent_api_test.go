package stream

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/zap"

	"github.com/claimcall/claimcall/internal/call"
)

const (
	secretID  = "AKIDoftheTests"
	secretKey = "secret-key-of-the-tests"
)

// tencentCloud stands in for Tencent's API. It looks at each byte of a request that matters there.
type tencentCloud struct {
	*httptest.Server
	t testing.TB

	mu      sync.Mutex
	asked   []string          // action and body
	answers map[string]string // of an action, in place of success
	date    time.Time         // on answers, if not zero
}

func newTencentCloud(t testing.TB) *tencentCloud {
	c := &tencentCloud{t: t, answers: map[string]string{}}
	c.Server = httptest.NewServer(c)
	t.Cleanup(c.Close)
	return c
}

func (c *tencentCloud) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		c.t.Error(err)
	}
	action := r.Header.Get("X-TC-Action")
	c.check(r, body)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.asked = append(c.asked, action+" "+string(body))
	if !c.date.IsZero() {
		w.Header().Set("Date", c.date.UTC().Format(http.TimeFormat))
	}
	answer, ok := c.answers[action]
	if !ok {
		answer = `{"Response":{"RequestId":"r-1"}}`
	}
	_, _ = io.WriteString(w, answer)
}

// check compares everything but the body, whose hash is in the signature.
func (c *tencentCloud) check(r *http.Request, body []byte) {
	if r.Method != http.MethodPost || r.RequestURI != "/" {
		c.t.Errorf("got %s %s", r.Method, r.RequestURI)
	}
	want := http.Header{
		"Accept-Encoding": {"gzip"}, "User-Agent": {"Go-http-client/1.1"},
		"Content-Length": {strconv.Itoa(len(body))}, "Content-Type": {"application/json; charset=utf-8"},
		"X-Tc-Action": {r.Header.Get("X-Tc-Action")}, "X-Tc-Version": {"2018-08-01"},
		"X-Tc-Region": {"ap-guangzhou"}, "X-Tc-Timestamp": {r.Header.Get("X-Tc-Timestamp")},
	}
	seconds, err := strconv.ParseInt(r.Header.Get("X-Tc-Timestamp"), 10, 64)
	if at := time.Unix(seconds, 0); err != nil || time.Since(at).Abs() > time.Minute {
		c.t.Errorf("signed at %v, %v", at, err)
	}
	want["Authorization"] = []string{c.authorization(r, body, time.Unix(seconds, 0).UTC().Format("2006-01-02"))}
	for name := range r.Header {
		if !slices.Equal(r.Header[name], want[name]) {
			c.t.Errorf("%s: got %q, want %q", name, r.Header[name], want[name])
		}
	}
	if len(r.Header) != len(want) {
		c.t.Errorf("got %d headers, want %d: %v", len(r.Header), len(want), r.Header)
	}
}

// authorization is computed from the documentation alone.
func (c *tencentCloud) authorization(r *http.Request, body []byte, date string) string {
	mac := func(key, text string) string {
		h := hmac.New(sha256.New, []byte(key))
		_, _ = io.WriteString(h, text)
		return string(h.Sum(nil))
	}
	request := fmt.Sprintf("%s\n%s\n%s\ncontent-type:%s\nhost:%s\n\ncontent-type;host\n%x",
		r.Method, r.URL.Path, r.URL.RawQuery, r.Header.Get("Content-Type"), r.Host, sha256.Sum256(body))
	text := fmt.Sprintf("TC3-HMAC-SHA256\n%s\n%s/live/tc3_request\n%x", r.Header.Get("X-TC-Timestamp"), date, sha256.Sum256([]byte(request)))
	signature := mac(mac(mac(mac("TC3"+secretKey, date), "live"), "tc3_request"), text)
	return fmt.Sprintf("TC3-HMAC-SHA256 Credential=%s/%s/live/tc3_request, SignedHeaders=content-type;host, Signature=%x", secretID, date, signature)
}

func (c *tencentCloud) answer(action, code string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.answers[action] = `{"Response":{"Error":{"Code":"` + code + `","Message":"no"},"RequestId":"r-2"}}`
}

func (c *tencentCloud) state(state string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.answers["DescribeLiveStreamState"] = `{"Response":{"StreamState":"` + state + `","RequestId":"r-3"}}`
}

func (c *tencentCloud) heard() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.asked)
}

// provider returns one that asks the stand-in.
func (c *tencentCloud) provider(hub Authority) *Tencent {
	return testTencent(c.t, func(with *TencentConfig) {
		with.Authority, with.API, with.SecretID, with.SecretKey, with.Region = hub, c.URL, secretID, secretKey, "ap-guangzhou"
	})
}

func streamOf(leg call.Role) call.StreamName {
	return call.StreamName{Room: "room", Leg: leg, Generation: 1}
}

func TestTencentDropsAndForbids(t *testing.T) {
	cloud := newTencentCloud(t)
	before := time.Now()
	if err := cloud.provider(&fakeHub{}).Drop(t.Context(), streamOf(call.Claimant)); err != nil {
		t.Fatal(err)
	}
	const stream = `{"AppName":"live","DomainName":"push.example.com","StreamName":"room-c-g1"`
	heard := cloud.heard()
	if len(heard) != 2 || heard[0] != "DropLiveStream "+stream+"}" {
		t.Fatalf("got %q", heard)
	}
	rest, ok := strings.CutPrefix(heard[1], "ForbidLiveStream "+stream+`,"ResumeTime":"`)
	resume, tail, _ := strings.Cut(rest, `"`)
	if !ok || tail != `,"Reason":"the call has ended"}` || !strings.HasSuffix(resume, "Z") {
		t.Fatalf("got %q", heard[1])
	}
	at, err := time.Parse(time.RFC3339, resume)
	if want := before.Add(2*time.Hour + forbidBeyond); err != nil || at.Sub(want).Abs() > 10*time.Second {
		t.Errorf("forbidden until %v, %v", at, err)
	}
}

func TestTencentDropWithoutAStream(t *testing.T) {
	cloud := newTencentCloud(t)
	cloud.answer("DropLiveStream", "FailedOperation.StreamNotExist")
	cloud.answer("ForbidLiveStream", "ResourceNotFound.StreamNotExist")
	if err := cloud.provider(&fakeHub{}).Drop(t.Context(), streamOf(call.Claimant)); err != nil {
		t.Error(err)
	}
}

func TestTencentDropFails(t *testing.T) {
	for action, other := range map[string]string{"DropLiveStream": "ForbidLiveStream", "ForbidLiveStream": "DropLiveStream"} {
		cloud := newTencentCloud(t)
		cloud.answer(action, "InternalError")
		err := cloud.provider(&fakeHub{}).Drop(t.Context(), streamOf(call.Claimant))
		refused := (*tencentError)(nil)
		if !errors.As(err, &refused) || refused.Code != "InternalError" || !strings.Contains(err.Error(), "r-2") {
			t.Errorf("%s: got %v", action, err)
		}
		if heard := strings.Join(cloud.heard(), " "); !strings.Contains(heard, other) {
			t.Errorf("%s failed, and %s was not tried", action, other)
		}
	}
}

// TestTencentDropIsRepeated: the set tries again until it works, after the commit that ends the call.
func TestTencentDropIsRepeated(t *testing.T) {
	failures := 2
	cloud := newTencentCloud(t)
	flaky := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-TC-Action") == "DropLiveStream" && failures > 0 {
			failures--
			_, _ = io.WriteString(w, `{"Response":{"Error":{"Code":"InternalError"},"RequestId":"r"}}`)
			return
		}
		cloud.ServeHTTP(w, r)
	}))
	defer flaky.Close()
	p := testTencent(t, func(with *TencentConfig) {
		with.API, with.SecretID, with.SecretKey, with.Region = flaky.URL, secretID, secretKey, "ap-guangzhou"
	})
	s, err := NewSet(zap.NewNop(), p)
	if err != nil {
		t.Fatal(err)
	}
	s.Drop(t.Context(), TencentName, streamOf(call.Adjuster))
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if err := s.Close(ctx); err != nil {
		t.Fatal(err)
	}
	if heard := cloud.heard(); len(heard) != 4 || !strings.HasPrefix(heard[2], "DropLiveStream ") {
		t.Errorf("got %q", heard)
	}
}

func TestTencentAnswersThatAreNone(t *testing.T) {
	for why, answer := range map[string]string{
		"a page":     "<html>captive portal</html>",
		"nothing":    "",
		"other JSON": `{"ok":true}`,
		"null":       `null`,
		"endless":    `{"Response":{"RequestId":"` + strings.Repeat("x", maxTencentAnswer) + `"}}`,
	} {
		cloud := newTencentCloud(t)
		cloud.answers["DescribeLiveStreamState"] = answer
		err := cloud.provider(&fakeHub{}).Check(t.Context())
		if err == nil || strings.Contains(err.Error(), "http") || strings.Contains(err.Error(), "portal") {
			t.Errorf("%s: got %v", why, err)
		}
	}
}

func TestTencentCheck(t *testing.T) {
	cloud := newTencentCloud(t)
	p := cloud.provider(&fakeHub{})
	cloud.state("inactive")
	if err := p.Check(t.Context()); err != nil {
		t.Error(err)
	}
	want := `DescribeLiveStreamState {"AppName":"live","DomainName":"push.example.com","StreamName":"claimcall-c-g1"}`
	if heard := cloud.heard(); len(heard) != 1 || heard[0] != want {
		t.Errorf("got %q", heard)
	}
	for code, ofMedia := range map[string]bool{
		"ResourceNotFound.DomainNotExist": true, "ResourceUnavailable": true,
		"AuthFailure.SignatureFailure": false, "UnauthorizedOperation": false, "RequestLimitExceeded": false, "InternalError.Busy": false,
	} {
		cloud.answer("DescribeLiveStreamState", code)
		if err := p.Check(t.Context()); (err != nil) != ofMedia || ofMedia && !strings.Contains(err.Error(), code) {
			t.Errorf("%s: got %v", code, err)
		}
	}
	cloud.Close()
	if err := p.Check(t.Context()); err == nil || strings.Contains(err.Error(), cloud.URL) {
		t.Errorf("got %v", err)
	}
}

func TestTencentEndsWithItsContext(t *testing.T) {
	hang := make(chan struct{})
	silent := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-hang }))
	defer silent.Close()
	defer close(hang)
	p := testTencent(t, func(c *TencentConfig) { c.API, c.SecretID, c.SecretKey = silent.URL, secretID, secretKey })
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	start := time.Now()
	if err := p.Drop(ctx, streamOf(call.Claimant)); !errors.Is(err, context.DeadlineExceeded) || time.Since(start) > time.Second {
		t.Errorf("got %v after %v", err, time.Since(start))
	}
}

func TestTencentWithoutAPIKeysAsksNothing(t *testing.T) {
	p := testTencent(t, nil)
	if err := errors.Join(p.Drop(t.Context(), streamOf(call.Claimant)), p.Check(t.Context())); err != nil {
		t.Error(err)
	}
}
