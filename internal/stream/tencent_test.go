package stream

import (
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"

	"github.com/claimcall/claimcall/internal/call"
	"github.com/claimcall/claimcall/protocol"
)

// The keys of Tencent's published vectors, and a made-up one.
const (
	pushKey = "e12c46f2612d5106e2034781ab261ca3"
	playKey = "somestring"
	oldKey  = "0123456789abcdef0123456789abcdef"
)

func tencentConfig(hub Authority) TencentConfig {
	return TencentConfig{
		PushDomain: "push.example.com", PlayDomain: "play.example.com", PushKey: pushKey, PlayKey: playKey,
		HookSecret: "hook-secret-of-the-tests", CallbackKey: "callbackkey", AddressLife: 2 * time.Hour,
		Authority: hub, Log: zap.NewNop(),
	}
}

func testTencent(t testing.TB, change func(*TencentConfig)) *Tencent {
	t.Helper()
	c := tencentConfig(&fakeHub{})
	if change != nil {
		change(&c)
	}
	p, err := NewTencent(c)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func listed(urls []protocol.StreamURL) string {
	var all []string
	for _, u := range urls {
		all = append(all, string(u.Protocol)+" "+u.URL)
	}
	return strings.Join(all, "\n")
}

// at2018 is 5C271099, the moment of Tencent's first vector, and a bit.
func at2018() time.Time { return time.Unix(0x5C271099, 999) }

func TestTencentHandsOut(t *testing.T) {
	k := func(key, name string) string { return "?txSecret=" + MD5.of(key+name+"5C271099") + "&txTime=5C271099" }
	const c, a = roomID + "-c-g2", roomID + "-a-g2"
	const push, play = "//push.example.com/live/", "//play.example.com/live/"
	whip := func(name string) string {
		return "whip " + tencentWHIP + "?streamurl=" + url.QueryEscape("webrtc:"+push+name+k(pushKey, name))
	}
	for leg, want := range map[call.Role][2][]string{
		call.Claimant: {
			{"rtmp rtmp:" + push + c + k(pushKey, c), whip(c), "webrtc webrtc:" + push + c + k(pushKey, c)},
			{
				"rtmp rtmp:" + play + a + k(pushKey, a), "rtmp rtmp:" + play + a + k(playKey, a),
				"flv https:" + play + a + ".flv" + k(playKey, a), "webrtc webrtc:" + play + a + k(playKey, a),
				"hls https:" + play + a + ".m3u8" + k(playKey, a),
			},
		},
		call.Adjuster: {
			{whip(a), "webrtc webrtc:" + push + a + k(pushKey, a), "rtmp rtmp:" + push + a + k(pushKey, a)},
			{
				"webrtc webrtc:" + play + c + k(playKey, c), "flv https:" + play + c + ".flv" + k(playKey, c),
				"hls https:" + play + c + ".m3u8" + k(playKey, c), "rtmp rtmp:" + play + c + k(playKey, c),
			},
		},
	} {
		s, err := testTencent(t, nil).HandOut(call.StreamName{Room: roomID, Leg: leg, Generation: 2}, at2018())
		if err != nil {
			t.Fatal(err)
		}
		if got := listed(s.Push); got != strings.Join(want[0], "\n") {
			t.Errorf("%s pushes to\n%s\nwant\n%s", leg, got, strings.Join(want[0], "\n"))
		}
		if got := listed(s.Play); got != strings.Join(want[1], "\n") {
			t.Errorf("%s plays\n%s\nwant\n%s", leg, got, strings.Join(want[1], "\n"))
		}
		if s.Provider != "tencent" || s.Generation != 2 || !s.ExpiresAt.Equal(time.Unix(0x5C271099, 0)) {
			t.Errorf("got %+v", s)
		}
		if s.Profile.Mode != "RTC" || s.Profile.MinCacheMS != 0 || s.Profile.MaxCacheMS != 0 {
			t.Errorf("the player is told %+v", s.Profile)
		}
	}
}

// TestTencentsOwnExample is the address that Tencent shows for its first vector.
func TestTencentsOwnExample(t *testing.T) {
	p := testTencent(t, func(c *TencentConfig) { c.PushDomain = "livepush.tcloud.com" })
	query, err := p.keys.query(pushKey, "test", at2018())
	if want := "txSecret=f85a2ab363fe4deaffef9754d79da6fe&txTime=5C271099"; query != want || err != nil {
		t.Errorf("got %s, %v", query, err)
	}
}

func TestTencentPlaysUnsignedWithoutAKey(t *testing.T) {
	p := testTencent(t, func(c *TencentConfig) { c.PlayKey = "" })
	for _, leg := range []call.Role{call.Claimant, call.Adjuster} {
		s, err := p.HandOut(call.StreamName{Room: "room", Leg: leg, Generation: 1}, at2018())
		if err != nil {
			t.Fatal(err)
		}
		for i, u := range s.Play {
			lowLatency := leg == call.Claimant && i == 0
			if strings.Contains(u.URL, "?") != lowLatency {
				t.Errorf("%s %d: %s", leg, i, u.URL)
			}
		}
	}
}

func TestTencentLowLatency(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*TencentConfig)
		first  string
		links  int
	}{
		"another key":  {func(c *TencentConfig) { c.LowLatencyKey = oldKey }, MD5.of(oldKey + "room-a-g1" + "5C271099"), 2},
		"the play key": {func(c *TencentConfig) { c.LowLatencyKey = playKey }, MD5.of(playKey + "room-a-g1" + "5C271099"), 1},
	} {
		s, err := testTencent(t, c.change).HandOut(call.StreamName{Room: "room", Leg: call.Claimant, Generation: 1}, at2018())
		if err != nil {
			t.Fatal(err)
		}
		links := strings.Count(listed(s.Play), "rtmp rtmp:")
		if !strings.Contains(s.Play[0].URL, c.first) || links != c.links {
			t.Errorf("%s: got\n%s", name, listed(s.Play))
		}
	}
}

