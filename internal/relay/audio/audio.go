package audio

import (
	"errors"
	"fmt"
	"time"
)

var (
	// ErrUnsupported is the error for sound that can't be turned into the other codec.
	ErrUnsupported = errors.New("audio: not supported")
	// ErrBroken is the error of a codec that failed for good.
	ErrBroken = errors.New("audio: codec failed")
)

// rate is that of everything that is encoded here, in samples per second and channel.
const rate = 48000

// maxConceal is the longest gap in Opus that is filled. What is made up for a lost packet fades away in that time.
const maxConceal = 200 * time.Millisecond

// decoder and encoder work on samples between -1 and 1, those of the channels in turn. What they return is valid until the
// next call.
type decoder interface {
	// decode returns the samples of a frame, or none for a broken one.
	decode(frame []byte) []float32
	// conceal returns about as many samples as the last frame had, to be heard in place of a lost one.
	conceal() []float32
}

type encoder interface {
	// encode takes any number of samples and hands on the frames that are complete. Each is valid until emit returns.
	encode(samples []float32, emit func(frame []byte)) error
	// frame is the length of a frame, delay how much later the sound comes out, both in samples of one channel.
	frame() int
	delay() int
}

// Transcoder turns the frames of one stream into those of another codec. It is for one goroutine.
type Transcoder struct {
	from     decoder
	to       encoder
	config   []byte
	channels int
	sampler  *resampler
	pace     pacer
	last     int   // samples of one channel in the last frame
	frames   int64 // encoded so far
	broken   error
}

// Config is the AudioSpecificConfig of what comes out, if that is AAC.
func (t *Transcoder) Config() []byte { return t.config }

// Write takes the next frame, whose sound begins at the time at, and hands on what it completes: none, one or several frames
// with their times, each valid until emit returns. Broken frames are skipped. An error means that the transcoder is of no more use.
func (t *Transcoder) Write(frame []byte, at time.Duration, emit func(frame []byte, at time.Duration)) (err error) {
	if t.broken != nil {
		return t.broken
	}
	defer func() {
		if v := recover(); v != nil {
			t.broken = fmt.Errorf("%w: %v", ErrBroken, v)
			err = t.broken
		}
	}()
	if err := t.fill(at, emit); err != nil {
		return err
	}
	samples := t.from.decode(frame)
	if len(samples) == 0 {
		return nil
	}
	t.last = len(samples) / t.channels
	t.pace.arrive(at)
	return t.feed(samples, emit)
}

// fill conceals a short gap before at.
func (t *Transcoder) fill(at time.Duration, emit func([]byte, time.Duration)) error {
	for t.last > 0 {
		gap := t.pace.gap(at)
		if gap < length(int64(t.last), rate)*3/4 || gap > maxConceal {
			return nil
		}
		samples := t.from.conceal()
		if len(samples) == 0 {
			return nil
		}
		if err := t.feed(samples, emit); err != nil {
			return err
		}
	}
	return nil
}

func (t *Transcoder) feed(samples []float32, emit func([]byte, time.Duration)) error {
	out := t.sampler.resample(samples, t.pace.stretch)
	t.pace.fed += int64(len(out) / t.channels)
	err := t.to.encode(out, func(frame []byte) {
		begin := t.frames*int64(t.to.frame()) - int64(t.to.delay())
		t.frames++
		emit(frame, t.pace.zero+length(begin, rate))
	})
	if err != nil {
		t.broken = fmt.Errorf("%w: %w", ErrBroken, err)
	}
	return t.broken
}

// length is how long that many samples last. It is exact to a nanosecond, for years.
func length(samples, perSecond int64) time.Duration {
	seconds, rest := samples/perSecond, samples%perSecond
	return time.Duration(seconds)*time.Second + time.Duration(rest)*time.Second/time.Duration(perSecond)
}
