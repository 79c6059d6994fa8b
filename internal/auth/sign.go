package auth

import (
	"errors"
	"fmt"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// Signer makes tokens. Its methods may be called concurrently.
type Signer struct {
	key    Key
	issuer string
	now    func() time.Time
}

// NewSigner returns a signer with c's key, issuer and clock.
func NewSigner(c Config) *Signer {
	c = c.withDefaults()
	return &Signer{key: c.Key, issuer: c.Issuer, now: c.Now}
}

// Sign returns a token for c that expires after ttl, which must be positive. It refuses what Verify would refuse.
func (s *Signer) Sign(c Claims, ttl time.Duration) (string, error) {
	if s.key.sign == nil {
		return "", errors.New("auth: this key can't sign")
	}
	if ttl <= 0 {
		return "", errors.New("auth: the life of a token must be positive")
	}
	if err := c.Check(); err != nil {
		return "", err
	}
	now := s.now()
	token, err := jwt.NewWithClaims(s.key.method, payload{
		RegisteredClaims: jwt.RegisteredClaims{
			Issuer:    s.issuer,
			Subject:   c.Subject,
			Audience:  jwt.ClaimStrings{Audience},
			IssuedAt:  jwt.NewNumericDate(now),
			ExpiresAt: jwt.NewNumericDate(now.Add(ttl)),
		},
		Role:    c.Role,
		Name:    c.Name,
		Skills:  c.Skills,
		Queues:  c.Queues,
		ClaimNo: c.ClaimNo,
	}).SignedString(s.key.sign)
	if err != nil {
		return "", fmt.Errorf("auth: sign: %w", err)
	}
	if len(token) > MaxToken {
		return "", invalid("it would be longer than any server accepts")
	}
	return token, nil
}
