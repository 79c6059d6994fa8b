package relay

import (
	"context"
	"errors"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bluenviron/gortmplib"
	"github.com/bluenviron/gortmplib/pkg/message"
)

// routeGate lets everybody in and sends them to the server at host.
type routeGate struct{ host string }

func (g routeGate) Allow(_ context.Context, a Attempt) (Route, error) {
	return Route{Remote: "rtmp://" + g.host + "/live/" + a.Name + "?txSecret=" + string(a.Action)}, nil
}

// origin is a relay in the part of another server: it wants the signatures that routeGate gives, and counts.
type origin struct {
	*server
	publishers, players atomic.Int32
	news                notices
}

func newOrigin(t *testing.T) *origin {
	t.Helper()
	o := &origin{}
	o.server = serve(t, Config{Watcher: &o.news, Gate: gateFunc(func(_ context.Context, a Attempt) error {
		if a.Query.Get("txSecret") != string(a.Action) {
			return errors.New("bad signature")
		}
		if a.Action == Publish {
			o.publishers.Add(1)
		} else {
			o.players.Add(1)
		}
		return nil
	})})
	return o
}

// bridgeTo is a relay whose streams all live at o.
func bridgeTo(t *testing.T, o *origin, w Watcher) *server {
	t.Helper()
	return serve(t, Config{Gate: routeGate{o.rtmp}, Watcher: w})
}

func (o *origin) publishes(name string) *gortmplib.Client {
	return o.server.publishes(name + "?txSecret=publish")
}

func TestBridgePullsOnceForAllViewers(t *testing.T) {
	o, news := newOrigin(t), &notices{}
	bridge := bridgeTo(t, o, news)
	early := bridge.plays("s") // before there is a publisher
	pub := o.publishes("s")
	send(t, pub, aacConfig(), h264Frame(0, true, "key"), aacFrame(10*time.Millisecond, "a"))
	frames(t, early, 2)
	late := bridge.plays("s")
	send(t, pub, aacFrame(20*time.Millisecond, "b"))
	if got := frames(t, late, 3)[0].(*message.Video); string(got.AU) != "key" {
		t.Errorf("a later viewer starts with %q", got.AU)
	}
	if n := o.players.Load(); n != 1 {
		t.Errorf("%d pulls", n)
	}
	if bridge.Publishing("s") || len(bridge.Published()) > 0 {
		t.Error("the bridge takes the stream for its own")
	}
	pub.Close()
	for _, viewer := range []*gortmplib.Client{early, late} {
		if codes := statuses(viewer); !strings.Contains(strings.Join(codes, " "), "NetStream.Play.UnpublishNotify") {
			t.Errorf("a viewer was told %v", codes)
		}
	}
	bridge.Close()
	if got := news.String(); got != "" {
		t.Errorf("the watcher of the bridge was told %q", got)
	}
}

func TestBridgeTriesAgainWhileSomebodyWaits(t *testing.T) {
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := free.Addr().String()
	bridge := serve(t, Config{Gate: routeGate{address}})
	viewer := bridge.plays("s")
	refused, err := free.Accept() // a server that dies in the handshake
	if err != nil {
		t.Fatal(err)
	}
	refused.Close()

	o := New(Config{Gate: openGate()})
	ctx, cancel := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- o.ServeRTMP(ctx, free) }()
	defer func() {
		cancel()
		<-served
		o.Close()
	}()
	pub := (&server{Relay: o, t: t, rtmp: address}).publishes("s")
	send(t, pub, h264Frame(0, true, "key"))
	frames(t, viewer, 1)
}

func TestBridgePushes(t *testing.T) {
	o, news := newOrigin(t), &notices{}
	bridge := bridgeTo(t, o, news)
	pub := bridge.publishes("s")
	send(t, pub, metaData(nil), aacConfig(), h264Frame(0, true, "key"), aacFrame(10*time.Millisecond, "a"))
	far, near := o.plays("s?txSecret=play"), bridge.plays("s")
	frames(t, far, 2)
	frames(t, near, 2)
	if n := o.players.Load(); n != 1 {
		t.Errorf("the bridge pulls what it has: %d players", n)
	}

	send(t, pub, aacFrame(20*time.Millisecond, "b"))
	frames(t, far, 1)
	pub.Close()
	if codes := strings.Join(statuses(far), " "); !strings.Contains(codes, "UnpublishNotify") {
		t.Errorf("the end was told as %q", codes)
	}
	bridge.Close()
	o.Close()
	if here, there := news.String(), o.news.String(); here != "" || there != "+s -s" {
		t.Errorf("told: %q here, %q there", here, there)
	}
}

func TestAPublisherEndsWithThePush(t *testing.T) {
	for name, end := range map[string]func(o *origin){
		"dropped": func(o *origin) { o.Drop("s") },
		"closed":  func(o *origin) { o.Close() },
	} {
		t.Run(name, func(t *testing.T) {
			o := newOrigin(t)
			bridge := bridgeTo(t, o, nil)
			pub := bridge.publishes("s")
			send(t, pub, h264Frame(0, true, "key"))
			frames(t, o.plays("s?txSecret=play"), 1)
			end(o)
			statuses(pub) // returns when the connection is closed
		})
	}
}

func TestAPublisherEndsIfThePushIsRefused(t *testing.T) {
	o := newOrigin(t)
	taken := o.publishes("s")
	defer taken.Close()
	bridgeTo(t, o, nil).isTurnedAway()

	gone, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	gone.Close()
	serve(t, Config{Gate: routeGate{gone.Addr().String()}}).isTurnedAway()
}

