package auth

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// Config is what verifiers and signers are made of. A signer needs Key, a verifier Key or Sources.
type Config struct {
	// Key is the deployment's own: it signs, and what it has signed is accepted.
	Key Key
	// Sources have further keys, of those whose tokens are accepted.
	Sources []Source
	// Issuer, if set, is what iss must be.
	Issuer string
	// Leeway is how far the issuer's clock may be off. Zero means one minute, negative none.
	Leeway time.Duration
	// MaxLife, if set, is how far away exp may be.
	MaxLife time.Duration
	Now     func() time.Time // nil means time.Now
}

func (c Config) withDefaults() Config {
	if c.Leeway == 0 {
		c.Leeway = time.Minute
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	c.Leeway = max(c.Leeway, 0)
	return c
}

// payload is the body of a token as it is encoded.
type payload struct {
	jwt.RegisteredClaims
	Role    string   `json:"role"`
	Name    string   `json:"name,omitempty"`
	Skills  []string `json:"skills,omitempty"`
	Queues  []string `json:"queues,omitempty"`
	ClaimNo string   `json:"claim_no,omitempty"`
}

// lastSecond is the end of the year 9999. Times beyond it can be written in a token but not in an answer.
const lastSecond = 253402300799

// Verifier checks tokens. Its methods may be called concurrently.
type Verifier struct {
	sources []Source
	issuer  string
	leeway  time.Duration
	maxLife time.Duration
	now     func() time.Time
	parser  *jwt.Parser
}

// NewVerifier returns a verifier for tokens made with c.Key and the keys of c.Sources.
func NewVerifier(c Config) *Verifier {
	c = c.withDefaults()
	return &Verifier{
		sources: append([]Source{fixed{c.Key}}, c.Sources...),
		issuer:  c.Issuer,
		leeway:  c.Leeway,
		maxLife: c.MaxLife,
		now:     c.Now,
		parser:  jwt.NewParser(jwt.WithStrictDecoding(), jwt.WithoutClaimsValidation()),
	}
}

// Verify returns what token says, or one of ErrInvalid, ErrExpired, ErrAudience, ErrRole and ErrUnavailable. It may take
// some seconds when the token names a key that is not known.
func (v *Verifier) Verify(token string) (Claims, error) {
	if len(token) > MaxToken {
		return Claims{}, invalid("it is too long")
	}
	var p payload
	if !plainHeader(token) {
		return Claims{}, invalid("its header is not plain")
	}
	if _, err := v.parser.ParseWithClaims(token, &p, v.keyFor); err != nil {
		return Claims{}, cause(err)
	}
	if err := v.checkRegistered(p); err != nil {
		return Claims{}, err
	}
	c := Claims{
		Subject: p.Subject,
		Role:    p.Role,
		Name:    p.Name,
		Skills:  p.Skills,
		Queues:  p.Queues,
		ClaimNo: p.ClaimNo,
		Expires: v.expiry(p.ExpiresAt.Time),
	}
	if p.IssuedAt != nil {
		c.Issued = p.IssuedAt.Time
	}
	if err := c.Check(); err != nil {
		return Claims{}, err
	}
	return c, nil
}

// keyFor is asked for the key before the signature is checked, and so is the place to refuse headers.
func (v *Verifier) keyFor(t *jwt.Token) (any, error) {
	for _, name := range []string{"jku", "x5u", "jwk", "x5c", "crit"} {
		if _, there := t.Header[name]; there {
			return nil, errors.New("header " + name + " is not allowed")
		}
	}
	id, isText := t.Header["kid"].(string)
	if _, there := t.Header["kid"]; there && !isText {
		return nil, errors.New("kid is not a text")
	}
	candidates, known := v.candidates(t.Method.Alg(), id)
	var set jwt.VerificationKeySet
	for _, key := range candidates {
		set.Keys = append(set.Keys, key.verify)
	}
	switch {
	case len(set.Keys) > 0:
		return set, nil
	case !known:
		return nil, ErrUnavailable
	}
	return nil, errors.New("no key is for this algorithm and kid")
}

// checkRegistered checks the claims that every token of every service has. A token for somebody else says so even when
// it has expired as well: a fresh one would not help.
func (v *Verifier) checkRegistered(p payload) error {
	now := v.now()
	switch {
	case !slices.Contains(p.Audience, Audience):
		return ErrAudience
	case v.issuer != "" && p.Issuer != v.issuer:
		return invalid("iss is not the issuer of this deployment")
	case !validTime(p.ExpiresAt):
		return invalid("exp is missing or beyond reason")
	case v.maxLife > 0 && p.ExpiresAt.After(now.Add(v.maxLife+v.leeway)):
		return invalid("exp is too far away")
	case !now.Before(p.ExpiresAt.Add(v.leeway)):
		return ErrExpired
	case p.NotBefore != nil && (!validTime(p.NotBefore) || now.Add(v.leeway).Before(p.NotBefore.Time)):
		return invalid("it is not valid yet")
	case p.IssuedAt != nil && (!validTime(p.IssuedAt) || now.Add(v.leeway).Before(p.IssuedAt.Time)):
		return invalid("iat is in the future, or beyond reason")
	}
	return nil
}

func validTime(t *jwt.NumericDate) bool {
	return t != nil && t.Unix() > 0 && t.Unix() <= lastSecond
}

// expiry is exp, except for a token that only the leeway has saved: its holder may use the rest of that.
func (v *Verifier) expiry(exp time.Time) time.Time {
	if v.now().Before(exp) {
		return exp
	}
	return exp.Add(v.leeway)
}

// cause names what failed in words of this program: the library's own text can quote the token.
func cause(err error) error {
	switch {
	case errors.Is(err, ErrUnavailable):
		return ErrUnavailable
	case errors.Is(err, jwt.ErrTokenMalformed):
		return invalid("it is malformed")
	case errors.Is(err, jwt.ErrTokenUnverifiable):
		return invalid("its algorithm, its kid or another header is not allowed")
	}
	return invalid("its signature is wrong")
}

func invalid(why string) error { return fmt.Errorf("%w: %s", ErrInvalid, why) }
