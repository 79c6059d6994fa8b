package main

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/alicebob/miniredis/v2"

	"github.com/claimcall/claimcall/internal/mediatest"
)

// examine runs doctor and returns what it says, with its exit code.
func examine(t *testing.T, args ...string) (string, int) {
	t.Helper()
	stdout, stderr, code := output(t, nil, append([]string{"doctor"}, args...)...)
	if want := map[int]string{0: "", 1: "claimcall: something is wrong; see the lines that begin with \"error\"\n"}[code]; stderr != want {
		t.Errorf("stderr %q, want %q", stderr, want)
	}
	return stdout, code
}

// rtmpOf is where the server takes RTMP.
func rtmpOf(t *testing.T, s *server) string {
	t.Helper()
	return regexp.MustCompile(`(?m)^rtmp +rtmp://(\S+)$`).FindStringSubmatch(s.written())[1]
}

// freePort is an address at which nobody listens now.
func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func TestDoctorOfADevelopmentServer(t *testing.T) {
	s := serve(t, nil)
	address, rtmp := strings.TrimPrefix(s.url, "http://"), rtmpOf(t, s)
	said, code := examine(t, "--dev", "--listen", address, "--rtmp-listen", rtmp, "--db", s.db)
	want := "warning  settings: With --dev the key is public and anybody on this machine can sign in as anybody. Never put it on a network.\n" +
		"ok       server: It runs at " + s.url + ", and is ready.\n" +
		"ok       db: " + s.db + " can be written.\n" +
		"ok       rtmp-public: RTMP answers at rtmp://" + rtmp + ".\n" +
		"ok       public-url: The server answers at " + s.url + ".\n" +
		"\n0 errors, 1 warning.\n"
	if said != want || code != 0 {
		t.Errorf("ended with %d, said\n%swant\n%s", code, said, want)
	}
	s.stop()
}

func TestDoctorWithoutAServer(t *testing.T) {
	listen, rtmp, internal, webrtc := freePort(t), freePort(t), freePort(t), freePort(t)
	db := filepath.Join(t.TempDir(), "calls.db")
	args := []string{
		"--auth-key", strings.Repeat("k", 32), "--public-url", "http://call.example.org", "--listen", listen, "--rtmp-listen", rtmp,
		"--internal-listen", internal, "--webrtc-listen", webrtc, "--db", db,
	}
	said, code := examine(t, args...)
	want := "ok       settings: They are complete.\n" +
		"warning  public-url: It is plain HTTP. Browsers give camera and microphone to HTTPS pages only, and tokens cross the network unprotected.\n" +
		"warning  server: None runs at http://" + listen + ". The relay, and hooks, are looked at only while one does: start it, and run this again beside it.\n" +
		"ok       listen: TCP " + listen + " is free.\n" +
		"ok       internal-listen: TCP " + internal + " is free.\n" +
		"ok       rtmp-listen: TCP " + rtmp + " is free.\n" +
		"ok       webrtc-listen: TCP " + webrtc + " is free.\n" +
		"ok       webrtc-listen: UDP " + webrtc + " is free.\n" +
		"ok       db: " + db + " is not there yet, and can be made.\n" +
		"\n0 errors, 2 warnings.\n"
	if said != want || code != 0 {
		t.Errorf("ended with %d, said\n%swant\n%s", code, said, want)
	}
	if files, _ := os.ReadDir(filepath.Dir(db)); len(files) > 0 {
		t.Errorf("it left %v", files)
	}
}

func TestDoctorFindsBrokenSettings(t *testing.T) {
	said, code := examine(t, "--streams", "tencent,wowza", "--auth-key", "short-key")
	for _, want := range []string{
		"error    settings: --auth-key (CLAIMCALL_AUTH_KEY) has 9 bytes: wanted at least 32",
		"error    settings: --streams (CLAIMCALL_STREAMS) has \"wowza\": wanted some of relay, ",
		"error    settings: --tencent-push-key (CLAIMCALL_TENCENT_PUSH_KEY) is missing: wanted the primary key",
		" errors, 0 warnings.\n",
	} {
		if !strings.Contains(said, want) {
			t.Errorf("%q is not in\n%s", want, said)
		}
	}
	if code != 1 || strings.Contains(said, "short-key") {
		t.Errorf("ended with %d, said\n%s", code, said)
	}
}

