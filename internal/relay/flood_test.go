package relay

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/pion/webrtc/v4"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"
)

func TestLobbyKeepsHostsApart(t *testing.T) {
	l := newLobby(10, 2)
	var closed []string
	enter := func(name, addr string) func() {
		return l.enter(closer(func() { closed = append(closed, name) }), addr)
	}
	enter("quiet", "10.0.0.1:1")
	letIn := enter("let in", "10.0.0.2:1")
	letIn()
	for i := range 5 {
		enter(fmt.Sprint("flood ", i), fmt.Sprintf("10.0.0.2:%d", i))
	}
	if got := fmt.Sprint(closed); got != "[flood 0 flood 1 flood 2]" {
		t.Errorf("closed %s", got)
	}
	letIn()
	if l.hosts["10.0.0.2"] != 2 || l.guests.Len() != 3 {
		t.Errorf("%d of the flood, %d in all", l.hosts["10.0.0.2"], l.guests.Len())
	}
}

// A flood of addresses that were made up fills no disk.
func TestRefusalsAreRationed(t *testing.T) {
	core, lines := observer.New(zap.InfoLevel)
	r := refusals{log: zap.New(core)}
	a, now := Attempt{Name: "s", Action: Publish}, time.Unix(1_800_000_000, 0)
	for range 1000 {
		r.tell(a, errRefused, now)
	}
	if lines.Len() != refusalLines {
		t.Errorf("%d lines", lines.Len())
	}
	r.tell(a, errRefused, now.Add(refusalWindow))
	last := lines.All()[lines.Len()-1].ContextMap()
	if lines.Len() != refusalLines+1 || last["more_before"] != int64(1000-refusalLines) {
		t.Errorf("%d lines, the last with %v", lines.Len(), last)
	}
}

func TestRefusedAttemptsAreLoggedSparingly(t *testing.T) {
	core, lines := observer.New(zap.InfoLevel)
	s := serve(t, Config{Gate: signedGate("right"), Log: zap.New(core)})
	for range 2 * refusalLines {
		wantStatus(t, s.request(t, http.MethodGet, "/live/s.flv", "", "", nil), http.StatusForbidden)
	}
	if lines.Len() != refusalLines {
		t.Errorf("%d lines", lines.Len())
	}
}

// A thousand connections to the port for browsers' TCP, which say nothing or nonsense, keep no browser out, and don't stay.
func TestStrangersOnTheTCPPort(t *testing.T) {
	s := serveWeb(t, Config{Gate: openGate(), Limits: Limits{MaxHandshakes: 50, HandshakesPerHost: 20}})
	var idle sync.WaitGroup
	for i := range 1000 {
		nc, err := net.Dial("tcp", s.web.TCP.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = nc.Close() })
		if i%2 == 0 {
			_, _ = nc.Write([]byte("\x00\x04half"))
		}
		idle.Go(func() { _, _ = io.Copy(io.Discard, nc) }) // until it is closed at the other end
	}
	tcp := func(e *webrtc.SettingEngine) { e.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeTCP4}) }
	wantStatus(t, s.browserWith(t, tcp).publishes("/whip/s", stills()), 201)
	res, got := s.browserWith(t, tcp).plays("/whep/s")
	wantStatus(t, res, 201)
	next(t, got.video)
	gone := make(chan struct{})
	go func() { idle.Wait(); close(gone) }()
	wait(t, gone, "the end of the strangers")
}

func TestStrangersAreBounded(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := &strangers{Listener: ln, lobby: newLobby(1, 1), max: 2}
	defer l.Close()
	visit := func() net.Conn {
		t.Helper()
		far, err := net.Dial("tcp", ln.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = far.Close() })
		return far
	}
	accepted := make(chan net.Conn)
	go func() {
		defer close(accepted)
		for {
			nc, err := l.Accept()
			if err != nil {
				return
			}
			accepted <- nc
		}
	}()
	talker := visit()
	known := <-accepted
	_, _ = talker.Write(make([]byte, strangerBytes))
	if _, err := io.ReadFull(known, make([]byte, strangerBytes)); err != nil {
		t.Fatal(err)
	}
	visit()
	silent := <-accepted // the only one in the lobby
	third := visit()     // and one too many
	if _, err := third.Read(make([]byte, 1)); err == nil || l.open != 2 {
		t.Errorf("a third connection: %v", err)
	}
	_ = silent.Close()
	_ = silent.Close()
	visit()
	fourth := <-accepted
	_ = fourth.Close()
	_, _ = talker.Write([]byte("x"))
	if _, err := known.Read(make([]byte, 1)); err != nil {
		t.Errorf("who has said something is closed: %v", err)
	}
	_ = known.Close()
	if l.count(0); l.open != 0 || l.lobby.guests.Len() != 0 {
		t.Errorf("%d are left, %d of them in the lobby", l.open, l.lobby.guests.Len())
	}
}

// Requests that wait for the gate are bounded for each host: the oldest are turned away.
func TestRequestsThatWaitForTheGate(t *testing.T) {
	answer := make(chan struct{})
	slow := gateFunc(func(ctx context.Context, _ Attempt) error {
		select {
		case <-answer:
			return errors.New("no")
		case <-ctx.Done():
			return ctx.Err()
		}
	})
	s := serve(t, Config{Gate: slow, Limits: Limits{HandshakesPerHost: 2, HandshakeTimeout: time.Minute}})
	statuses := make(chan int, 3)
	for range 3 {
		go func() {
			res, err := http.Get(s.http + "/live/s.flv")
			if err != nil {
				statuses <- 0
				return
			}
			res.Body.Close()
			statuses <- res.StatusCode
		}()
	}
	if first := <-statuses; first != http.StatusServiceUnavailable {
		t.Errorf("one too many got %d", first)
	}
	close(answer)
	for range 2 {
		if status := <-statuses; status != http.StatusForbidden {
			t.Errorf("got %d", status)
		}
	}
}

// Offers that never become a connection push nobody out who watches.
func TestHalfOpenViewersTakeNoPlace(t *testing.T) {
	s := serveWeb(t, Config{Gate: openGate(), Limits: Limits{ViewersPerName: 2, HandshakeTimeout: time.Minute}})
	wantStatus(t, s.browser(t).publishes("/whip/s", stills()), 201)
	viewer := s.browser(t)
	res, got := viewer.plays("/whep/s")
	wantStatus(t, res, 201)
	next(t, got.video)
	half := s.offering(t, Play).offer()
	for range 10 {
		wantStatus(t, s.request(t, http.MethodPost, "/whep/s", typeSDP, half, nil), 201)
	}
	eventually(t, "the oldest offers have gone", func() bool { return s.halfOpen() == 2+2 })
	select {
	case <-viewer.over:
		t.Error("the viewer was pushed out")
	default:
	}
}
