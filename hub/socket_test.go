package hub_test

import (
	"context"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/claimcall/claimcall/hub"
	"github.com/claimcall/claimcall/internal/call"
	"github.com/claimcall/claimcall/protocol"
)

// serve opens a socket for which more is known than its frames.
func (c *client) serve(o hub.Opening) *client {
	c.conn = newPipe()
	go c.w.hub.Serve(c.conn, o)
	synctest.Wait()
	return c
}

func TestSlowConsumer(t *testing.T) {
	generous := hub.DefaultLimits()
	generous.Burst = 1 << 20
	inLimitedWorld(t, generous, func(w *world) {
		li, zhang := w.works("li"), w.waits("zhang")
		zhang.conn.stuck = make(chan struct{})
		start := time.Now()
		sent := 0
		for zhang.conn.open() && sent < 1<<16 {
			zhang.raw([]byte(`{"type":"ping","id":"` + strings.Repeat("x", 60) + `"}`))
			li.send(protocol.TypePing, protocol.Empty{})
			sent++
		}
		zhang.wantsClosed(protocol.CloseSlowConsumer)
		if least := (256 << 10) / 200; sent < least {
			t.Errorf("closed after %d answers, which is less than 256 KiB", sent)
		}
		if got := len(li.heard()); got != sent || time.Since(start) != 0 {
			t.Errorf("the other one had %d of %d answers after %v", got, sent, time.Since(start))
		}
	})
}

func (p *pipe) open() bool {
	select {
	case <-p.gone:
		return false
	default:
		return true
	}
}

// TestStuckPeer: the other side of the call reads nothing, and nobody waits for it.
func TestStuckPeer(t *testing.T) {
	inWorld(t, func(w *world) {
		zhang, li := w.inCall()
		li.conn.stuck = make(chan struct{})
		start := time.Now()
		zhang.does(protocol.TypeCallHangup)
		zhang.wants("ok", "call.hangup")
		if took := time.Since(start); took != 0 {
			t.Errorf("waited %v", took)
		}
		close(li.conn.stuck)
		li.wants("availability", "call.hangup")
	})
}

func TestAnswersComeInOrder(t *testing.T) {
	inWorld(t, func(w *world) {
		zhang := w.waits("zhang")
		var want []string
		for range 50 {
			want = append(want, zhang.send(protocol.TypePing, protocol.Empty{}))
		}
		var got []string
		for _, env := range zhang.heard() {
			got = append(got, env.ID)
		}
		if !slices.Equal(got, want) {
			t.Errorf("answers %v, want %v", got, want)
		}
	})
}

// inLimitedWorld runs do with a hub that has the given limits.
func inLimitedWorld(t *testing.T, l hub.Limits, do func(w *world)) {
	t.Helper()
	inWorld(t, func(w *world) {
		limited := &world{t: w.t, store: w.store, streams: w.streams, limits: l}
		limited.start("limited")
		do(limited)
		limited.end()
	})
}

func TestRateLimit(t *testing.T) {
	inLimitedWorld(t, hub.DefaultLimits(), func(w *world) {
		zhang := w.waits("zhang")
		for range 50 {
			zhang.send(protocol.TypePing, protocol.Empty{})
		}
		for _, env := range zhang.heard() {
			if env.Type != protocol.TypePong {
				t.Fatalf("heard %s within the burst", env.Type)
			}
		}
		id := zhang.send(protocol.TypePing, protocol.Empty{})
		answers := zhang.heard()
		if len(answers) != 1 || answers[0].ID != id || errorOf(answers[0]).Code != protocol.CodeRateLimited || !errorOf(answers[0]).Retry {
			t.Errorf("heard %v, want rate_limited for %s", answers, id)
		}
		time.Sleep(200 * time.Millisecond)
		zhang.send(protocol.TypePing, protocol.Empty{})
		zhang.wants("pong")
	})
}

func TestFlood(t *testing.T) {
	for name, flood := range map[string]struct {
		frame any
		burst int // frames that are still within the limit
	}{
		"commands": {[]byte(`{"type":"ping","id":"x"}`), 50},
		"rubbish":  {[]byte(`{`), 50},
		"binary":   {hub.ErrNotText, 5},
		"oversize": {hub.ErrTooLarge, 5},
	} {
		t.Run(name, func(t *testing.T) {
			inLimitedWorld(t, hub.DefaultLimits(), func(w *world) {
				zhang, li := w.waits("zhang"), w.works("li")
				for range flood.burst + 200 {
					zhang.raw(flood.frame)
				}
				zhang.wantsClosed(0)
				zhang.raw(flood.frame)
				zhang.wantsClosed(protocol.CloseRateLimited)
				li.send(protocol.TypePing, protocol.Empty{})
				li.wants("pong")
			})
		})
	}
}

