package auth

import (
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/claimcall/claimcall/protocol"
)

var (
	secret = bytes.Repeat([]byte("k"), MinSecret)
	noon   = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
)

func at(t time.Time) func() time.Time { return func() time.Time { return t } }

func testKey(t testing.TB) Key {
	t.Helper()
	key, err := HS256(secret)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// verifier verifies at noon.
func verifier(t testing.TB, change ...func(*Config)) *Verifier {
	t.Helper()
	c := Config{Key: testKey(t), Now: at(noon)}
	for _, f := range change {
		f(&c)
	}
	return NewVerifier(c)
}

// good is the body of a token that verifies; change alters it.
func good(change ...func(map[string]any)) map[string]any {
	body := map[string]any{"sub": "zhang", "role": "claimant", "aud": "claimcall", "exp": noon.Add(time.Hour).Unix()}
	for _, f := range change {
		f(body)
	}
	return body
}

func with(key string, value any) func(map[string]any) {
	return func(body map[string]any) { body[key] = value }
}

func without(key string) func(map[string]any) {
	return func(body map[string]any) { delete(body, key) }
}

// forge makes a token by hand, so that header and body can be anything.
func forge(t testing.TB, header, body map[string]any) string {
	t.Helper()
	part := func(v any) string {
		b, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return base64.RawURLEncoding.EncodeToString(b)
	}
	text := part(header) + "." + part(body)
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(text))
	return text + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

func hs256() map[string]any { return map[string]any{"alg": "HS256", "typ": "JWT"} }

func TestSignedTokensVerify(t *testing.T) {
	want := Claims{
		Subject: "li", Role: RoleAdjuster, Name: "李", Skills: []string{"ev", "glass"}, Queues: []string{"north"},
		ClaimNo: "", Issued: noon, Expires: noon.Add(time.Hour),
	}
	signer := NewSigner(Config{Key: testKey(t), Issuer: "insurer", Now: at(noon)})
	token, err := signer.Sign(want, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	got, err := verifier(t, func(c *Config) { c.Issuer = "insurer" }).Verify(token)
	if err != nil {
		t.Fatal(err)
	}
	got.Expires, got.Issued = got.Expires.UTC(), got.Issued.UTC()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestVerifyRefusesBodies(t *testing.T) {
	long := func(n int) string { return strings.Repeat("车", n) }
	list := func(n int) []string { return strings.Split(strings.Repeat("a,", n-1)+"a", ",") }
	tests := []struct {
		name string
		body map[string]any
		want error
	}{
		{"good", good(), nil},
		{"several audiences", good(with("aud", []string{"other", "claimcall"})), nil},
		{"a claim and skills at their limits", good(with("claim_no", long(MaxClaimNo)), with("skills", list(MaxEntries))), nil},
		{"other audience", good(with("aud", "other")), ErrAudience},
		{"audience in other case", good(with("aud", "ClaimCall")), ErrAudience},
		{"no audience", good(without("aud")), ErrAudience},
		{"other audience and expired", good(with("aud", "other"), with("exp", 1)), ErrAudience},
		{"no role", good(without("role")), ErrRole},
		{"other role", good(with("role", "admin")), ErrRole},
		{"role in other case", good(with("role", "Adjuster")), ErrRole},
		{"role of another kind", good(with("role", []string{"adjuster"})), ErrInvalid},
		{"no subject", good(without("sub")), ErrInvalid},
		{"subject with a line break", good(with("sub", "zhang\nadmin")), ErrInvalid},
		{"long subject", good(with("sub", long(MaxSubject+1))), ErrInvalid},
		{"long name", good(with("name", long(MaxName+1))), ErrInvalid},
		{"long claim", good(with("claim_no", long(MaxClaimNo+1))), ErrInvalid},
		{"many skills", good(with("skills", list(MaxEntries+1))), ErrInvalid},
		{"empty skill", good(with("skills", []string{""})), ErrInvalid},
		{"long queue", good(with("queues", []string{long(MaxEntry + 1)})), ErrInvalid},
		{"no expiry", good(without("exp")), ErrInvalid},
		{"expiry as text", good(with("exp", "tomorrow")), ErrInvalid},
		{"expiry beyond reason", good(with("exp", 1e300)), ErrInvalid},
		{"expiry before reason", good(with("exp", -1)), ErrInvalid},
		{"not yet", good(with("nbf", noon.Add(61*time.Second).Unix())), ErrInvalid},
		{"not yet, within the leeway", good(with("nbf", noon.Add(59*time.Second).Unix())), nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := verifier(t).Verify(forge(t, hs256(), tt.body)); !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
		})
	}
}

func TestVerifyRefusesHeaders(t *testing.T) {
	headers := map[string]map[string]any{
		"none":          {"alg": "none"},
		"None":          {"alg": "None"},
		"no algorithm":  {"typ": "JWT"},
		"HS512":         {"alg": "HS512"},
		"RS256":         {"alg": "RS256"},
		"unknown":       {"alg": "XX1"},
		"wrong kind":    {"alg": 1},
		"key elsewhere": {"alg": "HS256", "jku": "https://example.org/keys"},
		"certificate":   {"alg": "HS256", "x5u": "https://example.org/cert"},
		"own key":       {"alg": "HS256", "jwk": map[string]any{"kty": "oct", "k": "a2s"}},
		"own chain":     {"alg": "HS256", "x5c": []string{"MIIB"}},
		"critical":      {"alg": "HS256", "crit": []string{"exp"}},
	}
	for name, header := range headers {
		t.Run(name, func(t *testing.T) {
			if _, err := verifier(t).Verify(forge(t, header, good())); !errors.Is(err, ErrInvalid) {
				t.Errorf("got %v, want ErrInvalid", err)
			}
		})
	}
}

func TestVerifyRefusesUnsignedAndBroken(t *testing.T) {
	token := forge(t, hs256(), good())
	text := token[:strings.LastIndex(token, ".")]
	tokens := map[string]string{
		"empty":              "",
		"not a token":        "hello",
		"no signature":       text + ".",
		"two parts":          text,
		"four parts":         token + ".x",
		"other signature":    text + "." + base64.RawURLEncoding.EncodeToString(make([]byte, 32)),
		"trailing bits":      token[:len(token)-1] + string(token[len(token)-1]+1),
		"padded":             token + "=",
		"body is null":       forgeRaw("null"),
		"body is not object": forgeRaw("[]"),
		"too long":           forge(t, hs256(), good(with("more", strings.Repeat("x", MaxToken)))),
	}
	for name, token := range tokens {
		t.Run(name, func(t *testing.T) {
			_, err := verifier(t).Verify(token)
			if !errors.Is(err, ErrInvalid) && !(name == "body is null" && errors.Is(err, ErrAudience)) {
				t.Errorf("got %v, want ErrInvalid", err)
			}
		})
	}
}

// forgeRaw signs a body that need not be JSON.
func forgeRaw(body string) string {
	text := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"HS256"}`)) + "." + base64.RawURLEncoding.EncodeToString([]byte(body))
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(text))
	return text + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// A public key used as an HS256 secret is the classic confusion of algorithms.
func TestOneAlgorithmPerKey(t *testing.T) {
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	token, err := jwt.NewWithClaims(jwt.SigningMethodRS256, jwt.MapClaims(good())).SignedString(private)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := verifier(t).Verify(token); !errors.Is(err, ErrInvalid) {
		t.Errorf("an RS256 token at an HS256 key: got %v, want ErrInvalid", err)
	}
	if _, err := NewVerifier(Config{Now: at(noon)}).Verify(forge(t, hs256(), good())); !errors.Is(err, ErrInvalid) {
		t.Errorf("without a key: got %v, want ErrInvalid", err)
	}
}

func TestExpiryAndLeeway(t *testing.T) {
	exp := noon.Add(time.Hour)
	token := forge(t, hs256(), good())
	tests := []struct {
		name    string
		now     time.Time
		leeway  time.Duration
		want    error
		expires time.Time
	}{
		{"long before", noon, 0, nil, exp},
		{"just before", exp.Add(-time.Second), 0, nil, exp},
		{"at expiry", exp, 0, nil, exp.Add(time.Minute)},
		{"late within the leeway", exp.Add(59 * time.Second), 0, nil, exp.Add(time.Minute)},
		{"after the leeway", exp.Add(time.Minute), 0, ErrExpired, time.Time{}},
		{"a shorter leeway", exp.Add(10 * time.Second), 10 * time.Second, ErrExpired, time.Time{}},
		{"no leeway", exp, -1, ErrExpired, time.Time{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			v := verifier(t, func(c *Config) { c.Now, c.Leeway = at(tt.now), tt.leeway })
			claims, err := v.Verify(token)
			if !errors.Is(err, tt.want) || !claims.Expires.Equal(tt.expires) {
				t.Errorf("got %v and %v, want %v and %v", claims.Expires, err, tt.expires, tt.want)
			}
		})
	}
}

func TestIssuerIsCheckedWhenSet(t *testing.T) {
	v := verifier(t, func(c *Config) { c.Issuer = "insurer" })
	for iss, want := range map[string]error{"insurer": nil, "other": ErrInvalid, "": ErrInvalid} {
		if _, err := v.Verify(forge(t, hs256(), good(with("iss", iss)))); !errors.Is(err, want) {
			t.Errorf("issuer %q: got %v, want %v", iss, err, want)
		}
	}
	if _, err := verifier(t).Verify(forge(t, hs256(), good(with("iss", "anybody")))); err != nil {
		t.Errorf("without a wanted issuer: %v", err)
	}
}

func TestErrorsQuoteNothing(t *testing.T) {
	token := forge(t, map[string]any{"alg": "secret-algorithm"}, good(with("sub", "zhang\n"), with("exp", "secret-time")))
	_, err := verifier(t).Verify(token)
	for _, word := range []string{"secret", "zhang"} {
		if strings.Contains(err.Error(), word) {
			t.Errorf("%q quotes the token", err)
		}
	}
}

func TestSignRefuses(t *testing.T) {
	signer := NewSigner(Config{Key: testKey(t), Now: at(noon)})
	zhang := Claims{Subject: "zhang", Role: RoleClaimant}
	many := make([]string, MaxEntries)
	for i := range many {
		many[i] = strings.Repeat("车", MaxEntry)
	}
	tests := []struct {
		name   string
		signer *Signer
		claims Claims
		ttl    time.Duration
	}{
		{"no life", signer, zhang, 0},
		{"no role", signer, Claims{Subject: "zhang"}, time.Hour},
		{"no subject", signer, Claims{Role: RoleClaimant}, time.Hour},
		{"longer than what is accepted", signer, Claims{Subject: "zhang", Role: RoleAdjuster, Skills: many, Queues: many}, time.Hour},
		{"no key", NewSigner(Config{}), zhang, time.Hour},
	}
	for _, tt := range tests {
		if token, err := tt.signer.Sign(tt.claims, tt.ttl); err == nil || token != "" {
			t.Errorf("%s: got a token", tt.name)
		}
	}
}

func TestShortSecretsAreRefused(t *testing.T) {
	if _, err := HS256(secret[:MinSecret-1]); err == nil || strings.Contains(err.Error(), "kkk") {
		t.Errorf("got %v, want an error without the secret", err)
	}
}

// This package imports none of ours, so it repeats the limits of the wire.
func TestLimitsAreThoseOfTheWire(t *testing.T) {
	pairs := [][2]int{
		{MaxToken, protocol.MaxToken}, {MaxSubject, protocol.MaxUser}, {MaxClaimNo, protocol.MaxClaimNo},
		{MaxEntries, protocol.MaxSkills}, {MaxEntry, protocol.MaxSkill}, {MaxEntry, protocol.MaxQueue},
	}
	for i, pair := range pairs {
		if pair[0] != pair[1] {
			t.Errorf("limit %d: %d here, %d on the wire", i, pair[0], pair[1])
		}
	}
	for _, role := range []string{RoleClaimant, RoleAdjuster, RoleSupervisor} {
		if !protocol.Role(role).Valid() {
			t.Errorf("the wire does not know the role %s", role)
		}
	}
}

// forgeWithHeader signs a header that need not be JSON.
func forgeWithHeader(header string, body map[string]any) string {
	text, _ := json.Marshal(body)
	text = []byte(base64.RawURLEncoding.EncodeToString([]byte(header)) + "." + base64.RawURLEncoding.EncodeToString(text))
	mac := hmac.New(sha256.New, secret)
	mac.Write(text)
	return string(text) + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

func TestLifeAndIssueAreBounded(t *testing.T) {
	v := verifier(t, func(c *Config) { c.MaxLife = 24 * time.Hour })
	for name, tt := range map[string]struct {
		change func(map[string]any)
		want   error
	}{
		"as long as may be":    {with("exp", noon.Add(24*time.Hour).Unix()), nil},
		"longer":               {with("exp", noon.Add(25*time.Hour).Unix()), ErrInvalid},
		"issued now":           {with("iat", noon.Unix()), nil},
		"issued in the leeway": {with("iat", noon.Add(59*time.Second).Unix()), nil},
		"issued in the future": {with("iat", noon.Add(61*time.Second).Unix()), ErrInvalid},
		"issued beyond reason": {with("iat", 1e300), ErrInvalid},
	} {
		if _, err := v.Verify(forge(t, hs256(), good(tt.change))); !errors.Is(err, tt.want) {
			t.Errorf("%s: got %v, want %v", name, err, tt.want)
		}
	}
}
