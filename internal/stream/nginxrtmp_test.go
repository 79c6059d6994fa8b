package stream

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"github.com/claimcall/claimcall/internal/call"
)

const (
	streamA = "room-c-g1"
	streamB = "room-a-g1"
)

// common is what nginx writes in front of every hook, as recorded from a real one.
const common = "app=live&flashver=FMLE/3.0%20(compatible%3B%20Lavf59.27&swfurl=&tcurl=rtmp://127.0.0.1:1935/live&pageurl=&addr=127.0.0.1"

func hookBody(event, client, name, args string) string {
	body := common + "&clientid=" + client + "&call=" + event + "&name=" + name
	switch event {
	case "publish":
		body += "&type=live"
	case "play":
		body += "&start=4294965296&duration=0&reset=0"
	}
	if args != "" {
		body += "&" + args
	}
	return body
}

// post posts a body to the hook and returns the status and body of the answer.
func post(n *NginxRTMP, body string) (int, string) {
	w := httptest.NewRecorder()
	r := httptest.NewRequest(http.MethodPost, "/hooks/nginx-rtmp/secret", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	n.Hook(w, r)
	return w.Code, w.Body.String()
}

func expect(t *testing.T, n *NginxRTMP, want int, body string) {
	t.Helper()
	if got, _ := post(n, body); got != want {
		t.Errorf("got %d, want %d for %s", got, want, strings.TrimPrefix(body, common))
	}
}

func args(t *testing.T, d Direction, name string) string {
	t.Helper()
	return signedQuery(t, testKeys(t), d, name, time.Now()).Encode()
}

func TestHookAdmitsAndReports(t *testing.T) {
	hub := &fakeHub{}
	n := testNginx(t, hub)
	publish, play := args(t, Publish, streamA), args(t, Play, streamA)

	if code, body := post(n, hookBody("publish", "7", streamA, publish)); code != http.StatusOK || body != `{"code":0}` {
		t.Errorf("got %d %s", code, body)
	}
	expect(t, n, http.StatusOK, hookBody("play", "8", streamA, play))
	expect(t, n, http.StatusOK, hookBody("play_done", "8", streamA, play))
	expect(t, n, http.StatusOK, hookBody("done", "8", streamA, play))
	expect(t, n, http.StatusOK, hookBody("publish_done", "7", streamA, publish))
	expect(t, n, http.StatusOK, hookBody("done", "7", streamA, publish))
	if want := []string{"nginx-rtmp +room-c-g1", "nginx-rtmp -room-c-g1"}; !slices.Equal(hub.heard(), want) {
		t.Errorf("the hub heard %v", hub.heard())
	}
}

func TestHookRefuses(t *testing.T) {
	hub := &fakeHub{}
	n := testNginx(t, hub)
	publish, play := args(t, Publish, streamA), args(t, Play, streamA)
	for why, body := range map[string]string{
		"no signature":          hookBody("publish", "7", streamA, ""),
		"play with a push":      hookBody("play", "7", streamA, publish),
		"push with a play":      hookBody("publish", "7", streamA, play),
		"another stream":        hookBody("publish", "7", streamB, publish),
		"no stream name":        hookBody("publish", "7", "stream", publish),
		"another app":           strings.Replace(hookBody("publish", "7", streamA, publish), "app=live", "app=vod", 1),
		"name appended":         hookBody("publish", "7", streamA, publish+"&name="+streamB),
		"same name appended":    hookBody("publish", "7", streamA, publish+"&name="+streamA),
		"escaped name":          hookBody("publish", "7", streamA, publish+"&n%61me="+streamB),
		"client appended":       hookBody("publish", "7", streamA, publish+"&clientid=1"),
		"app appended":          hookBody("publish", "7", streamA, publish+"&app=live"),
		"address appended":      hookBody("publish", "7", streamA, publish+"&addr=10.0.0.1"),
		"event appended":        hookBody("publish", "7", streamA, publish+"&call=done"),
		"name prepended":        hookBody("play", "7", streamA, "name="+streamB+"&"+publish),
		"time repeated":         hookBody("publish", "7", streamA, publish+"&txTime=FFFFFFFF"),
		"secret repeated":       hookBody("publish", "7", streamA, publish+"&txSecret=0"),
		"bad escape":            hookBody("publish", "7", streamA, publish+"&x=%zz"),
		"semicolon":             hookBody("publish", "7", streamA, publish+";name="+streamB),
		"no event":              common + "&name=" + streamA + "&" + publish,
		"no client":             hookBody("publish", "", streamA, publish),
		"nothing":               "",
		"event in other case":   hookBody("publish", "7", streamA, "txsecret=0&txtime=0"),
		"too long":              hookBody("publish", "7", streamA, publish+"&x="+strings.Repeat("x", maxHook)),
		"end with client twice": hookBody("publish_done", "7", streamA, "clientid=8"),
	} {
		if code, answer := post(n, body); code != http.StatusForbidden || answer == `{"code":0}` {
			t.Errorf("%s: got %d %s", why, code, answer)
		}
	}
	if len(hub.asked) > 0 || len(hub.heard()) > 0 {
		t.Errorf("the hub was asked %v and told %v", hub.asked, hub.heard())
	}
}

func TestHookAnswersWhatTheHubSays(t *testing.T) {
	for _, c := range []struct {
		answer error
		want   int
	}{
		{call.ErrStreamRefused, http.StatusForbidden},
		{errors.New("the store is away"), http.StatusServiceUnavailable},
	} {
		hub := &fakeHub{answer: c.answer}
		n := testNginx(t, hub)
		expect(t, n, c.want, hookBody("publish", "7", streamA, args(t, Publish, streamA)))
		expect(t, n, c.want, hookBody("play", "7", streamA, args(t, Play, streamA)))
		expect(t, n, http.StatusOK, hookBody("publish_done", "7", streamA, ""))
		if len(hub.heard()) > 0 {
			t.Errorf("the hub was told %v", hub.heard())
		}
	}
}

// TestHookLetsRunningMediaBe: whatever else a configuration may send here, no answer ends what runs.
func TestHookLetsRunningMediaBe(t *testing.T) {
	n := testNginx(t, &fakeHub{answer: errors.New("the store is away")})
	for _, event := range []string{"connect", "disconnect", "update_publish", "update_play", "record_done", "done", "play_done"} {
		expect(t, n, http.StatusOK, hookBody(event, "7", streamA, ""))
	}
}

// TestHookOfARefusedPublisher: nginx reports the end of a publisher that it refused because the name was taken, with
// that name.
func TestHookOfARefusedPublisher(t *testing.T) {
	hub := &fakeHub{}
	n := testNginx(t, hub)
	publish := args(t, Publish, streamA)
	expect(t, n, http.StatusOK, hookBody("publish", "7", streamA, publish))
	expect(t, n, http.StatusForbidden, hookBody("publish", "9", streamA, publish))
	expect(t, n, http.StatusOK, hookBody("publish_done", "9", streamA, publish))
	expect(t, n, http.StatusOK, hookBody("done", "9", streamA, publish))
	if want := []string{"nginx-rtmp +room-c-g1"}; !slices.Equal(hub.heard(), want) {
		t.Errorf("the hub heard %v", hub.heard())
	}
	expect(t, n, http.StatusOK, hookBody("publish_done", "7", streamA, publish))
	expect(t, n, http.StatusOK, hookBody("publish", "10", streamA, publish))
	if len(hub.heard()) != 3 {
		t.Errorf("the hub heard %v", hub.heard())
	}
}

// TestHookOfAPublisherThatPlays: one connection may do both, and its end comes under the name of what it plays.
func TestHookOfAPublisherThatPlays(t *testing.T) {
	hub := &fakeHub{}
	n := testNginx(t, hub)
	expect(t, n, http.StatusOK, hookBody("publish", "7", streamA, args(t, Publish, streamA)))
	expect(t, n, http.StatusOK, hookBody("play", "7", streamB, args(t, Play, streamB)))
	expect(t, n, http.StatusOK, hookBody("publish_done", "7", streamB, ""))
	if want := []string{"nginx-rtmp +room-c-g1", "nginx-rtmp -room-c-g1"}; !slices.Equal(hub.heard(), want) {
		t.Errorf("the hub heard %v", hub.heard())
	}
}

// TestHookOfAPublisherFromBefore: nginx goes on while this program restarts, and then reports the end of a publisher that
// nobody here has admitted.
func TestHookOfAPublisherFromBefore(t *testing.T) {
	hub := &fakeHub{}
	n := testNginx(t, hub)
	publish := args(t, Publish, streamA)
	for why, body := range map[string]string{
		"no signature":      hookBody("publish_done", "7", streamA, ""),
		"that of a player":  hookBody("publish_done", "7", streamA, args(t, Play, streamA)),
		"of another stream": hookBody("publish_done", "7", streamB, publish),
		"no client":         hookBody("publish_done", "", streamA, publish),
		"another app":       strings.Replace(hookBody("publish_done", "7", streamA, publish), "app=live", "app=vod", 1),
	} {
		expect(t, n, http.StatusOK, body)
		if len(hub.heard()) > 0 {
			t.Fatalf("%s: the hub heard %v", why, hub.heard())
		}
	}
	hub.during = func() { expect(t, n, http.StatusForbidden, hookBody("publish", "8", streamA, publish)) }
	expect(t, n, http.StatusOK, hookBody("publish_done", "7", streamA, publish))
	hub.during = nil
	expect(t, n, http.StatusOK, hookBody("publish", "8", streamA, publish))
	expect(t, n, http.StatusOK, hookBody("publish_done", "9", streamA, publish)) // was refused, as 8 has the name
	if want := []string{"nginx-rtmp -room-c-g1", "nginx-rtmp +room-c-g1"}; !slices.Equal(hub.heard(), want) {
		t.Errorf("the hub heard %v", hub.heard())
	}
}

// TestHookKeepsTheOrderOfNews: while the hub is told of an end, nobody else becomes the publisher.
func TestHookKeepsTheOrderOfNews(t *testing.T) {
	hub := &fakeHub{}
	n := testNginx(t, hub)
	publish := args(t, Publish, streamA)
	expect(t, n, http.StatusOK, hookBody("publish", "7", streamA, publish))
	hub.during = func() { expect(t, n, http.StatusForbidden, hookBody("publish", "8", streamA, publish)) }
	expect(t, n, http.StatusOK, hookBody("publish_done", "7", streamA, publish))
	hub.during = nil
	expect(t, n, http.StatusOK, hookBody("publish", "8", streamA, publish))
}

// TestHookThatNginxGaveUp: the client left while nginx waited for the answer, so nginx forgets it without another word.
func TestHookThatNginxGaveUp(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	hub := &fakeHub{during: cancel}
	n := testNginx(t, hub)
	publish := args(t, Publish, streamA)
	body := hookBody("publish", "7", streamA, publish)
	n.Hook(httptest.NewRecorder(), httptest.NewRequestWithContext(ctx, http.MethodPost, "/", strings.NewReader(body)))
	if want := []string{"nginx-rtmp +room-c-g1", "nginx-rtmp -room-c-g1"}; !slices.Equal(hub.heard(), want) {
		t.Errorf("the hub heard %v", hub.heard())
	}
	expect(t, n, http.StatusOK, hookBody("publish", "8", streamA, publish))
}

func TestPublishersAreForgotten(t *testing.T) {
	p, now := newPublishers(), time.Now()
	if err := p.claim(streamA, "7", now); err != nil {
		t.Fatal(err)
	}
	if err := p.claim(streamA, "7", now); err != nil {
		t.Errorf("the same one again: %v", err)
	}
	if err := p.claim(streamA, "8", now.Add(publisherLife)); !errors.Is(err, ErrPublished) {
		t.Errorf("got %v", err)
	}
	if err := p.claim(streamB, "9", now.Add(publisherLife+1)); err != nil || len(p.byName) != 1 {
		t.Errorf("got %v, remembers %d", err, len(p.byName))
	}
}

func TestHookLogsNoSecret(t *testing.T) {
	core, logs := observer.New(zapcore.DebugLevel)
	n := testNginx(t, &fakeHub{answer: errors.New("away")})
	n.log = zap.New(core)
	publish := args(t, Publish, streamA)
	for _, body := range []string{
		hookBody("publish", "7", streamA, publish),
		hookBody("publish", "7", streamB, publish),
		hookBody("publish", "7", publish, publish),
		hookBody("publish", "7", streamA, publish+"&x=%zz"),
		hookBody(publish, "7", streamA, publish+"&name=x"),
	} {
		post(n, body)
	}
	if logs.Len() != 5 {
		t.Errorf("%d lines", logs.Len())
	}
	for _, line := range logs.All() {
		for _, value := range line.ContextMap() {
			if text, _ := value.(string); strings.Contains(text, "tx") || strings.Contains(text, "zz") {
				t.Errorf("logged %s", text)
			}
		}
	}
}

// roundTripper answers requests without a network.
type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func answerWith(status int, body string) *http.Response {
	return &http.Response{StatusCode: status, Body: io.NopCloser(strings.NewReader(body)), Header: http.Header{}}
}

func TestNginxDropsTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := testNginx(t, &fakeHub{})
		var asked []string
		n.control.client.Transport = roundTripper(func(r *http.Request) (*http.Response, error) {
			asked = append(asked, r.Method+" "+r.URL.String())
			return answerWith(http.StatusOK, "2"), nil
		})
		begin := time.Now()
		if err := n.Drop(t.Context(), someName()); err != nil {
			t.Fatal(err)
		}
		const want = "GET http://127.0.0.1:8081/control/drop/client?app=live&name=room-c-g1"
		if !slices.Equal(asked, []string{want, want}) || time.Since(begin) != settle {
			t.Errorf("asked %v in %v", asked, time.Since(begin))
		}
	})
}

