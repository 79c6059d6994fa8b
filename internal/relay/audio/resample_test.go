package audio

import (
	"math"
	"slices"
	"testing"
)

// inParts resamples in as it comes, a frame at a time. The stretch is asked for each.
func inParts(r *resampler, in []float32, stretch func(frame int) float64) (out []float32) {
	for frame := 0; len(in) > 0; frame++ {
		n := min(len(in), aacFrame*r.channels)
		out = append(out, r.resample(in[:n], stretch(frame))...)
		in = in[n:]
	}
	return out
}

func by(stretch float64) func(int) float64 { return func(int) float64 { return stretch } }

func TestResamplerKeepsSines(t *testing.T) {
	for _, from := range []int{48000, 44100, 16000, 11025} {
		for _, hz := range []float64{100, 3000, 10000, 14000} {
			if hz > float64(from)*0.39 { // what the filter keeps whole
				continue
			}
			for channels, stretch := range map[int]float64{1: 0.003, 2: 0} {
				out := inParts(newResampler(from, channels), sine(hz, from, channels, 0.2), by(stretch))
				want := 0.2 * rate * (1 + stretch)
				if got := float64(len(out) / channels); math.Abs(got-want) > 200 {
					t.Errorf("from %d: %v samples", from, got)
				}
				whole := out[400 : len(out)-400]
				if got := snr(whole, hz/(1+stretch), rate, channels); got < 80 {
					t.Errorf("from %d, %d channels, %v Hz, stretch %v: %.1f dB", from, channels, hz, stretch, got)
				}
			}
		}
	}
}

func TestResamplerPassesWhatItNeedNotTouch(t *testing.T) {
	in := sine(20_000, rate, 2, 0.5)
	out := inParts(newResampler(rate, 2), in, by(0))
	if !slices.Equal(out, in[:len(out)]) {
		t.Error("samples at the right rate are changed")
	}
	if missing := (len(in) - len(out)) / 2; missing > taps {
		t.Errorf("%d samples are held back", missing)
	}
}

// Between passing samples and stretching them there is no click: the tone has no steps that it doesn't have by itself.
func TestStretchBeginsAndEndsUnheard(t *testing.T) {
	for _, from := range []int{48000, 44100} {
		const hz = 3000
		stretch := func(frame int) float64 { return []float64{0, 0.002, 0, -0.0013, 0.0001}[frame/5%5] }
		out := inParts(newResampler(from, 1), sine(hz, from, 1, 1), stretch)[200:]
		// x[i-1] + x[i+1] is 2 cos(w) x[i] for a steady tone; the pitch may change by a few thousandths. A jump by a
		// hundredth of a sample would show.
		w := 2 * math.Pi * hz / rate
		for i := 1; i < len(out)-1; i++ {
			off := float64(out[i-1]) + float64(out[i+1]) - 2*math.Cos(w)*float64(out[i])
			if bound := w * 0.002; math.Abs(off) > bound {
				t.Fatalf("from %d: a step of %v at %d, want at most %v", from, off, i, bound)
			}
		}
	}
}

// After a stretch samples pass untouched again.
func TestResamplerGlidesBack(t *testing.T) {
	r := newResampler(rate, 1)
	in := sine(1000, rate, 1, 1)
	r.resample(in[:4801], 0.0017)
	r.resample(in[4801:4801+1100], 0)
	if !r.passes() {
		t.Errorf("at %v after a thousand samples", r.position)
	}
}

func BenchmarkResampler(b *testing.B) {
	for name, tt := range map[string]struct {
		from    int
		stretch float64
	}{"same": {48000, 0}, "stretched": {48000, 0.001}, "44100": {44100, 0}} {
		b.Run(name, func(b *testing.B) {
			r, in := newResampler(tt.from, 1), sine(440, tt.from, 1, 1)
			for b.Loop() {
				r.resample(in, tt.stretch)
			}
		})
	}
}
