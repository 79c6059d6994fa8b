package audio

import "fmt"

const (
	// aacFrame is the length of a frame of AAC in samples.
	aacFrame = 1024
	// aacBitrate is for one channel, in bits per second.
	aacBitrate = 64_000
	// maxAACFrame is the largest frame of two channels, in bytes.
	maxAACFrame = 2 * 6144 / 8
)

// aacConfig is what an AudioSpecificConfig (ISO/IEC 14496-3, 1.6.2.1) says of a stream.
type aacConfig struct{ rate, channels int }

// parseAAC reads an AudioSpecificConfig. AAC-LC in mono or stereo is supported; HE-AAC, which is AAC-LC with additions that
// most of its sound is in, is not.
func parseAAC(config []byte) (aacConfig, error) {
	const lowComplexity = 2
	if len(config) < 2 {
		return aacConfig{}, fmt.Errorf("%w: malformed AAC configuration", ErrUnsupported)
	}
	head := uint16(config[0])<<8 | uint16(config[1])
	object, frequency, channels := head>>11, head>>7&0xF, int(head>>3&0xF)
	short := head&7 == 0      // frames of 1024, no more and no less
	const first, last = 3, 11 // of the rates up to ours; those above are not for calls
	switch {
	case object != lowComplexity || saysSBR(config):
		return aacConfig{}, fmt.Errorf("%w: AAC of another kind than AAC-LC", ErrUnsupported)
	case frequency < first || frequency > last || channels < 1 || channels > 2 || !short:
		return aacConfig{}, fmt.Errorf("%w: AAC that is not mono or stereo at 8 to 48 kHz", ErrUnsupported)
	}
	rates := [...]int{48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000}
	return aacConfig{rates[frequency-first], channels}, nil
}

// saysSBR reports whether an extension behind the configuration says that the stream is HE-AAC.
func saysSBR(config []byte) bool {
	const sync = 0x2B7
	if len(config) < 5 {
		return false
	}
	extension := uint32(config[2])<<16 | uint32(config[3])<<8 | uint32(config[4])
	return extension>>13 == sync && extension>>8&0x1F == 5 && extension>>7&1 == 1
}

// Supported reports, as an error, that AAC with that AudioSpecificConfig can't be turned into Opus.
func Supported(config []byte) error {
	if !haveAAC {
		return errNoAAC
	}
	_, err := parseAAC(config)
	return err
}

// errNoAAC is for programs built without it.
var errNoAAC = fmt.Errorf("%w: built without AAC", ErrUnsupported)

// ToOpus returns a transcoder from AAC with that AudioSpecificConfig to Opus.
func ToOpus(config []byte) (*Transcoder, error) {
	if err := Supported(config); err != nil {
		return nil, err
	}
	c, err := parseAAC(config)
	if err != nil {
		return nil, err
	}
	from, err := newAACDecoder(config, c.channels)
	if err != nil {
		return nil, err
	}
	to, err := newOpusEncoder(c.channels)
	if err != nil {
		return nil, err
	}
	return &Transcoder{from: from, to: to, channels: c.channels, sampler: newResampler(c.rate, c.channels)}, nil
}

// ToAAC returns a transcoder from Opus to AAC. The first packet of the stream says whether it is in stereo.
func ToAAC(first []byte) (*Transcoder, error) {
	channels := opusChannels(first)
	from, err := newOpusDecoder(channels)
	if err != nil {
		return nil, err
	}
	to, config, err := newAACEncoder(channels)
	if err != nil {
		return nil, err
	}
	return &Transcoder{
		from: from, to: to, config: config, channels: channels, sampler: newResampler(rate, channels),
	}, nil
}
