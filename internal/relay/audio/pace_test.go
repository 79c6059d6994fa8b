package audio

import (
	"errors"
	"math/rand/v2"
	"testing"
	"time"
)

// hour runs an hour of frames through a pacer and returns how far the output was from the input at most after the first
// minute. tempo is how many seconds pass for a second of samples; jitter is how unsteady the times are.
func hour(tempo float64, jitter time.Duration) (worst time.Duration) {
	var p pacer
	random := rand.New(rand.NewPCG(1, 2))
	for i := range 3600 * rate / aacFrame {
		exact := time.Duration(float64(i) * aacFrame / rate * tempo * float64(time.Second))
		at := exact.Truncate(time.Millisecond)
		if jitter > 0 {
			at += time.Duration(random.Int64N(int64(jitter))) - jitter/2
		}
		p.arrive(at)
		off := p.off(exact)
		if exact > time.Minute {
			worst = max(worst, off, -off)
		}
		p.fed += int64(aacFrame*(1+p.stretch) + random.Float64())
	}
	return worst
}

func TestNoDriftOverAnHour(t *testing.T) {
	for _, tempo := range []float64{1, 1.0002, 0.9998, 1.001, 0.999} {
		for _, jitter := range []time.Duration{0, 30 * time.Millisecond} {
			if worst := hour(tempo, jitter); worst > 20*time.Millisecond {
				t.Errorf("tempo %v, jitter %v: %v off", tempo, jitter, worst)
			}
		}
	}
}

func TestStretchIsInaudible(t *testing.T) {
	var p pacer
	p.arrive(0)
	for range 1000 {
		p.arrive(maxOff)
	}
	if p.stretch > maxStretch {
		t.Errorf("stretched by %v", p.stretch)
	}
}

func TestJumpsAreFollowed(t *testing.T) {
	for _, jump := range []time.Duration{5 * time.Second, -5 * time.Second} {
		config, frames := encodeAAC(t, sine(440, rate, 1, 2), 1)
		half := len(frames) / 2
		for i := half; i < len(frames); i++ {
			frames[i].at += jump
		}
		tr, err := ToOpus(config)
		if err != nil {
			t.Fatal(err)
		}
		out := transcode(t, tr, frames)
		last, want := out[len(out)-1].at, frames[len(frames)-1].at
		if off := last - want; off > 40*time.Millisecond || off < -40*time.Millisecond {
			t.Errorf("jump of %v: the end is at %v, want about %v", jump, last, want)
		}
	}
}

// Lost packets are concealed, so that what follows is neither early nor late.
func TestShortGapsAreConcealed(t *testing.T) {
	frames := encodeOpus(t, sine(440, rate, 1, 3), 1)
	whole := len(frames)
	frames = append(frames[:50:50], frames[58:]...)
	tr, err := ToAAC(frames[0].frame)
	if err != nil {
		t.Fatal(err)
	}
	out := transcode(t, tr, frames)
	if want := whole * opusFrame / aacFrame; len(out) < want-3 || len(out) > want+1 {
		t.Errorf("%d frames, want about %d", len(out), want)
	}
	for i := 1; i < len(out); i++ {
		if step := out[i].at - out[i-1].at; step < 21*time.Millisecond || step > 22*time.Millisecond {
			t.Fatalf("frame %d comes %v after the one before", i, step)
		}
	}
}

func TestBrokenFramesAreSkipped(t *testing.T) {
	config, frames := encodeAAC(t, sine(1000, rate, 2, 2), 2)
	for i := 10; i < len(frames); i += 10 {
		frames[i].frame = []byte{0xFF, 0xFE, 0xFD, byte(i), 0, 1, 2, 3}
	}
	frames[15].frame = nil
	frames[17].frame = make([]byte, 70_000)
	tr, err := ToOpus(config)
	if err != nil {
		t.Fatal(err)
	}
	if out := transcode(t, tr, frames); len(out) < 50 {
		t.Errorf("%d frames", len(out))
	}
}

