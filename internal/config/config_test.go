package config

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kong"

	"github.com/claimcall/claimcall/hub"
)

const ownKey = "0123456789abcdef0123456789abcdef"

// parse reads settings as the program does. It does not check them.
func parse(t *testing.T, args ...string) (*Serve, error) {
	t.Helper()
	var s Serve
	parser, err := kong.New(&s, kong.Configuration(File), Durations(), kong.Name("serve"))
	if err != nil {
		t.Fatal(err)
	}
	_, err = parser.Parse(args)
	return &s, err
}

// checked reads settings that must be good.
func checked(t *testing.T, args ...string) *Serve {
	t.Helper()
	s, err := parse(t, args...)
	if err == nil {
		err = s.Check()
	}
	if err != nil {
		t.Fatalf("%v: %v", args, err)
	}
	return s
}

func write(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestDevNeedsNothing(t *testing.T) {
	s := checked(t, "--dev")
	if s.AuthKey != DevelopmentKey || s.Listen != "127.0.0.1:8080" || s.RTMPListen != "127.0.0.1:1935" || s.URL() != "claimcall.db" {
		t.Errorf("got %+v", s)
	}
	if len(s.StreamSecret) < minKey || s.StreamSecret == s.AuthKey {
		t.Error("the stream secret is not a key of its own")
	}
}

func TestProductionNeedsKeyAndAddress(t *testing.T) {
	s := checked(t, "--auth-key", ownKey, "--public-url", "https://call.example.org/")
	if s.Listen != ":8080" || s.RTMPListen != ":1935" || s.InternalListen != "127.0.0.1:8081" || s.PublicURL != "https://call.example.org" {
		t.Errorf("got %+v", s.Network)
	}
}

func TestRefusalsNameVariableAndWant(t *testing.T) {
	production := []string{"--auth-key", ownKey, "--public-url", "https://call.example.org"}
	nginx := append(production[:4:4], "--streams", "nginx-rtmp", "--nginx-rtmp-public", "rtmp://media",
		"--nginx-rtmp-control", "http://media", "--nginx-rtmp-hook-secret", "0123456789abcdef")
	checked(t, nginx...)
	srs := append(production[:4:4], "--streams", "srs", "--srs-public", "rtmp://media", "--srs-api", "http://media",
		"--srs-hook-secret", "0123456789abcdef")
	checked(t, srs...)
	tests := []struct {
		base []string
		args string
		want []string
	}{
		{nil, "", []string{"--auth-key", "CLAIMCALL_AUTH_KEY", "missing", "32 bytes"}},
		{nil, "--auth-key " + string(DevelopmentKey), []string{"CLAIMCALL_AUTH_KEY", "public development key"}},
		{nil, "--auth-key short", []string{"CLAIMCALL_AUTH_KEY", "5 bytes", "at least 32"}},
		{nil, "--dev --auth-key short", []string{"CLAIMCALL_AUTH_KEY", "5 bytes"}},
		{nil, "--auth-key " + ownKey, []string{"CLAIMCALL_PUBLIC_URL", "missing", "https://"}},
		{nil, "--dev --listen 0.0.0.0:8080", []string{"CLAIMCALL_LISTEN", "0.0.0.0:8080", "loopback", "127.0.0.1:8080"}},
		{nil, "--dev --listen [::]:8080", []string{"CLAIMCALL_LISTEN", "loopback"}},
		{nil, "--dev --rtmp-listen 10.0.0.1:1935", []string{"CLAIMCALL_RTMP_LISTEN", "loopback"}},
		{nil, "--dev --internal-listen 10.0.0.1:1", []string{"CLAIMCALL_INTERNAL_LISTEN", "loopback"}},
		{nil, "--dev --listen 8080", []string{"CLAIMCALL_LISTEN", "HOST:PORT"}},
		{nil, "--dev --streams relay,wowza", []string{"CLAIMCALL_STREAMS", "wowza", "relay, nginx-rtmp"}},
		{nil, "--dev --streams relay,relay", []string{"CLAIMCALL_STREAMS", "twice"}},
		{nil, "--dev --stream-secret short", []string{"CLAIMCALL_STREAM_SECRET", "at least 32"}},
		{nil, "--dev --stream-secret-backup short", []string{"CLAIMCALL_STREAM_SECRET_BACKUP", "at least 32"}},
		{nil, "--dev --ring 0s", []string{"CLAIMCALL_RING", "more than 0s"}},
		{nil, "--dev --max-call 25h", []string{"CLAIMCALL_MAX_CALL", "24h"}},
		{nil, "--dev --publish-wait=-1s", []string{"CLAIMCALL_PUBLISH_WAIT", "0s to 24h"}},
		{nil, "--dev --media-steady 25h", []string{"CLAIMCALL_MEDIA_STEADY", "24h"}},
		{nil, "--dev --max-missed 0", []string{"CLAIMCALL_MAX_MISSED", "at least 1"}},
		{nil, "--dev --auth-leeway 2m", []string{"CLAIMCALL_AUTH_LEEWAY", "1m"}},
		{nil, "--dev --public-url call.example.org", []string{"CLAIMCALL_PUBLIC_URL", "http(s)://HOST"}},
		{nil, "--dev --public-url https://example.org/path", []string{"CLAIMCALL_PUBLIC_URL"}},
		{nil, "--dev --rtmp-public rtmp://example.org/live", []string{"CLAIMCALL_RTMP_PUBLIC", "without the application"}},
		{nil, "--dev --console-origins example.org", []string{"CLAIMCALL_CONSOLE_ORIGINS", "http(s)://HOST"}},
		{nil, "--dev --trusted-proxies 10.0.0.1", []string{"CLAIMCALL_TRUSTED_PROXIES", "10.0.0.0/8"}},
		{nil, "--dev --auth-key-file /nowhere/key", []string{"CLAIMCALL_AUTH_KEY_FILE", "can be read"}},
		{nginx, "--nginx-rtmp-internal media", []string{"CLAIMCALL_NGINX_RTMP_INTERNAL", "without the application"}},
		{srs, "--srs-public rtmp://media/live", []string{"CLAIMCALL_SRS_PUBLIC", "without the application"}},
		{srs, "--srs-internal http://media", []string{"CLAIMCALL_SRS_INTERNAL", "rtmp://HOST"}},
		{srs, "--srs-webrtc-public https://media/rtc", []string{"CLAIMCALL_SRS_WEBRTC_PUBLIC", "without /rtc"}},
		{srs, "--srs-flv-public rtmp://media", []string{"CLAIMCALL_SRS_FLV_PUBLIC", "https://HOST"}},
		{srs, "--srs-api=", []string{"CLAIMCALL_SRS_API", "is missing: wanted"}},
		{srs, "--srs-hook-secret a/b", []string{"CLAIMCALL_SRS_HOOK_SECRET", "letters and digits"}},
		{nginx, "--nginx-rtmp-public rtmp://media/live", []string{"CLAIMCALL_NGINX_RTMP_PUBLIC", "without the application"}},
		{nginx, "--nginx-rtmp-public=", []string{"--nginx-rtmp-public (CLAIMCALL_NGINX_RTMP_PUBLIC) is missing: wanted"}},
		{nginx, "--nginx-rtmp-control=", []string{"CLAIMCALL_NGINX_RTMP_CONTROL", "is missing: wanted"}},
		{nginx, "--nginx-rtmp-control media", []string{"CLAIMCALL_NGINX_RTMP_CONTROL", "without /control"}},
		{nginx, "--nginx-rtmp-hook-secret a/b", []string{"CLAIMCALL_NGINX_RTMP_HOOK_SECRET", "letters and digits"}},
	}
	for _, tt := range tests {
		t.Run(tt.args, func(t *testing.T) {
			s, err := parse(t, append(tt.base, strings.Fields(tt.args)...)...)
			if err != nil {
				t.Fatal(err)
			}
			err = s.Check()
			if err == nil {
				t.Fatal("accepted")
			}
			for _, want := range tt.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%q does not say %q", err, want)
				}
			}
		})
	}
}

