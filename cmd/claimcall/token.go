package main

import (
	"errors"
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/claimcall/claimcall/internal/auth"
	"github.com/claimcall/claimcall/internal/config"
)

// tokenCmd prints a token, and nothing else on standard output.
type tokenCmd struct {
	config.Auth
	Role    string        `required:"" enum:"claimant,adjuster,supervisor" help:"claimant, adjuster or supervisor." placeholder:"ROLE"`
	Sub     string        `required:"" help:"Who the token is for." placeholder:"ID"`
	Name    string        `help:"Name to show to the other side." placeholder:"NAME"`
	Skills  []string      `help:"What an adjuster is good at." placeholder:"A,B"`
	Queues  []string      `help:"Queues that an adjuster serves; all if empty." placeholder:"A,B"`
	ClaimNo string        `help:"The one claim that a claimant may call about; any if empty." placeholder:"NO"`
	TTL     time.Duration `name:"ttl" default:"1h" help:"Life of the token."`
}

// Run prints the token.
func (c *tokenCmd) Run(term terminal) error {
	if utf8.RuneCountInString(c.Sub) > auth.MaxSubject {
		return fmt.Errorf("--sub is longer than %d characters", auth.MaxSubject)
	}
	token, err := makeToken(&c.Auth, auth.Claims{
		Subject: c.Sub, Role: c.Role, Name: c.Name, Skills: c.Skills, Queues: c.Queues, ClaimNo: c.ClaimNo,
	}, c.TTL)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(term.out, token)
	return err
}

func makeToken(settings *config.Auth, claims auth.Claims, ttl time.Duration) (string, error) {
	if err := settings.Check(); err != nil {
		return "", err
	}
	if settings.AuthKey == "" {
		return "", errNoKey
	}
	with, err := authConfig(settings)
	if err != nil {
		return "", err
	}
	return auth.NewSigner(with).Sign(claims, ttl)
}

var errNoKey = errors.New("--auth-key is missing: tokens are signed with it")

// authConfig turns settings into what package auth wants. Without a key of its own a node only verifies.
func authConfig(settings *config.Auth) (auth.Config, error) {
	var key auth.Key
	if settings.AuthKey != "" {
		var err error
		if key, err = auth.HS256([]byte(settings.AuthKey)); err != nil {
			return auth.Config{}, err
		}
	}
	leeway := settings.AuthLeeway
	if leeway == 0 {
		leeway = -1 // there it means none, and zero the default
	}
	return auth.Config{Key: key, Issuer: settings.AuthIssuer, Leeway: leeway}, nil
}
