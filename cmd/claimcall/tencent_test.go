package main

import (
	"crypto/md5"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/claimcall/claimcall/protocol"
)

// tencentCloud stands in for Tencent: it sends callbacks, and takes orders.
type tencentCloud struct {
	*httptest.Server
	orders chan string // action and stream
}

func newTencentCloud(t *testing.T) *tencentCloud {
	c := &tencentCloud{orders: make(chan string, 100)}
	c.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var order struct{ StreamName string }
		if err := json.NewDecoder(r.Body).Decode(&order); err != nil {
			t.Error(err)
		}
		if action := r.Header.Get("X-TC-Action"); action != "DescribeLiveStreamState" {
			c.orders <- action + " " + order.StreamName
		}
		_, _ = io.WriteString(w, `{"Response":{"StreamState":"inactive","RequestId":"r"}}`)
	}))
	t.Cleanup(c.Close)
	return c
}

// tells sends a callback and returns the status of the answer.
func (c *tencentCloud) tells(t *testing.T, s *server, secret string, event int, stream string) int {
	t.Helper()
	at := time.Now().Add(10 * time.Minute).Unix()
	body := fmt.Sprintf(`{"event_type":%d,"app":"push.example.org","appname":"live","stream_id":"%s","sequence":"1","event_time":%d,"t":%d,"sign":"%x"}`,
		event, stream, time.Now().Unix(), at, md5.Sum(fmt.Appendf(nil, "callback-key%d", at)))
	answer, err := http.Post(s.url+"/hooks/tencent/"+secret, "application/json", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	return answer.StatusCode
}

// ordered waits for n orders and returns them sorted.
func (c *tencentCloud) ordered(t *testing.T, n int) []string {
	t.Helper()
	var all []string
	for range n {
		select {
		case order := <-c.orders:
			all = append(all, order)
		case <-time.After(patience):
			t.Fatalf("only %v was ordered", all)
		}
	}
	slices.Sort(all)
	return all
}

func tencentFlags(api string) []string {
	return []string{
		"--streams", "tencent", "--tencent-push-domain", "push.example.org", "--tencent-play-domain", "play.example.org",
		"--tencent-push-key", "push-key-of-this-test", "--tencent-play-key", "play-key-of-this-test",
		"--tencent-callback-key", "callback-key", "--tencent-hook-secret", hookSecret,
		"--tencent-secret-id", "AKID", "--tencent-secret-key", "api-key-of-this-test", "--tencent-api", api,
	}
}

// A whole call whose streams are Tencent's: what Tencent tells is shown to the other side, and after the end both streams
// are ended and stay so.
func TestACallThroughTencent(t *testing.T) {
	cloud := newTencentCloud(t)
	s := serve(t, nil, tencentFlags(cloud.URL)...)
	li := callAs(s, "li", "--answer")
	li.sees(protocol.TypeWelcome)
	zhang := callAs(s, "zhang")
	streams := zhang.sees(protocol.TypeCallStreams).Data
	li.sees(protocol.TypeCallStreams)
	if streams.Streams.Provider != "tencent" || !strings.HasPrefix(streams.Streams.Play[0].URL, "rtmp://play.example.org/live/") {
		t.Errorf("zhang got %+v", streams.Streams)
	}
	c, a := streams.Call.ID+"-c-g1", streams.Call.ID+"-a-g1"

	if status := cloud.tells(t, s, "another-secret-of-this-test", 1, c); status != http.StatusNotFound {
		t.Errorf("a wrong secret is answered with %d", status)
	}
	if status := cloud.tells(t, s, hookSecret, 1, c); status != http.StatusOK {
		t.Errorf("a callback is answered with %d", status)
	}
	if peer := li.sees(protocol.TypeCallPeer).Data.Call; peer.Legs.Claimant.Link != protocol.LinkPublishing {
		t.Errorf("li sees zhang as %s", peer.Legs.Claimant.Link)
	}

	li.signal(syscall.SIGINT)
	for _, each := range []*caller{zhang, li} {
		each.sees(protocol.TypeCallHangup)
		each.exits(0)
	}
	want := []string{"DropLiveStream " + a, "DropLiveStream " + c, "ForbidLiveStream " + a, "ForbidLiveStream " + c}
	if got := cloud.ordered(t, 4); !slices.Equal(got, want) {
		t.Errorf("ordered was %v", got)
	}
	if status := cloud.tells(t, s, hookSecret, 1, c); status != http.StatusOK { // the phone was faster
		t.Errorf("a late callback is answered with %d", status)
	}
	if got := cloud.ordered(t, 2); !slices.Equal(got, []string{want[1], want[3]}) {
		t.Errorf("after a late push ordered was %v", got)
	}
	s.stop()
	for _, secret := range append(secrets(s.written()), "-of-this-test", "callback-key", "AKID") {
		if strings.Contains(s.written(), secret) {
			t.Errorf("the server shows %s", secret)
		}
	}
}
