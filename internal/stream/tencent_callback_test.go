package stream

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"github.com/claimcall/claimcall/internal/call"
)

// callback writes one as Tencent does: the fields of its published example, and those given in place of them.
func callback(event int, sequence string, at time.Time, more ...string) string {
	fields := map[string]string{
		"app": `"push.example.com"`, "appid": "12345678", "appname": `"live"`, "channel_id": `"room-c-g1"`, "errcode": "0",
		"errmsg": `"ok"`, "event_time": strconv.FormatInt(at.Unix(), 10), "event_type": strconv.Itoa(event), "height": "0",
		"idc_id": "34", "node": `"42.81.194.37"`, "sequence": `"` + sequence + `"`, "set_id": "2", "stream_id": `"room-c-g1"`,
		"stream_param": `"stream_param=test"`, "user_ip": `"1.1.1.1"`, "width": "0",
	}
	expires := strconv.FormatInt(time.Now().Add(10*time.Minute).Unix(), 10)
	fields["t"], fields["sign"] = expires, `"`+MD5.of("callbackkey"+expires)+`"`
	for i := 0; i < len(more); i += 2 {
		fields[more[i]] = more[i+1]
	}
	var all []string
	for name, value := range fields {
		if value != "" {
			all = append(all, `"`+name+`":`+value)
		}
	}
	return "{" + strings.Join(all, ",") + "}"
}

func tell(p *Tencent, body string) (int, string) {
	w := httptest.NewRecorder()
	p.Hook(w, httptest.NewRequest(http.MethodPost, "/hooks/tencent/secret", strings.NewReader(body)))
	return w.Code, w.Body.String()
}

func taken(t *testing.T, p *Tencent, bodies ...string) {
	t.Helper()
	for _, body := range bodies {
		if code, answer := tell(p, body); code != http.StatusOK || answer != `{"code":0}` {
			t.Errorf("got %d %s for %s", code, answer, body)
		}
	}
}

func hears(t *testing.T, hub *fakeHub, want ...string) {
	t.Helper()
	if got := hub.heard(); !slices.Equal(got, want) {
		t.Errorf("the hub heard %q, want %q", got, want)
	}
}

func withHub(t testing.TB, hub *fakeHub) *Tencent {
	return testTencent(t, func(c *TencentConfig) { c.Authority = hub })
}

// ran is the field of a cut that says for how long was pushed.
func ran(d time.Duration) []string {
	return []string{"push_duration", `"` + strconv.FormatInt(d.Milliseconds(), 10) + `"`}
}

const (
	up   = "tencent +room-c-g1"
	down = "tencent -room-c-g1"
)

func TestTencentReports(t *testing.T) {
	hub := &fakeHub{}
	p, at := withHub(t, hub), time.Now()
	taken(t, p, callback(1, "100", at), callback(0, "100", at.Add(time.Minute), ran(time.Minute)...))
	hears(t, hub, up, down)
	if !slices.Equal(hub.asked, []string{"tencent room-c-g1"}) {
		t.Errorf("the hub was asked %v", hub.asked)
	}
}

// TestTencentInAnyOrder: what the hub hears last is right, whatever is repeated, late or lost.
func TestTencentInAnyOrder(t *testing.T) {
	at := time.Now().Add(-10 * time.Minute)
	later := at.Add(time.Minute)
	first, firstCut := callback(1, "1", at), callback(0, "1", at.Add(70*time.Second), ran(70*time.Second)...)
	second, secondCut := callback(1, "2", later), callback(0, "2", later.Add(time.Minute), ran(time.Minute)...)
	for name, c := range map[string]struct {
		bodies []string
		last   string
	}{
		"as it was":                    {[]string{first, second, firstCut, secondCut}, down},
		"late cut of an old push":      {[]string{first, second, firstCut}, up},
		"twice, late":                  {[]string{first, second, firstCut, firstCut}, up},
		"begin after its cut":          {[]string{firstCut, first}, down},
		"begin repeated after the cut": {[]string{first, firstCut, first}, down},
		"old begin after a new one":    {[]string{second, first}, up},
		"then the old cut":             {[]string{second, first, firstCut}, up},
		"then both cuts":               {[]string{second, first, secondCut, firstCut}, down},
		"old begin after the new end":  {[]string{second, secondCut, first}, down},
		"cut of a push never heard of": {[]string{first, secondCut}, down},
		"cut before everything":        {[]string{firstCut, second}, up},
		"only a cut":                   {[]string{firstCut}, down},
	} {
		hub := &fakeHub{}
		taken(t, withHub(t, hub), c.bodies...)
		if heard := hub.heard(); len(heard) == 0 || heard[len(heard)-1] != c.last {
			t.Errorf("%s: the hub heard %q", name, heard)
		}
	}
}

