package httpapi

import (
	"errors"

	"github.com/claimcall/claimcall/hub"
	"github.com/claimcall/claimcall/internal/auth"
	"github.com/claimcall/claimcall/protocol"
)

// refusals says what each reason to refuse a token is on the wire.
var refusals = []struct {
	err  error
	code protocol.Code
}{
	{auth.ErrExpired, protocol.CodeTokenExpired},
	{auth.ErrAudience, protocol.CodeWrongAudience},
	{auth.ErrRole, protocol.CodeWrongRole},
	{auth.ErrInvalid, protocol.CodeUnauthorized},
	{auth.ErrUnavailable, protocol.CodeUnavailable},
}

// Authenticate has the hub sign in whoever has a token that v accepts.
func Authenticate(v *auth.Verifier) hub.Authenticate {
	return func(token string) (hub.Identity, error) {
		claims, err := v.Verify(token)
		if err != nil {
			return hub.Identity{}, refusal(err)
		}
		return hub.Identity{
			User:    claims.Subject,
			Role:    protocol.Role(claims.Role),
			Name:    claims.Name,
			Skills:  claims.Skills,
			Queues:  claims.Queues,
			ClaimNo: claims.ClaimNo,
			Issued:  claims.Issued,
			Expires: claims.Expires,
		}, nil
	}
}

// refusal returns what the client is told, and keeps to itself what exactly was wrong with the token.
func refusal(err error) *protocol.Error {
	for _, known := range refusals {
		if errors.Is(err, known.err) {
			return protocol.NewError(known.code)
		}
	}
	return protocol.NewError(protocol.CodeInternal)
}
