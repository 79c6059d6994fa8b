//go:build unix

package stream_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/zap/zaptest"

	"github.com/claimcall/claimcall/internal/call"
	"github.com/claimcall/claimcall/internal/mediatest"
	"github.com/claimcall/claimcall/internal/stream"
	"github.com/claimcall/claimcall/protocol"
)

const (
	streamSecret = "stream-secret-of-the-tests"
	hookSecret   = "hook-secret-of-the-tests"
)

// studio is a real nginx with the configuration for production, and real hooks that a small hub decides about.
type studio struct {
	t     *testing.T
	nginx *mediatest.Nginx
	set   *stream.Set
	hub   *smallHub
}

func newStudio(t *testing.T) *studio {
	t.Helper()
	return newStudioBehind(t, func(hooks http.Handler) http.Handler { return hooks })
}

// newStudioBehind has something between nginx and whoever serves its hooks.
func newStudioBehind(t *testing.T, between func(hooks http.Handler) http.Handler) *studio {
	t.Helper()
	hub := newSmallHub()
	late := &stream.LateAuthority{}
	server := httptest.NewUnstartedServer(nil)
	nginx := mediatest.StartNginx(t, "../../deploy/nginx-rtmp.conf", server.Listener.Addr().String(), hookSecret)
	set := newNode(t, nginx, late)
	late.Bind(hub)
	server.Config.Handler = between(set.Hooks())
	server.Start()
	t.Cleanup(func() {
		nginx.Kill() // it may be waiting for hooks
		server.Close()
		if err := set.Close(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
		if nginx.Wrote("txSecret") || nginx.Wrote(hookSecret) {
			t.Error("nginx wrote a secret into its log")
		}
	})
	return &studio{t: t, nginx: nginx, set: set, hub: hub}
}

// newNode is what one process knows of nginx.
func newNode(t *testing.T, nginx *mediatest.Nginx, hub stream.Authority) *stream.Set {
	t.Helper()
	log := zaptest.NewLogger(t)
	provider, err := stream.NewNginxRTMP(stream.NginxRTMPConfig{
		RTMPBase: nginx.RTMP, ControlURL: nginx.HTTP, HookSecret: hookSecret,
		Keys: keys(t, streamSecret, ""), Authority: hub, Log: log,
	})
	if err != nil {
		t.Fatal(err)
	}
	set, err := stream.NewSet(log, provider)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// side is what one side of a call was handed, and what it does with it.
type side struct {
	*studio
	own     call.StreamName
	streams protocol.Streams
}

// call starts a call, or its next generation, and hands out its streams.
func (s *studio) call(room string) (claimant, adjuster side) {
	s.t.Helper()
	generation := s.hub.next(room)
	return s.side(room, call.Claimant, generation), s.side(room, call.Adjuster, generation)
}

func (s *studio) side(room string, leg call.Role, generation int) side {
	s.t.Helper()
	own := call.StreamName{Room: room, Leg: leg, Generation: generation}
	streams, err := s.set.HandOut(stream.NginxRTMPName, own, time.Now().Add(time.Hour))
	if err != nil {
		s.t.Fatal(err)
	}
	return side{studio: s, own: own, streams: streams}
}

func (s side) push() string { return s.streams.Push[0].URL }
func (s side) play() string { return s.streams.Play[0].URL }

func (s side) pushes(scene mediatest.Scene) *mediatest.Publisher {
	s.t.Helper()
	return mediatest.Publish(s.t, s.push(), scene)
}

func (s side) plays() *mediatest.Player {
	s.t.Helper()
	return mediatest.Play(s.t, s.play())
}

// sees waits until the player shows the scene.
func (s *studio) sees(p *mediatest.Player, scene mediatest.Scene) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), 20*time.Second)
	defer cancel()
	if err := p.Sees(ctx, scene); err != nil {
		s.t.Fatal(err)
	}
}

// ends waits until the process is gone, and at most that long.
func (s *studio) ends(what string, ended <-chan struct{}, limit time.Duration) {
	s.t.Helper()
	select {
	case <-ended:
	case <-time.After(limit):
		s.t.Fatalf("%s goes on after %v", what, limit)
	}
}

func (s *studio) drop(name call.StreamName) {
	s.set.Drop(s.t.Context(), stream.NginxRTMPName, name)
}

// signed is an RTMP address with a query of the test's making.
func (s *studio) signed(name call.StreamName, query string) string {
	return s.nginx.RTMP + "/live/" + name.String() + "?" + query
}

func keys(t testing.TB, secret, backup string) stream.Keys {
	t.Helper()
	k, err := stream.NewKeys(secret, backup)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// smallHub is as much of a hub as streams need.
type smallHub struct {
	mu         sync.Mutex
	generation map[string]int // of the calls that run, by room
	publishing map[string]bool
	admitted   map[string]int // how often, by stream
	news       []string
	changed    chan struct{}
}

func newSmallHub() *smallHub {
	return &smallHub{generation: map[string]int{}, publishing: map[string]bool{}, admitted: map[string]int{}, changed: make(chan struct{})}
}

func (h *smallHub) next(room string) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.generation[room]++
	return h.generation[room]
}

func (h *smallHub) end(room string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.generation, room)
}

func (h *smallHub) AuthorizeStream(_ context.Context, provider string, name call.StreamName) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case provider != stream.NginxRTMPName, h.generation[name.Room] == 0:
		return call.ErrStreamRefused
	case h.generation[name.Room] != name.Generation:
		return call.ErrStreamRefused
	}
	h.admitted[name.String()]++
	h.ring()
	return nil
}

func (h *smallHub) StreamProvider(ctx context.Context, name call.StreamName) (string, error) {
	return stream.NginxRTMPName, h.AuthorizeStream(ctx, stream.NginxRTMPName, name)
}

func (h *smallHub) StreamChanged(_ context.Context, _ string, name call.StreamName, publishing bool) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.publishing[name.String()] = publishing
	news := "-"
	if publishing {
		news = "+"
	}
	h.news = append(h.news, news+name.String())
	h.ring()
	return nil
}

// ring wakes those who wait for a change. The lock is held.
func (h *smallHub) ring() {
	close(h.changed)
	h.changed = make(chan struct{})
}

// hears waits until the hub was told that the stream is published, or not.
func (h *smallHub) hears(t *testing.T, name call.StreamName, publishing bool) {
	t.Helper()
	h.await(t, func() bool { return h.publishing[name.String()] == publishing })
}

// admits waits until that many clients of the stream were let in.
func (h *smallHub) admits(t *testing.T, name call.StreamName, clients int) {
	t.Helper()
	h.await(t, func() bool { return h.admitted[name.String()] == clients })
}

func (h *smallHub) await(t *testing.T, happened func() bool) {
	t.Helper()
	limit := time.After(20 * time.Second)
	for {
		h.mu.Lock()
		ok, changed := happened(), h.changed
		h.mu.Unlock()
		if ok {
			return
		}
		select {
		case <-changed:
		case <-limit:
			t.Fatal("the hub does not hear of it")
		}
	}
}

// story is all the news so far of the streams of a room, such as "+room-c-g1 -room-c-g1".
func (h *smallHub) story(room string) string {
	h.mu.Lock()
	defer h.mu.Unlock()
	var of []string
	for _, news := range h.news {
		if strings.HasPrefix(news[1:], room+"-") {
			of = append(of, news)
		}
	}
	return strings.Join(of, " ")
}
