package auth

import (
	"errors"
	"testing"
	"time"
)

// FuzzVerify feeds tokens as they come, and bodies with a good signature, which gets behind the first check.
func FuzzVerify(f *testing.F) {
	f.Add(forge(f, hs256(), good()), `{"sub":"zhang","role":"claimant","aud":"claimcall","exp":1795348800}`)
	f.Add("a.b.c", `{"aud":["claimcall"],"exp":1e99,"role":"adjuster"}`)
	f.Add("", `{"sub":"\u0000","role":"supervisor","aud":"claimcall","exp":1795348800,"skills":[""]}`)
	f.Add("..", `null`)
	v := verifier(f)
	f.Fuzz(func(t *testing.T, token, body string) {
		check(t, v, token)
		check(t, v, forgeRaw(body))
	})
}

func check(t *testing.T, v *Verifier, token string) {
	c, err := v.Verify(token)
	if err == nil {
		if c.Check() != nil || !c.Expires.After(noon) || c.Expires.Year() > 10000 {
			t.Fatalf("accepted %+v", c)
		}
		if _, err := NewSigner(Config{Key: testKey(t)}).Sign(c, time.Hour); err != nil && !errors.Is(err, ErrInvalid) {
			t.Fatalf("accepted %+v, but would not sign it: %v", c, err)
		}
		return
	}
	known := errors.Is(err, ErrInvalid) || errors.Is(err, ErrExpired) || errors.Is(err, ErrAudience) || errors.Is(err, ErrRole)
	if !known || c.Subject != "" {
		t.Fatalf("got %+v and %v", c, err)
	}
}
