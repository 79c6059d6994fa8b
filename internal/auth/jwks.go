package auth

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"time"
)

// How a key set is fetched.
const (
	fetchLimit   = 5 * time.Second  // time for the whole answer
	fetchSize    = 256 << 10        // bytes of it
	fetchEvery   = 10 * time.Minute // without a reason
	fetchAgain   = 10 * time.Second // after a failure, while there are no keys at all
	seekInterval = time.Minute      // between fetches for the sake of a kid that is not known
)

// ErrURL refuses an address that keys must not be fetched from.
var ErrURL = errors.New("auth: keys are fetched by https only, or from this machine")

// JWKS is a Source: a JSON Web Key Set at an address. What was fetched last stays good while the address can't be reached,
// or answers with something else.
type JWKS struct {
	url    string
	client *http.Client
	report func(error)

	mu     sync.Mutex
	keys   []Key
	known  bool
	sought time.Time     // when Seek fetched last
	flying chan struct{} // of the fetch under way; nil for none
}

// NewJWKS returns the key set at an address, which is https unless it is this machine. Nothing is fetched before Run or
// Seek. Transport is for tests and proxies; nil means http.DefaultTransport. Report is told why a fetch failed.
func NewJWKS(address string, transport http.RoundTripper, report func(error)) (*JWKS, error) {
	if !Reachable(address) {
		return nil, ErrURL
	}
	return &JWKS{url: address, report: report, client: &http.Client{
		Transport: transport,
		Timeout:   fetchLimit,
		CheckRedirect: func(*http.Request, []*http.Request) error {
			return errors.New("it redirects")
		},
	}}, nil
}

// Reachable reports whether something that must not be tampered with may be fetched from an address: by https, or by http
// from this machine.
func Reachable(address string) bool {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.User != nil {
		return false
	}
	ip, err := netip.ParseAddr(u.Hostname())
	here := strings.EqualFold(u.Hostname(), "localhost") || err == nil && ip.Unmap().IsLoopback()
	return u.Scheme == "https" || u.Scheme == "http" && here
}

// Run fetches the keys now and from time to time, until ctx ends.
func (j *JWKS) Run(ctx context.Context) {
	for ctx.Err() == nil {
		j.fetch(func() {})
		next := fetchEvery
		if _, known := j.Keys(); !known {
			next = fetchAgain
		}
		select {
		case <-time.After(next):
		case <-ctx.Done():
		}
	}
}

// Keys implements Source.
func (j *JWKS) Keys() ([]Key, bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.keys, j.known
}

// Seek implements Source. It fetches at most once a minute, however many ask.
func (j *JWKS) Seek() {
	j.mu.Lock()
	now := time.Now()
	idle := j.flying == nil && !j.sought.IsZero() && now.Sub(j.sought) < seekInterval
	j.mu.Unlock()
	if idle {
		return
	}
	j.fetch(func() { j.sought = now })
}

// fetch fetches the keys, or waits for whoever does already. begin is called with the mutex held by the one who fetches.
func (j *JWKS) fetch(begin func()) {
	j.mu.Lock()
	if flying := j.flying; flying != nil {
		j.mu.Unlock()
		<-flying
		return
	}
	begin()
	flying := make(chan struct{})
	j.flying = flying
	j.mu.Unlock()

	keys, err := j.get()
	j.mu.Lock()
	if err == nil {
		j.keys, j.known = keys, true
	}
	j.flying = nil
	j.mu.Unlock()
	close(flying)
	if err != nil {
		j.report(fmt.Errorf("auth: fetch keys: %w", err))
	}
}

func (j *JWKS) get() ([]Key, error) {
	response, err := j.client.Get(j.url)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("status %d", response.StatusCode)
	}
	text, err := io.ReadAll(io.LimitReader(response.Body, fetchSize+1))
	switch {
	case err != nil:
		return nil, err
	case len(text) > fetchSize:
		return nil, fmt.Errorf("the answer has more than %d bytes", fetchSize)
	}
	return parseKeys(text, false)
}
