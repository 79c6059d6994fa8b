package httpapi

import (
	"context"
	"encoding/base32"
	"errors"
	"net/http"
	"strings"
	"time"

	"go.uber.org/zap"

	"github.com/claimcall/claimcall/internal/auth"
	"github.com/claimcall/claimcall/internal/wechat"
	"github.com/claimcall/claimcall/protocol"
)

// WeChat has claimants sign in by the mini-program they are in.
type WeChat struct {
	// OpenID trades a code of wx.login for the user's openid: see wechat.Client.
	OpenID func(ctx context.Context, code string) (string, error)
	Signer *auth.Signer
	// Secret hides the openid: what names a user here is of no use at WeChat.
	Secret []byte
	Life   time.Duration // of a token
}

// wechatLogin is what the mini-program sends.
type wechatLogin struct {
	Code    string `json:"code"`
	ClaimNo string `json:"claim_no"`
}

// wechatToken is the answer.
type wechatToken struct {
	Token     string        `json:"token"`
	ExpiresAt protocol.Time `json:"expires_at"`
}

// subject returns the name of a user here, the same each time.
func (c *WeChat) subject(openID string) string {
	name := auth.Derive(c.Secret, "wechat "+openID)
	return "wx-" + strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(name[:20]))
}

// serveWeChat answers POST /api/v1/login/wechat: a claimant's token for a code of wx.login.
func (s *Server) serveWeChat(w http.ResponseWriter, r *http.Request) {
	var login wechatLogin
	if e := readJSON(w, r, &login); e != nil {
		refuse(w, e)
		return
	}
	claims := auth.Claims{Subject: "wx", Role: auth.RoleClaimant, ClaimNo: login.ClaimNo}
	if claims.Check() != nil {
		refuse(w, protocol.BadData("claim_no", "at most 64 characters of one line"))
		return
	}
	openID, err := s.WeChat.OpenID(r.Context(), login.Code)
	if err != nil {
		s.refuseWeChat(w, err)
		return
	}
	claims.Subject = s.WeChat.subject(openID)
	expires := time.Now().Add(s.WeChat.Life)
	token, err := s.WeChat.Signer.Sign(claims, s.WeChat.Life)
	if err != nil {
		s.log.Error("token not signed", zap.Error(err))
		refuse(w, protocol.NewError(protocol.CodeInternal))
		return
	}
	s.observer.Login("wechat", OutcomeOK)
	answer(w, http.StatusOK, wechatToken{Token: token, ExpiresAt: protocol.At(expires)})
}

// refuseWeChat says what the mini-program can do about it. Only what the operator can mend is worth a line in the log.
func (s *Server) refuseWeChat(w http.ResponseWriter, err error) {
	outcome := OutcomeRefused
	e := protocol.Errorf(protocol.CodeUnauthorized, "WeChat does not know this code. Get a new one with wx.login.")
	switch {
	case errors.Is(err, wechat.ErrBlocked):
		e = protocol.Errorf(protocol.CodeForbidden, "WeChat does not let this user sign in.")
	case !errors.Is(err, wechat.ErrCode):
		s.log.Warn("sign-in by WeChat does not work", zap.Error(err))
		outcome, e = OutcomeUnavailable, protocol.NewError(protocol.CodeUnavailable)
	}
	s.observer.Login("wechat", outcome)
	refuse(w, e)
}

// loginRate keeps to the rate at which one address may ask to sign in.
func (s *Server) loginRate(next http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !s.gate.logins.allow(household(clientAddr(r, s.TrustedProxies))) {
			s.observer.Refused(LimitAddressLogins)
			w.Header().Set("Retry-After", "60")
			refuse(w, protocol.NewError(protocol.CodeRateLimited))
			return
		}
		next(w, r)
	})
}
