package config

import "errors"

// SRS says how an SRS is used.
type SRS struct {
	Public         string `name:"srs-public" env:"CLAIMCALL_SRS_PUBLIC" help:"Address by which phones reach the RTMP of SRS; its application is live." placeholder:"rtmp://HOST:PORT"`
	Internal       string `name:"srs-internal" env:"CLAIMCALL_SRS_INTERNAL" help:"Address by which this server reaches its RTMP, if not by the public one." placeholder:"rtmp://HOST:PORT"`
	WebRTCPublic   string `name:"srs-webrtc-public" env:"CLAIMCALL_SRS_WEBRTC_PUBLIC" help:"Address by which browsers reach its API, for WHIP and WHEP." placeholder:"https://HOST"`
	FLVPublic      string `name:"srs-flv-public" env:"CLAIMCALL_SRS_FLV_PUBLIC" help:"Address by which browsers reach its HTTP server, for FLV." placeholder:"https://HOST"`
	API            string `name:"srs-api" env:"CLAIMCALL_SRS_API" help:"Address by which this server reaches its API." placeholder:"http://HOST:PORT"`
	HookSecret     Secret `name:"srs-hook-secret" env:"CLAIMCALL_SRS_HOOK_SECRET" help:"Last part of the address its hooks call: letters and digits, at least 16." placeholder:"SECRET"`
	HookSecretFile string `name:"srs-hook-secret-file" env:"CLAIMCALL_SRS_HOOK_SECRET_FILE" help:"File that holds it." placeholder:"FILE"`
}

// readFile reads the secret that is in a file.
func (s *SRS) readFile() error {
	err := s.HookSecret.readFile("srs-hook-secret", s.HookSecretFile)
	s.HookSecretFile = "" // it has been read
	return err
}

// check finds what is wrong if calls are to go through SRS.
func (s *SRS) check() error {
	var errs []error
	refuse := func(bad bool, flag, format string, args ...any) {
		if bad {
			errs = append(errs, wrong(flag, format, args...))
		}
	}
	refuse(!isBase(s.Public, "rtmp", "rtmps"), "srs-public", "%s: wanted rtmp://HOST[:PORT], without the application", what(s.Public))
	refuse(s.Internal != "" && !isBase(s.Internal, "rtmp", "rtmps"), "srs-internal",
		"%s: wanted rtmp://HOST[:PORT], without the application", what(s.Internal))
	refuse(s.WebRTCPublic != "" && !isBase(s.WebRTCPublic, "http", "https"), "srs-webrtc-public",
		"%s: wanted https://HOST[:PORT], without /rtc", what(s.WebRTCPublic))
	refuse(s.FLVPublic != "" && !isBase(s.FLVPublic, "http", "https"), "srs-flv-public",
		"%s: wanted https://HOST[:PORT], without the application", what(s.FLVPublic))
	refuse(!isBase(s.API, "http", "https"), "srs-api", "%s: wanted http://HOST:PORT, without /api", what(s.API))
	refuse(len(s.HookSecret) < minHookSecret || !urlSafe(string(s.HookSecret)), "srs-hook-secret",
		"is missing, too short or has other signs: wanted at least %d letters and digits, for example from `openssl rand -hex 16`", minHookSecret)
	return errors.Join(errs...)
}
