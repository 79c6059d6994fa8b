package faulttest

import (
	"fmt"
	"net/http"
	"syscall"
	"testing"
	"time"

	"github.com/claimcall/claimcall/protocol"
)

// leftWithin is how soon after SIGTERM a node has gone.
const leftWithin = 25 * time.Second

// TestANodeDrains ends a node in good order while calls run across it and many others are signed in.
func TestANodeDrains(t *testing.T) {
	t.Parallel()
	c := newCluster(t, []string{"a", "b"})
	zhang, li := c.claimant("zhang", "a"), c.adjuster("li", "b")
	id := talk(zhang, li, protocol.StateActive)
	generation := zhang.given(id).Generation
	sun := c.claimant("sun", "a")
	waiting := sun.requests()
	crowd := []*party{zhang, sun}
	for i := range 60 {
		crowd = append(crowd, c.claimant(fmt.Sprint("guest", i), "a"))
	}
	a := c.node("a")
	a.signal(syscall.SIGTERM)
	told := within(t, patience, "a is not ready", func() bool { return a.status() != http.StatusOK })
	spread := map[int64]bool{}
	for _, p := range crowd {
		p.isClosed(patience)
		p.mu.Lock()
		bye, code := p.bye, p.code
		p.mu.Unlock()
		if bye == nil || !bye.Reconnect || bye.Code != protocol.CloseGoingAway || code != protocol.CloseGoingAway {
			t.Fatalf("%s was told %+v and closed with %d", p.name, bye, code)
		}
		spread[bye.AfterMS] = true
	}
	if len(spread) < 10 {
		t.Errorf("%d clients are told only %d different times to come back", len(crowd), len(spread))
	}
	took := zhang.returns(c.node("b"))
	checkBack(t, zhang, id, protocol.StateActive, generation)
	sun.returns(c.node("b"))
	checkBack(t, sun, waiting, protocol.StateQueued, 0)
	left := a.exits(leftWithin)
	if code := a.cmd.ProcessState.ExitCode(); code != 0 {
		t.Errorf("a ended with %d", code)
	}
	t.Logf("not ready after %s, back after %s, gone after %s more", told.Round(time.Millisecond), took.Round(time.Millisecond),
		left.Round(time.Millisecond))
	zhang.hangsUp(id)
	li.sees(waiting, protocol.StateRinging, patience)
	goOn(sun, li, waiting, protocol.StateRinging, protocol.StateActive)
	finish(sun, li, waiting)
	if n := zhang.count(protocol.TypeCallPeer, id) + li.lostTimes(id); n > 0 {
		t.Logf("the other side was shown as lost %d times on the way", n)
	}
}

func (p *party) lostTimes(call string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := 0
	for _, h := range p.log {
		if h.typ == protocol.TypeCallPeer && h.call == call && h.link == protocol.LinkLost {
			n++
		}
	}
	return n
}

// TestTheSecondSignal ends a node that drains, and waits for a client that does not leave.
func TestTheSecondSignal(t *testing.T) {
	t.Parallel()
	c := newCluster(t, []string{"a"})
	mute := dialMute(t, c.node("a"))
	defer mute.Close()
	a := c.node("a")
	a.signal(syscall.SIGTERM)
	within(t, patience, "a drains", func() bool { return a.status() == http.StatusServiceUnavailable })
	a.signal(syscall.SIGTERM)
	took := a.exits(2 * time.Second)
	t.Logf("gone after %s", took.Round(time.Millisecond))
	if status := a.cmd.ProcessState.Sys().(syscall.WaitStatus); !status.Signaled() || status.Signal() != syscall.SIGTERM {
		t.Errorf("a ended by %v, want the signal", a.cmd.ProcessState)
	}
}

// TestAMuteClientDoesNotHoldUpADrain has a client that neither reads nor closes.
func TestAMuteClientDoesNotHoldUpADrain(t *testing.T) {
	t.Parallel()
	c := newCluster(t, []string{"a"})
	mute := dialMute(t, c.node("a"))
	defer mute.Close()
	a := c.node("a")
	a.signal(syscall.SIGTERM)
	t.Logf("gone after %s", a.exits(leftWithin).Round(time.Millisecond))
}
