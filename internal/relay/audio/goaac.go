//go:build !noaac

package audio

import (
	"fmt"
	"io"
	"math"

	aac "github.com/tphakala/go-aac"
	"github.com/tphakala/go-aac/pcm"
)

// haveAAC says that this program knows AAC.
const haveAAC = true

// aacDecoder decodes with go-aac, which reads from a stream: next is what it reads.
type aacDecoder struct {
	codec  *pcm.Decoder
	config []byte
	next   []byte
	raw    []byte
	pcm    []float32
}

func newAACDecoder(config []byte, channels int) (decoder, error) {
	d := &aacDecoder{config: config, raw: make([]byte, aacFrame*channels*2), pcm: make([]float32, aacFrame*channels)}
	codec, err := pcm.NewDecoder(d, pcm.WithRawStream(config))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnsupported, err)
	}
	d.codec = codec
	return d, nil
}

// Read gives the codec the frame that is to be decoded.
func (d *aacDecoder) Read(p []byte) (int, error) {
	if len(d.next) == 0 {
		return 0, io.EOF
	}
	n := copy(p, d.next)
	d.next = d.next[n:]
	return n, nil
}

func (d *aacDecoder) decode(frame []byte) []float32 {
	if len(frame) == 0 || len(frame) > maxAACFrame {
		return nil
	}
	d.next = append([]byte{byte(len(frame) >> 8), byte(len(frame))}, frame...)
	if _, err := io.ReadFull(d.codec, d.raw); err != nil {
		d.next = nil
		_ = d.codec.Reset(d, pcm.WithRawStream(d.config)) // which it took before
		return nil
	}
	for i := range d.pcm {
		d.pcm[i] = float32(int16(uint16(d.raw[2*i])|uint16(d.raw[2*i+1])<<8)) / (1 << 15)
	}
	return d.pcm
}

// conceal does nothing: AAC comes over TCP, where gaps are the publisher's own.
func (d *aacDecoder) conceal() []float32 { return nil }

// aacEncoder encodes with go-aac.
type aacEncoder struct {
	codec *pcm.FrameEncoder
	raw   []byte
}

func newAACEncoder(channels int) (encoder, []byte, error) {
	codec, err := pcm.NewFrameEncoder(pcm.Config{
		SampleRate: rate, BitDepth: 16, Channels: channels, Bitrate: aacBitrate * channels, Coder: aac.CoderFast,
	})
	if err != nil {
		return nil, nil, fmt.Errorf("%w: %w", ErrUnsupported, err)
	}
	return &aacEncoder{codec: codec}, codec.AudioSpecificConfig(), nil
}

func (e *aacEncoder) frame() int { return aacFrame }
func (e *aacEncoder) delay() int { return e.codec.Delay() }

func (e *aacEncoder) encode(samples []float32, emit func([]byte)) error {
	e.raw = e.raw[:0]
	for _, v := range samples {
		s := int16(min(max(math.RoundToEven(float64(v)*(1<<15)), math.MinInt16), math.MaxInt16))
		e.raw = append(e.raw, byte(s), byte(s>>8))
	}
	return e.codec.EncodeInterleaved(e.raw, func(au []byte, _ int) error {
		emit(append([]byte(nil), au...))
		return nil
	})
}
