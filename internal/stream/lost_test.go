//go:build unix

package stream_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/claimcall/claimcall/internal/mediatest"
	"github.com/claimcall/claimcall/internal/stream"
)

// TestNginxWhoseHooksAreLost: nginx is told yes by somebody, and nobody else hears of anything. What flows becomes known all
// the same, a stream without a call is ended, and so does it become known that nginx is gone.
func TestNginxWhoseHooksAreLost(t *testing.T) {
	t.Parallel()
	s := newStudioBehind(t, func(http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `{"code":0}`) })
	})
	ctx, cancel := context.WithCancel(t.Context())
	ran := make(chan struct{})
	go func() {
		defer close(ran)
		s.set.Run(ctx)
	}()
	defer func() {
		cancel()
		<-ran
	}()

	zhang, _ := s.call("room")
	publisher := zhang.pushes(mediatest.ClaimantScene())
	s.hub.hears(t, zhang.own, true)
	if publishing, known := s.set.Publishing(stream.NginxRTMPName, zhang.own); !publishing || !known {
		t.Errorf("publishing %v, known %v", publishing, known)
	}
	publisher.Kill()
	s.hub.hears(t, zhang.own, false)

	forgotten, _ := s.call("over")
	s.hub.end("over") // and whoever should have dropped its stream is dead
	left := forgotten.pushes(mediatest.ClaimantScene())
	s.ends("a publisher without a call", left.Ended(), 40*time.Second)

	s.nginx.Kill()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.After(40 * time.Second); s.set.Health(stream.NginxRTMPName) == nil; {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatal("a dead nginx counts as well")
		}
	}
}

// TestNginxBetweenTwoNodes: each hook reaches the other node than the one before, and none of them the one that knows.
func TestNginxBetweenTwoNodes(t *testing.T) {
	var second atomic.Pointer[stream.Set]
	var publishes, dones atomic.Int32
	s := newStudioBehind(t, func(first http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, err := io.ReadAll(r.Body)
			if err != nil {
				t.Error(err)
			}
			r.Body = io.NopCloser(strings.NewReader(string(body)))
			other := false
			switch { // publishers by turns, and each end elsewhere
			case strings.Contains(string(body), "call=publish&"):
				other = publishes.Add(1)%2 == 0
			case strings.Contains(string(body), "call=publish_done&"):
				other = dones.Add(1)%2 == 1
			}
			if other {
				second.Load().Hooks().ServeHTTP(w, r)
			} else {
				first.ServeHTTP(w, r)
			}
		})
	})
	second.Store(newNode(t, s.nginx, s.hub))

	zhang, li := s.call("room")
	publisher := zhang.pushes(mediatest.ClaimantScene())
	player := li.plays()
	s.sees(player, mediatest.ClaimantScene())
	duplicate := zhang.pushes(mediatest.AdjusterScene()) // admitted by the second node, refused by nginx
	s.ends("the duplicate", duplicate.Ended(), 10*time.Second)
	s.sees(player, mediatest.ClaimantScene())
	if story := s.hub.story("room"); strings.Contains(story, "-room") {
		t.Errorf("the hub was told %q", story)
	}
	publisher.Kill()
	s.hub.hears(t, zhang.own, false)

	again := zhang.pushes(mediatest.ClaimantScene()) // at the node that believes in the first publisher
	s.sees(li.plays(), mediatest.ClaimantScene())
	s.hub.hears(t, zhang.own, true)
	again.Kill()
	s.hub.hears(t, zhang.own, false)
}