// mad is a codec that panics.
type mad struct{ decoder }

func (mad) decode([]byte) []float32 { panic("mad") }

func TestPanicsStayInside(t *testing.T) {
	tr := &Transcoder{from: mad{}, channels: 1, sampler: newResampler(rate, 1)}
	for range 2 {
		if err := tr.Write([]byte{1}, 0, nil); !errors.Is(err, ErrBroken) {
			t.Errorf("got %v", err)
		}
	}
}

func TestSupportedAAC(t *testing.T) {
	for name, tt := range map[string]struct {
		config []byte
		ok     bool
	}{
		"48 kHz stereo":     {[]byte{0x11, 0x90}, true},
		"44.1 kHz mono":     {[]byte{0x12, 0x08}, true},
		"LC, SBR not there": {[]byte{0x11, 0x90, 0x56, 0xE5, 0x00}, true},
		"LC with SBR":       {[]byte{0x13, 0x10, 0x56, 0xE5, 0x98}, false},
		"HE-AAC":            {[]byte{0x2B, 0x11, 0x88, 0}, false},
		"HE-AAC, second":    {[]byte{0xEB, 0x11, 0x88, 0}, false},
		"five channels":     {[]byte{0x11, 0xA8}, false},
		"frames of 960":     {[]byte{0x11, 0x94}, false},
		"cut":               {[]byte{0x11}, false},
		"nothing":           {nil, false},
		"16 kHz":            {[]byte{0x14, 0x08}, true},
		"8 kHz":             {[]byte{0x15, 0x88}, true},
		"7.35 kHz":          {[]byte{0x16, 0x08}, false},
		"96 kHz":            {[]byte{0x10, 0x08}, false},
	} {
		err := Supported(tt.config)
		if (err == nil) != tt.ok || err != nil && !errors.Is(err, ErrUnsupported) {
			t.Errorf("%s: %v", name, err)
		}
		if _, err2 := ToOpus(tt.config); (err2 == nil) != (err == nil) {
			t.Errorf("%s: a transcoder says %v", name, err2)
		}
	}
}

func TestOpusSamples(t *testing.T) {
	for _, tt := range []struct {
		packet []byte
		want   int
	}{
		{nil, 0}, {[]byte{0xFC}, 960}, {[]byte{0xFD}, 1920}, {[]byte{0xFF, 3}, 2880}, {[]byte{0xFF}, 0}, {[]byte{0xFF, 63}, 0},
		{[]byte{0x00}, 480}, {[]byte{0x18}, 2880}, {[]byte{0x80}, 120}, {[]byte{0x60}, 480}, {[]byte{0x68}, 960},
	} {
		if got := OpusSamples(tt.packet); got != tt.want {
			t.Errorf("%x: got %d, want %d", tt.packet, got, tt.want)
		}
	}
}

func FuzzToAAC(f *testing.F) {
	for _, frame := range encodeOpus(f, sine(440, rate, 2, 0.1), 2) {
		f.Add(frame.frame, int64(20))
	}
	f.Fuzz(func(t *testing.T, frame []byte, ms int64) {
		tr, err := ToAAC(frame)
		if err != nil {
			t.Fatal(err)
		}
		for i := range int64(3) {
			at := time.Duration(i*(ms%10_000)) * time.Millisecond
			if err := tr.Write(frame, at, func([]byte, time.Duration) {}); err != nil {
				t.Fatal(err)
			}
		}
	})
}

func FuzzToOpus(f *testing.F) {
	config, frames := encodeAAC(f, sine(440, rate, 2, 0.1), 2)
	for _, frame := range frames {
		f.Add(config, frame.frame)
	}
	f.Fuzz(func(t *testing.T, config, frame []byte) {
		tr, err := ToOpus(config)
		if err != nil {
			return
		}
		for i := range 3 {
			if err := tr.Write(frame, time.Duration(i)*20*time.Millisecond, func([]byte, time.Duration) {}); err != nil {
				t.Fatal(err)
			}
		}
	})
}
