package stream

import (
	"errors"
	"maps"
	"net/http"
	"strings"
	"testing"
)

// statText is a page of the module, as recorded from a real one, with these streams.
func statText(streams string) string {
	return `<?xml version="1.0" encoding="utf-8" ?>
<?xml-stylesheet type="text/xsl" href="stat.xsl" ?>
<rtmp><nginx_version>1.22.1</nginx_version><nginx_rtmp_version>1.1.4</nginx_rtmp_version><pid>1</pid><uptime>2</uptime><naccepted>1</naccepted>
<server><application><name>live</name><live>` + streams + `<nclients>1</nclients></live></application></server></rtmp>`
}

const statStream = `<stream><name>room-c-g1</name><time>1</time>
<client><id>7</id><address>127.0.0.1</address><time>1</time><flashver>LNX 9,0,124,2</flashver><dropped>0</dropped><avsync>0</avsync><timestamp>1</timestamp></client>
<client><id>5</id><address>127.0.0.1</address><time>1</time><flashver>FMLE/3.0 (compatible; Lavf59.27</flashver><dropped>0</dropped><avsync>0</avsync><timestamp>1</timestamp><publishing/><active/></client>
<meta><video><width>180</width></video></meta><nclients>2</nclients><publishing/><active/></stream>`

func TestStat(t *testing.T) {
	waiting := strings.ReplaceAll(strings.Replace(statStream, "<publishing/><active/></client>", "</client>", 1), "room-c-g1", "room-a-g1")
	for why, c := range map[string]struct {
		page string
		want map[string]string
	}{
		"one publishes":         {statText(statStream), map[string]string{"room-c-g1": "5"}},
		"players that wait":     {statText(statStream + waiting), map[string]string{"room-c-g1": "5"}},
		"nobody":                {statText(""), map[string]string{}},
		"not our name":          {statText(strings.ReplaceAll(statStream, "room-c-g1", "somebody")), map[string]string{}},
		"bytes that are no XML": {statText(strings.Replace(statStream, "LNX", "\x01\xff\x00", 1)), map[string]string{"room-c-g1": "5"}},
		"another application too": {strings.Replace(statText(statStream), "</server>",
			"<application><name>vod</name><live>"+strings.ReplaceAll(statStream, "room", "other")+"</live></application></server>", 1),
			map[string]string{"room-c-g1": "5"}},
	} {
		if got, err := parseStat([]byte(c.page)); err != nil || !maps.Equal(got, c.want) {
			t.Errorf("%s: got %v, %v", why, got, err)
		}
	}
	for why, page := range map[string]string{
		"nothing":        "",
		"a web page":     "<html><body>not found</body></html>",
		"cut":            statText(statStream)[:400],
		"not closed":     strings.Replace(statText(statStream), "</stream>", "", 1),
		"no application": strings.Replace(statText(statStream), "<name>live</name>", "<name>vod</name>", 1),
		"text":           "publishing",
	} {
		if got, err := parseStat([]byte(page)); !errors.Is(err, errStat) || strings.Contains(err.Error(), "room") {
			t.Errorf("%s: got %v, %v", why, got, err)
		}
	}
}

func TestNginxLive(t *testing.T) {
	n := testNginx(t, &fakeHub{})
	answer, asked := answerWith(http.StatusOK, statText(statStream)), ""
	n.control.client.Transport = roundTripper(func(r *http.Request) (*http.Response, error) {
		asked = r.URL.String()
		return answer, nil
	})
	if live, err := n.Live(t.Context()); err != nil || len(live) != 1 || live[0] != someName() || asked != "http://127.0.0.1:8081/stat" {
		t.Errorf("got %v, %v from %s", live, err, asked)
	}
	for why, bad := range map[string]*http.Response{
		"status":  answerWith(http.StatusNotFound, ""),
		"endless": answerWith(http.StatusOK, statText(strings.Repeat(" ", maxStat))),
	} {
		answer = bad
		if _, err := n.Live(t.Context()); err == nil {
			t.Errorf("%s: accepted", why)
		}
		if err := n.Check(t.Context()); err == nil {
			t.Errorf("%s: is well", why)
		}
	}
}

func TestNginxCheckWantsRTMP(t *testing.T) {
	n := testNginx(t, &fakeHub{})
	n.control.client.Transport = roundTripper(func(*http.Request) (*http.Response, error) {
		return answerWith(http.StatusOK, statText("")), nil
	})
	n.internal = "rtmp://" + nowhere(t)
	if n.Check(t.Context()) == nil {
		t.Error("well without RTMP")
	}
	n.internal = "rtmp://" + rtmpServer(t, 3)
	if err := n.Check(t.Context()); err != nil {
		t.Error(err)
	}
}

func FuzzStat(f *testing.F) {
	f.Add([]byte(statText(statStream)))
	f.Add([]byte(statText("")))
	f.Add([]byte("<rtmp><server><application><name>live</name>"))
	f.Fuzz(func(t *testing.T, page []byte) {
		publishing, err := parseStat(page)
		if err != nil && publishing != nil {
			t.Error("an error and streams")
		}
		for name := range publishing {
			if _, err := parseName(name); err != nil {
				t.Errorf("listed %q", name)
			}
		}
	})
}
