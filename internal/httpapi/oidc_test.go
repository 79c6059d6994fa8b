package httpapi

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/claimcall/claimcall/hub"
	"github.com/claimcall/claimcall/internal/auth"
	"github.com/claimcall/claimcall/internal/oidc"
	"github.com/claimcall/claimcall/internal/store/sqlitestore"
	"github.com/claimcall/claimcall/protocol"
)

// office is two nodes of one deployment with an identity provider. People come to a, and are sent back to b.
type office struct {
	t    *testing.T
	idp  *provider
	a, b *httptest.Server
	seen *counted

	authenticate hub.Authenticate // of a node
}

func newOffice(t *testing.T) *office {
	t.Helper()
	s, err := sqlitestore.Open("", sqlitestore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	o := &office{t: t, idp: newProvider(t), seen: &counted{}}
	o.b = o.node(s, "")
	o.a = o.node(s, o.b.URL)
	return o
}

// node starts a node to which, or to another, people are sent back.
func (o *office) node(s Spender, back string) *httptest.Server {
	o.t.Helper()
	secret := []byte(strings.Repeat("k", auth.MinSecret))
	tickets, err := NewTickets(secret, s)
	if err != nil {
		o.t.Fatal(err)
	}
	flows, err := auth.NewSealer(secret, "flow")
	if err != nil {
		o.t.Fatal(err)
	}
	o.authenticate = tickets.WithTickets(func(string) (hub.Identity, error) {
		return hub.Identity{}, protocol.NewError(protocol.CodeWrongAudience)
	})
	server := httptest.NewUnstartedServer(nil)
	if back == "" {
		back = "http://" + server.Listener.Addr().String()
	}
	server.Config.Handler = New(Config{
		Hub: fakeHub{}, Pages: http.NotFoundHandler(), Observer: o.seen,
		OIDC: &OIDC{
			Provider: oidc.New(oidc.Config{
				Issuer: o.idp.url, ClientID: "claimcall", ClientSecret: "s3cret", Callback: CallbackURL(back), Scopes: []string{"profile"},
				Claims: oidc.Claims{
					User: "sub", Name: "name", Role: "roles", Skills: "skills",
					Roles: map[string]string{"claims": "adjuster", "leads": "supervisor"},
				},
			}),
			Tickets: tickets, Flows: flows, Name: "SSO", Life: time.Hour,
		},
	}).Handler()
	server.Start()
	o.t.Cleanup(server.Close)
	return server
}

// browser keeps cookies, and stops where a page of the site would come.
func (o *office) browser() *http.Client {
	jar, err := cookiejar.New(nil)
	if err != nil {
		o.t.Fatal(err)
	}
	return &http.Client{Jar: jar, CheckRedirect: func(r *http.Request, _ []*http.Request) error {
		if strings.HasPrefix(r.URL.Path, consolePath) {
			return http.ErrUseLastResponse
		}
		return nil
	}}
}

// visit returns the status and, of a redirect, where to.
func (o *office) visit(b *http.Client, address string) (status int, to string) {
	o.t.Helper()
	response, err := b.Get(address)
	if err != nil {
		o.t.Fatal(err)
	}
	defer response.Body.Close()
	return response.StatusCode, response.Header.Get("Location")
}

// post asks from a page of an origin.
func (o *office) post(b *http.Client, address, origin string) (status int, body map[string]any) {
	o.t.Helper()
	r, err := http.NewRequestWithContext(o.t.Context(), http.MethodPost, address, strings.NewReader("{}"))
	if err != nil {
		o.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	if origin != "" {
		r.Header.Set("Origin", origin)
	}
	response, err := b.Do(r)
	if err != nil {
		o.t.Fatal(err)
	}
	defer response.Body.Close()
	text, _ := io.ReadAll(response.Body)
	_ = json.Unmarshal(text, &body)
	return response.StatusCode, body
}

// signedIn returns a browser that has gone the whole way.
func (o *office) signedIn() *http.Client {
	o.t.Helper()
	b := o.browser()
	if status, to := o.visit(b, o.a.URL+oidcStart+"?return=/console/?view=queue"); status != http.StatusSeeOther || to != "/console/?view=queue" {
		o.t.Fatalf("signed in with %d, sent to %q", status, to)
	}
	return b
}

// ticket returns a ticket got at a node.
func (o *office) ticket(b *http.Client, node *httptest.Server) string {
	o.t.Helper()
	status, body := o.post(b, node.URL+ticketPath, node.URL)
	text, _ := body["ticket"].(string)
	if status != http.StatusOK || text == "" || len(text) > auth.MaxToken {
		o.t.Fatalf("ticket: %d, %v", status, body)
	}
	return text
}

func TestSignInToTheConsole(t *testing.T) {
	o := newOffice(t)
	b := o.signedIn()
	text := o.ticket(b, o.a)
	who, err := o.authenticate(text)
	if err != nil || who.User != "li-7" || who.Role != protocol.RoleAdjuster || who.Name != "李伟" || who.Issued.IsZero() {
		t.Errorf("got %+v, %v", who, err)
	}
	if left := time.Until(who.Expires); left < 59*time.Minute || left > time.Hour {
		t.Errorf("the socket lives for %v", left)
	}
	if _, err := o.authenticate(text); codeOf(err) != protocol.CodeUnauthorized {
		t.Errorf("the same ticket again: %v", err)
	}
	if other := o.ticket(b, o.b); other == text {
		t.Error("tickets repeat")
	}
	if _, err := o.authenticate("a.b.c"); codeOf(err) != protocol.CodeWrongAudience {
		t.Errorf("tokens are not passed on: %v", err)
	}
}

func codeOf(err error) protocol.Code {
	if e, ok := err.(*protocol.Error); ok {
		return e.Code
	}
	return ""
}

func TestTicketsAreForOurPages(t *testing.T) {
	o := newOffice(t)
	b := o.signedIn()
	for origin, want := range map[string]int{
		o.a.URL: 200, "": 403, "null": 403, "https://evil.example.org": 403, o.a.URL + ".evil.example.org": 403,
	} {
		if status, body := o.post(b, o.a.URL+ticketPath, origin); status != want {
			t.Errorf("from %q: %d, %v", origin, status, body)
		}
		if want == 403 {
			if status, _ := o.post(b, o.a.URL+oidcEnd, origin); status != 403 {
				t.Errorf("signed out from %q: %d", origin, status)
			}
		}
	}
	if status, _ := o.post(o.browser(), o.a.URL+ticketPath, o.a.URL); status != 401 {
		t.Errorf("without a cookie: %d", status)
	}
	form, err := b.Post(o.a.URL+ticketPath, "application/x-www-form-urlencoded", strings.NewReader("a=b"))
	if err != nil || form.StatusCode == http.StatusOK {
		t.Errorf("a form: %v, %v", form, err)
	}
}

func TestTicketsEnd(t *testing.T) {
	o := newOffice(t)
	s, _ := sqlitestore.Open("", sqlitestore.Options{})
	defer s.Close()
	tickets, _ := NewTickets([]byte(strings.Repeat("k", auth.MinSecret)), s)
	sealed := func(k ticket) string {
		text, _ := tickets.tickets.Seal(k)
		return ticketPrefix + text
	}
	session1, _ := tickets.sessions.Seal(session{ID: "1", User: "li", Role: "adjuster", Expires: time.Now().Add(time.Hour)})
	for name, text := range map[string]string{
		"late":                   sealed(ticket{ID: "1", Until: time.Now()}),
		"a session for a ticket": ticketPrefix + session1,
		"nothing":                ticketPrefix,
		"something":              ticketPrefix + "AAAA",
		"long":                   ticketPrefix + strings.Repeat("A", 1<<20),
	} {
		if _, err := o.authenticate(text); codeOf(err) != protocol.CodeUnauthorized {
			t.Errorf("%s: %v", name, err)
		}
	}
	_ = s.Close()
	if _, err := tickets.redeem(strings.TrimPrefix(sealed(ticket{ID: "2", Until: time.Now().Add(time.Minute)}), ticketPrefix)); codeOf(err) != protocol.CodeUnavailable {
		t.Errorf("without a store: %v", err)
	}
}

func TestSigningOutEndsEveryCopyOfTheCookie(t *testing.T) {
	o := newOffice(t)
	b := o.signedIn()
	stolen := o.browser()
	at, _ := url.Parse(o.a.URL + ticketPath)
	stolen.Jar.SetCookies(at, b.Jar.Cookies(at))
	o.ticket(stolen, o.a)
	if status, _ := o.post(b, o.b.URL+oidcEnd, o.b.URL); status != http.StatusOK {
		t.Errorf("signing out: %d", status)
	}
	for name, c := range map[string]*http.Client{"the browser": b, "a copy": stolen} {
		if status, _ := o.post(c, o.a.URL+ticketPath, o.a.URL); status != http.StatusUnauthorized {
			t.Errorf("%s: %d", name, status)
		}
	}
	if status, _ := o.post(b, o.a.URL+oidcEnd, o.a.URL); status != http.StatusOK {
		t.Errorf("signing out again: %d", status)
	}
}

// stopBefore has a browser stop when it is sent back, and returns that address.
func (o *office) stopBefore(b *http.Client) string {
	o.t.Helper()
	b.CheckRedirect = func(r *http.Request, _ []*http.Request) error {
		if r.URL.Path == oidcCallback {
			return http.ErrUseLastResponse
		}
		return nil
	}
	_, to := o.visit(b, o.a.URL+oidcStart)
	b.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return to
}

func TestOtherWaysBackAreRefused(t *testing.T) {
	o := newOffice(t)
	with := func(address, key, value string) string {
		u, _ := url.Parse(address)
		q := u.Query()
		q.Set(key, value)
		u.RawQuery = q.Encode()
		return u.String()
	}
	mallory := o.browser()
	foreign := o.stopBefore(mallory)
	for name, way := range map[string]func(b *http.Client, back string) string{
		"another browser's": func(*http.Client, string) string { return foreign },
		"another state":     func(_ *http.Client, back string) string { return with(back, "state", strings.Repeat("x", 26)) },
		"no state":          func(_ *http.Client, back string) string { return with(back, "state", "") },
		"two states":        func(_ *http.Client, back string) string { return back + "&state=x" },
		"two codes":         func(_ *http.Client, back string) string { return back + "&code=x" },
		"another code":      func(_ *http.Client, back string) string { return with(back, "code", "x") },
		"another browser's one": func(_ *http.Client, back string) string {
			u, _ := url.Parse(foreign)
			return with(back, "code", u.Query().Get("code"))
		},
		"no code":            func(_ *http.Client, back string) string { return with(back, "code", "") },
		"an error":           func(_ *http.Client, back string) string { return with(back, "error", "access_denied") },
		"without the cookie": func(b *http.Client, back string) string { b.Jar, _ = cookiejar.New(nil); return back },
	} {
		b := o.browser()
		address := way(b, o.stopBefore(b))
		if status, to := o.visit(b, address); status < 400 || to != "" {
			t.Errorf("%s: %d to %q", name, status, to)
		}
		if status, _ := o.post(b, o.a.URL+ticketPath, o.a.URL); status != http.StatusUnauthorized {
			t.Errorf("%s: a ticket, %d", name, status)
		}
	}
}

func TestAWayBackIsGoneOnce(t *testing.T) {
	o := newOffice(t)
	b := o.browser()
	back := o.stopBefore(b)
	at, _ := url.Parse(o.a.URL + oidcStart)
	cookies := b.Jar.Cookies(at)
	if status, _ := o.visit(b, back); status != http.StatusSeeOther {
		t.Fatalf("the first time: %d", status)
	}
	again := o.browser()
	again.Jar.SetCookies(at, cookies) // though the first browser was told to forget it
	if status, _ := o.visit(again, back); status != http.StatusBadRequest {
		t.Errorf("the second time: %d", status)
	}
}

func TestTokensOfTheProvider(t *testing.T) {
	other, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	set := func(key string, value any) func(map[string]any) { return func(c map[string]any) { c[key] = value } }
	for name, tt := range map[string]struct {
		change func(map[string]any)
		signer any
		want   int
	}{
		"supervisor":         {set("roles", []string{"claims", "leads"}), nil, 303},
		"a role as a text":   {set("roles", "claims"), nil, 303},
		"no role":            {set("roles", []string{"staff"}), nil, 403},
		"roles of a kind":    {set("roles", 7), nil, 403},
		"another signature":  {nil, other, 403},
		"another audience":   {set("aud", "other"), nil, 403},
		"another issuer":     {set("iss", "https://other.example.org"), nil, 403},
		"another nonce":      {set("nonce", "x"), nil, 403},
		"no nonce":           {set("nonce", nil), nil, 403},
		"expired":            {set("exp", time.Now().Add(-time.Hour).Unix()), nil, 403},
		"nobody":             {set("sub", ""), nil, 403},
		"a name like a line": {set("name", "li\nadmin"), nil, 403},
		"many long skills":   {set("skills", strings.Split(strings.Repeat(strings.Repeat("车", 64)+",", 15)+"x", ",")), nil, 403},
	} {
		o := newOffice(t)
		o.idp.change, o.idp.signer = tt.change, tt.signer
		if status, _ := o.visit(o.browser(), o.a.URL+oidcStart); status != tt.want {
			t.Errorf("%s: %d, want %d", name, status, tt.want)
		}
	}
}

func TestAProviderThatIsAway(t *testing.T) {
	o := newOffice(t)
	o.idp.down = true
	if status, _ := o.visit(o.browser(), o.a.URL+oidcStart); status != http.StatusBadGateway {
		t.Errorf("got %d", status)
	}
	if len(o.seen.logins) != 1 || o.seen.logins[0] != "oidc unavailable" {
		t.Errorf("counted %v", o.seen.logins)
	}
}

func TestWhereToGoOn(t *testing.T) {
	for wanted, want := range map[string]string{
		"/console/?x=1": "/console/?x=1", "": consolePath, "https://evil.example.org/console/": consolePath, "//evil.example.org": consolePath,
		"/call/": consolePath, "/console/\\evil": consolePath, "/console/\r\nSet-Cookie: a=b": consolePath,
	} {
		if got := ownPage(wanted); got != want {
			t.Errorf("%q: %q", wanted, got)
		}
	}
}

func TestCookiesAreOutOfReach(t *testing.T) {
	for secure, name := range map[bool]string{true: "__Secure-claimcall_session", false: "claimcall_session"} {
		o := &OIDC{Secure: secure}
		w := httptest.NewRecorder()
		o.set(w, o.cookie(), "x", ticketPath, time.Hour)
		o.set(w, o.cookie(), "", ticketPath, 0)
		set, gone := w.Result().Cookies()[0], w.Result().Cookies()[1]
		if set.Name != name || !set.HttpOnly || set.Secure != secure || set.SameSite != http.SameSiteLaxMode || set.Path != ticketPath || set.MaxAge != 3600 {
			t.Errorf("set %+v", set)
		}
		if gone.Name != name || gone.MaxAge >= 0 || gone.Path != ticketPath {
			t.Errorf("removed by %+v", gone)
		}
	}
}

func TestConfigSaysHowToSignIn(t *testing.T) {
	o := newOffice(t)
	response, err := http.Get(o.a.URL + "/api/v1/config")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, _ := io.ReadAll(response.Body)
	if want := `"oidc":{"name":"SSO","start":"/login/oidc?return=/console/"}`; !strings.Contains(string(text), want) {
		t.Errorf("got %s", text)
	}
}