func TestDoctorFindsWhatIsInTheWay(t *testing.T) {
	other := httptest.NewServer(http.NotFoundHandler())
	defer other.Close()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	free, redis := freePort(t), miniredis.RunT(t).Addr()
	for _, tt := range []struct{ args, want string }{
		{"--listen " + other.Listener.Addr().String(),
			"error    listen: Something else than this server answers at " + other.URL + ", with status 404. Stop that, or choose another --listen.\n"},
		{"--listen " + free + " --rtmp-listen " + taken.Addr().String(),
			"error    rtmp-listen: Another program listens at TCP " + taken.Addr().String() + ". Stop it, or choose another --rtmp-listen.\n"},
		{"--listen " + free + " --db /nowhere/calls.db",
			"error    db: /nowhere/calls.db can't be made: no such file or directory. Make the folder, "},
		{"--listen " + free + " --db memory:", "warning  db: The store is in memory: a restart forgets all calls. Name a file.\n"},
		{"--listen " + free + " --redis redis://" + redis,
			"warning  streams: The relay is among --streams, and with --redis there may be several nodes: "},
		{"--listen " + free + " --redis redis://user:pass-word@" + freePort(t), "error    redis: It can't be used: "},
	} {
		said, code := examine(t, append([]string{"--dev"}, strings.Fields(tt.args)...)...)
		if !strings.Contains(said, tt.want) || (code == 1) != strings.HasPrefix(tt.want, "error") || strings.Contains(said, "pass-word") {
			t.Errorf("%s: ended with %d, %q is not in\n%s", tt.args, code, tt.want, said)
		}
	}
}

const hookSecret = "hook-secret-of-this-test"

func TestDoctorOfNginx(t *testing.T) {
	listen := freePort(t)
	nginx := mediatest.StartNginx(t, "../../deploy/nginx-rtmp.conf", listen, hookSecret)
	args := []string{
		"--streams", "nginx-rtmp", "--nginx-rtmp-public", nginx.RTMP, "--nginx-rtmp-control", nginx.HTTP, "--nginx-rtmp-hook-secret",
	}
	s := serve(t, nil, append(args, hookSecret, "--listen", listen)...)
	said, code := examine(t, append(args, hookSecret, "--dev", "--listen", listen, "--db", s.db)...)
	if want := "ok       nginx-rtmp-public: RTMP answers at " + nginx.RTMP + ".\n" +
		"ok       nginx-rtmp-control: Orders are taken at " + nginx.HTTP + "/control.\n" +
		"ok       nginx-rtmp-hook-secret: Hooks arrive at " + s.url + "/hooks/nginx-rtmp/..., and their secret is right.\n" +
		"\n0 errors, 1 warning.\n"; !strings.HasSuffix(said, want) || code != 0 {
		t.Errorf("ended with %d, said\n%swant\n%s", code, said, want)
	}
	said, code = examine(t, append(args, "another-"+hookSecret, "--dev", "--listen", listen, "--db", s.db)...)
	if want := "error    nginx-rtmp-hook-secret: Hooks at " + s.url + "/hooks/nginx-rtmp/... are answered with 404: the running server has another secret"; !strings.Contains(said, want) || code != 1 {
		t.Errorf("ended with %d, %q is not in\n%s", code, want, said)
	}
	if strings.Contains(said, hookSecret) {
		t.Errorf("the secret is in\n%s", said)
	}
	s.stop()
}

// TestDoctorOfTencent runs against a stand-in for Tencent's API, and with domains that nobody has.
func TestDoctorOfTencent(t *testing.T) {
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"Response":{"StreamState":"inactive","RequestId":"r"}}`)
	}))
	defer api.Close()
	listen := freePort(t)
	secrets := []string{"e12c46f2612d5106e2034781ab261ca3", "fedcba9876543210fedcba9876543210", "callback-key-of-this-test", "api-key-of-this-test", hookSecret}
	args := []string{
		"--streams", "tencent", "--tencent-push-domain", "push.invalid", "--tencent-play-domain", "play.invalid",
		"--tencent-push-key", secrets[0], "--tencent-play-key", secrets[1], "--tencent-callback-key", secrets[2],
		"--tencent-secret-id", "AKID", "--tencent-secret-key", secrets[3], "--tencent-hook-secret", secrets[4],
		"--tencent-api", api.URL, "--listen", listen, "--public-url", "http://" + listen,
	}
	s := serve(t, nil, args...)
	said, code := examine(t, append(args, "--dev", "--db", s.db)...)
	const advice = " has no address. Add it in the console as a "
	for _, want := range []string{
		"ok       tencent-push-key: The key looks like one.\n",
		"ok       tencent-callback-key: Callbacks are taken, and their signature is checked.\n",
		"error    tencent-push-domain: The domain push.invalid" + advice + "push domain",
		"error    tencent-play-domain: The domain play.invalid" + advice + "play domain",
		"ok       tencent-secret-id: Tencent's API takes our requests.\n",
		"ok       tencent-hook-secret: Hooks arrive at http://" + listen + "/hooks/tencent/..., and their secret is right.\n",
		"\n2 errors, 1 warning.\n",
	} {
		if !strings.Contains(said, want) {
			t.Errorf("%q is not in\n%s", want, said)
		}
	}
	other, _ := examine(t, append(args, "--dev", "--db", s.db, "--tencent-callback-key", "another-key")...)
	if want := "error    tencent-hook-secret: The running server refuses hooks that are signed with this key."; !strings.Contains(other, want) {
		t.Errorf("%q is not in\n%s", want, other)
	}
	for _, secret := range secrets {
		if strings.Contains(said+other+s.written(), secret) {
			t.Errorf("%s is shown", secret)
		}
	}
	if code != 1 {
		t.Errorf("ended with %d", code)
	}
	s.stop()
}
