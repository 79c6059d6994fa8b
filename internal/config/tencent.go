package config

import (
	"cmp"
	"errors"
	"regexp"
	"strings"
)

// Tencent says how Tencent Cloud Live is used.
type Tencent struct {
	PushDomain        string `name:"tencent-push-domain" env:"CLAIMCALL_TENCENT_PUSH_DOMAIN" help:"Push domain at Tencent Cloud Live." placeholder:"HOST"`
	PlayDomain        string `name:"tencent-play-domain" env:"CLAIMCALL_TENCENT_PLAY_DOMAIN" help:"Play domain there." placeholder:"HOST"`
	App               string `name:"tencent-app" env:"CLAIMCALL_TENCENT_APP" default:"live" help:"Application, the first part of each path (default: ${default})." placeholder:"NAME"`
	BizID             string `name:"tencent-bizid" env:"CLAIMCALL_TENCENT_BIZID" help:"Number of the account; for domains of myqcloud.com, and where the low-latency link wants it." placeholder:"NUMBER"`
	PushKey           Secret `name:"tencent-push-key" env:"CLAIMCALL_TENCENT_PUSH_KEY" help:"Primary key of the push domain." placeholder:"KEY"`
	PushKeyFile       string `name:"tencent-push-key-file" env:"CLAIMCALL_TENCENT_PUSH_KEY_FILE" help:"File that holds it." placeholder:"FILE"`
	PushBackupKey     Secret `name:"tencent-push-backup-key" env:"CLAIMCALL_TENCENT_PUSH_BACKUP_KEY" help:"Backup key of the push domain." placeholder:"KEY"`
	PushBackupKeyFile string `name:"tencent-push-backup-key-file" env:"CLAIMCALL_TENCENT_PUSH_BACKUP_KEY_FILE" help:"File that holds it." placeholder:"FILE"`
	PlayKey           Secret `name:"tencent-play-key" env:"CLAIMCALL_TENCENT_PLAY_KEY" help:"Key of the play domain; none if play authentication is off." placeholder:"KEY"`
	PlayKeyFile       string `name:"tencent-play-key-file" env:"CLAIMCALL_TENCENT_PLAY_KEY_FILE" help:"File that holds it." placeholder:"FILE"`
	LowLatencyKey     Secret `name:"tencent-low-latency-key" env:"CLAIMCALL_TENCENT_LOW_LATENCY_KEY" help:"Key of the low-latency link: that of the account's first push domain (default: the push key)." placeholder:"KEY"`
	LowLatencyKeyFile string `name:"tencent-low-latency-key-file" env:"CLAIMCALL_TENCENT_LOW_LATENCY_KEY_FILE" help:"File that holds it." placeholder:"FILE"`
	Hash              string `name:"tencent-hash" env:"CLAIMCALL_TENCENT_HASH" default:"md5" enum:"md5,sha256" help:"Hash of signed addresses: md5, or sha256, which is not verified (default: ${default})."`

	HookSecret      Secret `name:"tencent-hook-secret" env:"CLAIMCALL_TENCENT_HOOK_SECRET" help:"Last part of the address its callbacks call: letters and digits, at least 16." placeholder:"SECRET"`
	HookSecretFile  string `name:"tencent-hook-secret-file" env:"CLAIMCALL_TENCENT_HOOK_SECRET_FILE" help:"File that holds it." placeholder:"FILE"`
	CallbackKey     Secret `name:"tencent-callback-key" env:"CLAIMCALL_TENCENT_CALLBACK_KEY" help:"Key that signs its callbacks." placeholder:"KEY"`
	CallbackKeyFile string `name:"tencent-callback-key-file" env:"CLAIMCALL_TENCENT_CALLBACK_KEY_FILE" help:"File that holds it." placeholder:"FILE"`

	SecretID      string `name:"tencent-secret-id" env:"CLAIMCALL_TENCENT_SECRET_ID" help:"Id of the key for Tencent's API, which ends streams." placeholder:"ID"`
	SecretKey     Secret `name:"tencent-secret-key" env:"CLAIMCALL_TENCENT_SECRET_KEY" help:"That key." placeholder:"KEY"`
	SecretKeyFile string `name:"tencent-secret-key-file" env:"CLAIMCALL_TENCENT_SECRET_KEY_FILE" help:"File that holds it." placeholder:"FILE"`
	Region        string `name:"tencent-region" env:"CLAIMCALL_TENCENT_REGION" help:"Region to name to the API; usually none." placeholder:"NAME"`
	API           string `name:"tencent-api" env:"CLAIMCALL_TENCENT_API" default:"https://live.tencentcloudapi.com" help:"Address of the API (default: ${default})." placeholder:"URL"`
}

