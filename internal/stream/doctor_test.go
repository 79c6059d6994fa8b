package stream

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/claimcall/claimcall/internal/call"
)

// rtmpServer answers handshakes with the given first byte, and returns its address.
func rtmpServer(t testing.TB, version byte) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	serveRTMP(l, version)
	return l.Addr().String()
}

func serveRTMP(l net.Listener, version byte) {
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			answer := make([]byte, 1+2*handshakeSize)
			answer[0] = version
			_, _ = io.ReadFull(conn, make([]byte, 1+handshakeSize))
			_, _ = conn.Write(answer)
			_ = conn.Close()
		}
	}()
}

// nowhere is an address at which nobody listens.
func nowhere(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// world is a network in which a few addresses are elsewhere than they say.
func world(moved map[string]string, roots *tls.Config) network {
	return network{
		resolve: func(_ context.Context, host string) ([]string, error) {
			if strings.HasPrefix(host, "gone.") {
				return nil, &net.DNSError{Err: "no such host", Name: host}
			}
			return []string{"127.0.0.1"}, nil
		},
		dial: func(ctx context.Context, network, address string) (net.Conn, error) {
			to, ok := moved[address]
			if !ok {
				return nil, errors.New("connection refused")
			}
			return (&net.Dialer{}).DialContext(ctx, network, to)
		},
		roots: roots,
	}
}

func says(findings []Finding) string {
	var all []string
	for _, f := range findings {
		all = append(all, string(f.Level)+" "+f.Subject+": "+f.Text)
	}
	return strings.Join(all, "\n")
}

// https is a server whose certificate is that of example.com, and what believes it.
func https(t testing.TB) (address string, roots *tls.Config) {
	s := httptest.NewTLSServer(http.NotFoundHandler())
	t.Cleanup(s.Close)
	pool := x509.NewCertPool()
	pool.AddCert(s.Certificate())
	return s.Listener.Addr().String(), &tls.Config{RootCAs: pool}
}

// rtmpsServer is rtmpServer behind the certificate of example.com, and what believes that.
func rtmpsServer(t testing.TB) (address string, roots *tls.Config) {
	t.Helper()
	web := httptest.NewTLSServer(nil)
	t.Cleanup(web.Close)
	pool := x509.NewCertPool()
	pool.AddCert(web.Certificate())
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: web.TLS.Certificates})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	serveRTMP(l, 3)
	return l.Addr().String(), &tls.Config{RootCAs: pool}
}

func TestRTMPSIsTried(t *testing.T) {
	rtmps, roots := rtmpsServer(t)
	moved := map[string]string{
		"example.com:443": rtmps, "other.org:443": rtmps, "example.com:1936": rtmps, "plain.example.com:443": rtmpServer(t, 3),
	}
	for base, want := range map[string]string{
		"rtmps://example.com":       "ok x: RTMP answers at rtmps://example.com.",
		"rtmps://example.com:1936":  "ok x: RTMP answers at rtmps://example.com:1936.",
		"rtmps://other.org":         "error x: The certificate at rtmps://other.org is not accepted:",
		"rtmps://plain.example.com": "error x: No RTMP server answers at rtmps://plain.example.com:",
		"rtmps://example.com:1":     "error x: No RTMP server answers at rtmps://example.com:1:",
	} {
		if got := says([]Finding{world(moved, roots).lookAtRTMP(t.Context(), "x", base)}); !strings.HasPrefix(got, want) {
			t.Errorf("got %s", got)
		}
	}
}

func TestTencentDoctorFindsNothingWrong(t *testing.T) {
	cloud := newTencentCloud(t)
	cloud.state("inactive")
	p := testTencent(t, func(c *TencentConfig) {
		c.PlayDomain, c.PlayKey, c.PushBackupKey = "example.com", "fedcba9876543210fedcba9876543210", oldKey
		c.API, c.SecretID, c.SecretKey, c.Region = cloud.URL, secretID, secretKey, "ap-guangzhou"
	})
	web, roots := https(t)
	p.network = world(map[string]string{"push.example.com:1935": rtmpServer(t, 3), "example.com:443": web}, roots)
	want := `ok tencent-push-key: The key looks like one.
ok tencent-push-backup-key: The key looks like one.
ok tencent-play-key: The key looks like one.
ok tencent-callback-key: Callbacks are taken, and their signature is checked.
ok tencent-push-domain: The domain push.example.com has an address.
ok tencent-push-domain: RTMP answers at rtmp://push.example.com.
ok tencent-play-domain: The domain example.com has an address.
ok tencent-play-domain: HTTPS works at example.com.
ok tencent-secret-id: Tencent's API takes our requests.`
	if got := says(p.Diagnose(t.Context())); got != want {
		t.Errorf("got\n%s", got)
	}
}