func TestNewSocketReplacesTheOldOne(t *testing.T) {
	inWorld(t, func(w *world) {
		zhang, li := w.inCall()
		old := zhang.conn
		zhang.hello(zhang.resume)
		zhang.wants("welcome")
		old.mu.Lock()
		code := old.code
		old.mu.Unlock()
		if code != protocol.CloseReplaced {
			t.Errorf("the old socket was closed with %d", code)
		}
		w.pass(20*time.Second, zhang, li)
		li.wants("pong", "pong")
		if session, _ := w.presenceOf(call.Claimant, "zhang").Session(sessionOf(zhang)); !session.Online {
			t.Error("the end of the old socket took the seat of the new one")
		}
	})
}

// TestTwoSocketsResumeAtOnce: one of them is left, and it is the one that the store knows.
func TestTwoSocketsResumeAtOnce(t *testing.T) {
	inFaultyWorld(t, func(w *world, f *faulty) {
		zhang := w.waits("zhang")
		zhang.drops()
		f.has(nil, slow(time.Second, "Presences"))
		twins := []*client{w.client("one", zhang.token).connect(), w.client("two", zhang.token).connect()}
		for _, c := range twins {
			c.send(protocol.TypeHello, protocol.Hello{Token: c.token, Resume: zhang.resume})
		}
		w.pass(5 * time.Second)
		open := 0
		for _, c := range twins {
			if c.conn.open() {
				open++
			} else {
				c.wantsClosed(protocol.CloseReplaced)
			}
		}
		session, _ := w.presenceOf(call.Claimant, "zhang").Session(sessionOf(zhang))
		if open != 1 || !session.Online {
			t.Errorf("%d sockets are open, session online: %v", open, session.Online)
		}
	})
}

// TestOvertakenResume: the older of two sockets learns of its seat only when the newer one is live already.
func TestOvertakenResume(t *testing.T) {
	inFaultyWorld(t, func(w *world, f *faulty) {
		zhang := w.waits("zhang")
		zhang.drops()
		older, newer := w.client("older", zhang.token), w.client("newer", zhang.token)
		f.has(nil, only(times(1, slow(time.Second)), "Commit"))
		older.hello(zhang.resume)
		newer.hello(zhang.resume)
		newer.wants("welcome")
		time.Sleep(2 * time.Second)
		older.wantsClosed(protocol.CloseReplaced)
		newer.wantsClosed(0)
		if session, _ := w.presenceOf(call.Claimant, "zhang").Session(sessionOf(zhang)); !session.Online {
			t.Error("the end of the older socket took the seat of the newer one")
		}
	})
}

func TestResumeNeedsTheSecret(t *testing.T) {
	inWorld(t, func(w *world) {
		zhang := w.waits("zhang")
		own := zhang.resume
		id, secret, _ := strings.Cut(own, ".")
		for name, try := range map[string]struct{ token, resume string }{
			"wrong secret":     {"claimant/zhang", id + ".wrong"},
			"no secret":        {"claimant/zhang", id},
			"unknown session":  {"claimant/zhang", "other." + secret},
			"another user":     {"claimant/chen", own},
			"another role":     {"adjuster/zhang", own},
			"the hash of it":   {"claimant/zhang", id + "." + w.presenceOf(call.Claimant, "zhang").Sessions[0].Resume},
			"only a separator": {"claimant/zhang", "."},
		} {
			thief := w.client("thief", try.token).hello(try.resume)
			thief.wants("welcome")
			if sessionOf(thief) == id {
				t.Errorf("%s: resumed", name)
			}
		}
		if !zhang.conn.open() {
			t.Error("the session's socket was closed")
		}
	})
}

func TestHelloTwice(t *testing.T) {
	inWorld(t, func(w *world) {
		zhang := w.waits("zhang")
		zhang.send(protocol.TypeHello, protocol.Hello{Token: "claimant/chen"})
		zhang.wants("error:already_signed_in")
		zhang.wantsClosed(0)
	})
}

func TestHeaderToken(t *testing.T) {
	inWorld(t, func(w *world) {
		zhang := w.client("zhang", "").serve(hub.Opening{Token: "claimant/zhang"})
		zhang.send(protocol.TypeHello, protocol.Hello{})
		zhang.wants("welcome")
		chen := w.client("chen", "").serve(hub.Opening{Token: "claimant/zhang"})
		chen.send(protocol.TypeHello, protocol.Hello{Token: "claimant/chen"})
		chen.wants("welcome")
		if p := w.presenceOf(call.Claimant, "chen"); !p.Online() {
			t.Error("the token of hello does not go first")
		}
	})
}

