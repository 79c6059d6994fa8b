package relay

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// tinyQueue holds about two of the thousand-byte packets below.
var tinyQueue = Limits{QueueBytes: 2500}

func TestOverflowDropsToTheNextKeyFrame(t *testing.T) {
	s := testStream(tinyQueue)
	writeAll(t, s, videoConfig(1), keyFrame(0, 1))
	v := s.subscribe(func() {})
	queued(v)
	writeAll(t, s,
		interFrame(1, 1000), audioFrame(2, 10), interFrame(3, 1000),
		interFrame(4, 1000), // too much: the video before goes, this one too
		interFrame(5, 10), audioFrame(6, 10),
		keyFrame(7, 10), interFrame(8, 10))
	if got := script(queued(v)); got != "A A K I" {
		t.Fatalf("got %q", got)
	}
}

func TestOverflowByKeyFrameKeepsIt(t *testing.T) {
	s := testStream(tinyQueue)
	writeAll(t, s, keyFrame(0, 1))
	v := s.subscribe(func() {})
	queued(v)
	writeAll(t, s, interFrame(1, 1000), interFrame(2, 1000), keyFrame(3, 1000), interFrame(4, 10))
	if got := script(queued(v)); got != "K I" {
		t.Fatalf("got %q", got)
	}
}

func TestOverflowKeepsNewestHeaders(t *testing.T) {
	s := testStream(tinyQueue)
	writeAll(t, s, videoConfig(1), keyFrame(0, 1))
	v := s.subscribe(func() {})
	queued(v)
	writeAll(t, s, videoConfig(2), audioConfig(2), videoConfig(3), keyFrame(1, 1000), interFrame(2, 1000), interFrame(3, 1000), keyFrame(4, 10))
	got := queued(v)
	if script(got) != "S V K" || got[1].body()[11] != 3 {
		t.Fatalf("got %q", script(got))
	}
}

func TestAudioAloneCanOverflow(t *testing.T) {
	s := testStream(tinyQueue)
	writeAll(t, s, audioConfig(1), audioFrame(0, 1))
	v := s.subscribe(func() {})
	queued(v)
	for i := range 100 {
		writeAll(t, s, audioFrame(int64(i), 1000))
		if v.queue.bytes > tinyQueue.QueueBytes {
			t.Fatalf("%d bytes queued", v.queue.bytes)
		}
	}
	if got := queued(v); len(got) == 0 || got[len(got)-1].time != 99 {
		t.Fatal("the newest sound is not there")
	}
}

// A frame larger than the whole bound passes when nothing else is queued.
func TestHugeFramePasses(t *testing.T) {
	s := testStream(tinyQueue)
	writeAll(t, s, keyFrame(0, 1))
	v := s.subscribe(func() {})
	queued(v)
	writeAll(t, s, keyFrame(1, 5000))
	if got := script(queued(v)); got != "K" {
		t.Fatalf("got %q", got)
	}
}

// The opening may be larger than the bound, and does not count as falling behind.
func TestOpeningIsBesidesTheBound(t *testing.T) {
	s := testStream(tinyQueue)
	writeAll(t, s, keyFrame(0, 5000), interFrame(1, 5000))
	v := s.subscribe(func() {})
	writeAll(t, s, interFrame(2, 1000))
	if got := script(queued(v)); got != "K I I" {
		t.Fatalf("got %q", got)
	}
	if v.slack != 0 || !v.behind.IsZero() {
		t.Fatal("the allowance stayed")
	}
}

func TestSlowViewerIsEnded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := testStream(Limits{QueueBytes: 2500, SlowAfter: 10 * time.Second})
		writeAll(t, s, keyFrame(0, 1))
		v := s.subscribe(func() {})
		queued(v)
		start := time.Now()
		for v.err == nil {
			writeAll(t, s, keyFrame(1, 2000))
			time.Sleep(time.Second)
		}
		// The first packet fills the queue, the next overflows it.
		if took := time.Since(start); took != 13*time.Second {
			t.Fatalf("took %v", took)
		}
		if _, err := v.next(t.Context()); !errors.Is(err, errSlow) {
			t.Fatalf("next: %v", err)
		}
	})
}

func TestCatchingUpForgives(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := testStream(Limits{QueueBytes: 2500, SlowAfter: 10 * time.Second})
		writeAll(t, s, keyFrame(0, 1))
		v := s.subscribe(func() {})
		queued(v)
		for range 20 {
			writeAll(t, s, keyFrame(1, 2000), keyFrame(2, 2000))
			time.Sleep(5 * time.Second)
			queued(v)
		}
		if v.err != nil {
			t.Fatalf("ended: %v", v.err)
		}
	})
}

