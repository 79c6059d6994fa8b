package httpapi

import (
	"crypto/rand"
	"errors"
	"net/http"
	"strings"
	"time"

	"go.uber.org/zap"

	"github.com/claimcall/claimcall/internal/auth"
	"github.com/claimcall/claimcall/internal/oidc"
	"github.com/claimcall/claimcall/protocol"
)

// Paths of signing in by OpenID Connect.
const (
	oidcStart    = "/login/oidc"
	oidcCallback = "/login/oidc/callback"
	oidcEnd      = "/login/oidc/end"
	ticketPath   = "/api/v1/ticket"
	consolePath  = "/console/"
)

const (
	flowLife  = 10 * time.Minute // from the start of a sign-in to the way back
	maxCookie = 3000             // bytes: a ticket with the same in it must fit a hello, of 4 KiB
)

// CallbackURL returns the address to which the identity provider sends people back, below that of the site.
func CallbackURL(public string) string { return public + oidcCallback }

// OIDC has people sign in to the console at an identity provider. What has to be remembered is in cookies, sealed, so that
// any node can go on with what another began.
type OIDC struct {
	Provider *oidc.Provider
	Tickets  *Tickets
	Flows    *auth.Sealer
	Name     string        // of the provider, for people
	Life     time.Duration // of a sign-in
	Secure   bool          // the site is reached by https
}

// cookie and flowCookie are the names of the cookies. Browsers take one with the prefix only by https.
func (o *OIDC) cookie() string     { return o.prefix() + "claimcall_session" }
func (o *OIDC) flowCookie() string { return o.prefix() + "claimcall_flow" }

func (o *OIDC) prefix() string {
	if o.Secure {
		return "__Secure-"
	}
	return ""
}

// set has the browser keep a cookie for requests below path, out of the reach of scripts. An empty value removes it. Lax
// sends it along when the provider sends the browser back, and with no other request of a foreign page.
func (o *OIDC) set(w http.ResponseWriter, name, value, path string, life time.Duration) {
	c := &http.Cookie{
		Name: name, Value: value, Path: path, MaxAge: int(life / time.Second),
		HttpOnly: true, Secure: o.Secure, SameSite: http.SameSiteLaxMode,
	}
	if value == "" {
		c.MaxAge = -1
	}
	http.SetCookie(w, c)
}

// flow is what the flow's cookie says.
type flow struct {
	oidc.Flow
	Return string    `json:"return"`
	Until  time.Time `json:"until"`
}

// signInByOIDC adds the routes.
func (s *Server) signInByOIDC(mux *http.ServeMux) {
	mux.Handle("GET "+oidcStart, s.loginRate(s.startOIDC))
	mux.Handle("GET "+oidcCallback, s.loginRate(s.finishOIDC))
	mux.HandleFunc("POST "+oidcEnd, s.endOIDC)
	mux.HandleFunc("POST "+ticketPath, s.serveTicket)
}

// startOIDC answers GET /login/oidc: it sends the browser to the provider.
func (s *Server) startOIDC(w http.ResponseWriter, r *http.Request) {
	begun, address, err := s.OIDC.Provider.Begin(r.Context())
	var sealed string
	if err == nil {
		sealed, err = s.OIDC.Flows.Seal(flow{begun, ownPage(r.URL.Query().Get("return")), time.Now().Add(flowLife)})
	}
	if err != nil {
		s.log.Warn("sign-in not begun", zap.Error(err))
		s.observer.Login("oidc", OutcomeUnavailable)
		say(w, http.StatusBadGateway, "The identity provider can't be reached. Try again in a moment.")
		return
	}
	s.OIDC.set(w, s.OIDC.flowCookie(), sealed, oidcStart, flowLife)
	redirect(w, r, address)
}

// ownPage returns where to go after the sign-in: a page of the console, never another site.
func ownPage(wanted string) string {
	if strings.HasPrefix(wanted, consolePath) && !strings.ContainsAny(wanted, "\\\r\n") {
		return wanted
	}
	return consolePath
}

func redirect(w http.ResponseWriter, r *http.Request, address string) {
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "no-referrer")
	http.Redirect(w, r, address, http.StatusSeeOther)
}

