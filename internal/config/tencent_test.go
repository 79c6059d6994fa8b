package config

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

const tencentPushKey = "e12c46f2612d5106e2034781ab261ca3"

// tencentArgs are the settings without which Tencent can't be used, and more.
func tencentArgs(more ...string) []string {
	return append([]string{
		"--auth-key", ownKey, "--streams", "tencent", "--tencent-push-domain", "push.example.org",
		"--tencent-play-domain", "play.example.org", "--tencent-push-key", tencentPushKey,
	}, more...)
}

func TestTencentNeedsTwoDomainsAndAKey(t *testing.T) {
	s := checked(t, tencentArgs()...) // no --public-url: nothing is played from here
	got := s.Tencent
	if got.App != "live" || got.Hash != "md5" || got.API != "https://live.tencentcloudapi.com" || got.PushKey != tencentPushKey {
		t.Errorf("got %+v", got)
	}
	checked(t, "--dev") // and nobody else needs them
}

func TestTencentFromTheEnvironment(t *testing.T) {
	for name, value := range map[string]string{
		"PUSH_DOMAIN": "push.example.org", "PLAY_DOMAIN": "play.example.org", "APP": "calls", "PUSH_KEY": "a", "PLAY_KEY": "b",
		"HASH": "sha256", "BIZID": "3891", "SECRET_ID": "id", "REGION": "ap-guangzhou", "API": "https://live.intl.tencentcloudapi.com",
		"PUSH_BACKUP_KEY_FILE": write(t, "c\n"), "LOW_LATENCY_KEY_FILE": write(t, "d\n"), "HOOK_SECRET_FILE": write(t, "0123456789abcdef\n"),
		"CALLBACK_KEY_FILE": write(t, "e\n"), "SECRET_KEY_FILE": write(t, "f\n"),
	} {
		t.Setenv("CLAIMCALL_TENCENT_"+name, value)
	}
	s := checked(t, "--dev", "--streams", "relay,tencent")
	want := Tencent{
		PushDomain: "push.example.org", PlayDomain: "play.example.org", App: "calls", BizID: "3891", PushKey: "a", PushBackupKey: "c",
		PlayKey: "b", LowLatencyKey: "d", Hash: "sha256", HookSecret: "0123456789abcdef", CallbackKey: "e", SecretID: "id",
		SecretKey: "f", Region: "ap-guangzhou", API: "https://live.intl.tencentcloudapi.com",
	}
	if s.Tencent != want {
		t.Errorf("got %#v", s.Tencent)
	}
	if err := s.Check(); err != nil {
		t.Errorf("a second check: %v", err)
	}
	if shown := fmt.Sprintf("%+v", s); strings.Contains(shown, "0123456789abcdef") {
		t.Errorf("%s shows a secret", shown)
	}
}

func TestTencentRefusals(t *testing.T) {
	for args, want := range map[string]string{
		"--tencent-push-domain=":                        "--tencent-push-domain (CLAIMCALL_TENCENT_PUSH_DOMAIN) is missing: wanted a domain alone",
		"--tencent-push-domain rtmp://push.example.org": "CLAIMCALL_TENCENT_PUSH_DOMAIN",
		"--tencent-push-domain push.example.org/live":   "CLAIMCALL_TENCENT_PUSH_DOMAIN",
		"--tencent-play-domain play.example.org:80":     "CLAIMCALL_TENCENT_PLAY_DOMAIN",
		"--tencent-play-domain push.example.org":        "is the push domain: wanted another",
		"--tencent-push-key=":                           "CLAIMCALL_TENCENT_PUSH_KEY) is missing",
		"--tencent-push-key-file /nowhere":              "CLAIMCALL_TENCENT_PUSH_KEY",
		"--tencent-app a/b":                             "CLAIMCALL_TENCENT_APP",
		"--tencent-bizid a&b":                           "CLAIMCALL_TENCENT_BIZID",
		"--tencent-push-domain 1.livepush.myqcloud.com": "CLAIMCALL_TENCENT_BIZID) is missing",
		"--tencent-hook-secret short":                   "CLAIMCALL_TENCENT_HOOK_SECRET",
		"--tencent-hook-secret 0123456789abcdef/x":      "CLAIMCALL_TENCENT_HOOK_SECRET",
		"--tencent-secret-id id":                        "CLAIMCALL_TENCENT_SECRET_KEY) is missing",
		"--tencent-secret-key key":                      "CLAIMCALL_TENCENT_SECRET_ID) is missing",
		"--tencent-api live.tencentcloudapi.com":        "CLAIMCALL_TENCENT_API",
		"--streams tencent,tencent":                     "twice",
		"--tencent-secret-key-file=" + os.DevNull:       "CLAIMCALL_TENCENT_SECRET_KEY_FILE",
	} {
		s, err := parse(t, tencentArgs(strings.Fields(args)...)...)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Check(); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), tencentPushKey) {
			t.Errorf("%s: got %v", args, err)
		}
	}
	if _, err := parse(t, tencentArgs("--tencent-hash", "sha1")...); err == nil {
		t.Error("sha1 is accepted")
	}
}
