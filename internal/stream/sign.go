package stream

import (
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"time"
)

// Errors of Sign and Verify.
var (
	// ErrSignature refuses a query whose signature is missing, malformed, repeated, or not for this name and direction.
	ErrSignature = errors.New("stream: signature is not valid here")
	// ErrExpired refuses a signature that was good once.
	ErrExpired = errors.New("stream: signature has expired")
	// ErrExpiry says that a time cannot be written into a signature.
	ErrExpiry = errors.New("stream: expiry does not fit a signature")
	// ErrSecret says that a configured secret cannot be used.
	ErrSecret = errors.New("stream: secret is too short")
)

// Direction is what an address may be used for.
type Direction string

// The two directions.
const (
	Publish Direction = "publish"
	Play    Direction = "play"
)

// minSecret is the least number of bytes of a secret: 128 bits if they are random.
const minSecret = 16

// Keys sign addresses and check them. The two directions have keys of their own, so that the address to play a stream
// never opens the door to publish it. Keys may be used concurrently.
type Keys struct {
	publish, play []string // the first one signs, each of them is accepted
}

// NewKeys derives keys from a secret. What was signed with the backup secret is accepted too: to change the secret
// without cutting anybody off, make the old one the backup for as long as addresses live. An empty backup is none.
func NewKeys(secret, backup string) (Keys, error) {
	var k Keys
	for i, s := range []string{secret, backup} {
		if i > 0 && s == "" {
			break
		}
		if len(s) < minSecret {
			return Keys{}, fmt.Errorf("%w: want at least %d bytes", ErrSecret, minSecret)
		}
		k.publish = append(k.publish, derive(s, "push"))
		k.play = append(k.play, derive(s, "play"))
	}
	return k, nil
}

func derive(secret, label string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(label))
	return hex.EncodeToString(mac.Sum(nil))
}

// Sign returns the query, without "?", that allows one direction of the stream called name until expires, which counts
// in whole seconds.
func (k Keys) Sign(d Direction, name string, expires time.Time) (string, error) {
	keys := k.of(d)
	if len(keys) == 0 {
		return "", ErrSecret
	}
	txTime, err := formatTxTime(expires)
	if err != nil {
		return "", err
	}
	return "txSecret=" + txSecret(keys[0], name, txTime) + "&txTime=" + txTime, nil
}

// Verify checks the query of an address. It returns ErrSignature or ErrExpired if the address does not allow direction d of
// the stream called name at time now. A repeated parameter is refused, as no two servers agree on which one counts.
func (k Keys) Verify(d Direction, name string, query url.Values, now time.Time) error {
	secrets, times := query["txSecret"], query["txTime"]
	if len(secrets) != 1 || len(times) != 1 {
		return ErrSignature
	}
	expires, ok := parseTxTime(times[0])
	if !ok || !k.signed(d, name, times[0], secrets[0]) {
		return ErrSignature
	}
	if !now.Before(expires) {
		return ErrExpired
	}
	return nil
}

// signed compares with every key, so that the time it takes does not tell which one was right.
func (k Keys) signed(d Direction, name, txTime, secret string) bool {
	equal := 0
	for _, key := range k.of(d) {
		equal |= subtle.ConstantTimeCompare([]byte(txSecret(key, name, txTime)), []byte(secret))
	}
	return equal == 1
}

func (k Keys) of(d Direction) []string {
	switch d {
	case Publish:
		return k.publish
	case Play:
		return k.play
	}
	return nil
}

func (k Keys) none() bool { return len(k.publish) == 0 }

// txSecret is the signature in the form of Tencent Cloud Live: MD5 of key, stream name and txTime without separators.
//
// Names hold only letters, digits, "-" and "_", and txTime has eight digits. So the three parts cannot be cut in another
// place, and the bytes that a length extension of MD5 would need cannot occur.
func txSecret(key, name, txTime string) string {
	sum := md5.Sum([]byte(key + name + txTime))
	return hex.EncodeToString(sum[:])
}

// formatTxTime writes the moment of expiry: the seconds since 1970 as eight upper-case hexadecimal digits, which lasts
// until 2106.
func formatTxTime(expires time.Time) (string, error) {
	seconds := expires.Unix()
	if seconds < 0 || seconds > 1<<32-1 {
		return "", ErrExpiry
	}
	return fmt.Sprintf("%08X", seconds), nil
}

// parseTxTime reads what formatTxTime writes, and nothing else.
func parseTxTime(s string) (time.Time, bool) {
	seconds, err := strconv.ParseUint(s, 16, 32)
	if err != nil {
		return time.Time{}, false
	}
	expires := time.Unix(int64(seconds), 0)
	written, err := formatTxTime(expires)
	return expires, err == nil && written == s
}