// TestTencentBizID: names of old domains begin with the number of the account, and the signature covers that.
func TestTencentBizID(t *testing.T) {
	own := call.StreamName{Room: "room", Leg: call.Claimant, Generation: 1}
	s, err := testTencent(t, func(c *TencentConfig) {
		c.PushDomain, c.PlayDomain, c.BizID = "3891.livepush.myqcloud.com", "3891.liveplay.myqcloud.com", "3891"
	}).HandOut(own, at2018())
	if err != nil {
		t.Fatal(err)
	}
	want := "rtmp://3891.livepush.myqcloud.com/live/3891_room-c-g1?bizid=3891&txSecret=" + MD5.of(pushKey+"3891_room-c-g15C271099") + "&txTime=5C271099"
	if s.Push[0].URL != want {
		t.Errorf("pushes to %s", s.Push[0].URL)
	}
	want = "rtmp://3891.liveplay.myqcloud.com/live/3891_room-a-g1?bizid=3891&txSecret=" + MD5.of(pushKey+"3891_room-a-g15C271099") + "&txTime=5C271099"
	if s.Play[0].URL != want {
		t.Errorf("plays %s", s.Play[0].URL)
	}
	s, err = testTencent(t, func(c *TencentConfig) { c.BizID = "3891" }).HandOut(own, at2018())
	if err != nil || !strings.HasPrefix(s.Play[0].URL, "rtmp://play.example.com/live/room-a-g1?bizid=3891&txSecret=") {
		t.Errorf("with domains of one's own: plays %s, %v", s.Play[0].URL, err)
	}
}

func TestTencentHashes(t *testing.T) {
	const input = "e12c46f2612d5106e2034781ab261ca3test5C271099"
	if got := SHA256.of(input); got != "2fe51d13bff48deaddd7e4e086265e69d5a04a64db9a2cbc737bd585c472fd07" {
		t.Errorf("SHA256: got %s", got)
	}
	s, err := testTencent(t, func(c *TencentConfig) { c.Hash = SHA256 }).
		HandOut(call.StreamName{Room: "room", Leg: call.Claimant, Generation: 1}, at2018())
	if err != nil || !strings.Contains(s.Push[0].URL, "?txSecret="+SHA256.of(pushKey+"room-c-g15C271099")+"&") {
		t.Errorf("got %s, %v", s.Push[0].URL, err)
	}
}

