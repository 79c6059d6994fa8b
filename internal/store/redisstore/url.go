package redisstore

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// ErrURL refuses a URL of a form that Open does not know.
var ErrURL = errors.New("redisstore: want redis://HOST:PORT/DB, redis+sentinel://HOST,HOST/MASTER or " +
	"redis+cluster://HOST,HOST, or the same with rediss")

// location is what a URL says.
type location struct {
	addrs          []string
	cluster        bool
	master         string // with Sentinel
	db             int
	user, password string
	tls            *tls.Config

	sentinelUser, sentinelPassword string

	prefix    string
	retention time.Duration
}

// parse reads a URL. Its errors never contain the URL, which may hold a password.
func parse(text string) (location, error) {
	scheme, rest, found := strings.Cut(text, "://")
	base, kind, _ := strings.Cut(scheme, "+")
	if !found || base != "redis" && base != "rediss" {
		return location{}, fmt.Errorf("%w, got the scheme %q", ErrURL, scheme)
	}
	end := len(rest)
	if i := strings.IndexAny(rest, "/?#"); i >= 0 {
		end = i
	}
	hosts := rest[strings.LastIndex(rest[:end], "@")+1 : end]
	// A URL has one host. Put one in place of the list, and url.Parse can have the rest.
	u, err := url.Parse(base + "://" + strings.TrimSuffix(rest[:end], hosts) + "host" + rest[end:])
	if err != nil {
		return location{}, fmt.Errorf("%w, got one that is malformed", ErrURL)
	}
	l := location{user: u.User.Username()}
	l.password, _ = u.User.Password()
	if base == "rediss" {
		l.tls = &tls.Config{MinVersion: tls.VersionTLS12} // the library fills in the host it connects to
	}
	return l, errors.Join(l.takeKind(kind, strings.Split(hosts, ","), strings.Trim(u.Path, "/")), l.takeQuery(u))
}

// takeKind takes the hosts and the path as the kind of the URL wants them.
func (l *location) takeKind(kind string, hosts []string, path string) error {
	standardPort := "6379"
	switch kind {
	case "":
		if len(hosts) > 1 {
			return fmt.Errorf("%w, got several hosts without saying whether they are Sentinels or a cluster", ErrURL)
		}
	case "cluster":
		l.cluster = true
		if path != "" {
			return fmt.Errorf("%w; a cluster has no numbered databases", ErrURL)
		}
	case "sentinel":
		standardPort = "26379"
		if l.master, path, _ = strings.Cut(path, "/"); l.master == "" {
			return fmt.Errorf("%w, got no name of a master", ErrURL)
		}
	default:
		return fmt.Errorf("%w, got the kind %q", ErrURL, kind)
	}
	if err := l.takeDB(path); err != nil {
		return err
	}
	return l.takeHosts(hosts, standardPort)
}

func (l *location) takeDB(path string) error {
	if path == "" {
		return nil
	}
	db, err := strconv.Atoi(path)
	if err != nil || db < 0 {
		return fmt.Errorf("%w; the database must be a number", ErrURL)
	}
	l.db = db
	return nil
}

func (l *location) takeHosts(hosts []string, standardPort string) error {
	for _, host := range hosts {
		name, port, err := net.SplitHostPort(host)
		if err != nil {
			name, port = strings.Trim(host, "[]"), standardPort
		}
		if name == "" || port == "" {
			return fmt.Errorf("%w, got no host", ErrURL)
		}
		l.addrs = append(l.addrs, net.JoinHostPort(name, port))
	}
	return nil
}

func (l *location) takeQuery(u *url.URL) error {
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return fmt.Errorf("%w, got a malformed query", ErrURL)
	}
	for name, values := range query {
		value := values[0]
		switch name {
		case "prefix":
			l.prefix = value
		case "retention":
			if l.retention, err = time.ParseDuration(value); err != nil || l.retention <= 0 {
				return fmt.Errorf("%w; retention must be a duration such as 2160h", ErrURL)
			}
		case "sentinel_user":
			l.sentinelUser = value
		case "sentinel_password":
			l.sentinelPassword = value
		default:
			return fmt.Errorf("%w; it knows no parameter %q", ErrURL, name)
		}
	}
	return nil
}