func TestTencentDoctorFinds(t *testing.T) {
	cloud := newTencentCloud(t)
	cloud.answer("DescribeLiveStreamState", "AuthFailure.SignatureFailure")
	cloud.date = time.Now().Add(-7 * time.Minute)
	api := func(c *TencentConfig) {
		c.API, c.SecretID, c.SecretKey, c.Region = cloud.URL, secretID, secretKey, "ap-guangzhou"
	}
	web, roots := https(t)
	for name, c := range map[string]struct {
		change func(*TencentConfig)
		moved  map[string]string
		roots  *tls.Config
		want   []string
	}{
		"a quote in the key":   {func(c *TencentConfig) { c.PushKey += `"` }, nil, nil, []string{"warning tencent-push-key: The key has other signs"}},
		"a short key":          {nil, nil, nil, []string{"warning tencent-play-key: The key has only 10 signs"}},
		"no play key":          {func(c *TencentConfig) { c.PlayKey = "" }, nil, nil, []string{"warning tencent-play-key: There is no play key"}},
		"one key":              {func(c *TencentConfig) { c.PlayKey = c.PushKey }, nil, nil, []string{"warning tencent-play-key: It is the push key"}},
		"a guess":              {func(c *TencentConfig) { c.Hash = SHA256 }, nil, nil, []string{"warning tencent-hash: "}},
		"no hooks":             {func(c *TencentConfig) { c.HookSecret = "" }, nil, nil, []string{"warning tencent-hook-secret: There is none"}},
		"no callback key":      {func(c *TencentConfig) { c.CallbackKey = "" }, nil, nil, []string{"warning tencent-callback-key: There is none"}},
		"no API":               {nil, nil, nil, []string{"warning tencent-secret-id: There are no keys for the API"}},
		"domains unknown":      {func(c *TencentConfig) { c.PushDomain, c.PlayDomain = "gone.x", "gone.y" }, nil, nil, []string{"error tencent-push-domain: The domain gone.x has no address. Add it", "error tencent-play-domain: The domain gone.y has no address."}},
		"push domain closed":   {nil, nil, nil, []string{"error tencent-push-domain: No RTMP server answers at rtmp://push.example.com: connection refused."}},
		"push domain is other": {nil, map[string]string{"push.example.com:1935": rtmpServer(t, 'H')}, nil, []string{"not with RTMP"}},
		"certificate of other": {nil, map[string]string{"play.example.com:443": web}, nil, []string{"error tencent-play-domain: HTTPS does not work at play.example.com: ", "about two hours"}},
		"wrong secret, clock": {api, nil, roots, []string{
			"error tencent-secret-id: Tencent's API refuses us with AuthFailure.SignatureFailure. The secret key does not belong",
			"error clock: The clock here differs from Tencent's by about 7m0s."}},
		"API away": {func(c *TencentConfig) { api(c); c.API = "http://" + nowhere(t) }, nil, nil, []string{"error tencent-secret-id: Tencent's API does not answer"}},
	} {
		p := testTencent(t, c.change)
		p.network = world(c.moved, c.roots)
		got := says(p.Diagnose(t.Context()))
		for _, want := range c.want {
			if !strings.Contains(got, want) {
				t.Errorf("%s: %q is not in\n%s", name, want, got)
			}
		}
		for _, secret := range []string{pushKey, playKey, "callbackkey", "hook-secret-of", secretID, secretKey} {
			if strings.Contains(got, secret) {
				t.Errorf("%s: the secret %s is shown in\n%s", name, secret, got)
			}
		}
	}
}