func TestOpeningRefusesARole(t *testing.T) {
	inWorld(t, func(w *world) {
		claimantsOnly := hub.Opening{Allowed: func(r protocol.Role) bool { return r == protocol.RoleClaimant }}
		li := w.client("li", "").serve(claimantsOnly)
		li.send(protocol.TypeHello, protocol.Hello{Token: "adjuster/li"})
		li.wants("error:forbidden")
		li.wantsClosed(protocol.CloseForbidden)
		zhang := w.client("zhang", "").serve(claimantsOnly)
		zhang.send(protocol.TypeHello, protocol.Hello{Token: "claimant/zhang"})
		zhang.wants("welcome")
	})
}

// TestTooManySessions: the device that has to go is told, instead of being left deaf.
func TestTooManySessions(t *testing.T) {
	inWorld(t, func(w *world) {
		devices := make([]*client, call.MaxSessions+1)
		for i := range devices {
			devices[i] = w.client("li", "adjuster/li").hello("")
		}
		devices[0].wantsClosed(protocol.CloseTooManySessions)
		for _, c := range devices[1:] {
			c.wantsClosed(0)
		}
	})
}

// TestBeatIsKeptAsTold: a client that was told to ping in 30 s is not dead after 25 because a call began.
func TestBeatIsKeptAsTold(t *testing.T) {
	inWorld(t, func(w *world) {
		zhang, li := w.inCall()
		time.Sleep(29 * time.Second)
		zhang.send(protocol.TypePing, protocol.Empty{})
		zhang.wants("pong")
		li.wantsClosed(0)
		time.Sleep(25 * time.Second)
		zhang.wantsClosed(protocol.CloseHeartbeatTimeout)
	})
}

func TestDrain(t *testing.T) {
	inWorld(t, func(w *world) {
		leaving := w.another("leaving")
		silent := leaving.client("silent", "claimant/silent").connect()
		all := make([]*client, 40)
		for i := range all {
			all[i] = leaving.waits("zhang" + string(rune('a'+i)))
		}
		start := time.Now()
		drained := make(chan struct{})
		go func() { leaving.hub.Drain(context.Background()); close(drained) }()
		synctest.Wait()
		for _, c := range all {
			heard := c.heard()
			if len(heard) != 1 || heard[0].Type != protocol.TypeBye {
				t.Fatalf("%s heard %v", c.name, heard)
			}
			bye := decodeBye(t, heard[0])
			if bye.Code != protocol.CloseGoingAway || !bye.Reconnect || bye.AfterMS < 0 || bye.AfterMS > 40 {
				t.Errorf("bye %+v", bye)
			}
			c.wantsClosed(protocol.CloseGoingAway)
		}
		late := leaving.client("late", "claimant/late").connect()
		late.wantsClosed(protocol.CloseGoingAway)
		silent.send(protocol.TypeHello, protocol.Hello{Token: silent.token})
		silent.wants("error:unavailable")
		silent.wantsClosed(protocol.CloseGoingAway)
		<-drained
		if took := time.Since(start); took != 0 {
			t.Errorf("drained after %v", took)
		}
		leaving.stop()
		<-leaving.ended
	})
}

// TestNoGoroutineIsLeft counts what many sockets leave behind.
func TestNoGoroutineIsLeft(t *testing.T) {
	inWorld(t, func(w *world) {
		all := make([]*client, 20)
		for i := range all {
			all[i] = w.waits("zhang" + string(rune('a'+i)))
		}
		if got := socketGoroutines(); got != len(all)/2 { // the other half wait without one
			t.Errorf("%d idle sockets have %d goroutines, want %d", len(all), got, len(all)/2)
		}
		for _, c := range all {
			c.drops()
		}
		if got := socketGoroutines(); got != 0 {
			t.Errorf("%d goroutines are left", got)
		}
	})
}

// socketGoroutines returns how many goroutines are at work for sockets: those that serve one or write to one.
func socketGoroutines() int {
	stacks := make([]byte, 4<<20)
	stacks = stacks[:runtime.Stack(stacks, true)]
	count := 0
	for stack := range strings.SplitSeq(string(stacks), "\n\n") {
		if strings.Contains(stack, "hub.(*Hub).Serve(") || strings.Contains(stack, "hub.(*outbox).") {
			count++
		}
	}
	return count
}
