package config

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/url"
	"time"
)

// DevelopmentKey is the key of --dev. It is public: whoever reads this can sign in to such a server.
const DevelopmentKey Secret = "claimcall-development-key-that-everybody-knows"

// minKey is the least length of a key or secret in bytes.
const minKey = 32

// Auth says whose tokens are accepted. The commands that make tokens share it with the server.
type Auth struct {
	Dev         bool          `env:"CLAIMCALL_DEV" help:"Try it out: public development key, loopback only, sign-in without a password."`
	AuthKey     Secret        `env:"CLAIMCALL_AUTH_KEY" help:"Key that signs tokens (HS256), at least 32 bytes." placeholder:"KEY"`
	AuthKeyFile string        `env:"CLAIMCALL_AUTH_KEY_FILE" help:"File that holds the key." placeholder:"FILE"`
	AuthKeys    []string      `env:"CLAIMCALL_AUTH_KEYS" help:"Files with further keys whose tokens are accepted: public keys in PEM, or a JSON Web Key Set; read again when they change." placeholder:"FILE"`
	AuthJWKS    string        `name:"auth-jwks" env:"CLAIMCALL_AUTH_JWKS" help:"Address of a JSON Web Key Set whose tokens are accepted." placeholder:"https://HOST/PATH"`
	AuthIssuer  string        `env:"CLAIMCALL_AUTH_ISSUER" help:"What iss of a token must be; anything if empty." placeholder:"NAME"`
	AuthLeeway  time.Duration `env:"CLAIMCALL_AUTH_LEEWAY" default:"1m" help:"How far the clock of whoever makes tokens may be off; at most 1m."`
}

// Check completes a and returns everything that is wrong with it.
func (a *Auth) Check() error {
	err := a.AuthKey.readFile("auth-key", a.AuthKeyFile)
	a.AuthKeyFile = "" // it has been read; a second Check must not take it for a second key
	if a.Dev && a.AuthKey == "" && err == nil {
		a.AuthKey = DevelopmentKey
	}
	return errors.Join(err, a.checkKey(err), a.checkJWKS(), a.checkLeeway())
}

func (a *Auth) checkKey(fileError error) error {
	switch {
	case fileError != nil:
		return nil
	case a.AuthKey == "" && (len(a.AuthKeys) > 0 || a.AuthJWKS != ""):
		return nil // others sign, and nothing is signed here
	case a.AuthKey == "":
		return wrong("auth-key", "is missing: wanted a secret of at least %d bytes, for example from `openssl rand -hex 32`; "+
			"or --auth-jwks or --auth-keys for tokens that others sign; or --dev to try it out", minKey)
	case a.AuthKey == DevelopmentKey && !a.Dev:
		return wrong("auth-key", "is the public development key: wanted a secret of your own, for example from `openssl rand -hex 32`")
	case len(a.AuthKey) < minKey:
		return wrong("auth-key", "has %d bytes: wanted at least %d, for example from `openssl rand -hex 32`", len(a.AuthKey), minKey)
	}
	return nil
}

func (a *Auth) checkJWKS() error {
	if a.AuthJWKS != "" && !trustworthy(a.AuthJWKS) {
		return wrong("auth-jwks", "is %q: wanted https://HOST/PATH, or http:// on this machine", a.AuthJWKS)
	}
	return nil
}

// trustworthy reports whether nobody on the way can change what comes from an address.
func trustworthy(address string) bool {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.User != nil {
		return false
	}
	return u.Scheme == "https" || u.Scheme == "http" && loopback(u.Hostname())
}

func (a *Auth) checkLeeway() error {
	if a.AuthLeeway < 0 || a.AuthLeeway > time.Minute {
		return wrong("auth-leeway", "is %s: wanted 0s to 1m", a.AuthLeeway)
	}
	return nil
}

// derive returns a secret for another use that says nothing about the key it comes from.
func (a *Auth) derive(label string) Secret {
	mac := hmac.New(sha256.New, []byte(a.AuthKey))
	mac.Write([]byte("claimcall " + label))
	return Secret(hex.EncodeToString(mac.Sum(nil)))
}
