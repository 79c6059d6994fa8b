package httpapi

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/claimcall/claimcall/hub"
	"github.com/claimcall/claimcall/internal/auth"
	"github.com/claimcall/claimcall/protocol"
)

const (
	ticketLife   = 30 * time.Second
	ticketPrefix = "ticket."
	spendLimit   = 3 * time.Second // for the store
)

// Spender is what Tickets needs of a store. See store.Credentials.
type Spender interface {
	Spend(ctx context.Context, name string, life time.Duration) (first bool, err error)
	Spent(ctx context.Context, name string) (bool, error)
}

// Tickets turns the session of a browser, which is a cookie that no script can read, into tickets that sign one socket in.
// Both are sealed: any node of the deployment can read them, and nobody else. That a ticket is good for one time only is in
// the store. All methods may be called concurrently.
type Tickets struct {
	sessions, tickets *auth.Sealer
	store             Spender
}

// NewTickets returns tickets for all nodes that have the same secret and store.
func NewTickets(secret []byte, store Spender) (*Tickets, error) {
	sessions, err := auth.NewSealer(secret, "session")
	if err != nil {
		return nil, fmt.Errorf("httpapi: tickets: %w", err)
	}
	tickets, err := auth.NewSealer(secret, "ticket")
	if err != nil {
		return nil, fmt.Errorf("httpapi: tickets: %w", err)
	}
	return &Tickets{sessions, tickets, store}, nil
}

// session is what the cookie of somebody who is signed in says.
type session struct {
	ID      string        `json:"id"`
	User    string        `json:"user"`
	Role    protocol.Role `json:"role"`
	Name    string        `json:"name,omitempty"`
	Skills  []string      `json:"skills,omitempty"`
	Queues  []string      `json:"queues,omitempty"`
	Issued  time.Time     `json:"issued"`
	Expires time.Time     `json:"expires"`
}

// ended is what is spent when the session is left.
func (s session) ended() string { return "session " + s.ID }

// ticket is good for one socket.
type ticket struct {
	ID      string    `json:"id"`
	Until   time.Time `json:"until"`
	Session session   `json:"session"`
}

// WithTickets has tickets accepted besides the tokens that next accepts. With a nil t, none are.
func (t *Tickets) WithTickets(next hub.Authenticate) hub.Authenticate {
	if t == nil {
		return next
	}
	return func(token string) (hub.Identity, error) {
		if sealed, ok := strings.CutPrefix(token, ticketPrefix); ok {
			return t.redeem(sealed)
		}
		return next(token)
	}
}

// issue returns a ticket for a session.
func (t *Tickets) issue(s session) (string, error) {
	sealed, err := t.tickets.Seal(ticket{ID: rand.Text(), Until: time.Now().Add(ticketLife), Session: s})
	return ticketPrefix + sealed, err
}

// redeem returns who has a ticket, the first time.
func (t *Tickets) redeem(sealed string) (hub.Identity, error) {
	var k ticket
	if len(sealed) > auth.MaxToken || t.tickets.Open(sealed, &k) != nil || !time.Now().Before(k.Until) {
		return hub.Identity{}, protocol.NewError(protocol.CodeUnauthorized)
	}
	ctx, cancel := context.WithTimeout(context.Background(), spendLimit)
	defer cancel()
	first, err := t.store.Spend(ctx, "ticket "+k.ID, 2*ticketLife) // nodes' clocks may differ
	switch {
	case err != nil:
		return hub.Identity{}, protocol.NewError(protocol.CodeUnavailable)
	case !first:
		return hub.Identity{}, protocol.NewError(protocol.CodeUnauthorized)
	}
	s := k.Session
	return hub.Identity{
		User: s.User, Role: s.Role, Name: s.Name, Skills: s.Skills, Queues: s.Queues, Issued: s.Issued, Expires: s.Expires,
	}, nil
}

// errNoSession says that a request has no cookie of a running session.
var errNoSession = errors.New("httpapi: nobody is signed in")

// sessionOf returns the session of the request's cookie.
func (t *Tickets) sessionOf(r *http.Request, cookie string) (s session, err error) {
	c, err := r.Cookie(cookie)
	if err != nil || t.sessions.Open(c.Value, &s) != nil || !time.Now().Before(s.Expires) {
		return session{}, errNoSession
	}
	left, err := t.store.Spent(r.Context(), s.ended())
	switch {
	case err != nil:
		return session{}, fmt.Errorf("httpapi: session: %w", err)
	case left:
		return session{}, errNoSession
	}
	return s, nil
}

// ticketAnswer is the answer to POST /api/v1/ticket.
type ticketAnswer struct {
	Ticket           string        `json:"ticket"`
	ExpiresInMS      int64         `json:"expires_in_ms"`
	SessionExpiresAt protocol.Time `json:"session_expires_at"`
	User             protocol.User `json:"user"`
}

// serveTicket answers POST /api/v1/ticket: a ticket for the session of the cookie. Only a page of this deployment may ask,
// and says so: browsers send the Origin, which no page can forge.
func (s *Server) serveTicket(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Origin") == "" || !s.ownOrigin(r) {
		refuse(w, protocol.Errorf(protocol.CodeForbidden, "Ask from a page of this site."))
		return
	}
	if e := readJSON(w, r, &struct{}{}); e != nil {
		refuse(w, e)
		return
	}
	who, err := s.OIDC.Tickets.sessionOf(r, s.OIDC.cookie())
	var text string
	if err == nil {
		text, err = s.OIDC.Tickets.issue(who)
	}
	switch {
	case errors.Is(err, errNoSession):
		s.observer.Login("ticket", OutcomeRefused)
		refuse(w, protocol.NewError(protocol.CodeUnauthorized))
	case err != nil:
		s.observer.Login("ticket", OutcomeUnavailable)
		refuse(w, protocol.NewError(protocol.CodeUnavailable))
	default:
		s.observer.Login("ticket", OutcomeOK)
		answer(w, http.StatusOK, ticketAnswer{
			Ticket: text, ExpiresInMS: ticketLife.Milliseconds(), SessionExpiresAt: protocol.At(who.Expires),
			User: protocol.User{ID: who.User, Role: who.Role, Name: who.Name},
		})
	}
}
