package config

import (
	"errors"
	"strings"
	"testing"
	"time"
)

const someKey = Secret("a key that is long enough to sign tokens")

func goodSignIn() SignIn {
	return SignIn{
		WeChatAppID: "wx1", WeChatSecret: "s", WeChatAPI: "https://api.weixin.qq.com", WeChatLife: time.Hour,
		OIDCIssuer: "https://id.example.org", OIDCClientID: "claimcall", OIDCRoles: []string{"cn=a=adjuster", "b=supervisor"},
		OIDCLife: time.Hour,
	}
}

func TestSignInSettings(t *testing.T) {
	tests := map[string]struct {
		change func(*SignIn, *Auth)
		public string
		want   string // the setting that is named; "" for none
	}{
		"all well":               {func(*SignIn, *Auth) {}, "https://call.example.org", ""},
		"nothing":                {func(s *SignIn, a *Auth) { *s, *a = SignIn{}, Auth{} }, "", ""},
		"no key":                 {func(_ *SignIn, a *Auth) { a.AuthKey = "" }, "https://call.example.org", "CLAIMCALL_AUTH_KEY"},
		"no WeChat secret":       {func(s *SignIn, _ *Auth) { s.WeChatSecret = "" }, "https://call.example.org", "CLAIMCALL_WECHAT_SECRET"},
		"WeChat in the open":     {func(s *SignIn, _ *Auth) { s.WeChatAPI = "http://api.weixin.qq.com" }, "https://call.example.org", "CLAIMCALL_WECHAT_API"},
		"a short life":           {func(s *SignIn, _ *Auth) { s.WeChatLife = 0 }, "https://call.example.org", "CLAIMCALL_WECHAT_LIFE"},
		"issuer in the open":     {func(s *SignIn, _ *Auth) { s.OIDCIssuer = "http://id.example.org" }, "https://call.example.org", "CLAIMCALL_OIDC_ISSUER"},
		"no client":              {func(s *SignIn, _ *Auth) { s.OIDCClientID = "" }, "https://call.example.org", "CLAIMCALL_OIDC_CLIENT_ID"},
		"no address":             {func(*SignIn, *Auth) {}, "", "CLAIMCALL_PUBLIC_URL"},
		"an address in the open": {func(*SignIn, *Auth) {}, "http://call.example.org", "CLAIMCALL_PUBLIC_URL"},
		"no roles":               {func(s *SignIn, _ *Auth) { s.OIDCRoles = nil }, "https://call.example.org", "CLAIMCALL_OIDC_ROLES"},
		"a claimant by OIDC":     {func(s *SignIn, _ *Auth) { s.OIDCRoles = []string{"a=claimant"} }, "https://call.example.org", "CLAIMCALL_OIDC_ROLES"},
	}
	for name, tt := range tests {
		s, a := goodSignIn(), Auth{AuthKey: someKey}
		tt.change(&s, &a)
		err := s.check(&a, tt.public)
		if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), "("+tt.want+")")) {
			t.Errorf("%s: %v", name, err)
		}
	}
	s := goodSignIn()
	if roles, err := s.Roles(); err != nil || roles["cn=a"] != "adjuster" || roles["b"] != "supervisor" {
		t.Errorf("got %v, %v", roles, err)
	}
}

func TestKeysOfOthers(t *testing.T) {
	for name, tt := range map[string]struct {
		auth    Auth
		streams Streams
		want    string
	}{
		"an address, and a stream secret": {Auth{AuthJWKS: "https://id.example.org/keys"}, Streams{StreamSecret: someKey}, ""},
		"this machine":                    {Auth{AuthJWKS: "http://127.0.0.1:9/keys"}, Streams{StreamSecret: someKey}, ""},
		"an address in the open":          {Auth{AuthJWKS: "http://id.example.org/keys"}, Streams{StreamSecret: someKey}, "CLAIMCALL_AUTH_JWKS"},
		"no stream secret":                {Auth{AuthKeys: []string{"keys.pem"}}, Streams{}, "CLAIMCALL_STREAM_SECRET"},
		"no key at all":                   {Auth{}, Streams{StreamSecret: someKey}, "CLAIMCALL_AUTH_KEY"},
	} {
		tt.streams.Providers = []string{"relay"}
		err := errors.Join(tt.auth.Check(), tt.streams.check(&tt.auth))
		if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), "("+tt.want+")")) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestLimitsMustBeThere(t *testing.T) {
	good := Limits{1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, minQueue}
	if err := good.check(); err != nil {
		t.Error(err)
	}
	bad := Limits{SendQueue: 1}
	err := bad.check()
	if err == nil {
		t.Fatal("nothing is wrong")
	}
	if n := strings.Count(err.Error(), "wanted"); n != 12 {
		t.Errorf("%d of 12 limits are missed: %v", n, err)
	}
}
