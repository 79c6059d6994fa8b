package auth

import (
	"bytes"
	"encoding/base64"
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

func plainClaims(body []byte) bool { return plain(body, variant) }

// plainHeader reports whether the header of a token names nothing twice: which of the two counts is not agreed on.
func plainHeader(token string) bool {
	part, _, _ := strings.Cut(token, ".")
	header, err := base64.RawURLEncoding.DecodeString(part)
	return err == nil && plain(header, func(string) bool { return false })
}

// plain reports whether body is a JSON object in which no name comes twice, and none that is refused.
func plain(body []byte, refused func(name string) bool) bool {
	d := json.NewDecoder(bytes.NewReader(body))
	if open, err := d.Token(); err != nil || open != json.Delim('{') {
		return false
	}
	seen := map[string]bool{}
	for d.More() {
		name, err := d.Token()
		key, ok := name.(string)
		if err != nil || !ok || seen[key] || refused(key) {
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
