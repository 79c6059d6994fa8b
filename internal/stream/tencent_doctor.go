package stream

import (
	"context"
	"errors"
	"strings"
	"time"
)

// Diagnose looks at keys, domains, callbacks and the API.
func (t *Tencent) Diagnose(ctx context.Context) []Finding {
	findings := append(t.lookAtKeys(), t.lookAtCallbacks()...)
	findings = append(findings, t.lookAtPushDomain(ctx)...)
	findings = append(findings, t.lookAtPlayDomain(ctx)...)
	return append(findings, t.lookAtAPI(ctx)...)
}

// leastKey is the length below which a key was hardly made by Tencent's console, whose keys have 32 letters and digits.
const leastKey = 16

func (t *Tencent) lookAtKeys() []Finding {
	var all []Finding
	for _, k := range []struct{ setting, key string }{
		{"tencent-push-key", t.keys.push}, {"tencent-push-backup-key", t.keys.backup}, {"tencent-play-key", t.keys.play},
	} {
		switch {
		case k.key == "":
		case !isPlain(k.key):
			all = append(all, doubtful(k.setting, "The key has other signs than letters and digits. Was a quote or a blank copied with it?"))
		case len(k.key) < leastKey:
			all = append(all, doubtful(k.setting, "The key has only %d signs. Tencent's console makes 32; a short one can be guessed.", len(k.key)))
		default:
			all = append(all, fine(k.setting, "The key looks like one."))
		}
	}
	if t.keys.play == "" {
		all = append(all, doubtful("tencent-play-key", "There is no play key, so anybody who knows the name of a stream can watch it. "+
			"Turn play authentication on for the play domain, and give its key here."))
	}
	if t.keys.play == t.keys.push {
		all = append(all, doubtful("tencent-play-key", "It is the push key, so whoever may watch a stream may push it. Use two different keys."))
	}
	if t.keys.hash == SHA256 {
		all = append(all, doubtful("tencent-hash", "How Tencent signs with sha256 is not published; what is done here is a guess. "+
			"If publishers are refused, choose MD5 in the console and here."))
	}
	return all
}

func (t *Tencent) lookAtCallbacks() []Finding {
	switch {
	case !t.hooked:
		return []Finding{doubtful("tencent-hook-secret", "There is none, so Tencent's callbacks are not taken, and nobody here learns whether "+
			"a picture flows. With a second provider in --streams each call leaves Tencent after a few seconds. Set it, and enter "+
			"the address of the hooks in a callback template.")}
	case t.callbackKey == "":
		return []Finding{doubtful("tencent-callback-key", "There is none, so the signature of callbacks is not checked. "+
			"Enter a key in the callback template, and here.")}
	}
	return []Finding{fine("tencent-callback-key", "Callbacks are taken, and their signature is checked.")}
}

func (t *Tencent) lookAtPushDomain(ctx context.Context) []Finding {
	domain := t.network.lookAtDomain(ctx, "tencent-push-domain", t.pushDomain,
		"Add it in the console as a push domain, and set the CNAME that the console shows at your DNS.")
	if domain.Level != OK {
		return []Finding{domain}
	}
	return []Finding{domain, t.network.lookAtRTMP(ctx, "tencent-push-domain", "rtmp://"+t.pushDomain)}
}

func (t *Tencent) lookAtPlayDomain(ctx context.Context) []Finding {
	const setting = "tencent-play-domain"
	domain := t.network.lookAtDomain(ctx, setting, t.playDomain,
		"Add it in the console as a play domain, and set the CNAME that the console shows at your DNS.")
	if domain.Level != OK {
		return []Finding{domain}
	}
	if err := t.network.tls(ctx, t.playDomain); err != nil {
		return []Finding{domain, broken(setting, "HTTPS does not work at %s: %s. Browsers play FLV and HLS from there. "+
			"Give the domain a certificate in the console; it takes about two hours until it works.", t.playDomain, reason(err))}
	}
	return []Finding{domain, fine(setting, "HTTPS works at %s.", t.playDomain)}
}

// maxSkew is when to speak of clocks that differ. Tencent bears five minutes.
const maxSkew = time.Minute

func (t *Tencent) lookAtAPI(ctx context.Context) []Finding {
	if t.api == nil {
		return []Finding{doubtful("tencent-secret-id", "There are no keys for the API, so streams can't be ended: who has an address can go on "+
			"pushing after the call, until it expires. Make a key in Tencent's access management (CAM), allowed for live: "+
			"DropLiveStream, ForbidLiveStream and DescribeLiveStreamState.")}
	}
	before := time.Now()
	state, err := t.api.state(ctx, t.stream(nobody()))
	all := []Finding{t.judgeAPI(err)}
	if skew := before.Sub(state.date); !state.date.IsZero() && skew.Abs() > maxSkew {
		all = append(all, broken("clock", "The clock here differs from Tencent's by about %s. Past five minutes it refuses all requests, and "+
			"addresses expire at the wrong time. Set the clock, for example with NTP.", skew.Abs().Round(10*time.Second)))
	}
	return all
}

func (t *Tencent) judgeAPI(err error) Finding {
	const setting = "tencent-secret-id"
	var refused *tencentError
	if err == nil {
		return fine(setting, "Tencent's API takes our requests.")
	}
	if !errors.As(err, &refused) {
		return broken(setting, "Tencent's API does not answer: %s. May this machine reach %s?", reason(err), t.api.url)
	}
	return broken(setting, "Tencent's API refuses us with %s. %s", refused.Code, advice(refused.Code))
}

// advice says what to do about an error code of the API.
func advice(code string) string {
	for prefix, text := range map[string]string{
		"AuthFailure.SecretId":        "There is no such secret id. Is it of another account, or of the other of Tencent's two sites (see --tencent-api)?",
		"AuthFailure.SignatureFail":   "The secret key does not belong to the secret id.",
		"AuthFailure.SignatureExpire": "The clock here is wrong by more than five minutes. Set it, for example with NTP.",
		"AuthFailure.Unauthorized":    "The key may not do this. Allow it DropLiveStream, ForbidLiveStream and DescribeLiveStreamState in access management (CAM).",
		"UnauthorizedOperation":       "The key may not do this. Allow it DropLiveStream, ForbidLiveStream and DescribeLiveStreamState in access management (CAM).",
		"ResourceNotFound":            "The account does not know the push domain or the application.",
		"InvalidParameter":            "The account does not know the push domain or the application.",
		"RequestLimitExceeded":        "Too many requests of this account at the moment. Try again.",
	} {
		if strings.HasPrefix(code, prefix) {
			return text
		}
	}
	return "Look it up in Tencent's documentation of the API."
}
