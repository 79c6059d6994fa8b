package stream

import (
	"crypto/md5"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"net/url"
	"time"
)

// Hash is how Tencent's addresses are signed, as chosen for the domain in its console.
type Hash string

// The hashes.
const (
	MD5 Hash = "md5"
	// SHA256 is offered by Tencent, which has not published how. That it takes the place of MD5 and nothing else changes
	// is a guess that nobody has verified.
	SHA256 Hash = "sha256"
)

// of returns the hash of text in lower-case hexadecimal digits.
func (h Hash) of(text string) string {
	if h == SHA256 {
		sum := sha256.Sum256([]byte(text))
		return hex.EncodeToString(sum[:])
	}
	sum := md5.Sum([]byte(text))
	return hex.EncodeToString(sum[:])
}

// tencentKeys are the keys of a push and a play domain, as they stand in Tencent's console.
type tencentKeys struct {
	hash       Hash
	push       string
	backup     string // may be empty
	play       string // empty where playing is open to everybody
	lowLatency string // opens the low-latency link for playing, though it is a push key
}

// query is what makes an address good until expires, or nothing without a key. The name is that in the address, with any
// prefix; Tencent looks at neither domain nor application. Upper or lower case is free in txTime, if the hash is made of
// the same letters.
func (k tencentKeys) query(key, name string, expires time.Time) (string, error) {
	if key == "" {
		return "", nil
	}
	txTime, err := formatTxTime(expires)
	if err != nil {
		return "", err
	}
	return "txSecret=" + k.hash.of(key+name+txTime) + "&txTime=" + txTime, nil
}

// pushedWith reports whether the query of a publisher's address was signed with one of the push keys, whenever that was.
func (k tencentKeys) pushedWith(name string, query url.Values) bool {
	secret, txTime := query.Get("txSecret"), query.Get("txTime")
	equal := 0
	for _, key := range []string{k.push, k.backup} {
		if key != "" {
			equal |= subtle.ConstantTimeCompare([]byte(k.hash.of(key+name+txTime)), []byte(secret))
		}
	}
	return equal == 1
}

func (k tencentKeys) check() error {
	if k.push == "" {
		return fmt.Errorf("%w: the push key is missing", ErrSecret)
	}
	if k.hash != MD5 && k.hash != SHA256 {
		return fmt.Errorf("stream: tencent: unknown hash %q", k.hash)
	}
	return nil
}