// TestTencentAsksWhatAnotherNodeMayHaveHeard: this process never heard of the push that is cut, or Tencent itself cut it.
func TestTencentAsksWhatAnotherNodeMayHaveHeard(t *testing.T) {
	old, fresh := time.Now().Add(-2*time.Minute), time.Now()
	for name, c := range map[string]struct {
		before []string
		cut    string
		state  string
		code   int
		heard  []string
	}{
		"unknown and over":     {nil, callback(0, "1", fresh), "inactive", 200, []string{down}},
		"unknown, still on":    {nil, callback(0, "1", old), "active", 200, nil},
		"unknown, just now":    {nil, callback(0, "1", fresh), "active", 503, nil},
		"known":                {[]string{callback(1, "1", old)}, callback(0, "1", fresh), "active", 200, []string{up, down}},
		"replaced":             {[]string{callback(1, "1", old)}, callback(0, "1", old, "errcode", "21"), "active", 200, []string{up}},
		"ended by order":       {[]string{callback(1, "1", old)}, callback(0, "1", fresh, "errcode", "21"), "forbid", 200, []string{up, down}},
		"Tencent doesn't know": {nil, callback(0, "1", fresh), "", 200, []string{down}},
	} {
		cloud, hub := newTencentCloud(t), &fakeHub{}
		p := cloud.provider(hub)
		cloud.state(c.state)
		if c.state == "" {
			cloud.answer("DescribeLiveStreamState", "InternalError")
		}
		taken(t, p, c.before...)
		if code, _ := tell(p, c.cut); code != c.code || !slices.Equal(hub.heard(), c.heard) {
			t.Errorf("%s: got %d, the hub heard %q", name, code, hub.heard())
		}
	}
}

// TestTencentTellsAgainWhatChangedMeanwhile: while the hub is told of a cut, a new push begins, and is told first.
func TestTencentTellsAgainWhatChangedMeanwhile(t *testing.T) {
	hub, at, once := &fakeHub{}, time.Now(), false
	p := withHub(t, hub)
	taken(t, p, callback(1, "1", at))
	hub.during = func() {
		if !once {
			once = true
			taken(t, p, callback(1, "2", at.Add(time.Second)))
		}
	}
	taken(t, p, callback(0, "1", at.Add(time.Second), ran(time.Second)...))
	hears(t, hub, up, up, down, up)
}

func TestTencentEndsWhatHasNoCall(t *testing.T) {
	cloud, hub := newTencentCloud(t), &fakeHub{answer: fmt.Errorf("no: %w", call.ErrStreamRefused)}
	p := cloud.provider(hub)
	taken(t, p, callback(1, "1", time.Now()))
	if heard := cloud.heard(); len(heard) != 2 || !strings.HasPrefix(heard[0], "DropLiveStream") {
		t.Errorf("got %q", heard)
	}
	cloud.answer("DropLiveStream", "InternalError")
	if code, _ := tell(p, callback(1, "1", time.Now())); code != http.StatusServiceUnavailable {
		t.Errorf("got %d; Tencent must say it again", code)
	}
	hears(t, hub)
}

