package stream

import (
	"context"
	"net/http"
)

var _ Doctor = (*Relay)(nil)

// Diagnose looks whether the relay can be reached by the addresses that clients are given. The server must run.
func (r *Relay) Diagnose(ctx context.Context) []Finding {
	look := newNetwork()
	findings := []Finding{look.lookAtRTMP(ctx, "rtmp-public", r.at.rtmp)}
	status, err := look.get(ctx, r.at.http+"/livez")
	switch {
	case err != nil:
		return append(findings, broken("public-url", "Nothing answers at %s: %s. Does the proxy in front run, and does its name lead here?", r.at.http, reason(err)))
	case status != http.StatusOK:
		return append(findings, broken("public-url", "%s/livez answers with status %d, so something else is there, or the proxy in front "+
			"can't reach the server.", r.at.http, status))
	}
	return append(findings, fine("public-url", "The server answers at %s.", r.at.http))
}
