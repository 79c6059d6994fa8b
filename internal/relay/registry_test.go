package relay

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

func TestOnePublisherForAName(t *testing.T) {
	r, first := testPublisher(t, Config{})
	s := r.names.acquire("s")
	if _, err := r.publish(s, func() { t.Error("stopped who never published") }); !errors.Is(err, errBusy) {
		t.Fatalf("got %v", err)
	}
	r.names.release(s)
	if !r.Publishing("s") || first.write(kindAudio, 0, []byte{0xAF, 1, 1}) != nil {
		t.Fatal("the first publisher was disturbed")
	}
	first.leave()
	if r.Publishing("s") {
		t.Fatal("the name is not free")
	}
}

func TestDropEndsTheStreamOnce(t *testing.T) {
	r := New(Config{})
	defer r.Close()
	s := r.names.acquire("s")
	stops := 0
	p, err := r.publish(s, func() { stops++ })
	if err != nil {
		t.Fatal(err)
	}
	v := s.subscribe(func() {})
	r.Drop("s")
	r.Drop("s")
	p.leave()
	if _, err := v.next(t.Context()); !errors.Is(err, errDropped) {
		t.Fatalf("viewer: %v", err)
	}
	if stops != 1 || r.Publishing("s") {
		t.Fatalf("stopped %d times", stops)
	}
}

// An attempt that the gate has already allowed does not survive a Drop.
func TestDropReachesAttemptsUnderWay(t *testing.T) {
	r := New(Config{})
	defer r.Close()
	s := r.names.acquire("s")
	r.Drop("s")
	if _, err := r.publish(s, func() {}); !errors.Is(err, errDropped) {
		t.Fatalf("publish: %v", err)
	}
	if _, err := s.subscribe(func() {}).next(t.Context()); !errors.Is(err, errDropped) {
		t.Fatalf("play: %v", err)
	}
}

func TestNamesAreForgotten(t *testing.T) {
	r, p := testPublisher(t, Config{})
	waiting := r.names.acquire("other")
	if len(r.names.streams) != 2 {
		t.Fatal("not both known")
	}
	r.names.release(waiting)
	p.leave()
	r.names.release(p.stream)
	if len(r.names.streams) != 0 {
		t.Fatal("names left behind")
	}
}

// The old stream's release must not take the new stream of the name away.
func TestReleaseAfterTheNameWasTakenAgain(t *testing.T) {
	r, old := testPublisher(t, Config{})
	r.Drop("s")
	s := r.names.acquire("s")
	if _, err := r.publish(s, func() {}); err != nil {
		t.Fatal(err)
	}
	old.leave()
	r.names.release(old.stream)
	if !r.Publishing("s") {
		t.Fatal("the new publisher is gone")
	}
}

// lazy is a watcher that takes a second for each call.
type lazy struct {
	notices
	running int
	overlap bool
}

func (l *lazy) Published(name string)   { l.take("+" + name) }
func (l *lazy) Unpublished(name string) { l.take("-" + name) }

func (l *lazy) take(s string) {
	l.running++
	time.Sleep(time.Second)
	l.overlap = l.overlap || l.running > 1
	l.running--
	l.add(s)
}

func TestWatcherIsToldInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &lazy{}
		r := New(Config{Watcher: w})
		for range 3 {
			s := r.names.acquire("s")
			p, err := r.publish(s, func() {})
			if err != nil {
				t.Fatal(err)
			}
			r.Drop("s")
			p.leave()
			r.names.release(s)
		}
		start := time.Now()
		r.Close()
		if w.overlap || w.String() != "+s -s +s -s +s -s" {
			t.Fatalf("told %q", w.String())
		}
		if took := time.Since(start); took != 6*time.Second {
			t.Fatalf("Close waited %v", took)
		}
	})
}

func TestCloseEndsEverything(t *testing.T) {
	r := New(Config{})
	stopped := false
	s := r.names.acquire("s")
	if _, err := r.publish(s, func() { stopped = true }); err != nil {
		t.Fatal(err)
	}
	v := s.subscribe(func() {})
	r.Close()
	if _, err := v.next(t.Context()); !errors.Is(err, errClosed) || !stopped {
		t.Fatalf("viewer: %v, publisher stopped: %v", err, stopped)
	}
	if err := r.enter(); !errors.Is(err, errClosed) {
		t.Fatalf("enter: %v", err)
	}
	late := r.names.acquire("late") // let in before, but slow at the gate
	defer r.names.release(late)
	if _, err := r.publish(late, func() {}); !errors.Is(err, errDropped) {
		t.Fatalf("publish: %v", err)
	}
	if err := late.subscribe(func() {}).await(t.Context()); !errors.Is(err, errClosed) {
		t.Fatalf("play: %v", err)
	}
}
