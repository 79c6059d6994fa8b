package stream

import "context"

var (
	_ Doctor    = (*SRS)(nil)
	_ Rehearsed = (*SRS)(nil)
)

// Diagnose looks whether SRS takes RTMP, and whether its API answers.
func (s *SRS) Diagnose(ctx context.Context) []Finding {
	findings := []Finding{newNetwork().lookAtRTMP(ctx, "srs-public", s.rtmp)}
	if _, err := s.api.publishing(ctx); err != nil {
		return append(findings, broken("srs-api", "The API of SRS does not answer at %s: %s. Streams can't be ended. Is http_api on, as in "+
			"deploy/srs.conf, and may this machine reach it?", s.api.base, reason(err)))
	}
	findings = append(findings, fine("srs-api", "The API of SRS answers at %s.", s.api.base))
	if s.flv == "" && s.webrtc == "" && s.bridge.http == "" {
		findings = append(findings, doubtful("srs-webrtc-public", "Pages in a browser have nothing to push to and to play: "+
			"set srs-webrtc-public and srs-flv-public, or public-url for the bridge."))
	}
	return findings
}

// Rehearsal returns a hook of a kind that there is not.
func (s *SRS) Rehearsal() (contentType, body string) {
	return "application/json", `{"action":"rehearsal","client_id":"doctor","app":"` + app + `"}`
}