// TestTencentVectors are those that Tencent has published, and two derived from its samples.
func TestTencentVectors(t *testing.T) {
	for _, v := range []struct{ key, name, txTime, want string }{
		{pushKey, "test", "5C271099", "f85a2ab363fe4deaffef9754d79da6fe"},
		{"somestring", "test", "5c2acacc", "b77e812107e1d8b8f247885a46e1bd34"},
		{pushKey, "test", "5c271099", "9603387445825a481e6b7496aced5746"},
		{"69e0daf7234b01f257a7adb9f807ae9f", "123456", "57D54927", "478a15bf1b25e5c7c5886d2eef220fb8"},
	} {
		query := url.Values{"txSecret": {v.want}, "txTime": {v.txTime}}
		k := tencentKeys{hash: MD5, push: v.key}
		if !k.pushedWith(v.name, query) || (tencentKeys{hash: MD5, push: oldKey}).pushedWith(v.name, query) {
			t.Errorf("%s %s: want %s", v.name, v.txTime, v.want)
		}
		if !(tencentKeys{hash: MD5, push: oldKey, backup: v.key}).pushedWith(v.name, query) {
			t.Errorf("%s %s: the backup key does not count", v.name, v.txTime)
		}
	}
}

func TestTencentRefusesNamesAndTimes(t *testing.T) {
	p := testTencent(t, nil)
	for _, room := range []string{"", "a b", "a/b", "a?b", "中文", strings.Repeat("x", maxName)} {
		_, err := p.HandOut(call.StreamName{Room: room, Leg: call.Claimant, Generation: 1}, at2018())
		if !errors.Is(err, ErrName) {
			t.Errorf("%q: got %v", room, err)
		}
	}
	if _, err := p.HandOut(call.StreamName{Room: "room", Leg: call.Claimant, Generation: 1}, time.Unix(-1, 0)); !errors.Is(err, ErrExpiry) {
		t.Errorf("got %v", err)
	}
}

func TestNewTencentRefuses(t *testing.T) {
	for why, change := range map[string]func(*TencentConfig){
		"no authority":       func(c *TencentConfig) { c.Authority = nil },
		"no logger":          func(c *TencentConfig) { c.Log = nil },
		"no push domain":     func(c *TencentConfig) { c.PushDomain = "" },
		"no play domain":     func(c *TencentConfig) { c.PlayDomain = "" },
		"one domain":         func(c *TencentConfig) { c.PlayDomain = c.PushDomain },
		"no push key":        func(c *TencentConfig) { c.PushKey = "" },
		"bad application":    func(c *TencentConfig) { c.App = "a/b" },
		"bad bizid":          func(c *TencentConfig) { c.BizID = "a&b" },
		"old domain, no id":  func(c *TencentConfig) { c.PushDomain = "1.livepush.myqcloud.com" },
		"short hook secret":  func(c *TencentConfig) { c.HookSecret = "short" },
		"hook secret as /":   func(c *TencentConfig) { c.HookSecret = "0123456789abcdef/" },
		"id without key":     func(c *TencentConfig) { c.SecretID = "id" },
		"key without id":     func(c *TencentConfig) { c.SecretKey = "key" },
		"unknown hash":       func(c *TencentConfig) { c.Hash = "sha1" },
		"API without scheme": func(c *TencentConfig) { c.SecretID, c.SecretKey, c.API = "id", "key", "live.tencentcloudapi.com" },
	} {
		c := tencentConfig(&fakeHub{})
		change(&c)
		if p, err := NewTencent(c); err == nil || p != nil {
			t.Errorf("%s: accepted", why)
		} else if strings.Contains(err.Error(), pushKey) {
			t.Errorf("%s: %v shows the key", why, err)
		}
	}
}

func TestTencentWithoutAHookSecretTakesNoHooks(t *testing.T) {
	p := testTencent(t, func(c *TencentConfig) { c.HookSecret = "" })
	q := testTencent(t, func(c *TencentConfig) { c.HookSecret = "" })
	if p.HookSecret() == q.HookSecret() || len(p.HookSecret()) < minSecret {
		t.Error("the secret can be guessed")
	}
}
