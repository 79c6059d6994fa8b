package stream

import "context"

var (
	_ Doctor    = (*NginxRTMP)(nil)
	_ Rehearsed = (*NginxRTMP)(nil)
)

// Diagnose looks whether nginx takes RTMP, and orders and questions at its control address.
func (n *NginxRTMP) Diagnose(ctx context.Context) []Finding {
	findings := []Finding{newNetwork().lookAtRTMP(ctx, "nginx-rtmp-public", n.at.rtmp)}
	if err := n.control.drop(ctx, nobody().String()); err != nil {
		return append(findings, broken("nginx-rtmp-control", "No order is taken at %s/control: %s. Streams can't be ended. Does nginx run with "+
			"the rtmp_control of deploy/nginx-rtmp.conf, and may this machine reach it?", n.control.base, reason(err)))
	}
	findings = append(findings, fine("nginx-rtmp-control", "Orders are taken at %s/control.", n.control.base))
	if _, err := n.control.stat(ctx); err != nil {
		return append(findings, broken("nginx-rtmp-control", "What is published can't be read at %s/stat: %s. Lost hooks are not made good, and "+
			"nginx counts as down. Does it have the rtmp_stat of deploy/nginx-rtmp.conf?", n.control.base, reason(err)))
	}
	if n.internal != n.at.rtmp {
		findings = append(findings, newNetwork().lookAtRTMP(ctx, "nginx-rtmp-internal", n.internal))
	}
	return findings
}

// Rehearsal returns a hook of a kind that there is not.
func (n *NginxRTMP) Rehearsal() (contentType, body string) {
	return "application/x-www-form-urlencoded", "app=" + app + "&call=rehearsal"
}