func TestEverythingWrongIsToldAtOnce(t *testing.T) {
	s, err := parse(t, "--listen", "x", "--ring", "0s")
	if err != nil {
		t.Fatal(err)
	}
	if lines := strings.Split(s.Check().Error(), "\n"); len(lines) != 4 { // key, public URL, listen, ring
		t.Errorf("got %d lines: %q", len(lines), lines)
	}
}

func TestLoopbackInDev(t *testing.T) {
	for given, want := range map[string]string{
		":0": "127.0.0.1:0", "localhost:1": "localhost:1", "127.1.2.3:1": "127.1.2.3:1", "[::1]:1": "[::1]:1",
	} {
		if s := checked(t, "--dev", "--listen", given); s.Listen != want {
			t.Errorf("%s became %s, want %s", given, s.Listen, want)
		}
	}
	if s := checked(t, "--dev", "--internal-listen", "off"); s.InternalListen != "" {
		t.Errorf("off became %q", s.InternalListen)
	}
}

func TestFlagBeatsEnvironmentBeatsFile(t *testing.T) {
	path := write(t, `{"dev": true, "ring": "1s", "join": "1s", "queue-wait": "1s", "max-missed": 3, "streams": ["relay"]}`)
	t.Setenv("CLAIMCALL_RING", "2s")
	t.Setenv("CLAIMCALL_JOIN", "2s")
	s := checked(t, "--config", path, "--ring", "3s")
	if s.Ring != 3*time.Second || s.Join != 2*time.Second || s.QueueWait != time.Second || s.MaxMissed != 3 || !s.Dev {
		t.Errorf("got %+v", s.Timing)
	}
	t.Setenv("CLAIMCALL_CONFIG", path)
	if s := checked(t); s.QueueWait != time.Second {
		t.Errorf("the file named by the environment was not read: %+v", s.Timing)
	}
}