func TestTencentRepeatsWhatCannotBeDecided(t *testing.T) {
	hub := &fakeHub{answer: errors.New("the store is away")}
	p, at := withHub(t, hub), time.Now()
	if code, body := tell(p, callback(1, "1", at)); code != http.StatusServiceUnavailable || body == `{"code":0}` {
		t.Errorf("got %d %s", code, body)
	}
	hub.answer = nil
	taken(t, p, callback(1, "1", at))
	hears(t, hub, up)
}

// TestTencentRepeatsWhatWasNotTakenIn: the hub could not take the news in, so Tencent is to say it again.
func TestTencentRepeatsWhatWasNotTakenIn(t *testing.T) {
	hub := &fakeHub{}
	p, at := withHub(t, hub), time.Now()
	for _, body := range []string{callback(1, "1", at), callback(0, "1", at)} {
		hub.deaf = true
		if code, _ := tell(p, body); code != http.StatusServiceUnavailable {
			t.Errorf("got %d", code)
		}
		hub.deaf, hub.news = false, nil
		taken(t, p, body)
	}
	hears(t, hub, down)
}

func TestTencentRefusesCallbacks(t *testing.T) {
	hub := &fakeHub{}
	p, at := withHub(t, hub), time.Now()
	past := strconv.FormatInt(at.Add(-2*time.Second).Unix(), 10)
	for why, body := range map[string]string{
		"no signature":       callback(1, "1", at, "sign", ""),
		"wrong signature":    callback(1, "1", at, "sign", `"93e52a198d9958d0b58f0224da69881b"`),
		"signature in caps":  strings.ToUpper(callback(1, "1", at)),
		"no time":            callback(1, "1", at, "t", "", "sign", `"`+MD5.of("callbackkey")+`"`),
		"expired":            callback(1, "1", at, "t", past, "sign", `"`+MD5.of("callbackkey"+past)+`"`),
		"no number":          callback(1, "1", at, "t", `"soon"`, "sign", `"`+MD5.of("callbackkeysoon")+`"`),
		"of another moment":  callback(1, "1", at, "t", strconv.FormatInt(at.Add(time.Hour).Unix(), 10)),
		"published in 2023":  callback(1, "1", at, "t", "1703732078", "sign", `"93e52a198d9958d0b58f0224da69881b"`),
		"nothing":            "",
		"no JSON":            "event_type=1",
		"a list":             "[]",
		"a number as a list": callback(1, "1", at, "t", "[1]"),
		"too long":           callback(1, "1", at, "errmsg", `"`+strings.Repeat("x", maxTencentHook)+`"`),
	} {
		if code, answer := tell(p, body); code != http.StatusForbidden || answer != `{"code":403}` {
			t.Errorf("%s: got %d %s", why, code, answer)
		}
	}
	if len(hub.asked)+len(hub.heard()) > 0 {
		t.Errorf("the hub was asked %v and told %v", hub.asked, hub.heard())
	}
}

// TestTencentSignature is a vector computed by hand, with the time as a number and as a text.
func TestTencentSignature(t *testing.T) {
	for _, written := range []string{`1703732078`, `"1703732078"`} {
		body := `{"event_type":1,"t":` + written + `,"sign":"93e52a198d9958d0b58f0224da69881b"}`
		h, err := readTencentHook(httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body)))
		if err != nil {
			t.Fatal(err)
		}
		if err := h.genuine("callbackkey", time.Unix(1703732078, 0)); err != nil {
			t.Errorf("%s: %v", written, err)
		}
		if err := h.genuine("callbackkey", time.Unix(1703732079, 0)); !errors.Is(err, ErrExpired) {
			t.Errorf("%s a second later: %v", written, err)
		}
		if err := h.genuine("another", time.Unix(1703732078, 0)); !errors.Is(err, ErrSignature) {
			t.Errorf("%s with another key: %v", written, err)
		}
	}
}

