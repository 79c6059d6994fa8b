package mediabench

import (
	"io"
	"math"
	"testing"
	"time"

	"github.com/thesyncim/gopus"
	"github.com/tphakala/go-aac/pcm"
)

// decode returns the samples of a frame at 48 kHz, in mono; none for a broken one.
type decode func(frame []byte) []float32

// decodeOpus decodes what the relay sends to browsers.
func decodeOpus(t *testing.T) decode {
	t.Helper()
	codec, err := gopus.NewDecoder(gopus.DefaultDecoderConfig(soundRate, 1))
	if err != nil {
		t.Fatal(err)
	}
	out := make([]float32, soundRate)
	return func(frame []byte) []float32 {
		n, err := codec.Decode(frame, out)
		if err != nil {
			return nil
		}
		return out[:n]
	}
}

// decodeAAC decodes what the relay sends to phones, in as many channels as it has.
func decodeAAC(t *testing.T, channels int) decode {
	t.Helper()
	next := &fed{}
	codec, err := pcm.NewDecoder(next, pcm.WithRawStream([]byte{0x11, 0x80 | byte(channels)<<3}))
	if err != nil {
		t.Fatal(err)
	}
	raw, out := make([]byte, 2*aacSamples*channels), make([]float32, aacSamples)
	return func(frame []byte) []float32 {
		next.data = append([]byte{byte(len(frame) >> 8), byte(len(frame))}, frame...)
		if _, err := io.ReadFull(codec, raw); err != nil {
			return nil
		}
		for i := range out {
			low, high := raw[2*i*channels], raw[2*i*channels+1]
			out[i] = float32(int16(uint16(low)|uint16(high)<<8)) / (1 << 15)
		}
		return out
	}
}

// fed is what the decoder of AAC reads from.
type fed struct{ data []byte }

func (f *fed) Read(p []byte) (int, error) {
	if len(f.data) == 0 {
		return 0, io.EOF
	}
	n := copy(p, f.data)
	f.data = f.data[n:]
	return n, nil
}

// ear finds where beeps begin, to the sample.
type ear struct {
	decode decode
	quiet  int // samples since the last loud one
}

// A beep begins with the first loud sample after that long a silence.
const (
	loud    = 0.1
	silence = soundRate / 8
)

// begins returns when within the frame a beep begins.
func (e *ear) begins(frame []byte) (time.Duration, bool) {
	begin, found := time.Duration(0), false
	for i, sample := range e.decode(frame) {
		if math.Abs(float64(sample)) < loud {
			e.quiet++
			continue
		}
		if e.quiet > silence && !found {
			begin, found = at(i, 1, soundRate), true
		}
		e.quiet = 0
	}
	return begin, found
}

func TestEarHearsWhereABeepBegins(t *testing.T) {
	film := makeClip(t)
	for name, tt := range map[string]struct {
		frames  [][]byte
		samples int
		decode  decode
	}{
		"opus": {film.opus, soundRate / 50, decodeOpus(t)},
		"aac":  {film.aac, aacSamples, decodeAAC(t, 1)},
	} {
		e, beeps := ear{decode: tt.decode}, 0
		for i, frame := range tt.frames {
			within, ok := e.begins(frame)
			if !ok {
				continue
			}
			want := time.Duration(beeps)*time.Second + beepAt
			if off := at(i, tt.samples, soundRate) + within - want; off.Abs() > 50*time.Millisecond {
				t.Errorf("%s: beep %d is off by %v", name, beeps, off)
			}
			beeps++
		}
		if beeps != clipSeconds {
			t.Errorf("%s: %d beeps", name, beeps)
		}
	}
}