func TestBadFilesAreRefused(t *testing.T) {
	for content, want := range map[string]string{
		`{"lisen": "x"}`:         `"lisen"`,
		`{"listen": {}}`:         "CLAIMCALL_LISTEN",
		`{"streams": [1]}`:       "CLAIMCALL_STREAMS",
		`["listen"]`:             "one JSON object",
		`listen = 127.0.0.1:808`: "one JSON object",
	} {
		if _, err := parse(t, "--config", write(t, content)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", content, err, want)
		}
	}
	for path, want := range map[string]string{
		"/nowhere/file":  "--config /nowhere/file: no such file or directory",
		write(t, "ring"): ": wanted one JSON object",
	} {
		if _, err := parse(t, "--config", path); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), path) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

func TestSecretsComeFromFiles(t *testing.T) {
	t.Setenv("CLAIMCALL_AUTH_KEY_FILE", write(t, ownKey+"\n"))
	t.Setenv("CLAIMCALL_STREAM_SECRET_FILE", write(t, "s"+ownKey+"\r\n"))
	s := checked(t, "--public-url", "https://call.example.org")
	if s.AuthKey != ownKey || s.StreamSecret != "s"+ownKey {
		t.Error("the files were not read")
	}
	if err := s.Check(); err != nil {
		t.Errorf("a second check: %v", err)
	}
	for name, args := range map[string][]string{
		"twice": {"--auth-key", ownKey}, "empty": {"--auth-key-file", write(t, "\n")},
	} {
		s, err := parse(t, args...)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Check(); err == nil || !strings.Contains(err.Error(), "CLAIMCALL_AUTH_KEY_FILE") {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestSecretsAreNotShown(t *testing.T) {
	s := checked(t, "--dev", "--auth-key", ownKey, "--stream-secret", "s"+ownKey)
	encoded, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	shown := fmt.Sprintf("%v %+v %#v %s %s", s, s, s.AuthKey, s.AuthKey, encoded)
	if strings.Contains(shown, ownKey) {
		t.Errorf("%s shows a secret", shown)
	}
}

func TestPublicAddresses(t *testing.T) {
	at := func(address string) net.Addr {
		a, err := net.ResolveTCPAddr("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	tests := []struct {
		network    Network
		rtmp       net.Addr
		http, base string
	}{
		{Network{}, at("127.0.0.1:1935"), "http://127.0.0.1:4711", "rtmp://127.0.0.1:1935"},
		{Network{}, at("127.0.0.1:1936"), "http://127.0.0.1:4711", "rtmp://127.0.0.1:1936"},
		{Network{}, nil, "http://127.0.0.1:4711", ""},
		{Network{PublicURL: "https://call.example.org"}, at("[::]:1935"), "https://call.example.org", "rtmp://call.example.org:1935"},
		{Network{PublicURL: "https://[2001:db8::1]:8443"}, at("[::]:1935"), "https://[2001:db8::1]:8443", "rtmp://[2001:db8::1]:1935"},
		{Network{RTMPPublic: "rtmp://media.example.org"}, at("[::]:1935"), "http://127.0.0.1:4711", "rtmp://media.example.org"},
	}
	for listen, want := range map[string]string{"[::]:80": "http://127.0.0.1:80", "0.0.0.0:80": "http://127.0.0.1:80", "[::1]:80": "http://[::1]:80"} {
		if http, _ := (&Network{}).Public(at(listen), nil); http != want {
			t.Errorf("%s is reached at %s, want %s", listen, http, want)
		}
	}
	for _, tt := range tests {
		http, base := tt.network.Public(at("127.0.0.1:4711"), tt.rtmp)
		if http != tt.http || base != tt.base {
			t.Errorf("%+v: got %s and %s, want %s and %s", tt.network, http, base, tt.http, tt.base)
		}
	}
}

func TestEveryFlagHasItsVariable(t *testing.T) {
	parser, err := kong.New(new(Serve))
	if err != nil {
		t.Fatal(err)
	}
	flags := parser.Model.Flags
	if len(flags) < 30 {
		t.Fatalf("found only %d flags", len(flags))
	}
	for _, flag := range flags {
		if flag.Name != "help" && !reflect.DeepEqual(flag.Envs, []string{Variable(flag.Name)}) {
			t.Errorf("--%s has %v, want %s", flag.Name, flag.Envs, Variable(flag.Name))
		}
	}
}

// This package imports none of ours, so it repeats the defaults of the core.
func TestDefaultsAreThoseOfTheCore(t *testing.T) {
	got, want, limits := checked(t, "--dev").Timing, hub.DefaultTiming(), hub.DefaultLimits()
	same := hub.Timing{
		Ring: got.Ring, Join: got.Join, Queue: got.QueueWait, GraceClaimant: got.GraceClaimant, GraceAdjuster: got.GraceAdjuster,
		RingGone: got.RingGone, WrapUp: got.WrapUp, MaxCall: got.MaxCall, MaxMissed: got.MaxMissed,
		Publish: got.PublishWait, MediaSteady: got.MediaSteady, QualityRaise: got.QualityRaise, ProposeAudio: got.ProposeAudio,
	}
	if same != want {
		t.Errorf("got %+v, want %+v", same, want)
	}
	if got.Hello != limits.Hello || got.HeartbeatIdle != limits.HeartbeatIdle || got.HeartbeatCall != limits.HeartbeatCall {
		t.Errorf("got %+v, want %+v", got, limits)
	}
}

func TestHelpReads(t *testing.T) {
	var out bytes.Buffer
	parser, err := kong.New(new(Serve), kong.Writers(&out, &out), kong.Exit(func(int) {}))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := parser.Parse([]string{"--help"}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"Network", "Streams", "Timing", "--ring=30s", "$CLAIMCALL_RING"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the help lacks %s", want)
		}
	}
	if strings.Contains(out.String(), string(DevelopmentKey)) {
		t.Error("the help shows a key")
	}
}

// The nginx of deploy runs beside the server on one machine without either being moved.
func TestTheNginxOfDeployLeavesOurPortsAlone(t *testing.T) {
	conf, err := os.ReadFile("../../deploy/nginx-rtmp.conf")
	if err != nil {
		t.Fatal(err)
	}
	s := &Serve{}
	s.Network.complete(false)
	for _, address := range []string{s.Listen, s.InternalListen} {
		_, port, _ := net.SplitHostPort(address)
		if regexp.MustCompile(`listen\s[^;]*\b` + port + `\b`).Match(conf) {
			t.Errorf("nginx listens on port %s too", port)
		}
	}
}

func TestADurationThatIsNone(t *testing.T) {
	for _, text := range []string{"soon", "30"} {
		_, err := parse(t, "--dev", "--ring", text)
		if err == nil || !strings.Contains(err.Error(), "--ring: wanted a duration such as 30s, not") {
			t.Errorf("%s: got %v", text, err)
		}
	}
}
