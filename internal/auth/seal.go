package auth

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
)

// ErrSeal refuses what was not sealed with the same secret for the same purpose.
var ErrSeal = errors.New("auth: not sealed here")

// Sealer hands things to clients that only this deployment can read or make: what is in a cookie, and tickets. Its
// methods may be called concurrently.
type Sealer struct{ aead cipher.AEAD }

// NewSealer returns a sealer with a key of its own, derived from secret: what was sealed for one purpose can't be opened
// for another. It refuses secrets shorter than MinSecret.
func NewSealer(secret []byte, purpose string) (*Sealer, error) {
	if len(secret) < MinSecret {
		return nil, fmt.Errorf("auth: a secret to seal with needs at least %d bytes, this one has %d", MinSecret, len(secret))
	}
	block, err := aes.NewCipher(Derive(secret, "seal "+purpose))
	if err != nil {
		return nil, fmt.Errorf("auth: seal: %w", err)
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return nil, fmt.Errorf("auth: seal: %w", err)
	}
	return &Sealer{aead}, nil
}

// Derive returns 32 bytes for a purpose, which say nothing about the secret that they come from.
func Derive(secret []byte, purpose string) []byte {
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte("claimcall " + purpose))
	return mac.Sum(nil)
}

// Seal returns v, which must be fit for JSON, in letters that are safe in cookies and addresses.
func (s *Sealer) Seal(v any) (string, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return "", fmt.Errorf("auth: seal: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(s.aead.Seal(nil, nil, text, nil)), nil
}

// Open fills v with what was sealed, or returns ErrSeal.
func (s *Sealer) Open(sealed string, v any) error {
	bytes, err := base64.RawURLEncoding.Strict().DecodeString(sealed)
	if err != nil {
		return ErrSeal
	}
	text, err := s.aead.Open(nil, nil, bytes, nil)
	if err != nil || json.Unmarshal(text, v) != nil {
		return ErrSeal
	}
	return nil
}
