package config

import (
	"errors"
	"slices"
	"strings"
)

// Streams says which media services carry calls.
type Streams struct {
	Providers              []string `name:"streams" env:"CLAIMCALL_STREAMS" default:"relay" help:"Media services in order of preference: relay, nginx-rtmp, srs, tencent (default: ${default})." placeholder:"NAME"`
	StreamSecret           Secret   `env:"CLAIMCALL_STREAM_SECRET" help:"Secret that signs stream addresses (default: derived from the key that signs tokens)." placeholder:"SECRET"`
	StreamSecretFile       string   `env:"CLAIMCALL_STREAM_SECRET_FILE" help:"File that holds it." placeholder:"FILE"`
	StreamSecretBackup     Secret   `env:"CLAIMCALL_STREAM_SECRET_BACKUP" help:"Former secret, still accepted." placeholder:"SECRET"`
	StreamSecretBackupFile string   `env:"CLAIMCALL_STREAM_SECRET_BACKUP_FILE" help:"File that holds it." placeholder:"FILE"`

	NginxRTMPPublic         string `name:"nginx-rtmp-public" env:"CLAIMCALL_NGINX_RTMP_PUBLIC" help:"Address by which phones reach nginx-rtmp; its application must be named live." placeholder:"rtmp://HOST:PORT"`
	NginxRTMPInternal       string `name:"nginx-rtmp-internal" env:"CLAIMCALL_NGINX_RTMP_INTERNAL" help:"Address by which this server reaches its RTMP, if not by the public one." placeholder:"rtmp://HOST:PORT"`
	NginxRTMPControl        string `name:"nginx-rtmp-control" env:"CLAIMCALL_NGINX_RTMP_CONTROL" help:"Address of the nginx that serves rtmp_control at /control and rtmp_stat at /stat." placeholder:"http://HOST:PORT"`
	NginxRTMPHookSecret     Secret `name:"nginx-rtmp-hook-secret" env:"CLAIMCALL_NGINX_RTMP_HOOK_SECRET" help:"Last part of the address its hooks call: letters and digits, at least 16." placeholder:"SECRET"`
	NginxRTMPHookSecretFile string `name:"nginx-rtmp-hook-secret-file" env:"CLAIMCALL_NGINX_RTMP_HOOK_SECRET_FILE" help:"File that holds it." placeholder:"FILE"`

	SRS     SRS     `embed:""`
	Tencent Tencent `embed:""`
}

// minHookSecret is the least length of a secret that is part of a URL.
const minHookSecret = 16

func (s *Streams) check(a *Auth) error {
	errs := []error{
		s.StreamSecret.readFile("stream-secret", s.StreamSecretFile),
		s.StreamSecretBackup.readFile("stream-secret-backup", s.StreamSecretBackupFile),
		s.NginxRTMPHookSecret.readFile("nginx-rtmp-hook-secret", s.NginxRTMPHookSecretFile),
		s.SRS.readFile(),
		s.Tencent.readFiles(),
		s.checkProviders(),
		checkSecret("stream-secret", s.StreamSecret),
		checkSecret("stream-secret-backup", s.StreamSecretBackup),
	}
	s.StreamSecretFile, s.StreamSecretBackupFile, s.NginxRTMPHookSecretFile = "", "", "" // they have been read
	switch {
	case s.StreamSecret != "":
	case a.AuthKey == "" && (len(a.AuthKeys) > 0 || a.AuthJWKS != ""):
		errs = append(errs, wrong("stream-secret", "is missing: wanted a secret of at least %d bytes, because there is no --auth-key from "+
			"which one could be derived", minKey))
	default:
		s.StreamSecret = a.derive("stream secret")
	}
	if slices.Contains(s.Providers, "nginx-rtmp") {
		errs = append(errs, s.checkNginxRTMP())
	}
	if slices.Contains(s.Providers, "srs") {
		errs = append(errs, s.SRS.check())
	}
	if slices.Contains(s.Providers, "tencent") {
		errs = append(errs, s.Tencent.check())
	}
	return errors.Join(errs...)
}

func (s *Streams) checkProviders() error {
	known := []string{"relay", "nginx-rtmp", "srs", "tencent"}
	seen := map[string]bool{}
	for _, name := range s.Providers {
		switch {
		case !slices.Contains(known, name):
			return wrong("streams", "has %q: wanted some of %s, separated by commas", name, strings.Join(known, ", "))
		case seen[name]:
			return wrong("streams", "has %q twice: wanted each once, in order of preference", name)
		}
		seen[name] = true
	}
	if len(seen) == 0 {
		return wrong("streams", "is empty: wanted some of %s, separated by commas", strings.Join(known, ", "))
	}
	return nil
}

func checkSecret(flag string, s Secret) error {
	if s != "" && len(s) < minKey {
		return wrong(flag, "has %d bytes: wanted at least %d, for example from `openssl rand -hex 32`", len(s), minKey)
	}
	return nil
}

func (s *Streams) checkNginxRTMP() error {
	var errs []error
	if !isBase(s.NginxRTMPPublic, "rtmp", "rtmps") {
		errs = append(errs, wrong("nginx-rtmp-public", "%s: wanted rtmp://HOST[:PORT], without the application", what(s.NginxRTMPPublic)))
	}
	if s.NginxRTMPInternal != "" && !isBase(s.NginxRTMPInternal, "rtmp", "rtmps") {
		errs = append(errs, wrong("nginx-rtmp-internal", "%s: wanted rtmp://HOST[:PORT], without the application", what(s.NginxRTMPInternal)))
	}
	if !isBase(s.NginxRTMPControl, "http", "https") {
		errs = append(errs, wrong("nginx-rtmp-control", "%s: wanted http://HOST:PORT, without /control", what(s.NginxRTMPControl)))
	}
	if len(s.NginxRTMPHookSecret) < minHookSecret || !urlSafe(string(s.NginxRTMPHookSecret)) {
		errs = append(errs, wrong("nginx-rtmp-hook-secret", "is missing, too short or has other signs: "+
			"wanted at least %d letters and digits, for example from `openssl rand -hex 16`", minHookSecret))
	}
	return errors.Join(errs...)
}

func urlSafe(text string) bool {
	return strings.Trim(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") == ""
}
