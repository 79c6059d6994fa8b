package auth

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"errors"
	"fmt"

	"github.com/golang-jwt/jwt/v5"
)

// MinSecret is the least length of an HS256 secret in bytes: a shorter one can be found by trying.
const MinSecret = 32

// Bounds on RSA keys, in bits: smaller ones can be broken, and larger ones keep a server busy.
const (
	minRSA = 2048
	maxRSA = 8192
)

// ErrKey refuses a key that can't be used, or is not safe to use.
var ErrKey = errors.New("auth: key can't be used")

// Key is a key together with the one algorithm that it may be used with. The zero Key fits no token.
type Key struct {
	method jwt.SigningMethod
	id     string // kid; a key without one is tried for any token
	verify any    // in the form that the method wants
	sign   any    // nil for a key that can only verify
}

// HS256 returns a key that both signs and verifies. It refuses secrets shorter than MinSecret.
func HS256(secret []byte) (Key, error) {
	if len(secret) < MinSecret {
		return Key{}, fmt.Errorf("auth: an HS256 secret needs at least %d bytes, this one has %d", MinSecret, len(secret))
	}
	return Key{method: jwt.SigningMethodHS256, verify: secret, sign: secret}, nil
}

// Public returns a key that verifies: RS256 for RSA, ES256 for the curve P-256, EdDSA for Ed25519. Others are refused
// with ErrKey.
func Public(key crypto.PublicKey) (Key, error) {
	switch key := key.(type) {
	case *rsa.PublicKey:
		if bits := key.N.BitLen(); bits < minRSA || bits > maxRSA {
			return Key{}, fmt.Errorf("%w: RSA of %d bits, wanted %d to %d", ErrKey, bits, minRSA, maxRSA)
		}
		return Key{method: jwt.SigningMethodRS256, verify: key}, nil
	case *ecdsa.PublicKey:
		if key.Curve != elliptic.P256() {
			return Key{}, fmt.Errorf("%w: an elliptic curve other than P-256", ErrKey)
		}
		return Key{method: jwt.SigningMethodES256, verify: key}, nil
	case ed25519.PublicKey:
		return Key{method: jwt.SigningMethodEdDSA, verify: key}, nil
	}
	return Key{}, fmt.Errorf("%w: it is none of RSA, P-256 and Ed25519", ErrKey)
}
