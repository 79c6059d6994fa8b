package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"strconv"
	"strings"
	"time"
)

// The headers of a webhook.
const (
	HeaderID        = "webhook-id"
	HeaderTimestamp = "webhook-timestamp"
	HeaderSignature = "webhook-signature"
)

// What a secret begins with, and how many bytes it may have.
const (
	secretPrefix = "whsec_"
	minSecret    = 24
	maxSecret    = 64
)

// ErrSecret refuses a secret that is not of the common form.
var ErrSecret = errors.New("webhook: want a secret of the form whsec_ and 24 to 64 bytes in base64")

// ParseSecret reads a secret as receivers are given it.
func ParseSecret(text string) ([]byte, error) {
	encoded, found := strings.CutPrefix(text, secretPrefix)
	secret, err := base64.StdEncoding.DecodeString(encoded)
	if !found || err != nil || len(secret) < minSecret || len(secret) > maxSecret {
		return nil, ErrSecret
	}
	return secret, nil
}

// Sign returns the value of HeaderSignature: one signature for each secret, so that a receiver may go from one to the next
// when it likes.
func Sign(secrets [][]byte, id string, at time.Time, body []byte) string {
	signed := append([]byte(id+"."+timestamp(at)+"."), body...)
	signatures := make([]string, len(secrets))
	for i, secret := range secrets {
		mac := hmac.New(sha256.New, secret)
		mac.Write(signed)
		signatures[i] = "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
	}
	return strings.Join(signatures, " ")
}

func timestamp(at time.Time) string { return strconv.FormatInt(at.Unix(), 10) }