func TestAdviceOnEachCode(t *testing.T) {
	for code, want := range map[string]string{
		"AuthFailure.SecretIdNotFound":             "no such secret id",
		"AuthFailure.SignatureExpire":              "clock",
		"AuthFailure.UnauthorizedOperation":        "CAM",
		"UnauthorizedOperation.CamNoAuth":          "CAM",
		"ResourceNotFound.PushDomainNotRegistered": "push domain",
		"InvalidParameter":                         "push domain",
		"RequestLimitExceeded":                     "Try again",
		"InternalError.New":                        "Look it up",
	} {
		if got := advice(code); !strings.Contains(got, want) {
			t.Errorf("%s: got %s", code, got)
		}
	}
}

func nginxAt(t testing.TB, rtmp, control string) *NginxRTMP {
	n := testNginx(t, &fakeHub{})
	n.at.rtmp, n.internal, n.control = "rtmp://"+rtmp, "rtmp://"+rtmp, newControl("http://"+control)
	return n
}

func TestNginxDoctor(t *testing.T) {
	var asked string
	control := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/stat" {
			_, _ = io.WriteString(w, statText(""))
			return
		}
		asked = r.RequestURI
	}))
	defer control.Close()
	bare := httptest.NewServer(http.NotFoundHandler())
	defer bare.Close()
	rtmp, gone := rtmpServer(t, 3), nowhere(t)
	want := "ok nginx-rtmp-public: RTMP answers at rtmp://" + rtmp + ".\n" +
		"ok nginx-rtmp-control: Orders are taken at " + control.URL + "/control."
	if got := says(nginxAt(t, rtmp, control.Listener.Addr().String()).Diagnose(t.Context())); got != want {
		t.Errorf("got\n%s", got)
	}
	if _, err := parseName(nobody().String()); err != nil || !strings.Contains(asked, nobody().String()) {
		t.Errorf("asked for %s, %v", asked, err)
	}
	got := says(nginxAt(t, gone, bare.Listener.Addr().String()).Diagnose(t.Context()))
	for _, want := range []string{
		"error nginx-rtmp-public: No RTMP server answers at rtmp://" + gone + ": ", "connection refused",
		"error nginx-rtmp-control: No order is taken at " + bare.URL + "/control: status 404.",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not in\n%s", want, got)
		}
	}
}

func TestRelayDoctor(t *testing.T) {
	status := http.StatusOK
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/livez" {
			w.WriteHeader(status)
		}
	}))
	defer web.Close()
	rtmp := rtmpServer(t, 3)
	at := func(http string) string {
		r, err := NewRelay(RelayConfig{RTMPBase: "rtmp://" + rtmp, HTTPBase: http, Keys: testKeys(t), Drop: func(string) {}, Published: nothing, Guard: testGuard(t)})
		if err != nil {
			t.Fatal(err)
		}
		return says(r.Diagnose(t.Context()))
	}
	if got, want := at(web.URL), "ok rtmp-public: RTMP answers at rtmp://"+rtmp+".\nok public-url: The server answers at "+web.URL+"."; got != want {
		t.Errorf("got\n%s", got)
	}
	status = http.StatusBadGateway
	if got := at(web.URL); !strings.Contains(got, "error public-url: "+web.URL+"/livez answers with status 502") {
		t.Errorf("got\n%s", got)
	}
	if got := at("http://" + nowhere(t)); !strings.Contains(got, "error public-url: Nothing answers at") {
		t.Errorf("got\n%s", got)
	}
}

// TestRehearsals: a rehearsal is answered as if all were well, and changes nothing.
func TestRehearsals(t *testing.T) {
	hub := &fakeHub{answer: call.ErrStreamRefused}
	for _, p := range []Rehearsed{withHub(t, hub), testNginx(t, hub)} {
		contentType, body := p.Rehearsal()
		w, r := httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
		r.Header.Set("Content-Type", contentType)
		p.Hook(w, r)
		if w.Code != http.StatusOK || w.Body.String() != `{"code":0}` {
			t.Errorf("%s: got %d %s", p.Name(), w.Code, w.Body)
		}
	}
	if len(hub.asked)+len(hub.heard()) > 0 {
		t.Errorf("the hub was asked %v and told %v", hub.asked, hub.heard())
	}
}
