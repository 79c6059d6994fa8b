package auth

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// server answers requests for keys as a test says. Its methods may be called concurrently.
type server struct {
	mu     sync.Mutex
	asked  int
	answer func() (*http.Response, error)
}

func (s *server) RoundTrip(r *http.Request) (*http.Response, error) {
	s.mu.Lock()
	s.asked++
	answer := s.answer
	s.mu.Unlock()
	response, err := answer()
	if response != nil {
		response.Request = r
		if slow, ok := response.Body.(*trickle); ok {
			slow.ctx = r.Context() // as a connection ends with it
		}
	}
	return response, err
}

func (s *server) answers(status int, body string) {
	s.does(func() (*http.Response, error) {
		return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body))}, nil
	})
}

func (s *server) does(answer func() (*http.Response, error)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answer = answer
}

func (s *server) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asked
}

// remote is a verifier with keys at an address, inside a bubble.
type remote struct {
	*server
	*Verifier
	t *testing.T
}

func inRemote(t *testing.T, do func(r remote)) {
	synctest.Test(t, func(t *testing.T) {
		s := &server{}
		s.answers(http.StatusServiceUnavailable, "")
		set, err := NewJWKS("https://id.example.org/keys", s, func(error) {})
		if err != nil {
			t.Fatal(err)
		}
		go set.Run(t.Context())
		synctest.Wait()
		do(remote{s, NewVerifier(Config{Sources: []Source{set}, Now: at(noon)}), t})
	})
}

func (r remote) wants(when string, i issuer, want error) {
	r.t.Helper()
	if _, err := r.Verify(i.token(r.t, good())); !errors.Is(err, want) {
		r.t.Errorf("%s: got %v, want %v", when, err, want)
	}
}

func TestKeysComeLate(t *testing.T) {
	i := newIssuer(t, jwt.SigningMethodES256, "a")
	inRemote(t, func(r remote) {
		r.wants("before they came", i, ErrUnavailable)
		r.answers(http.StatusOK, string(jwks(t, i.jwk(t))))
		time.Sleep(fetchAgain + time.Second)
		r.wants("later", i, nil)
	})
}

func TestKeysRotateAndOutlastOutages(t *testing.T) {
	a, b := newIssuer(t, jwt.SigningMethodES256, "a"), newIssuer(t, jwt.SigningMethodRS256, "b")
	inRemote(t, func(r remote) {
		r.answers(http.StatusOK, string(jwks(t, a.jwk(t))))
		time.Sleep(fetchAgain + time.Second)
		r.wants("at first", a, nil)
		r.answers(http.StatusOK, string(jwks(t, a.jwk(t), b.jwk(t))))
		r.wants("a new kid is looked for at once", b, nil)
		for name, down := range map[string]func(){
			"500":         func() { r.answers(http.StatusInternalServerError, "") },
			"another set": func() { r.answers(http.StatusOK, `{"keys":[]}`) },
			"a page":      func() { r.answers(http.StatusOK, "<html>") },
			"too large":   func() { r.answers(http.StatusOK, string(jwks(t, a.jwk(t)))+strings.Repeat(" ", fetchSize)) },
			"a redirect": func() {
				r.does(func() (*http.Response, error) {
					return &http.Response{
						StatusCode: http.StatusFound, Header: http.Header{"Location": {"http://10.0.0.1/"}},
						Body: http.NoBody,
					}, nil
				})
			},
			"no connection": func() { r.does(func() (*http.Response, error) { return nil, io.ErrUnexpectedEOF }) },
		} {
			down()
			time.Sleep(3 * fetchEvery)
			r.wants(name, a, nil)
			r.wants(name, b, nil)
		}
		r.answers(http.StatusOK, string(jwks(t, b.jwk(t))))
		time.Sleep(fetchEvery + time.Second)
		r.wants("taken back", a, ErrInvalid)
		r.wants("left", b, nil)
	})
}

func TestUnknownKidsAskOnceAMinute(t *testing.T) {
	a, stranger := newIssuer(t, jwt.SigningMethodES256, "a"), newIssuer(t, jwt.SigningMethodES256, "x")
	inRemote(t, func(r remote) {
		r.answers(http.StatusOK, string(jwks(t, a.jwk(t))))
		time.Sleep(fetchAgain + time.Second)
		before := r.count()
		var all sync.WaitGroup
		for range 100 {
			all.Go(func() { r.wants("stranger", stranger, ErrInvalid) })
		}
		all.Wait()
		for range 100 {
			time.Sleep(time.Second)
			r.wants("stranger", stranger, ErrInvalid)
		}
		if asked := r.count() - before; asked != 2 {
			t.Errorf("asked %d times in 100 s", asked)
		}
	})
}

// An address that takes the request and then says nothing, or says it slowly, holds nobody for longer than the limit.
func TestASilentAddress(t *testing.T) {
	a, stranger := newIssuer(t, jwt.SigningMethodES256, "a"), newIssuer(t, jwt.SigningMethodES256, "x")
	inRemote(t, func(r remote) {
		r.answers(http.StatusOK, string(jwks(t, a.jwk(t))))
		time.Sleep(fetchAgain + time.Second)
		r.does(func() (*http.Response, error) {
			return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: &trickle{}}, nil
		})
		start := time.Now()
		r.wants("meanwhile", stranger, ErrInvalid)
		if took := time.Since(start); took > fetchLimit+time.Second {
			t.Errorf("took %v", took)
		}
		r.wants("the known one", a, nil)
	})
}

// trickle is a body of one byte a second.
type trickle struct{ ctx context.Context }

func (t *trickle) Read(p []byte) (int, error) {
	select {
	case <-time.After(time.Second):
		return copy(p, " "), nil
	case <-t.ctx.Done():
		return 0, t.ctx.Err()
	}
}

func (*trickle) Close() error { return nil }

func TestAddressesOfKeys(t *testing.T) {
	for address, want := range map[string]bool{
		"https://id.example.org/keys": true, "http://127.0.0.1:8080/keys": true, "http://localhost/keys": true, "http://[::1]/": true,
		"http://id.example.org/keys": false, "http://10.0.0.1/keys": false, "file:///etc/passwd": false, "ftp://127.0.0.1/": false,
		"https://user:secret@id.example.org/": false, "keys": false, "": false, "https://": false, "http://localhost.example.org/": false,
	} {
		if _, err := NewJWKS(address, nil, nil); (err == nil) != want {
			t.Errorf("%s: %v", address, err)
		}
	}
}
