package redisstore

import (
	"errors"
	"strings"
	"testing"
	"time"
)

func TestURLs(t *testing.T) {
	for url, want := range map[string]location{
		"redis://h":                        {addrs: []string{"h:6379"}},
		"redis://h:7000/3":                 {addrs: []string{"h:7000"}, db: 3},
		"redis://[::1]:7000":               {addrs: []string{"[::1]:7000"}},
		"redis://[::1]":                    {addrs: []string{"[::1]:6379"}},
		"redis://:p%40ss@h/":               {addrs: []string{"h:6379"}, password: "p@ss"},
		"redis://u:p@h:1":                  {addrs: []string{"h:1"}, user: "u", password: "p"},
		"redis://h?prefix=x&retention=48h": {addrs: []string{"h:6379"}, prefix: "x", retention: 48 * time.Hour},
		"redis+cluster://a,b:7001":         {addrs: []string{"a:6379", "b:7001"}, cluster: true},
		"redis+sentinel://u:p@a,b:1/main":  {addrs: []string{"a:26379", "b:1"}, master: "main", user: "u", password: "p"},
		"redis+sentinel://a/main/2":        {addrs: []string{"a:26379"}, master: "main", db: 2},
		"redis+sentinel://a/m?sentinel_user=x&sentinel_password=y": {
			addrs: []string{"a:26379"}, master: "m", sentinelUser: "x", sentinelPassword: "y",
		},
	} {
		got, err := parse(url)
		if err != nil {
			t.Errorf("%s: %v", url, err)
			continue
		}
		if !sameLocation(got, want) {
			t.Errorf("%s:\n got %+v\nwant %+v", url, got, want)
		}
	}
}

func sameLocation(a, b location) bool {
	same := strings.Join(a.addrs, ",") == strings.Join(b.addrs, ",")
	a.addrs, b.addrs = nil, nil
	return same && a.cluster == b.cluster && a.master == b.master && a.db == b.db && a.user == b.user &&
		a.password == b.password && a.tls == b.tls && a.sentinelUser == b.sentinelUser &&
		a.sentinelPassword == b.sentinelPassword && a.prefix == b.prefix && a.retention == b.retention
}

func TestURLWithTLS(t *testing.T) {
	for _, url := range []string{"rediss://h", "rediss+cluster://h", "rediss+sentinel://h/m"} {
		if l, err := parse(url); err != nil || l.tls == nil {
			t.Errorf("%s: %+v, %v", url, l, err)
		}
	}
}

func TestURLsAreRefused(t *testing.T) {
	for url, says := range map[string]string{
		"h:6379":                          "scheme",
		"http://u:secret@h":               `scheme "http"`,
		"redis://":                        "no host",
		"redis://:secret@":                "no host",
		"redis://:secret@a,b":             "several hosts",
		"redis://:secret@h/x":             "must be a number",
		"redis://:secret@h/-1":            "must be a number",
		"redis://:sec%ret@h":              "malformed",
		"redis://:secret@h?pool=9":        `no parameter "pool"`,
		"redis://:secret@h?retention=9":   "retention must be",
		"redis://:secret@h?retention=-9h": "retention must be",
		"redis+cluster://:secret@h/1":     "no numbered databases",
		"redis+sentinel://:secret@h":      "name of a master",
		"redis+ring://:secret@h":          `kind "ring"`,
		"redis+sentinel://:secret@h/m/n":  "must be a number",
		"redis://:secret@h?prefix=%zz":    "malformed",
	} {
		_, err := parse(url)
		if !errors.Is(err, ErrURL) || !strings.Contains(err.Error(), says) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v", url, err)
		}
	}
}

func TestPrefixesAreRefused(t *testing.T) {
	for _, prefix := range []string{"a b", "{a}", "a:b", strings.Repeat("a", 65)} {
		if s, err := Open(t.Context(), "redis://127.0.0.1:1", Options{Prefix: prefix}); err == nil || !strings.Contains(err.Error(), "prefix") {
			t.Errorf("%q: %v, %v", prefix, s, err)
		}
	}
}

func TestUnreachableIsAnError(t *testing.T) {
	s, err := Open(t.Context(), "redis://u:secret@127.0.0.1:1", Options{})
	if s != nil || err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("got %v, %v", s, err)
	}
}
