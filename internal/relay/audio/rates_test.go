//go:build !noaac

package audio

import (
	"fmt"
	"os"
	"testing"
)

// readADTS returns a recording: a tone of 1 kHz, by ffmpeg -f lavfi -i sine=1000:r=RATE -af volume=4 -t 0.6 -ac 1 -b:a 48k.
func readADTS(t *testing.T, perSecond int) (config []byte, frames []timed) {
	t.Helper()
	data, err := os.ReadFile(fmt.Sprintf("testdata/tone-%d.aac", perSecond))
	if err != nil {
		t.Fatal(err)
	}
	const header = 7
	frequency := data[2] >> 2 & 0xF
	config = []byte{2<<3 | frequency>>1, frequency<<7 | 1<<3}
	for len(data) > header {
		size := int(data[3]&3)<<11 | int(data[4])<<3 | int(data[5])>>5
		frames = append(frames, timed{data[header:size], length(int64(len(frames)*aacFrame), int64(perSecond))})
		data = data[size:]
	}
	return config, frames
}

// Phones send sound at many rates. All become Opus, as long as they were and of the same pitch.
func TestAllRatesOfAAC(t *testing.T) {
	for _, from := range []int{8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100} {
		config, frames := readADTS(t, from)
		tr, err := ToOpus(config)
		if err != nil {
			t.Fatal(err)
		}
		opus := transcode(t, tr, frames)
		d, err := newOpusDecoder(1)
		if err != nil {
			t.Fatal(err)
		}
		heard := decodeAll(d, opus)
		if want := len(frames) * aacFrame * rate / from; len(heard) < want-2*opusFrame || len(heard) > want {
			t.Errorf("%d Hz: %d samples, want about %d", from, len(heard), want)
		}
		if got := snr(heard[len(heard)/2:len(heard)*4/5], 1000, rate, 1); got < 15 {
			t.Errorf("%d Hz: %.1f dB", from, got)
		}
	}
}
