package relay

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

func TestClock(t *testing.T) {
	tests := map[string]struct {
		in   []uint32
		want []int64
	}{
		"starts at zero":     {[]uint32{5000, 5020, 5040}, []int64{0, 20, 40}},
		"goes a little back": {[]uint32{100, 80, 120}, []int64{0, -20, 20}},
		"wraps":              {[]uint32{0xFFFFFFF0, 0x10, 0x20}, []int64{0, 32, 48}},
		"jumps forward":      {[]uint32{0, 20, 3_600_000, 3_600_020}, []int64{0, 20, 20, 40}},
		"starts over":        {[]uint32{90_000, 90_020, 0, 20}, []int64{0, 20, 20, 40}},
		"pauses":             {[]uint32{0, 9_000}, []int64{0, 9_000}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var c clock
			for i, ms := range tt.in {
				if got := c.at(ms); got != tt.want[i] {
					t.Fatalf("step %d: %d, want %d", i, got, tt.want[i])
				}
			}
		})
	}
}

func TestMeter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := meter{limit: 8000} // 1000 bytes a second
		for range 3 {
			if !m.allow(5000, time.Now()) {
				t.Fatal("refused within the limit")
			}
			time.Sleep(meterWindow)
		}
		if !m.allow(5000, time.Now()) || m.allow(1, time.Now()) {
			t.Fatal("the limit is not where it should be")
		}
		if free := (&meter{}); !free.allow(1<<30, time.Now()) {
			t.Fatal("no limit, and yet refused")
		}
	})
}

func testPublisher(t *testing.T, c Config) (*Relay, *publisher) {
	t.Helper()
	r := New(c)
	t.Cleanup(r.Close)
	s := r.names.acquire("s")
	p, err := r.publish(s, func() {})
	if err != nil {
		t.Fatal(err)
	}
	return r, p
}

func TestPublisherLimits(t *testing.T) {
	t.Run("bitrate", func(t *testing.T) {
		_, p := testPublisher(t, Config{Limits: Limits{MaxBitrate: 8000}})
		if err := p.write(kindAudio, 0, make([]byte, 5001)); !errors.Is(err, errBitrate) {
			t.Fatalf("got %v", err)
		}
	})
	t.Run("bitrate by default", func(t *testing.T) {
		for limit, want := range map[int64]error{0: errBitrate, -1: nil} {
			_, p := testPublisher(t, Config{Limits: Limits{MaxBitrate: limit}})
			var err error
			for range 20 { // 160 million bits at once
				err = errors.Join(err, p.write(kindAudio, 0, append([]byte{0xAF, 1}, make([]byte, 1_000_000)...)))
			}
			if !errors.Is(err, want) {
				t.Errorf("with limit %d: %v", limit, err)
			}
		}
	})
	t.Run("huge header", func(t *testing.T) {
		_, p := testPublisher(t, Config{})
		body := append([]byte{0xAF, 0}, make([]byte, maxConfig)...)
		if err := p.write(kindAudio, 0, body); !errors.Is(err, errConfig) {
			t.Fatalf("got %v", err)
		}
	})
	t.Run("useless payloads pass by", func(t *testing.T) {
		_, p := testPublisher(t, Config{})
		if err := p.write(kindVideo, 0, nil); err != nil {
			t.Fatal(err)
		}
	})
}

func TestPublisherKeepsNoHoldOnBody(t *testing.T) {
	_, p := testPublisher(t, Config{})
	v := p.stream.subscribe(func() {})
	body := []byte{0xAF, 1, 'a'}
	if err := p.write(kindAudio, 0, body); err != nil {
		t.Fatal(err)
	}
	body[2] = 'b'
	if got := queued(v); string(got[0].body()) != "\xaf\x01a" {
		t.Fatal("the packet changed with the caller's buffer")
	}
}
