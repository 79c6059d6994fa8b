package auth

import (
	"errors"
	"testing"
	"time"
)

func TestClaimsAreThereOnceAndInOurLetters(t *testing.T) {
	const rest = `"sub":"li","aud":"claimcall","exp":4000000000`
	v := verifier(t, func(c *Config) { c.Now = at(time.Unix(3_999_999_000, 0)) })
	for body, want := range map[string]error{
		`{"role":"claimant",` + rest + `}`:                                nil,
		`{"role":"claimant","Other":1,"other":[{"role":1}],` + rest + `}`: nil,
		`{"role":"claimant","role":"supervisor",` + rest + `}`:            ErrInvalid,
		`{"role":"claimant","ROLE":"supervisor",` + rest + `}`:            ErrInvalid,
		`{"Role":"supervisor",` + rest + `}`:                              ErrInvalid,
		`{"role":"claimant","\u017fkills":["ev"],` + rest + `}`:           ErrInvalid,
		`{"role":"claimant","other":1,"other":2,` + rest + `}`:            ErrInvalid,
		`[]`: ErrInvalid,
	} {
		if _, err := v.Verify(forgeRaw(body)); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", body, err, want)
		}
	}
}
