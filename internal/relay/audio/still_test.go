//go:build !noaac

package audio

import (
	"bytes"
	"slices"
	"testing"
)

// What comes out of silence, and of the sound after it, is what it would be if the silence had been encoded, too.
func TestSilenceIsNotEncodedAgain(t *testing.T) {
	const silent = 20
	tone := sine(1000, rate, 1, 0.5)
	silence := make([]float32, silent*aacFrame)
	config, frames := encodeAAC(t, slices.Concat(tone, silence, tone), 1)
	for i := len(tone)/aacFrame + stillFrames; i < len(tone)/aacFrame+silent-1; i++ {
		if !bytes.Equal(frames[i].frame, frames[i+1].frame) && i+1 < len(tone)/aacFrame+silent-2 {
			t.Errorf("frame %d of silence is not like the next", i)
		}
	}
	d, err := newAACDecoder(config, 1)
	if err != nil {
		t.Fatal(err)
	}
	heard := decodeAll(d, frames)
	for i, v := range heard[len(tone)+4*aacFrame : len(tone)+(silent-2)*aacFrame] {
		if v > 1e-4 || v < -1e-4 {
			t.Fatalf("%v is heard %d samples into silence", v, i+4*aacFrame)
		}
	}
	if got := snr(heard[len(tone)+len(silence)+4*aacFrame:], 1000, rate, 1); got < 25 {
		t.Errorf("the tone after silence has %.1f dB", got)
	}
}

func TestStillness(t *testing.T) {
	quiet, loud := [][]float32{make([]float32, 4), {0, loudness / 2, 0, 0}}, [][]float32{{0, 0, 0, 0}, {0, 0, 0, 2 * loudness}}
	var s stillness
	for range 2 {
		for range stillFrames {
			if s.after(quiet) {
				t.Error("still too soon")
			}
		}
		for range 2 {
			if !s.after(quiet) {
				t.Error("not still when it has been silent for long")
			}
		}
		if s.after(loud) {
			t.Error("still when it is loud")
		}
	}
}

// A muted microphone in Opus decodes to what counts as silence.
func TestMutedOpusIsStill(t *testing.T) {
	tr, err := ToAAC(encodeOpus(t, sine(1000, rate, 1, 0.1), 1)[0].frame)
	if err != nil {
		t.Fatal(err)
	}
	transcode(t, tr, encodeOpus(t, append(sine(1000, rate, 1, 0.5), make([]float32, rate)...), 1))
	if e := tr.to.(*aacEncoder); e.still.frames <= stillFrames {
		t.Errorf("%d frames are silent", e.still.frames)
	}
}