func TestTencentIgnoresOthers(t *testing.T) {
	hub := &fakeHub{}
	p, at := withHub(t, hub), time.Now()
	taken(t, p,
		callback(1, "1", at, "app", `"other.example.com"`),
		callback(1, "1", at, "appname", `"vod"`),
		callback(1, "1", at, "stream_id", `"livestream"`),
		callback(1, "1", at, "stream_id", `"../room-c-g1"`),
		callback(1, "1", at, "stream_id", ""),
		callback(77, "1", at),
		callback(332, "1", at),
	)
	if len(hub.asked)+len(hub.heard()) > 0 {
		t.Errorf("the hub was asked %v and told %v", hub.asked, hub.heard())
	}
	_, rehearsal := p.Rehearsal()
	taken(t, p, rehearsal)
	taken(t, p, callback(1, "1", at, "app", `"PUSH.example.com"`)) // domains have no case
	hears(t, hub, up)
}

func TestTencentBizIDInCallbacks(t *testing.T) {
	hub := &fakeHub{}
	p := testTencent(t, func(c *TencentConfig) {
		c.Authority, c.PushDomain, c.BizID = hub, "3891.livepush.myqcloud.com", "3891"
	})
	taken(t, p, callback(1, "1", time.Now(), "app", `"3891.livepush.myqcloud.com"`, "stream_id", `"3891_room-c-g1"`),
		callback(1, "1", time.Now(), "app", `"3891.livepush.myqcloud.com"`, "stream_id", `"room-a-g1"`))
	hears(t, hub, up)
}

func TestTencentFiles(t *testing.T) {
	var files []TencentFile
	core, logs := observer.New(zapcore.DebugLevel)
	p := testTencent(t, func(c *TencentConfig) {
		c.File, c.Log = func(f TencentFile) { files = append(files, f) }, zap.New(core)
	})
	taken(t, p,
		callback(100, "", time.Now(), "file_id", `"f-1"`, "file_size", "9749353", "video_url", `"https://v.example/secret.mp4"`,
			"start_time", "1545047010", "end_time", "1545049971", "app", "", "appname", ""),
		callback(200, "", time.Now(), "create_time", "1545030273", "file_size", "7520", "pic_full_url", `"https://p.example/secret.jpg"`,
			"pic_url", `"/day/room.jpg"`))
	name := streamOf(call.Claimant)
	taken2 := time.Unix(1545030273, 0)
	want := []TencentFile{
		{Stream: name, ID: "f-1", URL: "https://v.example/secret.mp4", Bytes: 9749353, Start: time.Unix(1545047010, 0), End: time.Unix(1545049971, 0)},
		{Stream: name, ID: "/day/room.jpg", Screenshot: true, URL: "https://p.example/secret.jpg", Bytes: 7520, Start: taken2, End: taken2},
	}
	if !slices.Equal(files, want) {
		t.Errorf("got %+v", files)
	}
	if len(logs.FilterMessage("stream: tencent: file made").All()) != 2 || strings.Contains(fmt.Sprint(logs.All()), "secret") {
		t.Errorf("logged %v", logs.All())
	}
	if got := logs.All()[0].ContextMap(); got["id"] != "f-1" || got["bytes"] != int64(9749353) {
		t.Errorf("logged %v", got)
	}
	taken(t, testTencent(t, nil), callback(200, "", time.Now())) // nobody wants it
}

// A field that comes twice may be read in two ways, whatever its case.
func TestTencentRefusesRepeatedFields(t *testing.T) {
	hub := &fakeHub{}
	p := withHub(t, hub)
	good := callback(1, "1", time.Now())
	for _, more := range []string{`"stream_id":"room-a-g1"`, `"Stream_ID":"room-a-g1"`, `"t":9999999999`, `"sign":"x"`} {
		for _, body := range []string{good[:len(good)-1] + "," + more + "}", "{" + more + "," + good[1:]} {
			if code, _ := tell(p, body); code != http.StatusForbidden {
				t.Errorf("got %d for %s", code, body)
			}
		}
	}
	for _, body := range []string{good + good, "[" + good + "]", ""} {
		if code, _ := tell(p, body); code != http.StatusForbidden {
			t.Errorf("got %d for %s", code, body)
		}
	}
	hears(t, hub)
}

