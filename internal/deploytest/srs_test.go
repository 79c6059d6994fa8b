package deploytest

import (
	"slices"
	"strings"
	"testing"

	"github.com/claimcall/claimcall/internal/stream"
)

// known is the directives of SRS 6 that srs.conf may use, by block. SRS refuses to start with one that it does not know.
func known() map[string][]string {
	return map[string][]string{
		"": {"listen", "max_connections", "daemon", "srs_log_tank", "srs_log_level_v2", "http_api", "http_server", "rtc_server", "vhost"},

		"http_api":    {"enabled", "listen", "crossdomain"},
		"http_server": {"enabled", "listen", "dir", "crossdomain"},
		"rtc_server":  {"enabled", "listen", "candidate", "protocol", "tcp"},
		"vhost":       {"tcp_nodelay", "min_latency", "chunk_size", "publish", "play", "http_hooks", "http_remux", "rtc"},
		"publish":     {"mr", "mr_latency", "firstpkt_timeout", "normal_timeout"},
		"play":        {"gop_cache", "mw_latency", "queue_length"},
		"http_hooks":  {"enabled", "on_publish", "on_unpublish", "on_play", "on_stop"},
		"http_remux":  {"enabled", "mount"},
		"rtc":         {"enabled", "rtmp_to_rtc", "rtc_to_rtmp", "pli_for_rtmp", "stun_timeout", "nack", "twcc"},
	}
}

// TestSRSConfiguration reads the file as SRS would: blocks are closed, directives end in a semicolon and are known. What
// they do is not tested, as there is no SRS here.
func TestSRSConfiguration(t *testing.T) {
	blocks := []string{""}
	for _, line := range statements(read(t, "deploy/srs.conf")) {
		name, _, _ := strings.Cut(line, " ")
		last := blocks[len(blocks)-1]
		switch {
		case line == "}" && len(blocks) > 1:
			blocks = blocks[:len(blocks)-1]
			continue
		case !slices.Contains(known()[last], name):
			t.Errorf("%q: %q has no %s", line, last, name)
		case strings.HasSuffix(line, "{"):
			blocks = append(blocks, name)
		case !strings.HasSuffix(line, ";") || strings.Count(line, ";") != 1 || len(strings.Fields(line)) < 2:
			t.Errorf("%q is no directive", line)
		}
	}
	if len(blocks) != 1 {
		t.Errorf("still open: %q", blocks)
	}
}

func TestSRSCarriesCallsBetweenPhonesAndBrowsers(t *testing.T) {
	conf := strings.Join(strings.Fields(strings.Join(statements(read(t, "deploy/srs.conf")), " ")), " ")
	for _, want := range []string{
		"rtmp_to_rtc on;", "rtc_to_rtmp on;", "gop_cache off;", "min_latency on;", "tcp_nodelay on;",
		"candidate $CANDIDATE;", "daemon off;", "srs_log_tank console;", "srs_log_level_v2 warn;",
	} {
		if !strings.Contains(conf, want) {
			t.Errorf("it lacks %s", want)
		}
	}
}

// TestSRSAsksClaimCall: whoever publishes or plays, and the end of a publisher, at the path that ClaimCall serves.
func TestSRSAsksClaimCall(t *testing.T) {
	conf := strings.Join(strings.Fields(strings.Join(statements(read(t, "deploy/srs.conf")), " ")), " ")
	for _, event := range []string{"on_publish", "on_play", "on_unpublish"} {
		if want := event + " http://127.0.0.1:8080/hooks/" + stream.SRSName + "/hook-secret-to-replace;"; !strings.Contains(conf, want) {
			t.Errorf("it lacks %s", want)
		}
	}
	if !strings.Contains(conf, "http_hooks { enabled on;") {
		t.Error("SRS asks nobody")
	}
	if strings.Contains(conf, "listen 8080;") {
		t.Error("SRS takes the port of ClaimCall")
	}
}
