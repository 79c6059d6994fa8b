package main

import (
	"strings"
	"syscall"
	"testing"

	"go.uber.org/zap"

	"github.com/claimcall/claimcall/hub"
	"github.com/claimcall/claimcall/internal/config"
	"github.com/claimcall/claimcall/internal/mediatest"
	"github.com/claimcall/claimcall/internal/stream"
	"github.com/claimcall/claimcall/protocol"
)

// The server dies while the claimant publishes, and the claimant is gone too. What the store says of the push is not true
// any more: after the restart the claimant counts as lost, and the grace ends the call.
func TestTheClaimantIsLostWithTheServer(t *testing.T) {
	mediatest.Need(t, "ffmpeg")
	s := serve(t, nil, "--grace-claimant", "6s")
	li := callAs(s, "li", "--answer")
	li.sees(protocol.TypeWelcome)
	zhang := callAs(s, "zhang", "--push", "testsrc")
	li.seesClaimant(protocol.LinkPublishing)
	s.signal(syscall.SIGKILL)
	zhang.signal(syscall.SIGKILL)
	<-s.ended

	serve(t, s, "--grace-claimant", "6s")
	back := li.sees(protocol.TypeWelcome)
	if back.Data.Call == nil {
		t.Fatalf("li came back to %+v", back.Data)
	}
	if back.Data.Call.Legs.Claimant.Link != protocol.LinkLost {
		li.seesClaimant(protocol.LinkLost)
	}
	if end := li.sees(protocol.TypeCallHangup); end.Data.Reason != string(protocol.ReasonLost) {
		t.Errorf("got %+v", end.Data)
	}
	li.exits(1)
}

// seesClaimant reads up to the event that says how the claimant is there.
func (c *caller) seesClaimant(link protocol.Link) {
	c.t.Helper()
	for c.sees(protocol.TypeCallPeer).Data.Call.Legs.Claimant.Link != link {
	}
}

// A relay knows what flows, unless it is one of many.
func TestOnlyARelayAloneTellsWhatFlows(t *testing.T) {
	keys, err := stream.NewKeys(strings.Repeat("k", 32), "")
	if err != nil {
		t.Fatal(err)
	}
	name := hub.StreamName{Room: strings.Repeat("a", 26), Leg: "claimant", Generation: 1}
	for redis, want := range map[string]bool{"": true, "redis://127.0.0.1": false} {
		n := &node{log: zap.NewNop(), addresses: addresses{public: "http://127.0.0.1:8080", rtmp: "rtmp://127.0.0.1:1935"}}
		set, err := n.providers(settings(t, func(c *config.Serve) { c.Redis = redis }), keys, nil)
		if err != nil {
			t.Fatal(err)
		}
		if publishing, known := set.Publishing("relay", name); publishing || known != want {
			t.Errorf("redis %q: publishing %v, known %v", redis, publishing, known)
		}
	}
}
