package oidc

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

const (
	answerLimit = 10 * time.Second // of the provider, for each request
	answerSize  = 1 << 20          // bytes
	askAgain    = 5 * time.Second  // after a failure
)

// Why nobody was signed in. None of them holds a code or a token.
var (
	// ErrProvider says that the provider can't be reached, or makes no sense.
	ErrProvider = errors.New("oidc: the identity provider does not answer as it should")
	// ErrRefused says that the provider refuses the code, or that its token is not for this flow.
	ErrRefused = errors.New("oidc: the sign-in is not valid")
	// ErrNoRole says that the person has none of the roles that may work here.
	ErrNoRole = errors.New("oidc: this person has no role here")
)

// Config is what a Provider is made of. Issuer, ClientID, Callback and Roles are required.
type Config struct {
	Issuer       string
	ClientID     string
	ClientSecret string // "" for a public client
	Callback     string // address to which the provider sends people back
	Scopes       []string
	Claims       Claims
	Transport    http.RoundTripper // nil means http.DefaultTransport
}

// Provider is an identity provider. Its methods may be called concurrently.
type Provider struct {
	config Config
	client *http.Client

	mu     sync.Mutex
	known  *discovered // nil until the provider has told about itself
	failed time.Time   // when it did not last
}

// discovered is what a provider has told about itself.
type discovered struct {
	oauth    oauth2.Config
	verifier *oidc.IDTokenVerifier
}

// New returns a provider, which is asked about itself when it is needed first.
func New(c Config) *Provider {
	transport := c.Transport
	if transport == nil {
		transport = http.DefaultTransport
	}
	return &Provider{config: c, client: &http.Client{
		Transport: bounded{transport},
		Timeout:   answerLimit,
		CheckRedirect: func(*http.Request, []*http.Request) error {
			return errors.New("it redirects")
		},
	}}
}

// Flow is what must be remembered, where only one browser can bring it back, from Begin to Finish.
type Flow struct {
	State    string `json:"state"`
	Nonce    string `json:"nonce"`
	Verifier string `json:"verifier"` // of PKCE
}

// Matches reports whether a state that came back is that of the flow.
func (f Flow) Matches(state string) bool {
	return f.State != "" && subtle.ConstantTimeCompare([]byte(f.State), []byte(state)) == 1
}

// Begin returns a new flow and the address at the provider to which its browser is to go.
func (p *Provider) Begin(ctx context.Context) (Flow, string, error) {
	d, err := p.discover(ctx)
	if err != nil {
		return Flow{}, "", err
	}
	f := Flow{State: rand.Text(), Nonce: rand.Text(), Verifier: oauth2.GenerateVerifier()}
	return f, d.oauth.AuthCodeURL(f.State, oidc.Nonce(f.Nonce), oauth2.S256ChallengeOption(f.Verifier)), nil
}

// Finish returns who has come back with a code. The caller has checked the state.
func (p *Provider) Finish(ctx context.Context, f Flow, code string) (Person, error) {
	d, err := p.discover(ctx)
	if err != nil {
		return Person{}, err
	}
	ctx = oidc.ClientContext(ctx, p.client)
	token, err := d.oauth.Exchange(ctx, code, oauth2.VerifierOption(f.Verifier))
	if err != nil {
		return Person{}, exchangeError(err)
	}
	raw, _ := token.Extra("id_token").(string)
	id, err := d.verifier.Verify(ctx, raw)
	if err != nil {
		return Person{}, fmt.Errorf("%w: the provider's token does not verify", ErrRefused) // the library's error quotes it
	}
	if f.Nonce == "" || subtle.ConstantTimeCompare([]byte(id.Nonce), []byte(f.Nonce)) != 1 {
		return Person{}, fmt.Errorf("%w: its nonce is another", ErrRefused)
	}
	var claims map[string]any
	if err := id.Claims(&claims); err != nil {
		return Person{}, fmt.Errorf("%w: its claims can't be read", ErrRefused)
	}
	return p.config.Claims.person(claims)
}

// exchangeError tells a code that is refused from a provider that does not work.
func exchangeError(err error) error {
	var refused *oauth2.RetrieveError
	if errors.As(err, &refused) && refused.Response != nil && refused.Response.StatusCode < http.StatusInternalServerError {
		return fmt.Errorf("%w: the provider refuses the code", ErrRefused) // its answer may quote it
	}
	return fmt.Errorf("%w: the code was not traded", ErrProvider)
}

// discover asks the provider about itself, once.
func (p *Provider) discover(ctx context.Context) (*discovered, error) {
	p.mu.Lock()
	defer p.mu.Unlock() // whoever comes meanwhile needs the answer, too
	if p.known != nil {
		return p.known, nil
	}
	if time.Since(p.failed) < askAgain {
		return nil, ErrProvider
	}
	// Not the request's own context: the library keeps it, to fetch keys later.
	found, err := oidc.NewProvider(oidc.ClientContext(context.WithoutCancel(ctx), p.client), p.config.Issuer)
	if err != nil {
		p.failed = time.Now()
		return nil, fmt.Errorf("%w: %w", ErrProvider, err)
	}
	p.known = &discovered{
		oauth: oauth2.Config{
			ClientID: p.config.ClientID, ClientSecret: p.config.ClientSecret, Endpoint: found.Endpoint(),
			RedirectURL: p.config.Callback, Scopes: append([]string{oidc.ScopeOpenID}, p.config.Scopes...),
		},
		verifier: found.Verifier(&oidc.Config{
			ClientID: p.config.ClientID, SupportedSigningAlgs: []string{oidc.RS256, oidc.ES256, oidc.EdDSA},
		}),
	}
	return p.known, nil
}

// bounded cuts answers that are too large.
type bounded struct{ http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := b.RoundTripper.RoundTrip(r)
	if err == nil {
		response.Body = cut{io.LimitReader(response.Body, answerSize), response.Body}
	}
	return response, err
}

type cut struct {
	io.Reader
	io.Closer
}
