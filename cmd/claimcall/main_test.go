package main

import (
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/claimcall/claimcall/internal/auth"
	"github.com/claimcall/claimcall/internal/config"
	"github.com/claimcall/claimcall/protocol"
)

func verifier(t *testing.T, key config.Secret) *auth.Verifier {
	t.Helper()
	k, err := auth.HS256([]byte(key))
	if err != nil {
		t.Fatal(err)
	}
	return auth.NewVerifier(auth.Config{Key: k})
}

func TestTokenPrintsATokenAndNothingElse(t *testing.T) {
	stdout, stderr, code := output(t, nil, "token", "--dev", "--role", "adjuster", "--sub", "li", "--name", "李", "--skills", "ev,glass", "--ttl", "5m")
	token := strings.TrimSuffix(stdout, "\n")
	claims, err := verifier(t, config.DevelopmentKey).Verify(token)
	if err != nil || code != 0 || stderr != "" {
		t.Fatalf("got %q %q %d: %v", stdout, stderr, code, err)
	}
	if claims.Subject != "li" || claims.Role != "adjuster" || claims.Name != "李" || len(claims.Skills) != 2 {
		t.Errorf("got %+v", claims)
	}
	if left := time.Until(claims.Expires); left > 5*time.Minute || left < 4*time.Minute {
		t.Errorf("expires in %v", left)
	}
}

func TestTokenWithAKeyOfOnesOwn(t *testing.T) {
	own := strings.Repeat("k", 32)
	file := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(file, []byte(own+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	stdout, _, code := output(t, []string{"CLAIMCALL_AUTH_KEY_FILE=" + file, "CLAIMCALL_ROLE=claimant"}, "token", "--sub", "zhang")
	if _, err := verifier(t, config.Secret(own)).Verify(strings.TrimSpace(stdout)); err != nil || code != 0 {
		t.Errorf("got %q %d: %v", stdout, code, err)
	}
}

func TestRefusals(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	own := "CLAIMCALL_AUTH_KEY=" + strings.Repeat("k", 32)
	dev := "CLAIMCALL_AUTH_KEY=" + string(config.DevelopmentKey)
	free := " --listen 127.0.0.1:0 --rtmp-listen 127.0.0.1:0"
	tests := []struct {
		name string
		env  string
		args string
		want []string
	}{
		{"no command", "", "", []string{"serve"}},
		{"an unknown flag", "", "serve --lisen x", []string{"--lisen"}},
		{"no key", "", "serve", []string{"CLAIMCALL_AUTH_KEY", "missing"}},
		{"the development key", dev, "serve", []string{"CLAIMCALL_AUTH_KEY", "public development key"}},
		{"not loopback", "", "serve --dev --listen 0.0.0.0:0", []string{"CLAIMCALL_LISTEN", "loopback"}},
		{"no public address", own, "serve", []string{"CLAIMCALL_PUBLIC_URL", "https://"}},
		{"redis", "", "serve --dev --redis redis://127.0.0.1" + free, []string{"Redis"}},
		{"a store that can't be", "", "serve --dev --db /nowhere/calls.db" + free, []string{"/nowhere"}},
		{"an address that is taken", "", "serve --dev --listen " + taken.Addr().String(), []string{"CLAIMCALL_LISTEN", "in use"}},
		{"a missing file", "", "serve --config /nowhere.json", []string{"/nowhere.json"}},
		{"a token without a role", "", "token --dev --sub x", []string{"--role"}},
		{"a token for an unknown role", "", "token --dev --sub x --role admin", []string{"claimant"}},
		{"a token without a key", "", "token --sub x --role claimant", []string{"CLAIMCALL_AUTH_KEY"}},
		{"a call of nobody", "", "call", []string{"--token", "--dev"}},
		{"a call to nowhere", "", "call --dev --url ws://127.0.0.1:1/ws", []string{"refused"}},
		{"a file that is not there", "", "call --dev --push /nowhere.mp4", []string{"--push"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			stdout, stderr, code := output(t, []string{tt.env}, strings.Fields(tt.args)...)
			if code != 1 {
				t.Errorf("ended with %d", code)
			}
			for _, want := range tt.want {
				if !strings.Contains(stderr, want) {
					t.Errorf("%q does not say %q", stderr, want)
				}
			}
			if stdout != "" || strings.Contains(stderr, strings.Repeat("k", 32)) {
				t.Errorf("stdout %q, stderr %q", stdout, stderr)
			}
		})
	}
}

// fetch returns the status and body of a page.
func fetch(t *testing.T, url string) (int, string) {
	t.Helper()
	r, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return r.StatusCode, string(body)
}

func TestServeDev(t *testing.T) {
	s := serve(t, nil)
	for _, path := range []string{"/", "/console/", "/call/", "/readyz", "/livez", "/api/v1/config"} {
		if status, _ := fetch(t, s.url+path); status != 200 {
			t.Errorf("%s: %d", path, status)
		}
	}
	for _, path := range []string{"/readyz", "/debug/pprof/"} {
		if status, _ := fetch(t, s.internal+path); status != 200 {
			t.Errorf("internal %s: %d", path, status)
		}
		if status, _ := fetch(t, s.url+path); path != "/readyz" && status != 404 {
			t.Errorf("public %s: %d", path, status)
		}
	}
	r, err := http.Post(s.url+"/api/v1/login/dev", "application/json", strings.NewReader(`{"role":"claimant","sub":"zhang"}`))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	var login struct{ Token string }
	if err := json.NewDecoder(r.Body).Decode(&login); err != nil {
		t.Fatal(err)
	}
	if _, err := verifier(t, config.DevelopmentKey).Verify(login.Token); err != nil {
		t.Error(err)
	}
	for _, want := range []string{s.url + "/console/", s.url + "/call/", "public", "--push testsrc"} {
		s.says(want)
	}
	s.stop()
}

// says waits for a line of standard output.
func (p *process) says(want string) {
	p.t.Helper()
	for !strings.Contains(p.written(), want) {
		p.line()
	}
}

func TestServeWithAKeyOfOnesOwnHasNoSignIn(t *testing.T) {
	s := start(t, "serve", "serve", "--auth-key", strings.Repeat("k", 32), "--public-url", "https://call.example.org",
		"--listen", "127.0.0.1:0", "--rtmp-listen", "127.0.0.1:0", "--internal-listen", "127.0.0.1:0", "--db", "memory:")
	s.says("internal ")
	if strings.Contains(s.written(), "DEVELOPMENT") || !strings.Contains(s.written(), "public   https://call.example.org") {
		t.Error("that is not what it should say")
	}
	s.signal(syscall.SIGTERM)
	s.exits(0)
}

func TestASecondSignalEndsAtOnce(t *testing.T) {
	s := serve(t, nil)
	// A client that never answers keeps the server from leaving for a while.
	conn, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, "GET /ws HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"+
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: "+protocol.Subprotocol+"\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	s.signal(syscall.SIGTERM)
	for status := 200; status == 200; status, _ = fetch(t, s.url+"/readyz") { // it has taken the first one
	}
	start := time.Now()
	s.signal(syscall.SIGTERM)
	<-s.ended
	if ws := s.cmd.ProcessState.Sys().(syscall.WaitStatus); !ws.Signaled() {
		t.Errorf("ended with %v after %v, want the signal to end it", s.cmd.ProcessState, time.Since(start))
	}
}
