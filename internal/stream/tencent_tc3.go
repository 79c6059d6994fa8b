package stream

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// tc3 signs requests to Tencent's APIs: TC3-HMAC-SHA256, their signature method v3. All such requests are a POST to "/"
// with a body of JSON and no query; content type and host are signed with the body.
type tc3 struct {
	id, key string
	service string // the first part of the API's usual host name
}

const (
	tc3Method      = "TC3-HMAC-SHA256"
	tc3End         = "tc3_request"
	tc3Signed      = "content-type;host"
	tc3ContentType = "application/json; charset=utf-8"
)

// sign sets the headers that carry content type, time and signature of a request to host.
func (s tc3) sign(h http.Header, host string, body []byte, now time.Time) {
	seconds := strconv.FormatInt(now.Unix(), 10)
	h.Set("Content-Type", tc3ContentType)
	h.Set("X-TC-Timestamp", seconds)
	h.Set("Authorization", s.authorization(host, body, now.UTC().Format(time.DateOnly), seconds))
}

func (s tc3) authorization(host string, body []byte, date, seconds string) string {
	scope := date + "/" + s.service + "/" + tc3End
	toSign := strings.Join([]string{tc3Method, seconds, scope, hexSHA256(canonical(host, body))}, "\n")
	key := []byte("TC3" + s.key)
	for _, part := range []string{date, s.service, tc3End} {
		key = hmacSHA256(key, part)
	}
	return tc3Method + " Credential=" + s.id + "/" + scope + ", SignedHeaders=" + tc3Signed +
		", Signature=" + hex.EncodeToString(hmacSHA256(key, toSign))
}

// canonical is the request in the form that is hashed. The empty lines are the query, and the end of the headers.
func canonical(host string, body []byte) []byte {
	return []byte(strings.Join([]string{
		http.MethodPost, "/", "",
		"content-type:" + tc3ContentType, "host:" + strings.ToLower(host), "",
		tc3Signed, hexSHA256(body),
	}, "\n"))
}

func hexSHA256(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

func hmacSHA256(key []byte, text string) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(text))
	return mac.Sum(nil)
}
