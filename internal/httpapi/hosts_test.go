package httpapi

import (
	"net/http/httptest"
	"testing"

	"github.com/claimcall/claimcall/internal/auth"
)

func TestHosts(t *testing.T) {
	for host, want := range map[string]struct{ numbered, local bool }{
		"localhost":             {true, true},
		"LOCALHOST:8081":        {true, true},
		"127.0.0.1:8081":        {true, true},
		"127.0.0.2":             {true, true},
		"[::1]:8081":            {true, true},
		"[::1]":                 {true, true},
		"[::ffff:127.0.0.1]:80": {true, true},
		"192.0.2.1:8081":        {true, false},
		"[2001:db8::1]":         {true, false},
		"evil.example:8081":     {},
		"127.0.0.1.evil.io":     {},
		"localhost.evil.io:80":  {},
		"":                      {},
	} {
		if isNumbered(host) != want.numbered || isLocal(host) != want.local {
			t.Errorf("%q: got %v and %v, want %+v", host, isNumbered(host), isLocal(host), want)
		}
	}
}

func TestTheInternalListenerIsNotForForeignNames(t *testing.T) {
	h := New(Config{Hub: fakeHub{}}).InternalHandler()
	for _, path := range []string{"/debug/pprof/", "/debug/pprof/heap", "/readyz", "/"} {
		if w := ask(h, "GET", "http://rebound.example:8081"+path, ""); w.Code != 421 {
			t.Errorf("%s: got %d", path, w.Code)
		}
	}
}

// With --dev anybody may sign in as anybody: a foreign name that points here must not make anybody of a page.
func TestDevIsNotForForeignNames(t *testing.T) {
	h := New(Config{Hub: fakeHub{}, DevSigner: auth.NewSigner(devKey(t))}).Handler()
	for host, want := range map[string]int{"localhost:8080": 200, "127.0.0.1:8080": 200, "rebound.example:8080": 421, "192.0.2.1": 421} {
		w := ask(h, "POST", "http://"+host+"/api/v1/login/dev", `{"role":"adjuster"}`,
			"Content-Type", "application/json", "Origin", "http://"+host)
		if w.Code != want {
			t.Errorf("%s: got %d %s, want %d", host, w.Code, w.Body, want)
		}
	}
	for host, want := range map[string]bool{"localhost:8080": true, "rebound.example:8080": false} {
		r := httptest.NewRequest("GET", "http://"+host+"/ws", nil)
		r.Header.Set("Origin", "http://"+host)
		dev := New(Config{DevSigner: auth.NewSigner(devKey(t))})
		if got := dev.ownOrigin(r); got != want {
			t.Errorf("%s: own %v, want %v", host, got, want)
		}
	}
}
