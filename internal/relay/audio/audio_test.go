package audio

import (
	"math"
	"slices"
	"testing"
	"time"
)

// sine is a tone of half the full volume.
func sine(hz float64, perSecond, channels int, seconds float64) []float32 {
	out := make([]float32, 0, int(seconds*float64(perSecond))*channels)
	for i := range int(seconds * float64(perSecond)) {
		v := float32(math.Sin(2*math.Pi*hz*float64(i)/float64(perSecond)) / 2)
		for range channels {
			out = append(out, v)
		}
	}
	return out
}

// snr fits a sine of that frequency to the samples of the first channel, and returns how much louder it is than the rest,
// in dB.
func snr(samples []float32, hz float64, perSecond, channels int) float64 {
	var ss, cc, sc, xs, xc, xx float64
	for i := 0; i < len(samples)/channels; i++ {
		angle := 2 * math.Pi * hz * float64(i) / float64(perSecond)
		s, c, x := math.Sin(angle), math.Cos(angle), float64(samples[i*channels])
		ss, cc, sc = ss+s*s, cc+c*c, sc+s*c
		xs, xc, xx = xs+x*s, xc+x*c, xx+x*x
	}
	det := ss*cc - sc*sc
	a, b := (xs*cc-xc*sc)/det, (xc*ss-xs*sc)/det
	signal := a*xs + b*xc
	return 10 * math.Log10(signal/max(xx-signal, 1e-12))
}

type timed struct {
	frame []byte
	at    time.Duration
}

// encodeAAC returns the frames of a stream of AAC.
func encodeAAC(t testing.TB, samples []float32, channels int) (config []byte, frames []timed) {
	t.Helper()
	e, config, err := newAACEncoder(channels)
	if err != nil {
		t.Fatal(err)
	}
	err = e.encode(samples, func(frame []byte) {
		frames = append(frames, timed{slices.Clone(frame), length(int64(len(frames)*aacFrame), rate)})
	})
	if err != nil {
		t.Fatal(err)
	}
	return config, frames
}

func encodeOpus(t testing.TB, samples []float32, channels int) (frames []timed) {
	t.Helper()
	e, err := newOpusEncoder(channels)
	if err != nil {
		t.Fatal(err)
	}
	err = e.encode(samples, func(frame []byte) {
		frames = append(frames, timed{slices.Clone(frame), length(int64(len(frames)*opusFrame), rate)})
	})
	if err != nil {
		t.Fatal(err)
	}
	return frames
}

func transcode(t testing.TB, tr *Transcoder, frames []timed) (out []timed) {
	t.Helper()
	for _, f := range frames {
		at := f.at.Truncate(time.Millisecond)
		if err := tr.Write(f.frame, at, func(frame []byte, at time.Duration) { out = append(out, timed{slices.Clone(frame), at}) }); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

func decodeAll(d decoder, frames []timed) (out []float32) {
	for _, f := range frames {
		out = append(out, d.decode(f.frame)...)
	}
	return out
}

func TestToneThroughBothTranscoders(t *testing.T) {
	for _, channels := range []int{1, 2} {
		config, aacFrames := encodeAAC(t, sine(1000, rate, channels, 2), channels)
		toOpus, err := ToOpus(config)
		if err != nil {
			t.Fatal(err)
		}
		opus := transcode(t, toOpus, aacFrames)
		od, err := newOpusDecoder(channels)
		if err != nil {
			t.Fatal(err)
		}
		heard := decodeAll(od, opus)
		if got := snr(heard[len(heard)/2:], 1000, rate, channels); got < 15 {
			t.Errorf("%d channels: Opus has %.1f dB", channels, got)
		}
		toAAC, err := ToAAC(opus[0].frame)
		if err != nil {
			t.Fatal(err)
		}
		back := transcode(t, toAAC, opus)
		ad, err := newAACDecoder(toAAC.Config(), channels)
		if err != nil {
			t.Fatal(err)
		}
		heard = decodeAll(ad, back)
		if got := snr(heard[len(heard)/2:], 1000, rate, channels); got < 15 {
			t.Errorf("%d channels: AAC has %.1f dB", channels, got)
		}
	}
}