func TestNginxDropFails(t *testing.T) {
	for why, answer := range map[string]roundTripper{
		"status": func(*http.Request) (*http.Response, error) {
			return answerWith(http.StatusInternalServerError, ""), nil
		},
		"redirect": func(*http.Request) (*http.Response, error) { return answerWith(http.StatusFound, ""), nil },
		"network":  func(*http.Request) (*http.Response, error) { return nil, errAway },
	} {
		n := testNginx(t, &fakeHub{})
		n.control.client.Transport = answer
		err := n.Drop(t.Context(), someName())
		if err == nil || strings.Contains(err.Error(), "8081") {
			t.Errorf("%s: got %v", why, err)
		}
		if why == "network" && !errors.Is(err, errAway) {
			t.Errorf("got %v", err)
		}
	}
}

func TestNginxDropIsCutShort(t *testing.T) {
	n := testNginx(t, &fakeHub{})
	ctx, cancel := context.WithCancel(t.Context())
	n.control.client.Transport = roundTripper(func(*http.Request) (*http.Response, error) {
		defer cancel()
		return answerWith(http.StatusOK, "0"), nil
	})
	if err := n.Drop(ctx, someName()); err != nil {
		t.Error(err)
	}
}

// FuzzHookBody looks for a body that is admitted although a client could have made up the name.
func FuzzHookBody(f *testing.F) {
	now := time.Now()
	k := testKeys(f)
	good := signedQuery(f, k, Publish, streamA, now).Encode()
	for _, args := range []string{good, "", good + "&name=" + streamB, good + "&clientid=1", "x=%zz", good + ";name=" + streamB, good + "&call=play"} {
		f.Add(hookBody("publish", "7", streamA, args))
	}
	f.Add(hookBody("publish_done", "7", streamA, ""))
	f.Add("call=publish&app=live")
	f.Fuzz(func(t *testing.T, body string) {
		hub := &fakeHub{}
		n := testNginx(t, hub)
		code, _ := post(n, body)
		if code != http.StatusOK && code != http.StatusForbidden {
			t.Fatalf("got %d", code)
		}
		if len(hub.heard()) == 0 {
			return
		}
		form, err := url.ParseQuery(body)
		if err != nil || len(form["name"]) != 1 || len(form["clientid"]) > 1 || form.Get("name") != streamA || form.Get("app") != app {
			t.Errorf("admitted %q", body)
		}
	})
}
