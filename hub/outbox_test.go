package hub

import (
	"io"
	"slices"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/claimcall/claimcall/protocol"
)

// sink is a Conn that writes only when it is let.
type sink struct {
	let chan struct{} // one token for each frame; closed for all

	mu      sync.Mutex
	written []string
	writers int // goroutines in Write now
	broken  bool
}

func (s *sink) Read() ([]byte, error)            { return nil, io.EOF }
func (s *sink) Close(protocol.CloseCode, string) {}

func (s *sink) Write(frame []byte) error {
	s.mu.Lock()
	s.writers++
	s.mu.Unlock()
	<-s.let
	s.mu.Lock()
	defer s.mu.Unlock()
	s.writers--
	if s.broken {
		return io.ErrClosedPipe
	}
	s.written = append(s.written, string(frame))
	return nil
}

func (s *sink) wants(t *testing.T, writers int, frames ...string) {
	t.Helper()
	synctest.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.writers != writers || !slices.Equal(s.written, frames) {
		t.Errorf("%d writers, written %q; want %d, %q", s.writers, s.written, writers, frames)
	}
}

func withOutbox(t *testing.T, do func(t *testing.T, o *outbox, s *sink)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := &sink{let: make(chan struct{})}
		o := &outbox{}
		o.start(s, 4)
		do(t, o, s)
	})
}

func TestOutboxWritesInOrderWithOneWriter(t *testing.T) {
	withOutbox(t, func(t *testing.T, o *outbox, s *sink) {
		s.wants(t, 0)
		for _, frame := range []string{"a", "b", "c"} {
			if !o.put([]byte(frame)) {
				t.Fatal("full")
			}
		}
		s.wants(t, 1)
		s.let <- struct{}{}
		s.wants(t, 1, "a")
		close(s.let)
		s.wants(t, 0, "a", "b", "c")
		o.wait() // the writer is gone though nothing was shut
		o.put([]byte("d"))
		s.wants(t, 0, "a", "b", "c", "d")
	})
}

func TestOutboxIsBounded(t *testing.T) {
	withOutbox(t, func(t *testing.T, o *outbox, s *sink) {
		o.put([]byte("1")) // being written: not in the queue any more
		s.wants(t, 1)
		if !o.put([]byte("2345")) || o.put([]byte("6")) {
			t.Error("the limit is not four bytes")
		}
		close(s.let)
		s.wants(t, 0, "1", "2345")
		if !o.put([]byte("6789")) {
			t.Error("still full")
		}
	})
}

func TestOutboxShut(t *testing.T) {
	withOutbox(t, func(t *testing.T, o *outbox, s *sink) {
		o.put([]byte("a"))
		o.put([]byte("b"))
		s.wants(t, 1)
		o.shut()
		if !o.put([]byte("too long for the queue")) {
			t.Error("a shut outbox is never full")
		}
		o.finish(func() { t.Error("finished after it was shut") })
		close(s.let)
		o.wait()
		s.wants(t, 0, "a")
	})
}

func TestOutboxFinishWritesFirst(t *testing.T) {
	withOutbox(t, func(t *testing.T, o *outbox, s *sink) {
		o.put([]byte("a"))
		o.put([]byte("b"))
		finished := 0
		last := func() {
			if len(s.written) != 2 {
				t.Errorf("finished with %q written", s.written)
			}
			finished++
		}
		o.finish(last)
		o.finish(last)
		o.put([]byte("c"))
		s.wants(t, 1)
		close(s.let)
		o.wait()
		if finished != 1 {
			t.Errorf("finished %d times", finished)
		}
	})
}

func TestOutboxFinishWhenIdle(t *testing.T) {
	withOutbox(t, func(t *testing.T, o *outbox, _ *sink) {
		done := make(chan struct{})
		o.finish(func() { close(done) })
		<-done
		o.wait()
	})
}

func TestOutboxBrokenConn(t *testing.T) {
	withOutbox(t, func(t *testing.T, o *outbox, s *sink) {
		s.broken = true
		o.put([]byte("a"))
		o.put([]byte("b"))
		close(s.let)
		o.wait()
		s.wants(t, 0)
		if !o.put([]byte("c")) {
			t.Error("full")
		}
		s.wants(t, 0)
	})
}