// isTurnedAway wants a publisher to be ended, if it comes to be one at all.
func (s *server) isTurnedAway() {
	if pub, err := s.client("s", true); err == nil {
		statuses(pub)
	}
}

// TestAServerThatTakesNothing: its buffers fill up, then ours, and then the publisher is ended.
func TestAServerThatTakesNothing(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	bridge := serve(t, Config{
		Gate:   routeGate{ln.Addr().String()},
		Limits: Limits{WriteTimeout: 300 * time.Millisecond, QueueBytes: 64 << 10, MaxBitrate: -1},
	})
	pub := bridge.publishes("s")
	nc, err := ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	c := newRTMPConn(nc, time.Second)
	if err := c.handshake(); err != nil {
		t.Fatal(err)
	}
	a, err := c.negotiate("live")
	if err != nil || a.Name != "s" || a.Action != Publish || a.Query.Get("txSecret") != "publish" {
		t.Fatalf("got %+v, %v", a.Action, err)
	}
	if err := c.sendStatus("status", "NetStream.Publish.Start", "go on"); err != nil {
		t.Fatal(err)
	}
	frame := strings.Repeat("x", 100_000)
	for i := 0; pub.Write(h264Frame(time.Duration(i)*time.Millisecond, true, frame)) == nil; i++ {
		if i > 100_000 {
			t.Fatal("ten gigabytes were taken for a server that takes nothing")
		}
	}
}

// A server that takes nothing costs the publisher what a slow viewer costs: a bounded queue, and the push in the end.
func TestAPushNeverGivesWayToViewers(t *testing.T) {
	s := testStream(Limits{ViewersPerName: 1, QueueBytes: 1000})
	push := s.pin(func() {})
	var evicted int
	for range 3 {
		s.subscribe(func() { evicted++ })
	}
	if evicted != 2 {
		t.Errorf("%d viewers gave way", evicted)
	}
	writeAll(t, s, keyFrame(0, 100))
	for i := range 100 {
		writeAll(t, s, interFrame(int64(i), 100))
	}
	if held := push.queue.bytes; held > 1000 {
		t.Errorf("%d bytes wait", held)
	}
	if got := script(queued(push)); !strings.HasPrefix(got, "K") && got != "" {
		t.Errorf("the push goes on with %q", got)
	}
}

func TestAPullOutlivesItsLastViewerForAMoment(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := New(Config{Gate: openGate()})
		defer r.Close()
		s := r.names.acquire("s")
		defer r.names.release(s)
		r.names.settle(s, Play, Route{Remote: "not an address"})
		running := func() int {
			r.pulls.mu.Lock()
			defer r.pulls.mu.Unlock()
			return len(r.pulls.running)
		}
		r.pulls.join(s)
		r.pulls.join(s)
		r.pulls.leave(s)
		time.Sleep(time.Hour)
		if running() != 1 {
			t.Fatal("it ended with a viewer")
		}
		r.pulls.leave(s)
		time.Sleep(pullLinger - time.Nanosecond)
		r.pulls.join(s) // comes back in time
		time.Sleep(time.Hour)
		if running() != 1 {
			t.Fatal("it ended with a viewer that came back")
		}
		r.pulls.leave(s)
		time.Sleep(pullLinger - time.Nanosecond)
		if running() != 1 {
			t.Fatal("it ended at once")
		}
		time.Sleep(time.Nanosecond)
		synctest.Wait()
		if running() != 0 {
			t.Fatal("it goes on for nobody")
		}
	})
}

func TestALocalPublisherNeedsNoPull(t *testing.T) {
	r := New(Config{Gate: openGate()})
	defer r.Close()
	s := r.names.acquire("s")
	defer r.names.release(s)
	r.names.settle(s, Play, Route{Remote: "rtmp://192.0.2.1/live/s"})
	p, err := r.publish(s, func() {})
	if err != nil {
		t.Fatal(err)
	}
	defer p.leave()
	r.pulls.join(s)
	defer r.pulls.leave(s)
	if len(r.pulls.running) != 0 {
		t.Error("it pulls what is here")
	}
}

func TestTargets(t *testing.T) {
	for address, want := range map[string]rtmpTarget{
		"rtmp://host/live/s?a=b":      {host: "host:1935", server: "host", app: "live", tcURL: "rtmp://host/live", key: "s?a=b"},
		"rtmp://host:1936/live/s":     {host: "host:1936", server: "host", app: "live", tcURL: "rtmp://host:1936/live", key: "s"},
		"rtmps://[2001:db8::1]/a/b/c": {host: "[2001:db8::1]:443", server: "2001:db8::1", app: "a", tcURL: "rtmps://[2001:db8::1]/a", key: "b/c", encrypted: true},
	} {
		if got, err := parseTarget(address); err != nil || got != want {
			t.Errorf("%s: got %+v, %v", address, got, err)
		}
	}
	for _, address := range []string{"", "rtmp://", "rtmp://host", "rtmp://host/live", "rtmp://host/live/", "http://host/live/s", "rtmp://host/%zz?txSecret=1"} {
		if _, err := parseTarget(address); !errors.Is(err, errRemoteAddress) || strings.Contains(err.Error(), "txSecret") {
			t.Errorf("%q: got %v", address, err)
		}
	}
}