// readFiles reads the secrets that are in files.
func (t *Tencent) readFiles() error {
	var errs []error
	for _, s := range []struct {
		flag   string
		secret *Secret
		file   *string
	}{
		{"tencent-push-key", &t.PushKey, &t.PushKeyFile},
		{"tencent-push-backup-key", &t.PushBackupKey, &t.PushBackupKeyFile},
		{"tencent-play-key", &t.PlayKey, &t.PlayKeyFile},
		{"tencent-low-latency-key", &t.LowLatencyKey, &t.LowLatencyKeyFile},
		{"tencent-hook-secret", &t.HookSecret, &t.HookSecretFile},
		{"tencent-callback-key", &t.CallbackKey, &t.CallbackKeyFile},
		{"tencent-secret-key", &t.SecretKey, &t.SecretKeyFile},
	} {
		errs = append(errs, s.secret.readFile(s.flag, *s.file))
		*s.file = "" // it has been read
	}
	return errors.Join(errs...)
}

// check finds what is wrong if calls are to go through Tencent.
func (t *Tencent) check() error {
	errs := []error{
		checkHost("tencent-push-domain", t.PushDomain, "push.example.org"),
		checkHost("tencent-play-domain", t.PlayDomain, "play.example.org"),
	}
	refuse := func(bad bool, flag, format string, args ...any) {
		if bad {
			errs = append(errs, wrong(flag, format, args...))
		}
	}
	refuse(t.PlayDomain != "" && t.PlayDomain == t.PushDomain, "tencent-play-domain", "is the push domain: wanted another one")
	refuse(t.PushKey == "", "tencent-push-key", "is missing: wanted the primary key, from the push configuration of the push domain in the console")
	refuse(!urlSafe(t.App), "tencent-app", "is %q: wanted letters, digits, - and _", t.App)
	refuse(!urlSafe(t.BizID), "tencent-bizid", "is %q: wanted a number", t.BizID)
	refuse(t.BizID == "" && strings.HasSuffix(t.PushDomain, ".livepush.myqcloud.com"), "tencent-bizid",
		"is missing: wanted the number in front of .livepush.myqcloud.com")
	refuse(t.HookSecret != "" && (len(t.HookSecret) < minHookSecret || !urlSafe(string(t.HookSecret))), "tencent-hook-secret",
		"is too short or has other signs: wanted at least %d letters and digits, for example from `openssl rand -hex 16`", minHookSecret)
	refuse(t.SecretID == "" && t.SecretKey != "", "tencent-secret-id", "is missing: wanted the id of the secret key")
	refuse(t.SecretID != "" && t.SecretKey == "", "tencent-secret-key", "is missing: wanted the key of the secret id")
	t.API = cmp.Or(t.API, "https://live.tencentcloudapi.com")
	refuse(!isBase(t.API, "https", "http"), "tencent-api", "is %q: wanted https://HOST", t.API)
	return errors.Join(errs...)
}

func checkHost(flag, host, example string) error {
	if !regexp.MustCompile(`^[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$`).MatchString(host) {
		return wrong(flag, "%s: wanted a domain alone, for example %s", what(host), example)
	}
	return nil
}