// Times that can't be neither overflow nor make later pushes look old.
func TestTencentTimesThatCannotBe(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	at := func(event, duration string) time.Time {
		return tencentHook{Event: tencentCut, EventTime: number(event), Duration: number(duration)}.push(now).since
	}
	for name, got := range map[string]time.Time{
		"long":          at("1800000000", "9223372036854775807"),
		"too long":      at("1800000000", "86400001"),
		"negative":      at("1800000000", "-1"),
		"to come":       at("1900000000", "0"),
		"out of bounds": at("99999999999999999999", "0"),
	} {
		if !got.IsZero() {
			t.Errorf("%s: %v", name, got)
		}
	}
	if got := at("1800000030", "60000"); !got.Equal(now.Add(-30 * time.Second)) {
		t.Errorf("a minute before half a minute from now: %v", got)
	}
}

// TestTencentNoticesAnOpenDomain: Tencent let somebody in whose address is not ours.
func TestTencentNoticesAnOpenDomain(t *testing.T) {
	for params, warnings := range map[string]int{
		"":                                0, // nothing is known
		"bizid=1":                         0,
		"txSecret=forged&txTime=5C271099": 1,
		"txSecret=" + MD5.of(oldKey+"room-c-g15C271099") + "&txTime=5C271099":  0, // the backup key
		"txSecret=" + MD5.of(pushKey+"room-c-g15C271099") + "&txTime=5C271099": 0,
	} {
		core, logs := observer.New(zapcore.WarnLevel)
		p := testTencent(t, func(c *TencentConfig) { c.PushBackupKey, c.Log = oldKey, zap.New(core) })
		taken(t, p, callback(1, "1", time.Now(), "stream_param", `"`+params+`"`))
		if logs.Len() != warnings || strings.Contains(fmt.Sprint(logs.All()), "txSecret") {
			t.Errorf("%q: logged %v", params, logs.All())
		}
	}
}

// TestTencentLogsNoSecret goes through all that is logged.
func TestTencentLogsNoSecret(t *testing.T) {
	core, logs := observer.New(zapcore.DebugLevel)
	cloud := newTencentCloud(t)
	p := testTencent(t, func(c *TencentConfig) {
		c.Log, c.API, c.SecretID, c.SecretKey, c.Region = zap.New(core), cloud.URL, secretID, secretKey, "ap-guangzhou"
	})
	cloud.answer("DescribeLiveStreamState", "AuthFailure.SignatureFailure")
	taken(t, p, callback(1, "1", time.Now(), "stream_param", `"txSecret=abc&txTime=5C271099"`), callback(0, "2", time.Now().Add(time.Hour)))
	tell(p, callback(1, "1", time.Now(), "sign", `"forged"`))
	text := fmt.Sprint(logs.All())
	for _, secret := range []string{pushKey, playKey, secretID, secretKey, "callbackkey", "hook-secret", "abc", "forged", cloud.URL} {
		if strings.Contains(text, secret) {
			t.Errorf("%s is in the log", secret)
		}
	}
	if logs.Len() < 3 {
		t.Errorf("logged only %v", logs.All())
	}
}

func FuzzTencentHook(f *testing.F) {
	f.Add(callback(1, "1", time.Unix(1703731478, 0)))
	f.Add(callback(0, "1", time.Unix(1703731478, 0), "t", `"1"`, "push_duration", "12"))
	f.Add(`{"t":null,"event_type":"","push_duration":"-9223372036854775808","event_time":1e400}`)
	hub := &fakeHub{}
	p := testTencent(f, func(c *TencentConfig) { c.Authority, c.CallbackKey = hub, "" })
	f.Fuzz(func(t *testing.T, body string) {
		code, answer := tell(p, body)
		if code == http.StatusOK != (answer == `{"code":0}`) {
			t.Errorf("got %d %s", code, answer)
		}
		for _, news := range hub.heard() {
			if !strings.HasPrefix(news, "tencent ") {
				t.Errorf("the hub heard %q", news)
			}
		}
		hub.mu.Lock()
		hub.news, hub.asked = nil, nil
		hub.mu.Unlock()
	})
}
