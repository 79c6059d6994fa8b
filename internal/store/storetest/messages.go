package storetest

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/claimcall/claimcall/internal/call"
	"github.com/claimcall/claimcall/internal/store"
)

func messages() []promise {
	return []promise{
		{"listening begins with a resync", resyncFirst},
		{"a message goes to the nodes of its user and nowhere else", routing},
		{"the sessions that the commit itself brings count", routingAsCommitted},
		{"a message for a node goes there and nowhere else", routingToNode},
		{"a message comes as it was given, each as a copy", messageWhole},
		{"messages come in the order of the commits", messageOrder},
		{"a refused commit sends nothing", refusedIsSilent},
		{"listening ends with its context", listenEnds},
		{"a node that listens again takes over", listenAgain},
	}
}

// inbox is a listener that keeps what it gets.
type inbox struct {
	first  sync.Once
	begun  chan struct{}
	letter chan store.Message
}

func newInbox() *inbox {
	return &inbox{begun: make(chan struct{}), letter: make(chan store.Message, 10_000)}
}

// Deliver implements store.Listener. What comes before the resync is marked by a panic.
func (in *inbox) Deliver(m store.Message) {
	select {
	case <-in.begun:
	default:
		panic("storetest: a message came before the first resync")
	}
	in.letter <- m
}

// Resync implements store.Listener.
func (in *inbox) Resync() { in.first.Do(func() { close(in.begun) }) }

// synced waits for the first resync.
func (in *inbox) synced(x *trial) {
	x.Helper()
	select {
	case <-in.begun:
	case <-time.After(patience):
		x.Fatal("no resync came")
	}
}

// next waits for a message.
func (in *inbox) next(x *trial) store.Message {
	x.Helper()
	select {
	case m := <-in.letter:
		return m
	case <-time.After(patience):
		x.Fatal("no message came")
		return store.Message{}
	}
}

// listen lets a node listen until the test ends.
func (x *trial) listen(s store.Store, node string) *inbox {
	x.Helper()
	in := newInbox()
	ctx, cancel := context.WithCancel(x.ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = s.Listen(ctx, node, in)
	}()
	x.Cleanup(func() { cancel(); <-done })
	in.synced(x)
	return in
}

// tell sends one message to each user.
func (x *trial) tell(frame string, users ...call.User) {
	x.Helper()
	var c store.Commit
	for _, u := range users {
		c.Messages = append(c.Messages, store.Message{To: u, Frame: []byte(frame)})
	}
	x.commit(c)
}

// hears checks the next frames of an inbox.
func (x *trial) hears(in *inbox, frames ...string) {
	x.Helper()
	for _, want := range frames {
		x.same("frame", string(in.next(x).Frame), want)
	}
}

func resyncFirst(x *trial) {
	x.arrive(online(adjuster("li"), "a"))
	stop := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
				x.tell("x", adjuster("li"))
			}
		}
	})
	for range 5 {
		x.listen(x.B, "a").next(x)
	}
	close(stop)
	wg.Wait()
}

func routing(x *trial) {
	a, b := x.listen(x.A, "a"), x.listen(x.B, "b")
	x.arrive(online(adjuster("li"), "a"))
	x.arrive(online(adjuster("wang"), "b"))
	x.arrive(online(claimant("li"), "a", "b"))
	gone := online(adjuster("zhao"), "a", "b")
	gone.Sessions[0].Online = false
	x.arrive(gone)

	x.tell("to li", adjuster("li"))
	x.tell("to wang", adjuster("wang"))
	x.tell("to the claimant", claimant("li"))
	x.tell("to the one who left a", adjuster("zhao"))
	x.tell("to nobody", adjuster("nobody"))
	x.tell("end", adjuster("li"), adjuster("wang"))
	x.hears(a, "to li", "to the claimant", "end")
	x.hears(b, "to wang", "to the claimant", "to the one who left a", "end")
}

func routingAsCommitted(x *trial) {
	a, b := x.listen(x.A, "a"), x.listen(x.B, "b")
	p := x.arrive(online(adjuster("li"), "a"))
	moved := nextPresence(p, func(p *call.Presence) { p.Sessions = online(p.User, "b").Sessions })
	x.commit(store.Commit{
		Presences: []store.Presence{moved},
		Messages:  []store.Message{{To: p.User, Frame: []byte("moved")}},
	})
	x.hears(b, "moved")
	x.arrive(online(adjuster("wang"), "a"))
	x.tell("end", adjuster("wang"))
	x.hears(a, "end")
}