// However much is written, a viewer that takes nothing holds no more than its bound.
func TestMemoryOfAStalledViewer(t *testing.T) {
	l := Limits{QueueBytes: 100_000, GOPBytes: 200_000, SlowAfter: time.Hour}
	s := testStream(l)
	writeAll(t, s, videoConfig(1), audioConfig(1), keyFrame(0, 1000))
	v := s.subscribe(func() {})
	for i := range 5000 {
		p := interFrame(int64(i), 3000)
		if i%25 == 0 {
			p = keyFrame(int64(i), 20_000)
		}
		writeAll(t, s, p, audioFrame(int64(i), 300))
		const opening, largest, headers = 2_000, 21_000, 1_000
		if v.queue.bytes > l.QueueBytes+opening+largest+headers {
			t.Fatalf("%d bytes queued", v.queue.bytes)
		}
		if s.cache.gopBytes > l.GOPBytes {
			t.Fatalf("%d bytes cached", s.cache.gopBytes)
		}
		if n := cap(v.queue.packets); n > 4096 {
			t.Fatalf("room for %d packets", n)
		}
	}
}

func TestNext(t *testing.T) {
	t.Run("waits", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := testStream(Limits{})
			v := s.subscribe(func() {})
			got := make(chan packet, 1)
			go func() {
				p, _ := v.next(t.Context())
				got <- p
			}()
			synctest.Wait()
			writeAll(t, s, keyFrame(0, 1))
			if p := <-got; !p.key {
				t.Fatal("not the packet")
			}
		})
	})
	t.Run("ends with its context", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := testStream(Limits{}).subscribe(func() {}).next(ctx); !errors.Is(err, context.Canceled) {
			t.Fatalf("got %v", err)
		}
	})
	t.Run("gives what is queued when the publisher leaves", func(t *testing.T) {
		s := testStream(Limits{})
		v := s.subscribe(func() {})
		writeAll(t, s, keyFrame(0, 1))
		s.finish(errUnpublished)
		if got := script(queued(v)); got != "K" {
			t.Fatalf("got %q", got)
		}
		if _, err := v.next(t.Context()); !errors.Is(err, errUnpublished) {
			t.Fatalf("got %v", err)
		}
	})
	t.Run("gives nothing more when dropped", func(t *testing.T) {
		s := testStream(Limits{})
		v := s.subscribe(func() {})
		writeAll(t, s, keyFrame(0, 1))
		s.finish(errDropped)
		if _, err := v.next(t.Context()); !errors.Is(err, errDropped) {
			t.Fatalf("got %v", err)
		}
	})
}

func TestAwait(t *testing.T) {
	tests := map[string]struct {
		do   func(*stream, context.CancelFunc)
		want error
		took time.Duration
	}{
		"nobody comes":      {func(*stream, context.CancelFunc) {}, errNoPublisher, 30 * time.Second},
		"a frame comes":     {func(s *stream, _ context.CancelFunc) { _ = s.write(keyFrame(0, 1)) }, nil, time.Second},
		"it is dropped":     {func(s *stream, _ context.CancelFunc) { s.finish(errDropped) }, errDropped, time.Second},
		"the viewer leaves": {func(_ *stream, cancel context.CancelFunc) { cancel() }, context.Canceled, time.Second},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				s := testStream(Limits{})
				v := s.subscribe(func() {})
				start := time.Now()
				time.AfterFunc(time.Second, func() { tt.do(s, cancel) })
				err := v.await(ctx)
				if !errors.Is(err, tt.want) || time.Since(start) != tt.took {
					t.Fatalf("%v after %v", err, time.Since(start))
				}
				synctest.Wait()
			})
		})
	}
}

func TestTimelineStartsAtZero(t *testing.T) {
	var at timeline
	steps := []struct {
		p    packet
		want uint32
	}{
		{videoConfig(1), 0},
		{keyFrame(5000, 1), 0},
		{audioFrame(4990, 1), 0}, // a little before the key frame
		{audioFrame(5010, 1), 10},
		{mustPacket(kindVideo, 5020, videoConfig(2).body()), 20},
		{interFrame(5040, 1), 40},
	}
	for i, s := range steps {
		if got := at.rebase(s.p); got != s.want {
			t.Fatalf("step %d: %d, want %d", i, got, s.want)
		}
	}
}
