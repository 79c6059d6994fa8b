package redisstore

import (
	"context"
	"errors"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/claimcall/claimcall/internal/call"
	"github.com/claimcall/claimcall/internal/store"
)

// patience bounds the wait for something that must happen.
const patience = 30 * time.Second

// ear is a listener that keeps what it gets.
type ear struct {
	t       testing.TB
	resyncs chan time.Time
	frames  chan string
	ended   chan error // what Listen returned
}

func (e *ear) Deliver(m store.Message) { e.frames <- string(m.Frame) }
func (e *ear) Resync()                 { e.resyncs <- time.Now() }

// listens lets node a listen until the test ends, and waits until it does.
func listens(t testing.TB, s *Store) *ear {
	t.Helper()
	e := &ear{t, make(chan time.Time, 100), make(chan string, 1000), make(chan error, 1)}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		e.ended <- s.Listen(ctx, "a", e)
	}()
	t.Cleanup(func() { cancel(); <-done })
	e.resync()
	return e
}

// resync waits for the next resync.
func (e *ear) resync() {
	e.t.Helper()
	select {
	case <-e.resyncs:
	case <-time.After(patience):
		e.t.Fatal("no resync came")
	}
}

// hears waits for the next frame.
func (e *ear) hears(frame string) {
	e.t.Helper()
	select {
	case got := <-e.frames:
		same(e.t, "frame", got, frame)
	case <-time.After(patience):
		e.t.Fatal("no message came")
	}
}

// reaches sends a user a message until it comes: on a busy machine listening may begin anew once more than expected.
func reaches(s *Store, e *ear, u call.User) {
	e.t.Helper()
	again := time.NewTicker(time.Second)
	defer again.Stop()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
		tell(e.t, s, u, "after")
		select {
		case frame := <-e.frames:
			same(e.t, "frame", frame, "after")
			return
		case <-again.C:
		}
	}
	e.t.Fatal("no message came")
}

// isReady waits until a check succeeds.
func isReady(t testing.TB, s *Store) {
	t.Helper()
	eventually(t, "a check succeeds", func() bool { return s.Check(t.Context()) == nil })
}

// isNotReady waits until a check fails.
func isNotReady(t testing.TB, s *Store) {
	t.Helper()
	eventually(t, "a check fails", func() bool { return s.Check(t.Context()) != nil })
}

func TestListeningBeginsAnewAfterItsConnectionWasKilled(t *testing.T) {
	t.Parallel()
	r := startServer(t)
	s := opened(t, r.url(), Options{})
	e := listens(t, s)
	li := freeAdjuster("li", s.Now())
	put(t, s, nil, li)
	tell(t, s, li.User, "before")
	e.hears("before")
	side := r.client()
	defer side.Close()
	for range 3 {
		if n := side.ClientKillByFilter(t.Context(), "TYPE", "pubsub").Val(); n != 1 {
			t.Fatalf("%d connections were killed, want 1", n)
		}
		e.resync()
		reaches(s, e, li.User)
		isReady(t, s)
	}
}

func TestServerDiesAndComesBack(t *testing.T) {
	t.Parallel()
	r := startServer(t, "--appendonly", "yes", "--appendfsync", "always")
	s := opened(t, r.url(), Options{})
	e := listens(t, s)
	li, c := freeAdjuster("li", s.Now()), waitingCall("c1", s.Now())
	put(t, s, &c, li)
	r.kill()
	if err := s.Check(t.Context()); err == nil {
		t.Error("a check succeeds without a server")
	}
	if err := s.Commit(t.Context(), store.Commit{}); err == nil || errors.Is(err, store.ErrStale) {
		t.Errorf("a commit without a server: %v", err)
	}
	r.start()
	e.resync()
	isReady(t, s)
	if got, err := s.Call(t.Context(), "c1"); err != nil || got.Version != 1 {
		t.Errorf("the call is %+v, %v", got, err)
	}
	reaches(s, e, li.User)
}

func TestServerFreezesAndGoesOn(t *testing.T) {
	t.Parallel()
	r := startServer(t)
	s := opened(t, r.url(), Options{})
	e := listens(t, s)
	li := freeAdjuster("li", s.Now())
	put(t, s, nil, li)
	r.freeze()
	isNotReady(t, s)
	eventually(t, "the silence is noticed", func() bool { return errors.Is(s.Check(t.Context()), ErrSilent) })
	r.thaw()
	thawed := time.Now()
	e.resync()
	isReady(t, s)
	if took := time.Since(thawed); took > 8*time.Second {
		t.Errorf("it took %v to listen again", took)
	}
	reaches(s, e, li.User)
}

