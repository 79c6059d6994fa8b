package httpapi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/claimcall/claimcall/internal/auth"
	"github.com/claimcall/claimcall/internal/wechat"
	"github.com/claimcall/claimcall/protocol"
)

// weChatSite lets in users whose code is "code of NAME".
func weChatSite(t *testing.T, change ...func(*Config)) (h http.Handler, verify func(token string) (auth.Claims, error)) {
	t.Helper()
	secret := []byte(strings.Repeat("k", auth.MinSecret))
	key, err := auth.HS256(secret)
	if err != nil {
		t.Fatal(err)
	}
	c := Config{Hub: fakeHub{}, WeChat: &WeChat{
		Signer: auth.NewSigner(auth.Config{Key: key}), Secret: secret, Life: time.Hour,
		OpenID: func(_ context.Context, code string) (string, error) {
			if name, ok := strings.CutPrefix(code, "code of "); ok {
				return "openid-" + name, nil
			}
			return "", map[string]error{
				"": wechat.ErrCode, "used": wechat.ErrCode, "blocked": wechat.ErrBlocked, "busy": wechat.ErrBusy,
				"settings": wechat.ErrSettings, "other": errors.New("other"),
			}[code]
		},
	}}
	for _, f := range change {
		f(&c)
	}
	return New(c).Handler(), auth.NewVerifier(auth.Config{Key: key}).Verify
}

func weChatLogIn(h http.Handler, body string, header ...string) (status int, token string, code protocol.Code) {
	w := ask(h, "POST", "/api/v1/login/wechat", body, append([]string{"Content-Type", "application/json"}, header...)...)
	var answer struct {
		Token string `json:"token"`
		Error struct {
			Code protocol.Code `json:"code"`
		} `json:"error"`
	}
	_ = json.Unmarshal(w.Body.Bytes(), &answer)
	return w.Code, answer.Token, answer.Error.Code
}

func TestWeChatSignsClaimantsIn(t *testing.T) {
	h, verify := weChatSite(t)
	subjects := map[string]bool{}
	for _, who := range []string{"wang", "wang", "chen"} {
		status, token, _ := weChatLogIn(h, fmt.Sprintf(`{"code":"code of %s","claim_no":"PA-1"}`, who))
		claims, err := verify(token)
		if status != http.StatusOK || err != nil || claims.Role != auth.RoleClaimant || claims.ClaimNo != "PA-1" || claims.Issued.IsZero() {
			t.Fatalf("%d, %+v, %v", status, claims, err)
		}
		if strings.Contains(claims.Subject, who) || !strings.HasPrefix(claims.Subject, "wx-") {
			t.Errorf("the subject %s tells the openid", claims.Subject)
		}
		subjects[claims.Subject] = true
	}
	if len(subjects) != 2 {
		t.Errorf("two people have %d names", len(subjects))
	}
}

func TestWeChatRefuses(t *testing.T) {
	seen := &counted{}
	h, _ := weChatSite(t, func(c *Config) { c.Observer = seen })
	for body, want := range map[string]struct {
		status int
		code   protocol.Code
	}{
		`{}`:                                  {401, protocol.CodeUnauthorized},
		`{"code":"used"}`:                     {401, protocol.CodeUnauthorized},
		`{"code":"blocked"}`:                  {403, protocol.CodeForbidden},
		`{"code":"busy"}`:                     {503, protocol.CodeUnavailable},
		`{"code":"settings"}`:                 {503, protocol.CodeUnavailable},
		`{"code":"other"}`:                    {503, protocol.CodeUnavailable},
		`{"code":"used","claim_no":"a\nb"}`:   {400, protocol.CodeBadData},
		`{"code":7}`:                          {400, protocol.CodeBadJSON},
		`[`:                                   {400, protocol.CodeBadJSON},
		`"` + strings.Repeat("x", 5000) + `"`: {413, protocol.CodeTooLarge},
	} {
		if status, token, code := weChatLogIn(h, body); status != want.status || code != want.code || token != "" {
			t.Errorf("%.40s: %d %s, want %d %s", body, status, code, want.status, want.code)
		}
	}
	if len(seen.logins) != 6 {
		t.Errorf("counted %v", seen.logins)
	}
}

func TestSignInsOfOneAddressAreLimited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		seen := &counted{}
		h, _ := weChatSite(t, func(c *Config) { c.Limits.AddressLogins, c.Observer = 10, seen })
		passed := 0
		for i := range 100 {
			// What nobody trusted has written makes no other address.
			forged := fmt.Sprintf("203.0.113.%d", i)
			if status, _, code := weChatLogIn(h, `{"code":"code of x"}`, "X-Forwarded-For", forged); status == http.StatusOK {
				passed++
			} else if status != http.StatusTooManyRequests || code != protocol.CodeRateLimited {
				t.Fatalf("%d %s", status, code)
			}
		}
		if passed != 5 || seen.refused[LimitAddressLogins] != 95 {
			t.Errorf("%d of 100 passed, %v", passed, seen.refused)
		}
		time.Sleep(time.Minute)
		if status, _, _ := weChatLogIn(h, `{"code":"code of x"}`); status != http.StatusOK {
			t.Errorf("a minute later: %d", status)
		}
	})
}
