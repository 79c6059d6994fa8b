// Package auth checks and makes the tokens that say who is on a socket: JSON Web Tokens for the audience
// "claimcall" with a subject, a role and an expiry.
//
// A key carries the one algorithm that it may be used with, and a token that names another is refused
// whatever its signature. What a token says about where to find its own key (jku, x5u, jwk, x5c) is refused as
// well. Nothing a token claims is believed before its signature holds.
package auth
