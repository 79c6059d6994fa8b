package config

import (
	"errors"
	"strings"
	"time"
)

// SignIn says how people sign in here, besides by tokens that others make.
type SignIn struct {
	WeChatAppID      string        `name:"wechat-appid" env:"CLAIMCALL_WECHAT_APPID" help:"Id of the mini-program whose users sign in as claimants." placeholder:"ID"`
	WeChatSecret     Secret        `name:"wechat-secret" env:"CLAIMCALL_WECHAT_SECRET" help:"Its secret." placeholder:"SECRET"`
	WeChatSecretFile string        `name:"wechat-secret-file" env:"CLAIMCALL_WECHAT_SECRET_FILE" help:"File that holds it." placeholder:"FILE"`
	WeChatAPI        string        `name:"wechat-api" env:"CLAIMCALL_WECHAT_API" default:"https://api.weixin.qq.com" help:"Address of WeChat's API (default: ${default})." placeholder:"URL"`
	WeChatLife       time.Duration `name:"wechat-life" env:"CLAIMCALL_WECHAT_LIFE" default:"2h" help:"Life of a token got by WeChat."`

	OIDCIssuer           string        `name:"oidc-issuer" env:"CLAIMCALL_OIDC_ISSUER" help:"Identity provider (OpenID Connect) by which people sign in to the console." placeholder:"https://HOST/PATH"`
	OIDCName             string        `name:"oidc-name" env:"CLAIMCALL_OIDC_NAME" default:"SSO" help:"What people call it."`
	OIDCClientID         string        `name:"oidc-client-id" env:"CLAIMCALL_OIDC_CLIENT_ID" help:"Id of this site there." placeholder:"ID"`
	OIDCClientSecret     Secret        `name:"oidc-client-secret" env:"CLAIMCALL_OIDC_CLIENT_SECRET" help:"Its secret; none for a public client." placeholder:"SECRET"`
	OIDCClientSecretFile string        `name:"oidc-client-secret-file" env:"CLAIMCALL_OIDC_CLIENT_SECRET_FILE" help:"File that holds it." placeholder:"FILE"`
	OIDCScopes           []string      `name:"oidc-scopes" env:"CLAIMCALL_OIDC_SCOPES" default:"profile" help:"What to ask for besides openid." placeholder:"A,B"`
	OIDCUserClaim        string        `name:"oidc-user-claim" env:"CLAIMCALL_OIDC_USER_CLAIM" default:"sub" help:"Claim that names a person for good." placeholder:"CLAIM"`
	OIDCNameClaim        string        `name:"oidc-name-claim" env:"CLAIMCALL_OIDC_NAME_CLAIM" default:"name" help:"Claim with the name to show." placeholder:"CLAIM"`
	OIDCRoleClaim        string        `name:"oidc-role-claim" env:"CLAIMCALL_OIDC_ROLE_CLAIM" default:"roles" help:"Claim with roles or groups." placeholder:"CLAIM"`
	OIDCRoles            []string      `name:"oidc-roles" env:"CLAIMCALL_OIDC_ROLES" help:"Which of its values make an adjuster or a supervisor." placeholder:"VALUE=adjuster,VALUE=supervisor"`
	OIDCSkillsClaim      string        `name:"oidc-skills-claim" env:"CLAIMCALL_OIDC_SKILLS_CLAIM" help:"Claim with a list of skills." placeholder:"CLAIM"`
	OIDCQueuesClaim      string        `name:"oidc-queues-claim" env:"CLAIMCALL_OIDC_QUEUES_CLAIM" help:"Claim with a list of queues." placeholder:"CLAIM"`
	OIDCLife             time.Duration `name:"oidc-life" env:"CLAIMCALL_OIDC_LIFE" default:"12h" help:"How long a sign-in lasts."`
}

func (s *SignIn) check(a *Auth, publicURL string) error {
	errs := []error{
		s.WeChatSecret.readFile("wechat-secret", s.WeChatSecretFile),
		s.OIDCClientSecret.readFile("oidc-client-secret", s.OIDCClientSecretFile),
	}
	s.WeChatSecretFile, s.OIDCClientSecretFile = "", "" // they have been read
	if a.AuthKey == "" && (s.WeChatAppID != "" || s.OIDCIssuer != "") {
		errs = append(errs, wrong("auth-key", "is missing: wanted a secret of at least %d bytes, which signs what people get who sign in here", minKey))
	}
	if s.WeChatAppID != "" {
		errs = append(errs, s.checkWeChat())
	}
	if s.OIDCIssuer != "" {
		errs = append(errs, s.checkOIDC(a.Dev, publicURL))
	}
	return errors.Join(errs...)
}

func (s *SignIn) checkWeChat() error {
	var errs []error
	if s.WeChatSecret == "" {
		errs = append(errs, wrong("wechat-secret", "is missing: wanted the AppSecret of the mini-program"))
	}
	if !trustworthy(s.WeChatAPI) {
		errs = append(errs, wrong("wechat-api", "is %q: wanted https://HOST", s.WeChatAPI))
	}
	return errors.Join(append(errs, checkLife("wechat-life", s.WeChatLife))...)
}

func (s *SignIn) checkOIDC(dev bool, publicURL string) error {
	var errs []error
	if !trustworthy(s.OIDCIssuer) {
		errs = append(errs, wrong("oidc-issuer", "is %q: wanted https://HOST[/PATH]", s.OIDCIssuer))
	}
	if s.OIDCClientID == "" {
		errs = append(errs, wrong("oidc-client-id", "is missing: wanted the id that the identity provider has given to this site"))
	}
	if publicURL == "" && !dev {
		errs = append(errs, wrong("public-url", "is missing: wanted the address to which the identity provider sends people back"))
	}
	if publicURL != "" && !trustworthy(publicURL) {
		errs = append(errs, wrong("public-url", "is %q: wanted https://HOST, because cookies go there", publicURL))
	}
	if _, err := s.Roles(); err != nil {
		errs = append(errs, err)
	}
	return errors.Join(append(errs, checkLife("oidc-life", s.OIDCLife))...)
}

func checkLife(flag string, life time.Duration) error {
	if life < time.Minute || life > 30*24*time.Hour {
		return wrong(flag, "is %s: wanted 1m to 720h", life)
	}
	return nil
}

// Roles returns which value of the claim stands for which role.
func (s *SignIn) Roles() (map[string]string, error) {
	roles := map[string]string{}
	for _, pair := range s.OIDCRoles {
		i := strings.LastIndex(pair, "=") // the value may be a distinguished name
		if i < 1 || pair[i+1:] != "adjuster" && pair[i+1:] != "supervisor" {
			return nil, wrong("oidc-roles", "has %q: wanted VALUE=adjuster or VALUE=supervisor, separated by commas", pair)
		}
		roles[pair[:i]] = pair[i+1:]
	}
	if len(roles) == 0 {
		return nil, wrong("oidc-roles", "is missing: wanted VALUE=adjuster or VALUE=supervisor, separated by commas")
	}
	return roles, nil
}