func TestNetworkSwallowsAndComesBack(t *testing.T) {
	t.Parallel()
	r := startServer(t)
	w := startNetwork(t, r.addr())
	s := opened(t, "redis://"+w.addr(), Options{})
	e := listens(t, s)
	li := freeAdjuster("li", s.Now())
	put(t, s, nil, li)
	w.swallow(true)
	isNotReady(t, s)
	eventually(t, "the silence is noticed", func() bool { return errors.Is(s.Check(t.Context()), ErrSilent) })
	w.swallow(false)
	e.resync()
	isReady(t, s)
	reaches(s, e, li.User)
}

// Only what is published is lost: commands of this node work all the while.
func TestSilentChannelIsNoticedWhileCommandsWork(t *testing.T) {
	t.Parallel()
	r := startServer(t)
	w := startNetwork(t, r.addr())
	s := opened(t, r.url(), Options{})
	through := opened(t, "redis://"+w.addr(), Options{})
	sub := &seat{Store: s, channel: s.keys.channel("a"), token: "t", listener: &ear{resyncs: make(chan time.Time, 9)}}
	deaf, err := through.subscribe(t.Context(), sub.channel)
	if err != nil {
		t.Fatal(err)
	}
	defer deaf.Close()
	if err := confirmed(t.Context(), deaf); err != nil {
		t.Fatal(err)
	}
	w.swallow(true)
	if err := s.publish(t.Context(), sub.channel, encodeEcho("t")); err != nil {
		t.Fatal(err)
	}
	begun := time.Now()
	if err := sub.receive(t.Context(), deaf); err == nil {
		t.Error("silence is no error")
	}
	if took := time.Since(begun); took < silence || took > 2*silence {
		t.Errorf("silence was noticed after %v", took)
	}
}

// Messages of others do not stand in for the own echo.
func TestOthersMessagesAreNoEcho(t *testing.T) {
	t.Parallel()
	s := opened(t, startServer(t).url(), Options{})
	l := &seat{Store: s, channel: s.keys.channel("a"), token: "own", listener: &ear{frames: make(chan string, 1000)}}
	sub, err := s.subscribe(t.Context(), l.channel)
	if err != nil {
		t.Fatal(err)
	}
	defer sub.Close()
	stop := make(chan struct{})
	chatting := make(chan struct{})
	go func() {
		defer close(chatting)
		every := time.NewTicker(20 * time.Millisecond)
		defer every.Stop()
		for {
			select {
			case <-every.C:
				_ = s.publish(t.Context(), l.channel, encodeMessage(store.Message{Frame: []byte("x")}))
				_ = s.publish(t.Context(), l.channel, encodeEcho("another node of this name"))
			case <-stop:
				return
			}
		}
	}()
	if err := l.receive(t.Context(), sub); err == nil {
		t.Error("receiving ended without an error")
	}
	close(stop)
	<-chatting
}

func TestReplacedListenerIsTold(t *testing.T) {
	s := opened(t, startServer(t).url(), Options{})
	first := listens(t, s)
	second := listens(t, s)
	if err := <-first.ended; !errors.Is(err, ErrReplaced) {
		t.Errorf("first: %v", err)
	}
	isReady(t, s)
	_ = s.Close()
	if err := <-second.ended; !errors.Is(err, store.ErrClosed) {
		t.Errorf("second: %v", err)
	}
}

func TestMalformedMessageIsDropped(t *testing.T) {
	s := opened(t, startServer(t).url(), Options{})
	e := listens(t, s)
	li := freeAdjuster("li", s.Now())
	put(t, s, nil, li)
	if err := s.publish(t.Context(), s.keys.channel("a"), "\x05what?"); err != nil {
		t.Fatal(err)
	}
	tell(t, s, li.User, "after")
	e.hears("after")
}

func TestNothingRunsAfterClose(t *testing.T) {
	r := startServer(t)
	cluster := startCluster(t)
	for _, url := range []string{r.url(), "redis+cluster://" + cluster.addr()} {
		leaks := goleak.IgnoreCurrent()
		s, err := Open(t.Context(), url, Options{})
		if err != nil {
			t.Fatal(err)
		}
		listening := make(chan error, 1)
		e := &ear{t, make(chan time.Time, 9), make(chan string, 9), nil}
		go func() { listening <- s.Listen(t.Context(), "a", e) }()
		e.resync()
		if err := s.Check(t.Context()); err != nil {
			t.Error(err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if err := <-listening; !errors.Is(err, store.ErrClosed) {
			t.Errorf("Listen: %v", err)
		}
		goleak.VerifyNone(t, leaks)
	}
}
