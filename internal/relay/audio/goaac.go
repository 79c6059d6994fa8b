//go:build !noaac

package audio

import (
	"fmt"
	"io"

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
	codec  *aac.Encoder
	planes [][]float32 // the samples of each channel that don't make a frame yet
	unit   []byte
	still  stillness
}

func newAACEncoder(channels int) (encoder, []byte, error) {
	codec, err := aac.NewEncoder(aac.EncoderConfig{
		SampleRate: rate, Channels: channels, Bitrate: aacBitrate * channels, Coder: aac.CoderFast,
	})
	if err != nil {
		return nil, nil, fmt.Errorf("%w: %w", ErrUnsupported, err)
	}
	e := &aacEncoder{codec: codec, planes: make([][]float32, channels)}
	for i := range e.planes {
		e.planes[i] = make([]float32, 0, aacFrame)
	}
	return e, codec.AudioSpecificConfig(), nil
}

func (e *aacEncoder) frame() int { return aacFrame }
func (e *aacEncoder) delay() int { return e.codec.Delay() }

func (e *aacEncoder) encode(samples []float32, emit func([]byte)) error {
	for len(samples) > 0 {
		samples = e.take(samples)
		if len(e.planes[0]) < aacFrame {
			return nil
		}
		if err := e.finish(emit); err != nil {
			return err
		}
	}
	return nil
}

// take fills the frame and returns the samples that it has no room for.
func (e *aacEncoder) take(samples []float32) (rest []float32) {
	channels := len(e.planes)
	count := min(aacFrame-len(e.planes[0]), len(samples)/channels)
	for channel, plane := range e.planes {
		for i := range count {
			plane = append(plane, samples[i*channels+channel])
		}
		e.planes[channel] = plane
	}
	return samples[count*channels:]
}

// finish encodes the frame. The first gives nothing: the codec is late by one.
func (e *aacEncoder) finish(emit func([]byte)) (err error) {
	if !e.still.after(e.planes) {
		e.unit, err = e.codec.EncodeFrame(e.unit[:0], e.planes)
	}
	for i := range e.planes {
		e.planes[i] = e.planes[i][:0]
	}
	if err == nil && len(e.unit) > 0 {
		emit(e.unit)
	}
	return err
}
