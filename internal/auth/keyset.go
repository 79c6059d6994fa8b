package auth

import (
	"bytes"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"

	"github.com/go-jose/go-jose/v4"
)

// maxKeys bounds the keys of one set. Each may be tried for a token without a kid.
const maxKeys = 32

// parseKeys reads public keys: PEM ("PUBLIC KEY"), or a JSON Web Key Set. Secrets (kty "oct") are for files of our own.
// Keys that are for something else, or that this package does not use, are left out; a text without any other is refused.
func parseKeys(text []byte, secrets bool) (keys []Key, err error) {
	if bytes.HasPrefix(bytes.TrimSpace(text), []byte("{")) {
		keys, err = parseJWKS(text, secrets)
	} else {
		keys, err = parsePEM(text)
	}
	switch {
	case err != nil:
		return nil, err
	case len(keys) == 0:
		return nil, fmt.Errorf("%w: there is none for RS256, ES256 or EdDSA", ErrKey)
	case len(keys) > maxKeys:
		return nil, fmt.Errorf("%w: there are more than %d", ErrKey, maxKeys)
	}
	return keys, nil
}

func parsePEM(text []byte) ([]Key, error) {
	var keys []Key
	for {
		var block *pem.Block
		if block, text = pem.Decode(text); block == nil {
			return keys, nil
		}
		if block.Type != "PUBLIC KEY" {
			return nil, fmt.Errorf("%w: wanted PEM blocks of type PUBLIC KEY", ErrKey)
		}
		public, err := x509.ParsePKIXPublicKey(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrKey, err)
		}
		key, err := Public(public)
		if err != nil {
			return nil, err
		}
		keys = append(keys, key)
	}
}

// parseJWKS leaves out what it can't use, one by one, as RFC 7517 wants it.
func parseJWKS(text []byte, secrets bool) ([]Key, error) {
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := json.Unmarshal(text, &set); err != nil {
		return nil, fmt.Errorf("%w: not a JSON Web Key Set", ErrKey) // the library's error may quote a secret
	}
	var keys []Key
	for _, raw := range set.Keys {
		if key, ok := parseJWK(raw, secrets); ok {
			keys = append(keys, key)
		}
	}
	return keys, nil
}

// parseJWK returns one key of a set, if it may verify tokens. A key that says for which algorithm it is, is for no other.
func parseJWK(raw json.RawMessage, secrets bool) (key Key, ok bool) {
	var jwk jose.JSONWebKey
	var more struct {
		Operations []string `json:"key_ops"`
	}
	if json.Unmarshal(raw, &more) != nil || json.Unmarshal(raw, &jwk) != nil || !forVerifying(jwk.Use, more.Operations) {
		return Key{}, false
	}
	secret, symmetric := jwk.Key.([]byte)
	var err error
	switch {
	case symmetric && secrets:
		key, err = HS256(secret)
		key.sign = nil
	case !symmetric && jwk.IsPublic():
		key, err = Public(jwk.Key)
	default:
		return Key{}, false
	}
	if err != nil || jwk.Algorithm != "" && jwk.Algorithm != key.method.Alg() {
		return Key{}, false
	}
	key.id = jwk.KeyID
	return key, true
}

func forVerifying(use string, operations []string) bool {
	if use != "" && use != "sig" {
		return false
	}
	for _, operation := range operations {
		if operation == "verify" {
			return true
		}
	}
	return len(operations) == 0
}
