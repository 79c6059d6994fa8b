package audio

import (
	"testing"
	"time"
)

// One operation is a second of sound.
func BenchmarkToOpus(b *testing.B) {
	config, frames := encodeAAC(b, sine(440, rate, 1, 2), 1)
	t, err := ToOpus(config)
	if err != nil {
		b.Fatal(err)
	}
	perSecond(b, t, frames[:rate/aacFrame], aacFrame)
}

func BenchmarkToAAC(b *testing.B) {
	frames := encodeOpus(b, sine(440, rate, 1, 2), 1)
	t, err := ToAAC(frames[0].frame)
	if err != nil {
		b.Fatal(err)
	}
	perSecond(b, t, frames[:rate/opusFrame], opusFrame)
}

func perSecond(b *testing.B, t *Transcoder, frames []timed, samples int64) {
	b.ReportAllocs()
	var at int64
	for b.Loop() {
		for _, f := range frames {
			if err := t.Write(f.frame, length(at, rate), func([]byte, time.Duration) {}); err != nil {
				b.Fatal(err)
			}
			at += samples
		}
	}
}