func routingToNode(x *trial) {
	a, b := x.listen(x.A, "a"), x.listen(x.B, "b 2")
	li := x.arrive(online(adjuster("li"), "a", "b 2"))
	to := func(node string, u call.User, frame string) store.Message {
		return store.Message{To: u, Node: node, Frame: []byte(frame)}
	}
	x.commit(store.Commit{Messages: []store.Message{
		to("a", li.User, "li at a"),
		to("b 2", li.User, "li at b"),
		to("b 2", adjuster("nobody"), "nobody at b"),
		to("b 2", call.User{}, "without a name"),
		to("nowhere", li.User, "lost"),
		to("", li.User, "li everywhere"),
	}})
	left := nextPresence(li, func(p *call.Presence) { p.Sessions = nil })
	x.commit(store.Commit{
		Presences: []store.Presence{left},
		Messages:  []store.Message{to("b 2", li.User, "left"), to("", li.User, "lost")},
	})
	x.arrive(online(adjuster("wang"), "a", "b 2"))
	x.tell("end", adjuster("wang"))
	x.hears(a, "li at a", "li everywhere", "end")
	x.hears(b, "li at b", "nobody at b", "without a name", "li everywhere", "left", "end")
}

func messageWhole(x *trial) {
	a, b := x.listen(x.A, "a"), x.listen(x.B, "b")
	x.arrive(online(adjuster("li"), "a", "b"))
	frame := []byte(`{"type":"call.ringing"}`)
	m := store.Message{To: adjuster("li"), Session: "s1", Except: "s2", Call: "c1", Version: 7, State: call.Ringing, Frame: frame}
	bell := store.Message{To: adjuster("li"), Node: "a", Call: "c1"}
	want := asJSON(x, m)
	x.commit(store.Commit{Messages: []store.Message{m, bell}})
	frame[0] = 'x'
	got := a.next(x)
	x.same("at a", asJSON(x, got), want)
	got.Frame[0] = 'x'
	x.same("at b", asJSON(x, b.next(x)), want)
	if got := a.next(x); len(got.Frame) != 0 || got.Call != "c1" || got.Node != "a" {
		x.Errorf("a bell without a frame came as %+v", got)
	}
}

// messageOrder has several writers count in one call; its messages must tell the versions in their order.
func messageOrder(x *trial) {
	a := x.listen(x.A, "a")
	x.arrive(online(claimant("z"), "a"))
	x.begin(queued("c1", "q", 0))
	const writers, each = 4, 25
	var wg sync.WaitGroup
	for range writers {
		wg.Go(func() {
			for n := 0; n < each; {
				if bump(x.ctx, x.B) {
					n++
				}
			}
		})
	}
	wg.Wait()
	last := int64(1)
	for range writers * each {
		if v := a.next(x).Version; v != last+1 {
			x.Fatalf("version %d came after %d", v, last)
		}
		last++
	}
}

// bump changes c1 and tells it to z; it reports whether it was the first to do so.
func bump(ctx context.Context, s store.Store) bool {
	c, err := s.Call(ctx, "c1")
	if err != nil {
		return false
	}
	next := nextCall(c, func(*call.Call) {})
	err = s.Commit(ctx, store.Commit{
		Call: &next, CallWas: c.Version,
		Messages: []store.Message{{To: claimant("z"), Call: "c1", Version: next.Version, Frame: []byte(fmt.Sprint(next.Version))}},
	})
	return err == nil
}

func refusedIsSilent(x *trial) {
	a := x.listen(x.A, "a")
	x.arrive(online(adjuster("li"), "a"))
	c := queued("c1", "q", 0)
	x.refused(store.Commit{Call: &c, CallWas: 5, Messages: []store.Message{{To: adjuster("li"), Frame: []byte("no")}}})
	x.tell("end", adjuster("li"))
	x.hears(a, "end")
}

func listenEnds(x *trial) {
	ctx, cancel := context.WithCancel(x.ctx)
	done := make(chan struct{})
	in := newInbox()
	go func() {
		defer close(done)
		_ = x.A.Listen(ctx, "a", in)
	}()
	in.synced(x)
	x.arrive(online(adjuster("li"), "a"))
	cancel()
	select {
	case <-done:
	case <-time.After(patience):
		x.Fatal("Listen does not end")
	}
	x.tell("too late", adjuster("li"))
	if n := len(in.letter); n != 0 {
		x.Errorf("%d messages came after the end", n)
	}
}

func listenAgain(x *trial) {
	x.listen(x.A, "a")
	second := x.listen(x.A, "a")
	x.arrive(online(adjuster("li"), "a"))
	x.tell("hello", adjuster("li"))
	x.hears(second, "hello")
}
