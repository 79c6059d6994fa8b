package httpapi

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/golang-jwt/jwt/v5"
)

// provider stands in for an identity provider: it signs in whoever comes, checks every parameter, and signs for real.
type provider struct {
	t      testing.TB
	url    string
	key    *ecdsa.PrivateKey
	change func(claims map[string]any) // of the next tokens; nil for none
	signer any                         // in place of key; nil for none

	mu    sync.Mutex
	codes map[string]url.Values // what each unused code was asked for with
	down  bool
}

func newProvider(t testing.TB) *provider {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	p := &provider{t: t, key: key, codes: map[string]url.Values{}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", p.discovery)
	mux.HandleFunc("GET /keys", p.keys)
	mux.HandleFunc("GET /authorize", p.authorize)
	mux.HandleFunc("POST /token", p.token)
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	p.url = server.URL
	return p
}

func (p *provider) send(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v)
}

func (p *provider) discovery(w http.ResponseWriter, _ *http.Request) {
	if p.down {
		http.Error(w, "down", http.StatusServiceUnavailable)
		return
	}
	p.send(w, map[string]any{
		"issuer": p.url, "authorization_endpoint": p.url + "/authorize", "token_endpoint": p.url + "/token",
		"jwks_uri": p.url + "/keys", "id_token_signing_alg_values_supported": []string{"ES256"},
	})
}

func (p *provider) keys(w http.ResponseWriter, _ *http.Request) {
	p.send(w, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: p.key.Public(), KeyID: "1", Algorithm: "ES256", Use: "sig"}}})
}

func (p *provider) authorize(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	if q.Get("client_id") != "claimcall" || q.Get("response_type") != "code" || q.Get("scope") != "openid profile" ||
		q.Get("code_challenge_method") != "S256" || len(q.Get("state")) < 20 || len(q.Get("nonce")) < 20 {
		p.t.Errorf("authorize was asked with %v", q)
	}
	code := rand.Text()
	p.mu.Lock()
	p.codes[code] = q
	p.mu.Unlock()
	back := url.Values{"code": {code}, "state": {q.Get("state")}}
	http.Redirect(w, r, q.Get("redirect_uri")+"?"+back.Encode(), http.StatusFound)
}

func (p *provider) token(w http.ResponseWriter, r *http.Request) {
	id, secret, basic := r.BasicAuth()
	code := r.FormValue("code")
	p.mu.Lock()
	asked, ok := p.codes[code]
	delete(p.codes, code)
	p.mu.Unlock()
	challenge := sha256.Sum256([]byte(r.FormValue("code_verifier")))
	if !ok || !basic || id != "claimcall" || secret != "s3cret" || r.FormValue("grant_type") != "authorization_code" ||
		r.FormValue("redirect_uri") != asked.Get("redirect_uri") ||
		base64.RawURLEncoding.EncodeToString(challenge[:]) != asked.Get("code_challenge") {
		http.Error(w, `{"error":"invalid_grant"}`, http.StatusBadRequest)
		return
	}
	claims := map[string]any{
		"iss": p.url, "aud": "claimcall", "sub": "li-7", "name": "李伟", "nonce": asked.Get("nonce"),
		"iat": time.Now().Unix(), "exp": time.Now().Add(time.Minute).Unix(), "roles": []string{"staff", "claims"},
	}
	if p.change != nil {
		p.change(claims)
	}
	token := jwt.NewWithClaims(jwt.SigningMethodES256, jwt.MapClaims(maps.Clone(claims)))
	token.Header["kid"] = "1"
	var signer any = p.key
	if p.signer != nil {
		signer = p.signer
	}
	signed, err := token.SignedString(signer)
	if err != nil {
		p.t.Error(err)
	}
	p.send(w, map[string]any{"access_token": "a", "token_type": "Bearer", "id_token": signed})
}
