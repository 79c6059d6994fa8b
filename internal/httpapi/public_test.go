package httpapi

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/claimcall/claimcall/hub"
	"github.com/claimcall/claimcall/internal/auth"
	"github.com/claimcall/claimcall/protocol"
)

func devKey(t *testing.T) auth.Config {
	t.Helper()
	key, err := auth.HS256([]byte(strings.Repeat("k", auth.MinSecret)))
	if err != nil {
		t.Fatal(err)
	}
	return auth.Config{Key: key}
}

func text(s string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, s) })
}

// ask sends a request without a network.
func ask(h http.Handler, method, path, body string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	for i := 0; i < len(header); i += 2 {
		r.Header.Add(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestRoutes(t *testing.T) {
	full := New(Config{Hub: fakeHub{}, Hooks: text("hook"), Live: text("live"), Pages: text("page"), Version: "v1", DevSigner: auth.NewSigner(devKey(t))}).Handler()
	bare := New(Config{Hub: fakeHub{}}).Handler()
	tests := []struct {
		handler      http.Handler
		method, path string
		want         int
		body         string
	}{
		{full, "GET", "/", 200, "page"},
		{full, "GET", "/console/", 200, "page"},
		{full, "POST", "/hooks/nginx-rtmp/secret", 200, "hook"},
		{full, "GET", "/live/x.flv", 200, "live"},
		{full, "GET", "/livez", 200, "alive"},
		{full, "GET", "/readyz", 200, "ready"},
		{full, "GET", "/api/v1/config", 200, `{"dev":true,"version":"v1"}`},
		{full, "GET", "/ws", 426, "Upgrade"},
		{full, "POST", "/ws", 405, "WebSocket"},
		{full, "HEAD", "/ws", 405, ""},
		{bare, "GET", "/api/v1/config", 200, `"dev":false`},
		{bare, "POST", "/api/v1/login/dev", 404, ""},
		{bare, "GET", "/", 404, ""},
		{bare, "POST", "/hooks/nginx-rtmp/secret", 404, ""},
		{bare, "GET", "/debug/pprof/", 404, ""},
	}
	for _, tt := range tests {
		w := ask(tt.handler, tt.method, tt.path, "")
		if w.Code != tt.want || !strings.Contains(w.Body.String(), tt.body) {
			t.Errorf("%s %s: got %d %q, want %d %q", tt.method, tt.path, w.Code, w.Body, tt.want, tt.body)
		}
	}
}

func TestInternalRoutes(t *testing.T) {
	h := New(Config{Hub: fakeHub{}}).InternalHandler()
	for path, want := range map[string]int{"/livez": 200, "/readyz": 200, "/debug/pprof/": 200, "/debug/pprof/heap": 200, "/debug/pprof/cmdline": 404, "/ws": 404} {
		if w := ask(h, "GET", "http://127.0.0.1:8081"+path, ""); w.Code != want {
			t.Errorf("%s: got %d, want %d", path, w.Code, want)
		}
	}
}

func TestReadyGoesTheWayOfCalls(t *testing.T) {
	tests := []struct {
		err  error
		code int
		text string
	}{
		{nil, 200, "ready"},
		{hub.ErrDraining, 503, "draining"},
		{errors.New("store at /secret/path does not answer"), 503, "not ready"},
	}
	for _, tt := range tests {
		w := ask(New(Config{Hub: fakeHub{ready: func() error { return tt.err }}}).Handler(), "GET", "/readyz", "")
		if w.Code != tt.code || strings.TrimSpace(w.Body.String()) != tt.text {
			t.Errorf("%v: got %d %q", tt.err, w.Code, w.Body)
		}
	}
}

func TestDrainingIsNotReadyAndTakesNoSockets(t *testing.T) {
	s := New(Config{Hub: fakeHub{}})
	s.Drain(context.Background())
	if w := ask(s.Handler(), "GET", "/readyz", ""); w.Code != 503 {
		t.Errorf("readyz: got %d", w.Code)
	}
	if w := ask(s.Handler(), "GET", "/livez", ""); w.Code != 200 {
		t.Errorf("livez: got %d", w.Code)
	}
	if w := ask(s.Handler(), "GET", "/ws", "", "Upgrade", "websocket", "Sec-WebSocket-Protocol", protocol.Subprotocol); w.Code != 503 {
		t.Errorf("ws: got %d", w.Code)
	}
}

func TestSubprotocolIsRequired(t *testing.T) {
	h := New(Config{Hub: fakeHub{}}).Handler()
	for offer, good := range map[string]bool{
		"": false, "chat": false, "claimcall.v2": false, "CLAIMCALL.V1": false, "claimcall.v1": true, "chat, claimcall.v1": true,
	} {
		header := []string{"Upgrade", "websocket", "Connection", "Upgrade"}
		if offer != "" {
			header = append(header, "Sec-WebSocket-Protocol", offer)
		}
		w := ask(h, "GET", "/ws", "", header...)
		named := strings.Contains(w.Body.String(), "offer the subprotocol claimcall.v1")
		if w.Code != 400 || named == good { // a good offer fails for want of a key
			t.Errorf("%q: got %d %q", offer, w.Code, w.Body)
		}
	}
}

func TestOrigins(t *testing.T) {
	origins := []string{"https://console.example.org"}
	for origin, console := range map[string]bool{
		"":                                 true,
		"https://call.example.org":         true,
		"https://CALL.example.org":         true,
		"https://console.example.org":      true,
		"https://console.example.org:444":  false,
		"http://console.example.org":       false,
		"https://evil.example.org":         false,
		"https://call.example.org.evil.io": false,
		"null":                             false,
		"weapp://wx1234":                   false,
		"https://a.example, https://b":     false,
		"%":                                false,
	} {
		r := httptest.NewRequest("GET", "https://call.example.org/ws", nil)
		if origin != "" {
			r.Header.Set("Origin", origin)
		}
		own := New(Config{Origins: origins}).ownOrigin(r)
		if own != console {
			t.Errorf("%q: got %v, want %v", origin, own, console)
		}
	}
	twice := httptest.NewRequest("GET", "https://call.example.org/ws", nil)
	twice.Header["Origin"] = []string{"https://call.example.org", "https://evil.example.org"}
	if New(Config{}).ownOrigin(twice) {
		t.Error("two origins were let in")
	}
	for _, role := range []protocol.Role{protocol.RoleClaimant, protocol.RoleAdjuster, protocol.RoleSupervisor} {
		if !mayUse(role, true) || mayUse(role, false) != (role == protocol.RoleClaimant) {
			t.Errorf("%s: wrong", role)
		}
	}
}

func TestBearer(t *testing.T) {
	for header, want := range map[string]string{
		"": "", "Bearer a.b.c": "a.b.c", "bearer  a.b.c": "a.b.c", "Basic YTpi": "", "a.b.c": "", "Bearer": "",
	} {
		r := httptest.NewRequest("GET", "/ws", nil)
		r.Header.Set("Authorization", header)
		if got := bearer(r); got != want {
			t.Errorf("%q: got %q, want %q", header, got, want)
		}
	}
}

func TestClientAddr(t *testing.T) {
	proxies := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}
	tests := []struct {
		peer, forwarded, want string
	}{
		{"192.0.2.1:5", "", "192.0.2.1"},
		{"192.0.2.1:5", "198.51.100.7", "192.0.2.1"}, // not a proxy of ours
		{"10.0.0.1:5", "", "10.0.0.1"},
		{"10.0.0.1:5", "198.51.100.7", "198.51.100.7"},
		{"10.0.0.1:5", "1.2.3.4, 198.51.100.7", "198.51.100.7"}, // the first was written by the client
		{"10.0.0.1:5", "198.51.100.7, 10.0.0.2", "198.51.100.7"},
		{"10.0.0.1:5", "198.51.100.7, nonsense", "10.0.0.1"},
		{"[::ffff:10.0.0.1]:5", "2001:db8::7", "2001:db8::7"},
		{"pipe", "198.51.100.7", "pipe"},
	}
	for _, tt := range tests {
		r := httptest.NewRequest("GET", "/ws", nil)
		r.RemoteAddr = tt.peer
		if tt.forwarded != "" {
			r.Header.Set("X-Forwarded-For", tt.forwarded)
		}
		if got := clientAddr(r, proxies); got != tt.want {
			t.Errorf("%s for %q: got %s, want %s", tt.peer, tt.forwarded, got, tt.want)
		}
	}
}

func TestDevLogin(t *testing.T) {
	key := devKey(t)
	h := New(Config{Hub: fakeHub{}, DevSigner: auth.NewSigner(key)}).Handler()
	w := ask(h, "POST", "http://localhost/api/v1/login/dev", `{"role":"adjuster","sub":"li","name":"李","skills":["ev"]}`, "Content-Type", "application/json; charset=utf-8")
	var got devToken
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || w.Code != 200 || got.Sub != "li" {
		t.Fatalf("got %d %s", w.Code, w.Body)
	}
	who, err := Authenticate(auth.NewVerifier(key))(got.Token)
	if err != nil || who.User != "li" || who.Role != protocol.RoleAdjuster || who.Name != "李" || len(who.Skills) != 1 {
		t.Errorf("got %+v and %v", who, err)
	}
	if left := time.Until(who.Expires); left < devLife-time.Minute || left > devLife {
		t.Errorf("expires in %v", left)
	}
	first := ask(h, "POST", "http://localhost/api/v1/login/dev", `{"role":"claimant"}`, "Content-Type", "application/json").Body.String()
	second := ask(h, "POST", "http://localhost/api/v1/login/dev", `{"role":"claimant"}`, "Content-Type", "application/json").Body.String()
	if first == second || !strings.Contains(first, `"sub":"claimant-`) {
		t.Errorf("two made-up people: %s and %s", first, second)
	}
}

func TestDevLoginRefuses(t *testing.T) {
	h := New(Config{Hub: fakeHub{}, DevSigner: auth.NewSigner(devKey(t))}).Handler()
	tests := []struct {
		body, kind string
		want       int
		code       protocol.Code
	}{
		{`{"role":"admin"}`, "application/json", 400, protocol.CodeBadData},
		{`{"role":"adjuster","sub":"a\u0000"}`, "application/json", 400, protocol.CodeBadData},
		{`role=adjuster`, "application/x-www-form-urlencoded", 415, protocol.CodeNotText},
		{`{"role":"adjuster"}`, "", 415, protocol.CodeNotText},
		{`{`, "application/json", 400, protocol.CodeBadJSON},
		{`[]`, "application/json", 400, protocol.CodeBadJSON},
		{`{"name":"` + strings.Repeat("x", maxBody) + `"}`, "application/json", 413, protocol.CodeTooLarge},
	}
	for _, tt := range tests {
		w := ask(h, "POST", "http://localhost/api/v1/login/dev", tt.body, "Content-Type", tt.kind)
		var got struct{ Error protocol.Error }
		if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || w.Code != tt.want || got.Error.Code != tt.code || got.Error.Message == "" {
			t.Errorf("%.40s: got %d %s, want %d %s", tt.body, w.Code, w.Body, tt.want, tt.code)
		}
	}
	foreign := ask(h, "POST", "http://localhost/api/v1/login/dev", `{"role":"adjuster"}`, "Content-Type", "application/json", "Origin", "https://evil.example")
	if foreign.Code != 403 {
		t.Errorf("from a foreign page: got %d", foreign.Code)
	}
}

func TestAuthErrorsOnTheWire(t *testing.T) {
	for err, want := range map[error]protocol.Code{
		auth.ErrExpired: protocol.CodeTokenExpired, auth.ErrAudience: protocol.CodeWrongAudience,
		auth.ErrRole: protocol.CodeWrongRole, auth.ErrInvalid: protocol.CodeUnauthorized, io.EOF: protocol.CodeInternal,
	} {
		if got := refusal(err); got.Code != want || strings.Contains(got.Message, err.Error()) {
			t.Errorf("%v: got %v, want %s", err, got, want)
		}
	}
	_, err := Authenticate(auth.NewVerifier(devKey(t)))("a.b.c")
	if !errors.Is(err, protocol.NewError(protocol.CodeUnauthorized)) {
		t.Errorf("got %v", err)
	}
}

func TestEveryCodeHasAStatus(t *testing.T) {
	for _, code := range protocol.Codes() {
		if s := status(code); s < 400 || s > 599 || protocol.NewError(code).Retry && s == 400 {
			t.Errorf("%s: %d", code, s)
		}
	}
}

func TestLogsHoldNoSecrets(t *testing.T) {
	core, logs := observer.New(zap.DebugLevel)
	h := New(Config{Hub: fakeHub{}, Hooks: text("hook"), Live: text("live"), Pages: text("page"), Log: zap.New(core)}).Handler()
	for _, path := range []string{"/hooks/nginx-rtmp/SECRET", "/live/x.flv?txSecret=SECRET", "/SECRET?SECRET", "/ws?token=SECRET"} {
		ask(h, "POST", path, "", "Authorization", "Bearer SECRET")
	}
	if logs.Len() != 4 {
		t.Errorf("%d lines", logs.Len())
	}
	for _, line := range logs.All() {
		for key, value := range line.ContextMap() {
			if s, ok := value.(string); ok && strings.Contains(s, "SECRET") {
				t.Errorf("%s=%s", key, s)
			}
		}
	}
}

func TestStreamsSeeTheClientBehindAProxy(t *testing.T) {
	core, logs := observer.New(zap.InfoLevel)
	var seen string
	live := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { seen = r.RemoteAddr })
	proxies := []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")} // where httptest asks from
	h := New(Config{Hub: fakeHub{}, Live: live, TrustedProxies: proxies, Log: zap.New(core)}).Handler()
	ask(h, "GET", "/live/x.flv", "", "X-Forwarded-For", "203.0.113.9")
	if logged := logs.All()[0].ContextMap()["addr"]; seen != "203.0.113.9" || logged != seen {
		t.Errorf("the handler saw %q, the log says %q", seen, logged)
	}
}

func TestPagesAreLoggedForDebuggingOnly(t *testing.T) {
	core, logs := observer.New(zap.InfoLevel)
	h := New(Config{Hub: fakeHub{}, Hooks: text("hook"), Pages: text("page"), Log: zap.New(core)}).Handler()
	for _, path := range []string{"/", "/livez", "/readyz", "/api/v1/config", "/hooks/x/y"} {
		ask(h, "GET", path, "")
	}
	if logs.Len() != 1 || logs.All()[0].ContextMap()["route"] != "/hooks/" {
		t.Errorf("got %v", logs.All())
	}
}

func TestPanicsAreAnsweredAndLogged(t *testing.T) {
	core, logs := observer.New(zap.ErrorLevel)
	boom := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("boom") })
	w := ask(New(Config{Hub: fakeHub{}, Pages: boom, Log: zap.New(core)}).Handler(), "GET", "/", "")
	if w.Code != 500 || strings.Contains(w.Body.String(), "boom") || logs.Len() != 1 {
		t.Errorf("got %d %s and %d lines", w.Code, w.Body, logs.Len())
	}
	abort := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	defer func() {
		if recover() != http.ErrAbortHandler {
			t.Error("the abort did not get through")
		}
	}()
	ask(New(Config{Hub: fakeHub{}, Pages: abort}).Handler(), "GET", "/", "")
}

func TestRunFailsWithABrokenListener(t *testing.T) {
	broken := newMemory()
	_ = broken.Close()
	if err := New(Config{Hub: fakeHub{}}).Run(t.Context(), broken, nil); err == nil {
		t.Error("got no error")
	}
}
