package main

import (
	"context"
	"strings"

	"go.uber.org/zap"

	"github.com/claimcall/claimcall/hub"
	"github.com/claimcall/claimcall/internal/auth"
	"github.com/claimcall/claimcall/internal/config"
	"github.com/claimcall/claimcall/internal/httpapi"
	"github.com/claimcall/claimcall/internal/oidc"
	"github.com/claimcall/claimcall/internal/wechat"
)

// openKeys returns whose tokens are accepted, and notes what keeps the keys up to date.
func (n *node) openKeys(settings *config.Auth) (auth.Config, error) {
	with, err := authConfig(settings)
	if err != nil {
		return auth.Config{}, err
	}
	with.MaxLife = hub.MaxTokenLife
	report := func(err error) { n.log.Warn("keys of tokens stay as they were", zap.Error(err)) }
	for _, path := range settings.AuthKeys {
		file, err := auth.NewKeyFile(path)
		if err != nil {
			return auth.Config{}, err
		}
		with.Sources = append(with.Sources, file)
		n.keys = append(n.keys, func(ctx context.Context) { file.Run(ctx, report) })
	}
	if settings.AuthJWKS != "" {
		set, err := auth.NewJWKS(settings.AuthJWKS, nil, report)
		if err != nil {
			return auth.Config{}, err
		}
		with.Sources = append(with.Sources, set)
		n.keys = append(n.keys, set.Run)
	}
	return with, nil
}

// openTickets returns what accepts tickets; none without a key that could seal them.
func (n *node) openTickets(settings *config.Auth) (*httpapi.Tickets, error) {
	if settings.AuthKey == "" {
		return nil, nil
	}
	return httpapi.NewTickets([]byte(settings.AuthKey), n.store)
}

// weChat returns how claimants sign in by their mini-program; nil if they do not.
func weChat(c *config.Serve, with auth.Config) *httpapi.WeChat {
	if c.WeChatAppID == "" {
		return nil
	}
	client := wechat.New(wechat.Config{AppID: c.WeChatAppID, Secret: string(c.WeChatSecret), API: c.WeChatAPI})
	return &httpapi.WeChat{
		OpenID: client.OpenID, Signer: auth.NewSigner(with), Secret: []byte(c.AuthKey), Life: c.WeChatLife,
	}
}

// oidc returns how people sign in to the console at an identity provider; nil if they do not.
func (n *node) oidc(c *config.Serve, tickets *httpapi.Tickets) (*httpapi.OIDC, error) {
	if c.OIDCIssuer == "" {
		return nil, nil
	}
	roles, err := c.Roles()
	if err != nil {
		return nil, err
	}
	flows, err := auth.NewSealer([]byte(c.AuthKey), "flow")
	if err != nil {
		return nil, err
	}
	public := n.addresses.public
	return &httpapi.OIDC{
		Provider: oidc.New(oidc.Config{
			Issuer: c.OIDCIssuer, ClientID: c.OIDCClientID, ClientSecret: string(c.OIDCClientSecret),
			Callback: httpapi.CallbackURL(public), Scopes: c.OIDCScopes,
			Claims: oidc.Claims{
				User: c.OIDCUserClaim, Name: c.OIDCNameClaim, Role: c.OIDCRoleClaim, Roles: roles,
				Skills: c.OIDCSkillsClaim, Queues: c.OIDCQueuesClaim,
			},
		}),
		Tickets: tickets, Flows: flows, Name: c.OIDCName, Life: c.OIDCLife, Secure: strings.HasPrefix(public, "https:"),
	}, nil
}

// webLimits turns settings into what package httpapi wants.
func webLimits(l config.Limits) httpapi.Limits {
	return httpapi.Limits{
		Sockets: l.MaxSockets, AddressSockets: l.MaxSocketsAddress, Waiting: l.MaxWaiting, AddressWaiting: l.MaxWaitingAddress,
		Rate: l.ConnectRate, AddressRate: l.ConnectRateAddr, AddressLogins: l.LoginRateAddr,
	}
}
