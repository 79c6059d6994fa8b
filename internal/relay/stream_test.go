package relay

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/bluenviron/gortmplib/pkg/amf0"
)

func TestNewcomersStartWithTheOpening(t *testing.T) {
	s := testStream(Limits{})
	writeAll(t, s, metaPacket(t, nil), videoConfig(1), audioConfig(1), keyFrame(0, 1), audioFrame(10, 1), interFrame(20, 1))
	v := s.subscribe(func() {})
	writeAll(t, s, interFrame(40, 1), audioFrame(45, 1))
	if got := script(queued(v)); got != "M V S K A I I A" {
		t.Fatalf("got %q", got)
	}
}

func TestWaitingViewersGetTheSameOpening(t *testing.T) {
	both := metaPacket(t, amf0.Object{{Key: "audiocodecid", Value: 10.0}, {Key: "videocodecid", Value: 7.0}})
	tests := map[string]struct {
		packets []packet
		want    string
	}{
		"video first":               {[]packet{videoConfig(1), audioConfig(1), keyFrame(0, 1), audioFrame(1, 1)}, "V S K A"},
		"audio first":               {[]packet{audioConfig(1), videoConfig(1), audioFrame(0, 1), keyFrame(1, 1)}, "V S A K"},
		"audio only":                {[]packet{audioConfig(1), audioFrame(0, 1), audioFrame(1, 1)}, "S A A"},
		"video only":                {[]packet{videoConfig(1), keyFrame(0, 1), interFrame(1, 1)}, "V K I"},
		"joining between keys":      {[]packet{videoConfig(1), interFrame(0, 1), audioFrame(1, 1), keyFrame(2, 1)}, "V A K"},
		"the announced track comes": {[]packet{both, videoConfig(1), keyFrame(0, 1), interFrame(1, 1), audioConfig(1), audioFrame(2, 1)}, "M V S K I A"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s := testStream(Limits{})
			v := s.subscribe(func() {})
			writeAll(t, s, tt.packets...)
			if got := script(queued(v)); got != tt.want {
				t.Fatalf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestChangedHeaderIsSentOn(t *testing.T) {
	s := testStream(Limits{})
	writeAll(t, s, videoConfig(1), keyFrame(0, 1))
	v := s.subscribe(func() {})
	queued(v)
	writeAll(t, s, videoConfig(1), interFrame(1, 1), videoConfig(2), keyFrame(2, 1))
	if got := script(queued(v)); got != "I V K" {
		t.Fatalf("got %q", got)
	}
}

func TestEndedStream(t *testing.T) {
	s := testStream(Limits{})
	v := s.subscribe(func() {})
	s.finish(errDropped)
	if err := s.write(keyFrame(0, 1)); !errors.Is(err, errDropped) {
		t.Fatalf("write: %v", err)
	}
	late := s.subscribe(func() {})
	for _, v := range []*viewer{v, late} {
		if _, err := v.next(t.Context()); !errors.Is(err, errDropped) {
			t.Fatalf("next: %v", err)
		}
	}
}

// A viewer that starts just as the publisher leaves still announces the right tracks.
func TestEndedStreamKnowsItsTracks(t *testing.T) {
	s := testStream(Limits{})
	writeAll(t, s, keyFrame(0, 1))
	s.finish(errUnpublished)
	if got := s.carries(); got != (tracks{video: true}) {
		t.Fatalf("%+v", got)
	}
}

func TestUnsubscribedGetNothing(t *testing.T) {
	s := testStream(Limits{})
	gone, stays := s.subscribe(func() {}), s.subscribe(func() {})
	s.unsubscribe(gone)
	writeAll(t, s, keyFrame(0, 1))
	if len(queued(gone)) != 0 || len(queued(stays)) != 1 {
		t.Fatal("wrong viewer served")
	}
}

// Viewers come while packets flow: each must see a key frame first and then
// every packet in order, none missing or doubled.
func TestJoinWithoutGap(t *testing.T) {
	s := testStream(Limits{GOPPackets: 1 << 20, ViewersPerName: 20})
	const packets = 3000
	var viewers sync.WaitGroup
	start := make(chan struct{})
	for range 20 {
		viewers.Go(func() {
			<-start
			v := s.subscribe(func() {})
			defer s.unsubscribe(v)
			if err := inOrder(v, packets-1); err != nil {
				t.Error(err)
			}
		})
	}
	close(start)
	for i := range packets {
		if i%50 == 0 {
			writeAll(t, s, keyFrame(int64(i), 1))
		} else {
			writeAll(t, s, interFrame(int64(i), 1))
		}
	}
	// Those who subscribe last are served from the cache and end on the last packet, too.
	viewers.Wait()
}

func inOrder(v *viewer, last int64) error {
	first, err := v.next(context.Background())
	if err != nil || !first.key {
		return fmt.Errorf("starts with %q, %w", letter(first), err)
	}
	for at := first.time; at < last; at++ {
		p, err := v.next(context.Background())
		if err != nil {
			return err
		}
		if p.time != at+1 {
			return fmt.Errorf("%d follows %d", p.time, at)
		}
	}
	return nil
}

func BenchmarkFanOut(b *testing.B) {
	for _, n := range []int{1, 10, 100, 1000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			s := testStream(Limits{})
			writeAll(b, s, videoConfig(1), keyFrame(0, 1000))
			viewers := make([]*viewer, n)
			for i := range viewers {
				viewers[i] = s.subscribe(func() {})
				queued(viewers[i])
			}
			p := audioFrame(1, 4000)
			b.ReportAllocs()
			for b.Loop() {
				if err := s.write(p); err != nil {
					b.Fatal(err)
				}
				for _, v := range viewers {
					if _, ok, _ := v.take(); !ok {
						b.Fatal("nothing queued")
					}
				}
			}
		})
	}
}

func BenchmarkMux(b *testing.B) {
	p := keyFrame(0, 4000)
	var m flvMuxer
	b.ReportAllocs()
	for b.Loop() {
		m.mux(p, 1)
	}
}