// finishOIDC answers GET /login/oidc/callback: the provider has sent the browser back.
func (s *Server) finishOIDC(w http.ResponseWriter, r *http.Request) {
	s.OIDC.set(w, s.OIDC.flowCookie(), "", oidcStart, 0)
	back, person, err := s.comeBack(r)
	var sealed string
	if err == nil {
		sealed, err = s.openSession(person)
	}
	if err != nil {
		s.refuseSignIn(w, err)
		return
	}
	s.observer.Login("oidc", OutcomeOK)
	// Twice, because its only uses are at two paths: to get tickets, and to end.
	s.OIDC.set(w, s.OIDC.cookie(), sealed, ticketPath, s.OIDC.Life)
	s.OIDC.set(w, s.OIDC.cookie(), sealed, oidcEnd, s.OIDC.Life)
	redirect(w, r, back)
}

// comeBack returns who has come back, and where to go on. The flow must have begun in this browser, which keeps others from
// signing somebody in as themselves, and it ends once, whatever comes of it.
func (s *Server) comeBack(r *http.Request) (back string, p oidc.Person, err error) {
	var f flow
	cookie, err := r.Cookie(s.OIDC.flowCookie())
	query := r.URL.Query()
	switch {
	case err != nil || s.OIDC.Flows.Open(cookie.Value, &f) != nil || !time.Now().Before(f.Until):
		return "", p, errNoFlow
	case len(query["state"]) != 1 || len(query["code"]) > 1 || !f.Matches(query.Get("state")):
		return "", p, errNoFlow
	}
	first, err := s.OIDC.Tickets.store.Spend(r.Context(), "flow "+f.State, flowLife)
	switch {
	case err != nil:
		return "", p, err
	case !first:
		return "", p, errNoFlow
	case query.Get("error") != "" || query.Get("code") == "":
		return "", p, oidc.ErrRefused
	}
	p, err = s.OIDC.Provider.Finish(r.Context(), f.Flow, query.Get("code"))
	return f.Return, p, err
}

// errNoFlow says that no sign-in began in this browser that could end here.
var errNoFlow = errors.New("httpapi: no sign-in is under way in this browser")

// openSession returns the cookie of somebody who may work here.
func (s *Server) openSession(p oidc.Person) (string, error) {
	claims := auth.Claims{Subject: p.User, Role: p.Role, Name: p.Name, Skills: p.Skills, Queues: p.Queues}
	if err := claims.Check(); err != nil {
		return "", err
	}
	now := time.Now().UTC()
	sealed, err := s.OIDC.Tickets.sessions.Seal(session{
		ID: rand.Text(), User: p.User, Role: protocol.Role(p.Role), Name: p.Name, Skills: p.Skills, Queues: p.Queues,
		Issued: now, Expires: now.Add(s.OIDC.Life),
	})
	if err == nil && len(sealed) > maxCookie {
		err = auth.ErrInvalid
	}
	return sealed, err
}

// refuseSignIn says what went wrong in words for people.
func (s *Server) refuseSignIn(w http.ResponseWriter, err error) {
	outcome, code, text := OutcomeRefused, http.StatusForbidden, "You have signed in, but you have no role here. Ask your administrator."
	switch {
	case errors.Is(err, errNoFlow):
		code, text = http.StatusBadRequest, "This sign-in is over, or began elsewhere. Begin again in the console."
	case errors.Is(err, oidc.ErrRefused):
		text = "The identity provider did not confirm the sign-in. Begin again in the console."
	case errors.Is(err, auth.ErrInvalid), errors.Is(err, auth.ErrRole):
		text = "What the identity provider says about you can't be used here: a name or list is too long. Ask your administrator."
	case !errors.Is(err, oidc.ErrNoRole):
		outcome, code, text = OutcomeUnavailable, http.StatusBadGateway, "The sign-in can't be checked at present. Try again in a moment."
	}
	s.log.Warn("sign-in refused", zap.Error(err))
	s.observer.Login("oidc", outcome)
	say(w, code, text)
}

// endOIDC answers POST /login/oidc/end: it forgets the session, here and in every copy of the cookie.
func (s *Server) endOIDC(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Origin") == "" || !s.ownOrigin(r) {
		refuse(w, protocol.Errorf(protocol.CodeForbidden, "Ask from a page of this site."))
		return
	}
	s.OIDC.set(w, s.OIDC.cookie(), "", ticketPath, 0)
	s.OIDC.set(w, s.OIDC.cookie(), "", oidcEnd, 0)
	who, err := s.OIDC.Tickets.sessionOf(r, s.OIDC.cookie())
	if err == nil {
		_, err = s.OIDC.Tickets.store.Spend(r.Context(), who.ended(), time.Until(who.Expires))
	}
	if err != nil && !errors.Is(err, errNoSession) {
		refuse(w, protocol.NewError(protocol.CodeUnavailable))
		return
	}
	answer(w, http.StatusOK, struct{}{})
}
