package auth

import (
	"errors"
	"time"
	"unicode"
	"unicode/utf8"
)

// Audience is what the aud claim of every token must contain.
const Audience = "claimcall"

// Roles that a token can carry.
const (
	RoleClaimant   = "claimant"
	RoleAdjuster   = "adjuster"
	RoleSupervisor = "supervisor"
)

// Limits on claims, in characters unless stated otherwise. They are those of the wire.
const (
	MaxToken   = 4096 // the whole token, in bytes
	MaxSubject = 128
	MaxName    = 128
	MaxClaimNo = 64
	MaxEntries = 16 // skills and queues: number of entries
	MaxEntry   = 64 // skills and queues: one entry
)

// Why a token was refused. Details are wrapped around these; none of them holds any part of the token.
var (
	ErrInvalid  = errors.New("auth: token is not valid")
	ErrExpired  = errors.New("auth: token has expired")
	ErrAudience = errors.New("auth: token is for another audience")
	ErrRole     = errors.New("auth: token has no known role")
	// ErrUnavailable says that the keys are not known yet: the same token may be good later.
	ErrUnavailable = errors.New("auth: keys can't be reached")
)

// Claims are what a token says about its holder.
type Claims struct {
	Subject string // sub
	Role    string
	Name    string
	Skills  []string
	Queues  []string
	ClaimNo string // the one claim a claimant is bound to; empty for any

	// Issued is iat; zero if the token does not say. Verify sets it and Sign does not look at it.
	Issued time.Time
	// Expires is when a sign-in with this token ends. Verify sets it and Sign does not look at it.
	Expires time.Time
}

// Check returns what is wrong with c, as ErrRole or ErrInvalid.
func (c Claims) Check() error {
	switch {
	case !validRole(c.Role):
		return ErrRole
	case c.Subject == "":
		return invalid("sub is missing")
	case !validText(c.Subject, MaxSubject):
		return invalid("sub is too long or has control characters")
	case !validText(c.Name, MaxName):
		return invalid("name is too long or has control characters")
	case !validText(c.ClaimNo, MaxClaimNo):
		return invalid("claim_no is too long or has control characters")
	case !validList(c.Skills):
		return invalid("skills has too many entries, or an empty, long or strange one")
	case !validList(c.Queues):
		return invalid("queues has too many entries, or an empty, long or strange one")
	}
	return nil
}

func validRole(role string) bool {
	return role == RoleClaimant || role == RoleAdjuster || role == RoleSupervisor
}

func validList(entries []string) bool {
	for _, entry := range entries {
		if entry == "" || !validText(entry, MaxEntry) {
			return false
		}
	}
	return len(entries) <= MaxEntries
}

// validText keeps out what could forge a line of a log or a key of a store.
func validText(s string, limit int) bool {
	if !utf8.ValidString(s) || utf8.RuneCountInString(s) > limit {
		return false
	}
	for _, r := range s {
		if unicode.IsControl(r) {
			return false
		}
	}
	return true
}
