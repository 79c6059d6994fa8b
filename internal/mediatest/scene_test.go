package mediatest

import (
	"bytes"
	"math"
	"testing"
)

// paint draws a frame of columns, each of a colour between dark and bright as a decoder may give it.
func paint(p Picture, dark, bright byte) []byte {
	frame := make([]byte, frameSize)
	for i := 0; i < len(frame); i += 3 {
		column := i / 3 % width / (width / columns)
		bits := bytes.IndexByte([]byte("kbgcrmyw"), p[column])
		for channel := range 3 {
			frame[i+channel] = dark
			if bits&(4>>channel) != 0 {
				frame[i+channel] = bright
			}
		}
	}
	return frame
}

func TestPictureOf(t *testing.T) {
	for _, p := range []Picture{Bars, Red, Blue, "kkkkkkk", "wwwwwww", "krgbcmy"} {
		for _, levels := range [][2]byte{{0, 255}, {40, 150}, {60, 190}} {
			if got := pictureOf(paint(p, levels[0], levels[1])); got != p {
				t.Errorf("%s between %v: got %s", p, levels, got)
			}
		}
	}
}

// sound adds up sines of the same loudness.
func sound(loudness float64, tones ...float64) []int16 {
	samples := make([]int16, window)
	for i := range samples {
		var x float64
		for _, hz := range tones {
			x += math.Sin(2 * math.Pi * hz * float64(i) / sampleRate)
		}
		samples[i] = int16(loudness * x)
	}
	return samples
}

func TestToneOf(t *testing.T) {
	cases := []struct {
		why     string
		samples []int16
		want    int
	}{
		{"claimant", sound(8000, 440), 440},
		{"adjuster", sound(8000, 1000), 1000},
		{"quiet", sound(200, 1000), 1000},
		{"a little off", sound(8000, 440.3), 440},
		{"silence", sound(0, 440), 0},
		{"nothing", nil, 0},
		{"another tone", sound(8000, 700), 0},
		{"a neighbour", sound(8000, 450), 0},
		{"three at once", sound(5000, 440, 1000, 2000), 0},
	}
	for _, c := range cases {
		if got := toneOf(c.samples); got != c.want {
			t.Errorf("%s: got %d, want %d", c.why, got, c.want)
		}
	}
}

func TestOutputHidesAddresses(t *testing.T) {
	o := output{secrets: []string{"hook-secret"}}
	for _, line := range []string{
		"rtmp://127.0.0.1:1/live/room-c-g1?txSecret=0123&txTime=5C271099: Input/output error\n",
		"'room-c-g1?txSecret=0123' refused\n", "posting to hook-secret\n",
	} {
		if _, err := o.Write([]byte(line)); err != nil {
			t.Fatal(err)
		}
	}
	want := "(address) Input/output error\n'room-c-g1?(address)' refused\nposting to (address)\n"
	if got := o.String(); got != want {
		t.Errorf("got %s", got)
	}
}
