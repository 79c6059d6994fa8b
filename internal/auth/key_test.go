package auth

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/golang-jwt/jwt/v5"
)

// issuer is somebody who signs tokens with a key of their own.
type issuer struct {
	method  jwt.SigningMethod
	private any
	public  crypto.PublicKey
	kid     string
}

func newIssuer(t testing.TB, method jwt.SigningMethod, kid string) issuer {
	t.Helper()
	var private crypto.Signer
	var err error
	switch method {
	case jwt.SigningMethodRS256:
		private, err = rsa.GenerateKey(rand.Reader, 2048)
	case jwt.SigningMethodES256:
		private, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case jwt.SigningMethodEdDSA:
		_, private, err = ed25519.GenerateKey(rand.Reader)
	}
	if err != nil {
		t.Fatal(err)
	}
	return issuer{method, private, private.Public(), kid}
}

// token signs a body; header replaces or adds to what the header has.
func (i issuer) token(t testing.TB, body map[string]any, header ...func(map[string]any)) string {
	t.Helper()
	token := jwt.NewWithClaims(i.method, jwt.MapClaims(body))
	if i.kid != "" {
		token.Header["kid"] = i.kid
	}
	for _, f := range header {
		f(token.Header)
	}
	text, err := token.SignedString(i.private)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// pem returns the public key as a file would have it.
func (i issuer) pem(t testing.TB) []byte {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(i.public)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
}

// jwk returns the public key as a set has it; change alters it.
func (i issuer) jwk(t testing.TB, change ...func(map[string]any)) map[string]any {
	t.Helper()
	return asJWK(t, jose.JSONWebKey{Key: i.public, KeyID: i.kid}, change...)
}

func asJWK(t testing.TB, key jose.JSONWebKey, change ...func(map[string]any)) map[string]any {
	t.Helper()
	text, err := key.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	var fields map[string]any
	if err := json.Unmarshal(text, &fields); err != nil {
		t.Fatal(err)
	}
	for _, f := range change {
		f(fields)
	}
	return fields
}

func jwks(t testing.TB, keys ...map[string]any) []byte {
	t.Helper()
	text, err := json.Marshal(map[string]any{"keys": keys})
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// trusting verifies at noon with the keys of a text.
func trusting(t testing.TB, text []byte) *Verifier {
	t.Helper()
	keys, err := parseKeys(text, true)
	if err != nil {
		t.Fatal(err)
	}
	return NewVerifier(Config{Sources: []Source{fixed(keys)}, Now: at(noon)})
}

func methods() []jwt.SigningMethod {
	return []jwt.SigningMethod{jwt.SigningMethodRS256, jwt.SigningMethodES256, jwt.SigningMethodEdDSA}
}

func TestEachAlgorithmFromEachForm(t *testing.T) {
	for _, method := range methods() {
		i, other := newIssuer(t, method, "k1"), newIssuer(t, method, "k1")
		for form, text := range map[string][]byte{"pem": i.pem(t), "jwks": jwks(t, i.jwk(t))} {
			v := trusting(t, text)
			if c, err := v.Verify(i.token(t, good())); err != nil || c.Subject != "zhang" {
				t.Errorf("%s by %s: %+v, %v", method.Alg(), form, c, err)
			}
			if _, err := v.Verify(other.token(t, good())); !errors.Is(err, ErrInvalid) {
				t.Errorf("%s by %s, of another key: %v", method.Alg(), form, err)
			}
		}
	}
}

// A public key is known to everybody: a token that is signed with it as if it were a secret must not pass.
func TestAlgorithmsAreNotSwapped(t *testing.T) {
	for _, method := range methods() {
		i := newIssuer(t, method, "k1")
		der, err := x509.MarshalPKIXPublicKey(i.public)
		if err != nil {
			t.Fatal(err)
		}
		for form, text := range map[string][]byte{"pem": i.pem(t), "jwks": jwks(t, i.jwk(t))} {
			for _, secret := range [][]byte{i.pem(t), []byte(strings.TrimSpace(string(i.pem(t)))), der} {
				swapped := issuer{method: jwt.SigningMethodHS256, private: secret, kid: "k1"}
				if _, err := trusting(t, text).Verify(swapped.token(t, good())); !errors.Is(err, ErrInvalid) {
					t.Errorf("%s by %s: %v", method.Alg(), form, err)
				}
			}
		}
	}
}

// The same RSA key must not serve PS256 or RS512, nor a curve another hash.
func TestOneAlgorithmForEachKey(t *testing.T) {
	i := newIssuer(t, jwt.SigningMethodRS256, "k1")
	v := trusting(t, jwks(t, i.jwk(t)))
	for _, method := range []jwt.SigningMethod{jwt.SigningMethodRS384, jwt.SigningMethodRS512, jwt.SigningMethodPS256} {
		other := issuer{method: method, private: i.private, kid: "k1"}
		if _, err := v.Verify(other.token(t, good())); !errors.Is(err, ErrInvalid) {
			t.Errorf("%s: %v", method.Alg(), err)
		}
	}
}

func TestHeadersThatNameKeysAreRefused(t *testing.T) {
	i := newIssuer(t, jwt.SigningMethodES256, "k1")
	v := trusting(t, jwks(t, i.jwk(t)))
	for name, value := range map[string]any{
		"jku": "https://call.example.org/keys", "x5u": "https://call.example.org/cert", "jwk": i.jwk(t), "x5c": []string{"MIIB"},
		"crit": []string{"b64"}, "kid": 7,
	} {
		token := i.token(t, good(), func(h map[string]any) { h[name] = value })
		if _, err := v.Verify(token); !errors.Is(err, ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTheKidChooses(t *testing.T) {
	a, b := newIssuer(t, jwt.SigningMethodES256, "a"), newIssuer(t, jwt.SigningMethodES256, "b")
	v := trusting(t, jwks(t, a.jwk(t), b.jwk(t)))
	unnamed := func(h map[string]any) { delete(h, "kid") }
	named := func(kid string) func(map[string]any) { return func(h map[string]any) { h["kid"] = kid } }
	tests := map[string]struct {
		token string
		want  error
	}{
		"its own":                  {a.token(t, good()), nil},
		"none: each is tried":      {b.token(t, good(), unnamed), nil},
		"the other's":              {a.token(t, good(), named("b")), ErrInvalid},
		"nobody's":                 {a.token(t, good(), named("c")), ErrInvalid},
		"something out of the way": {a.token(t, good(), named("../../etc/passwd")), ErrInvalid},
	}
	for name, tt := range tests {
		if _, err := v.Verify(tt.token); !errors.Is(err, tt.want) {
			t.Errorf("%s: got %v, want %v", name, err, tt.want)
		}
	}
}

// Two keys of one kid are both the issuer's own. A header with two kids is nobody's.
func TestDuplicateKids(t *testing.T) {
	a, b := newIssuer(t, jwt.SigningMethodES256, "k"), newIssuer(t, jwt.SigningMethodRS256, "k")
	v := trusting(t, jwks(t, a.jwk(t), b.jwk(t)))
	for _, i := range []issuer{a, b} {
		if _, err := v.Verify(i.token(t, good())); err != nil {
			t.Errorf("%s: %v", i.method.Alg(), err)
		}
	}
	swapped := issuer{method: jwt.SigningMethodHS256, private: b.pem(t), kid: "k"}
	if _, err := v.Verify(swapped.token(t, good())); !errors.Is(err, ErrInvalid) {
		t.Errorf("swapped: %v", err)
	}
	twice := forgeWithHeader(`{"alg":"HS256","kid":"a","kid":"b"}`, good())
	if _, err := verifier(t).Verify(twice); !errors.Is(err, ErrInvalid) {
		t.Errorf("twice in the header: %v", err)
	}
	if _, err := verifier(t).Verify(forgeWithHeader(`{"alg":"none","alg":"HS256"}`, good())); !errors.Is(err, ErrInvalid) {
		t.Errorf("two algorithms in the header: %v", err)
	}
}

func TestKeysThatAreNotTaken(t *testing.T) {
	set := func(field string, value any) func(map[string]any) {
		return func(key map[string]any) { key[field] = value }
	}
	i := newIssuer(t, jwt.SigningMethodES256, "k")
	weak, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]map[string]any{
		"for encryption":        i.jwk(t, set("use", "enc")),
		"for other operations":  i.jwk(t, set("key_ops", []string{"sign"})),
		"for another algorithm": i.jwk(t, set("alg", "ES512")),
		"for HS256, it says":    i.jwk(t, set("alg", "HS256")),
		"off the curve":         i.jwk(t, set("x", i.jwk(t)["y"])),
		"weak RSA":              asJWK(t, jose.JSONWebKey{Key: &weak.PublicKey}),
		"another curve":         asJWK(t, jose.JSONWebKey{Key: &p384.PublicKey}),
		"a private key":         asJWK(t, jose.JSONWebKey{Key: i.private}),
		"a short secret":        {"kty": "oct", "k": "c2hvcnQ"},
		"of an unknown kind":    {"kty": "XYZ"},
		"nothing":               {},
	}
	for name, key := range tests {
		if keys, err := parseKeys(jwks(t, key), true); !errors.Is(err, ErrKey) {
			t.Errorf("%s: %d keys, %v", name, len(keys), err)
		}
		if keys, err := parseKeys(jwks(t, key, i.jwk(t)), true); err != nil || len(keys) != 1 {
			t.Errorf("%s beside a good one: %d keys, %v", name, len(keys), err)
		}
	}
	secret := map[string]any{"kty": "oct", "k": strings.Repeat("a2tr", 12), "kid": "s"}
	if keys, err := parseKeys(jwks(t, secret), false); !errors.Is(err, ErrKey) {
		t.Errorf("a secret from an address: %d keys, %v", len(keys), err)
	}
	if keys, err := parseKeys(jwks(t, secret), true); err != nil || len(keys) != 1 || keys[0].sign != nil {
		t.Errorf("a secret from a file: %v", err)
	}
	for name, text := range map[string]string{
		"empty": "", "not a set": "{", "keys of a wrong kind": `{"keys":{}}`,
		"a private key": "-----BEGIN PRIVATE KEY-----\nMC4=\n-----END PRIVATE KEY-----\n",
		"not a key":     "-----BEGIN PUBLIC KEY-----\nMC4=\n-----END PUBLIC KEY-----\n",
	} {
		if _, err := parseKeys([]byte(text), true); !errors.Is(err, ErrKey) {
			t.Errorf("%s: %v", name, err)
		}
	}
	many := make([]map[string]any, maxKeys+1)
	for n := range many {
		many[n] = i.jwk(t)
	}
	if _, err := parseKeys(jwks(t, many...), true); !errors.Is(err, ErrKey) {
		t.Errorf("too many: %v", err)
	}
}

func TestAKeyFileIsReadAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		old, next := newIssuer(t, jwt.SigningMethodES256, ""), newIssuer(t, jwt.SigningMethodEdDSA, "")
		path := filepath.Join(t.TempDir(), "keys.pem")
		write := func(text []byte) {
			if err := os.WriteFile(path, text, 0o600); err != nil {
				t.Fatal(err)
			}
			time.Sleep(rereadFile + time.Second)
			synctest.Wait()
		}
		if _, err := NewKeyFile(path); err == nil {
			t.Error("a file that is not there is taken")
		}
		write(old.pem(t))
		f, err := NewKeyFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var reported []error
		go f.Run(t.Context(), func(err error) { reported = append(reported, err) })
		v := NewVerifier(Config{Sources: []Source{f}, Now: at(noon)})
		accepts := func(when string, wantOld, wantNext bool) {
			t.Helper()
			_, err1 := v.Verify(old.token(t, good()))
			_, err2 := v.Verify(next.token(t, good()))
			if (err1 == nil) != wantOld || (err2 == nil) != wantNext {
				t.Errorf("%s: old %v, next %v", when, err1, err2)
			}
		}
		accepts("at first", true, false)
		write(append(old.pem(t), next.pem(t)...))
		accepts("both", true, true)
		write([]byte("half a fi"))
		time.Sleep(time.Minute)
		accepts("broken", true, true)
		write(next.pem(t))
		accepts("rotated", false, true)
		if len(reported) != 1 {
			t.Errorf("reported %v", reported)
		}
	})
}
