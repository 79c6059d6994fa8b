package stream

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"

	"github.com/claimcall/claimcall/internal/call"
	"github.com/claimcall/claimcall/protocol"
)

const roomID = "abcdefghijklmnopqrstuvwxyz" // as long as the ids of calls are

func nothing() []string { return nil }

func testGuard(t testing.TB) *Guard { return NewGuard(RelayName, testKeys(t), &fakeHub{}) }

func testRelay(t testing.TB) *Relay {
	t.Helper()
	r, err := NewRelay(RelayConfig{
		RTMPBase: "rtmp://media.example:1935/", HTTPBase: "https://media.example", WebRTC: true, Keys: testKeys(t), Drop: func(string) {},
		Published: nothing, Guard: testGuard(t),
	})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func testNginx(t testing.TB, hub Authority) *NginxRTMP {
	t.Helper()
	n, err := NewNginxRTMP(NginxRTMPConfig{
		RTMPBase: "rtmp://media.example:1935", ControlURL: "http://127.0.0.1:8081", HookSecret: "0123456789abcdef",
		Keys: testKeys(t), Authority: hub, Log: zap.NewNop(),
	})
	if err != nil {
		t.Fatal(err)
	}
	n.control.client.Transport = roundTripper(func(*http.Request) (*http.Response, error) { return nil, errAway })
	return n
}

// forms returns the addresses in order, with a star for each query.
func forms(urls []protocol.StreamURL) string {
	var all []string
	for _, u := range urls {
		address, _, _ := strings.Cut(u.URL, "?")
		all = append(all, string(u.Protocol)+" "+address)
	}
	return strings.Join(all, ", ")
}

func TestHandOut(t *testing.T) {
	const rtmp, https, wss = "rtmp://media.example:1935/live/", "https://media.example/live/", "wss://media.example/live/"
	const whip, whep = "https://media.example/whip/", "https://media.example/whep/"
	c, a := roomID+"-c-g3", roomID+"-a-g3"
	bridged := testNginx(t, &fakeHub{})
	bridged.at.http, bridged.at.webrtc = "https://media.example", true
	cases := []struct {
		provider   Provider
		leg        call.Role
		push, play string
	}{
		{testRelay(t), call.Claimant, "rtmp " + rtmp + c + ", whip " + whip + c,
			"rtmp " + rtmp + a + ", whep " + whep + a + ", flv " + https + a + ".flv, ws-flv " + wss + a + ".flv"},
		{testRelay(t), call.Adjuster, "whip " + whip + a + ", rtmp " + rtmp + a,
			"whep " + whep + c + ", ws-flv " + wss + c + ".flv, flv " + https + c + ".flv, rtmp " + rtmp + c},
		{bridged, call.Adjuster, "whip " + whip + a + ", rtmp " + rtmp + a,
			"whep " + whep + c + ", ws-flv " + wss + c + ".flv, flv " + https + c + ".flv, rtmp " + rtmp + c},
		{testNginx(t, &fakeHub{}), call.Claimant, "rtmp " + rtmp + c, "rtmp " + rtmp + a},
		{testNginx(t, &fakeHub{}), call.Adjuster, "rtmp " + rtmp + a, "rtmp " + rtmp + c},
	}
	for _, c := range cases {
		s, err := c.provider.HandOut(call.StreamName{Room: roomID, Leg: c.leg, Generation: 3}, time.Now().Add(time.Hour))
		if err != nil {
			t.Fatal(err)
		}
		if got := forms(s.Push); got != c.push {
			t.Errorf("%s %s pushes to %s, want %s", c.provider.Name(), c.leg, got, c.push)
		}
		if got := forms(s.Play); got != c.play {
			t.Errorf("%s %s plays %s, want %s", c.provider.Name(), c.leg, got, c.play)
		}
		if s.Provider != c.provider.Name() || s.Generation != 3 {
			t.Errorf("got provider %s, generation %d", s.Provider, s.Generation)
		}
	}
}

// TestHandOutSigns: every address opens what it is for until the moment that is announced, and nothing else.
func TestHandOutSigns(t *testing.T) {
	k := testKeys(t)
	own := call.StreamName{Room: roomID, Leg: call.Claimant, Generation: 1}
	s, err := testRelay(t).HandOut(own, time.Unix(1_700_000_000, 999_000_000))
	if err != nil {
		t.Fatal(err)
	}
	end := s.ExpiresAt.Time
	if !end.Equal(time.Unix(1_700_000_000, 0)) {
		t.Errorf("expires at %v", end)
	}
	check := func(u protocol.StreamURL, d, not Direction, name call.StreamName) {
		parsed, err := url.Parse(u.URL)
		if err != nil {
			t.Fatal(err)
		}
		query := parsed.Query()
		if err := k.Verify(d, name.String(), query, end.Add(-1)); err != nil {
			t.Errorf("%s %s: %v", d, u.Protocol, err)
		}
		if err := k.Verify(d, name.String(), query, end); !errors.Is(err, ErrExpired) {
			t.Errorf("%s %s at the end: %v", d, u.Protocol, err)
		}
		if k.Verify(not, name.String(), query, end.Add(-1)) == nil || k.Verify(d, name.Other().String(), query, end.Add(-1)) == nil {
			t.Errorf("%s %s opens more than it should", d, u.Protocol)
		}
	}
	for _, u := range s.Push {
		check(u, Publish, Play, own)
	}
	for _, u := range s.Play {
		check(u, Play, Publish, own.Other())
	}
}

// TestHandOutFitsNginx: nginx-rtmp cuts what is longer than 255 bytes.
func TestHandOutFitsNginx(t *testing.T) {
	own := call.StreamName{Room: roomID, Leg: call.Claimant, Generation: 1_000_000}
	s, err := testNginx(t, &fakeHub{}).HandOut(own, time.Now().Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	for _, u := range append(s.Push, s.Play...) {
		if args := u.URL[strings.LastIndex(u.URL, "/")+1:]; len(args) > maxArgs {
			t.Errorf("%d bytes", len(args))
		}
	}
}

func TestHandOutRefuses(t *testing.T) {
	soon := time.Now().Add(time.Hour)
	cases := []struct {
		own     call.StreamName
		expires time.Time
		want    error
	}{
		{call.StreamName{Room: "a/b", Leg: call.Claimant, Generation: 1}, soon, ErrName},
		{call.StreamName{Room: strings.Repeat("a", 65), Leg: call.Claimant, Generation: 1}, soon, ErrName},
		{call.StreamName{Room: "room", Leg: call.Claimant}, soon, ErrName},
		{call.StreamName{Room: "room", Leg: call.Claimant, Generation: 1}, time.Unix(1<<32, 0), ErrExpiry},
	}
	for _, c := range cases {
		for _, p := range []Provider{testRelay(t), testNginx(t, &fakeHub{})} {
			if _, err := p.HandOut(c.own, c.expires); !errors.Is(err, c.want) {
				t.Errorf("%s %v: got %v, want %v", p.Name(), c.own, err, c.want)
			}
		}
	}
}

func TestRelayDrops(t *testing.T) {
	var dropped string
	r, err := NewRelay(RelayConfig{
		RTMPBase: "rtmp://127.0.0.1:1935", HTTPBase: "http://127.0.0.1:8080", Keys: testKeys(t),
		Drop: func(name string) { dropped = name }, Published: nothing, Guard: testGuard(t),
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Drop(context.Background(), call.StreamName{Room: "room", Leg: call.Adjuster, Generation: 2}); err != nil || dropped != "room-a-g2" {
		t.Errorf("got %v, dropped %q", err, dropped)
	}
}

func TestNewRelayChecks(t *testing.T) {
	good := RelayConfig{RTMPBase: "rtmp://h:1", HTTPBase: "http://h:2", Keys: testKeys(t), Drop: func(string) {}, Published: nothing, Guard: testGuard(t)}
	for why, change := range map[string]func(*RelayConfig){
		"no rtmp":     func(c *RelayConfig) { c.RTMPBase = "" },
		"wrong rtmp":  func(c *RelayConfig) { c.RTMPBase = "http://h:1" },
		"rtmp query":  func(c *RelayConfig) { c.RTMPBase = "rtmp://h:1?a=b" },
		"no http":     func(c *RelayConfig) { c.HTTPBase = "" },
		"ws":          func(c *RelayConfig) { c.HTTPBase = "ws://h" },
		"no host":     func(c *RelayConfig) { c.HTTPBase = "http://" },
		"user":        func(c *RelayConfig) { c.HTTPBase = "http://u:p@h" },
		"not an URL":  func(c *RelayConfig) { c.HTTPBase = "http://h:port" },
		"cannot drop": func(c *RelayConfig) { c.Drop = nil },
		"cannot list": func(c *RelayConfig) { c.Published = nil },
		"nobody asks": func(c *RelayConfig) { c.Guard = nil },
		"no keys":     func(c *RelayConfig) { c.Keys = Keys{} },
	} {
		c := good
		change(&c)
		if _, err := NewRelay(c); err == nil {
			t.Errorf("%s: accepted", why)
		}
	}
}

func TestNewNginxRTMPChecks(t *testing.T) {
	good := NginxRTMPConfig{
		RTMPBase: "rtmp://h:1", ControlURL: "http://h:2", HookSecret: "0123456789abcdef",
		Keys: testKeys(t), Authority: &fakeHub{}, Log: zap.NewNop(),
	}
	for why, change := range map[string]func(*NginxRTMPConfig){
		"wrong rtmp":    func(c *NginxRTMPConfig) { c.RTMPBase = "h:1" },
		"wrong control": func(c *NginxRTMPConfig) { c.ControlURL = "rtmp://h:2" },
		"short secret":  func(c *NginxRTMPConfig) { c.HookSecret = "0123456789abcde" },
		"odd secret":    func(c *NginxRTMPConfig) { c.HookSecret = "0123456789abcdef/x" },
		"wrong inside":  func(c *NginxRTMPConfig) { c.InternalBase = "http://h:2" },
		"wrong bridge":  func(c *NginxRTMPConfig) { c.BridgeBase = "rtmp://h:1" },
		"no authority":  func(c *NginxRTMPConfig) { c.Authority = nil },
		"no log":        func(c *NginxRTMPConfig) { c.Log = nil },
		"no keys":       func(c *NginxRTMPConfig) { c.Keys = Keys{} },
	} {
		c := good
		change(&c)
		if _, err := NewNginxRTMP(c); err == nil {
			t.Errorf("%s: accepted", why)
		}
	}
}
