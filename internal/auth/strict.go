package auth

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"strings"
)

var errClaims = errors.New("auth: claims that are there twice or in strange letters")

// claimNames are the claims that are looked at.
func claimNames() []string {
	return []string{"iss", "sub", "aud", "exp", "nbf", "iat", "jti", "role", "name", "skills", "queues", "claim_no"}
}

// variant reports whether encoding/json takes key for one of our claims though it is not written like it.
func variant(key string) bool {
	return slices.ContainsFunc(claimNames(), func(name string) bool { return key != name && strings.EqualFold(key, name) })
}

// UnmarshalJSON refuses a claim that is there twice, and one in other letters than ours: encoding/json takes the last
// of them, and what else reads the token may take another.
func (p *payload) UnmarshalJSON(body []byte) error {
	if !plainClaims(body) {
		return errClaims
	}
	type plain payload // without this method
	return json.Unmarshal(body, (*plain)(p))
}

func plainClaims(body []byte) bool {
	d := json.NewDecoder(bytes.NewReader(body))
	if open, err := d.Token(); err != nil || open != json.Delim('{') {
		return false
	}
	seen := map[string]bool{}
	for d.More() {
		name, err := d.Token()
		key, ok := name.(string)
		if err != nil || !ok || seen[key] || variant(key) {
			return false
		}
		seen[key] = true
		var value json.RawMessage
		if d.Decode(&value) != nil {
			return false
		}
	}
	_, err := d.Token()
	return err == nil
}
