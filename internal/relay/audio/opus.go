package audio

import (
	"fmt"

	"github.com/thesyncim/gopus"
)

const (
	opusFrame = rate / 50 // 20 ms
	// opusBitrate is for one channel, in bits per second. From complexity 5 on the encoder looks for the pitch of voices,
	// which doubles what it costs and gains as much for them as these 8,000 bits above the usual 40,000.
	opusBitrate    = 48_000
	opusComplexity = 4
	// maxOpusPacket is the largest that can come out, maxOpusSamples the most that one can hold of a channel: 120 ms.
	maxOpusPacket  = 1275
	maxOpusSamples = rate * 120 / 1000
)

// OpusSamples is how long a packet of Opus lasts, in samples at 48 kHz (RFC 6716, 3.1). It is 0 for a malformed one.
func OpusSamples(packet []byte) int {
	if len(packet) == 0 {
		return 0
	}
	frames := 1
	switch packet[0] & 3 {
	case 1, 2:
		frames = 2
	case 3:
		if len(packet) < 2 {
			return 0
		}
		frames = int(packet[1] & 0x3F)
	}
	if samples := frames * opusFrameSamples(packet[0]>>3); samples <= maxOpusSamples {
		return samples
	}
	return 0
}

// opusFrameSamples is the length of the frames of one of the 32 configurations: SILK, both, or CELT.
func opusFrameSamples(config byte) int {
	const ms = rate / 1000
	switch {
	case config < 12:
		return []int{10 * ms, 20 * ms, 40 * ms, 60 * ms}[config&3]
	case config < 16:
		return []int{10 * ms, 20 * ms}[config&1]
	}
	return []int{5 * ms / 2, 5 * ms, 10 * ms, 20 * ms}[config&3]
}

// opusChannels is 2 for a packet in stereo.
func opusChannels(packet []byte) int {
	if len(packet) > 0 && packet[0]&4 != 0 {
		return 2
	}
	return 1
}

// opusDecoder decodes at 48 kHz.
type opusDecoder struct {
	codec    *gopus.Decoder
	channels int
	last     int // samples of the last packet
	pcm      []float32
}

func newOpusDecoder(channels int) (*opusDecoder, error) {
	codec, err := gopus.NewDecoder(gopus.DefaultDecoderConfig(rate, channels))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnsupported, err)
	}
	return &opusDecoder{codec: codec, channels: channels, pcm: make([]float32, maxOpusSamples*channels)}, nil
}

func (d *opusDecoder) decode(frame []byte) []float32 {
	if OpusSamples(frame) == 0 {
		return nil
	}
	n, err := d.codec.Decode(frame, d.pcm)
	if err != nil {
		return nil
	}
	d.last = n
	return d.pcm[:n*d.channels]
}

func (d *opusDecoder) conceal() []float32 {
	if d.last == 0 {
		return nil
	}
	n, err := d.codec.Decode(nil, d.pcm[:d.last*d.channels])
	if err != nil {
		return nil
	}
	return d.pcm[:n*d.channels]
}

// opusEncoder encodes at 48 kHz.
type opusEncoder struct {
	codec    *gopus.Encoder
	channels int
	pending  []float32
	packet   [maxOpusPacket]byte
}

func newOpusEncoder(channels int) (*opusEncoder, error) {
	codec, err := gopus.NewEncoder(gopus.EncoderConfig{
		SampleRate: rate, Channels: channels, Application: gopus.ApplicationAudio,
	})
	if err == nil {
		err = codec.SetBitrate(opusBitrate * channels)
	}
	if err == nil {
		err = codec.SetComplexity(opusComplexity)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnsupported, err)
	}
	return &opusEncoder{codec: codec, channels: channels}, nil
}

func (e *opusEncoder) frame() int { return opusFrame }
func (e *opusEncoder) delay() int { return e.codec.Lookahead() }

func (e *opusEncoder) encode(samples []float32, emit func([]byte)) error {
	e.pending = append(e.pending, samples...)
	size := opusFrame * e.channels
	for len(e.pending) >= size {
		n, err := e.codec.Encode(e.pending[:size], e.packet[:])
		if err != nil {
			return err
		}
		e.pending = e.pending[:copy(e.pending, e.pending[size:])]
		emit(e.packet[:n])
	}
	return nil
}
