package httpapi

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"mime"
	"net/http"
	"strings"
	"time"

	"github.com/claimcall/claimcall/internal/auth"
	"github.com/claimcall/claimcall/protocol"
)

// maxBody bounds the body of a request to the API, in bytes.
const maxBody = 4 << 10

// devLife is how long a sign-in of the development page lasts.
const devLife = 12 * time.Hour

// config is what the pages want to know of the server.
type config struct {
	Dev     bool        `json:"dev"`
	Version string      `json:"version"`
	OIDC    *oidcConfig `json:"oidc,omitempty"`
	WeChat  bool        `json:"wechat,omitempty"`
}

// oidcConfig says what the link to sign in is called, and where it leads.
type oidcConfig struct {
	Name  string `json:"name"`
	Start string `json:"start"`
}

// serveConfig answers GET /api/v1/config.
func (s *Server) serveConfig(w http.ResponseWriter, _ *http.Request) {
	c := config{Dev: s.DevSigner != nil, Version: s.Version, WeChat: s.WeChat != nil}
	if s.OIDC != nil {
		c.OIDC = &oidcConfig{Name: s.OIDC.Name, Start: oidcStart + "?return=" + consolePath}
	}
	answer(w, http.StatusOK, c)
}

// devLogin says who to be. Sub and name are made up when they are missing.
type devLogin struct {
	Role    string   `json:"role"`
	Sub     string   `json:"sub"`
	Name    string   `json:"name"`
	Skills  []string `json:"skills"`
	Queues  []string `json:"queues"`
	ClaimNo string   `json:"claim_no"`
}

// devToken is the answer to devLogin.
type devToken struct {
	Token string `json:"token"`
	Sub   string `json:"sub"`
}

// serveDevLogin answers POST /api/v1/login/dev: a token for anybody who asks. The route is there with --dev only.
func (s *Server) serveDevLogin(w http.ResponseWriter, r *http.Request) {
	var login devLogin
	if e := readJSON(w, r, &login); e != nil {
		refuse(w, e)
		return
	}
	if login.Sub == "" {
		login.Sub = login.Role + "-" + strings.ToLower(rand.Text()[:6])
	}
	if login.Name == "" {
		login.Name = login.Sub
	}
	token, err := s.DevSigner.Sign(auth.Claims{
		Subject: login.Sub, Role: login.Role, Name: login.Name,
		Skills: login.Skills, Queues: login.Queues, ClaimNo: login.ClaimNo,
	}, devLife)
	switch {
	case errors.Is(err, auth.ErrRole):
		refuse(w, protocol.BadData("role", "claimant, adjuster or supervisor"))
	case err != nil:
		refuse(w, protocol.BadData("body", "texts of ordinary length"))
	default:
		answer(w, http.StatusOK, devToken{Token: token, Sub: login.Sub})
	}
}

// readJSON decodes the body, which must say that it is JSON: a form of a foreign page can't, without being asked.
func readJSON(w http.ResponseWriter, r *http.Request, into any) *protocol.Error {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "application/json" {
		return protocol.Errorf(protocol.CodeNotText, "Send Content-Type: application/json.")
	}
	err = json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody)).Decode(into)
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return protocol.NewError(protocol.CodeTooLarge)
	case err != nil:
		return protocol.Errorf(protocol.CodeBadJSON, "The body is not the JSON object that is wanted here.")
	}
	return nil
}
