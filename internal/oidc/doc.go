// Package oidc signs people in at an identity provider by OpenID Connect: the authorization code flow with PKCE, state and
// nonce. It keeps nothing: what must be remembered between the two ends of a flow is handed to the caller.
package oidc
