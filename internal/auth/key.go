package auth

import (
	"fmt"

	"github.com/golang-jwt/jwt/v5"
)

// MinSecret is the least length of an HS256 secret in bytes: a shorter one can be found by trying.
const MinSecret = 32

// Key is a key together with the one algorithm that it may be used with. The zero Key fits no token.
type Key struct {
	method jwt.SigningMethod
	verify any // in the form that the method wants
	sign   any // nil for a key that can only verify
}

// HS256 returns a key that both signs and verifies. It refuses secrets shorter than MinSecret.
func HS256(secret []byte) (Key, error) {
	if len(secret) < MinSecret {
		return Key{}, fmt.Errorf("auth: an HS256 secret needs at least %d bytes, this one has %d", MinSecret, len(secret))
	}
	return Key{method: jwt.SigningMethodHS256, verify: secret, sign: secret}, nil
}
