//go:build unix

package relay

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/claimcall/claimcall/internal/mediatest"
)

// bridgeToNginx is a relay in front of a real nginx, which lets everybody in.
func bridgeToNginx(t *testing.T) (*server, *mediatest.Nginx) {
	t.Helper()
	hooks := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `{"code":0}`) }))
	t.Cleanup(hooks.Close)
	nginx := mediatest.StartNginx(t, "../../deploy/nginx-rtmp.conf", hooks.Listener.Addr().String(), "hook-secret-of-the-tests")
	t.Cleanup(nginx.Kill) // before hooks that it may be waiting for
	return serve(t, Config{Gate: routeGate{strings.TrimPrefix(nginx.RTMP, "rtmp://")}}), nginx
}

func sees(t *testing.T, what string, p *mediatest.Player, scene mediatest.Scene) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if err := p.Sees(ctx, scene); err != nil {
		t.Fatalf("%s: %v", what, err)
	}
}

func ends(t *testing.T, what string, ended <-chan struct{}) {
	t.Helper()
	select {
	case <-ended:
	case <-time.After(20 * time.Second):
		t.Fatalf("%s goes on", what)
	}
}

func TestBridgePlaysFromNginx(t *testing.T) {
	bridge, nginx := bridgeToNginx(t)
	early := mediatest.Play(t, bridge.http+"/live/s.flv") // before there is anything to play
	publisher := mediatest.Publish(t, nginx.RTMP+"/live/s", mediatest.ClaimantScene())
	sees(t, "a viewer who waited", early, mediatest.ClaimantScene())
	late := mediatest.Play(t, "rtmp://"+bridge.rtmp+"/live/s")
	sees(t, "a later viewer", late, mediatest.ClaimantScene())
	publisher.Kill()
	ends(t, "a viewer who waited", early.Ended())
	ends(t, "a later viewer", late.Ended())

	again := mediatest.Play(t, bridge.http+"/live/s.flv")
	mediatest.Publish(t, nginx.RTMP+"/live/s", mediatest.AdjusterScene())
	sees(t, "a viewer of the next publisher", again, mediatest.AdjusterScene())
	nginx.Kill()
	ends(t, "a viewer after nginx was killed", again.Ended())
}

func TestBridgePublishesToNginx(t *testing.T) {
	bridge, nginx := bridgeToNginx(t)
	publisher := mediatest.Publish(t, "rtmp://"+bridge.rtmp+"/live/s", mediatest.AdjusterScene())
	far, near := mediatest.Play(t, nginx.RTMP+"/live/s"), mediatest.Play(t, bridge.http+"/live/s.flv")
	sees(t, "a viewer at nginx", far, mediatest.AdjusterScene())
	sees(t, "a viewer here", near, mediatest.AdjusterScene())
	nginx.Kill()
	ends(t, "the publisher after nginx was killed", publisher.Ended())
	ends(t, "a viewer here", near.Ended())
}

// TestBridgeToAFrozenNginx: it says nothing any more, and closes nothing.
func TestBridgeToAFrozenNginx(t *testing.T) {
	bridge, nginx := bridgeToNginx(t)
	player := mediatest.Play(t, bridge.http+"/live/s.flv")
	mediatest.Publish(t, nginx.RTMP+"/live/s", mediatest.ClaimantScene())
	sees(t, "a viewer", player, mediatest.ClaimantScene())
	if err := nginx.Freeze(); err != nil {
		t.Fatal(err)
	}
	ends(t, "a viewer", player.Ended()) // after 10 s without media
}
