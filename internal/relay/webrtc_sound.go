package relay

import (
	"bytes"
	"context"
	"time"

	"github.com/claimcall/claimcall/internal/relay/audio"
)

// opusHead is the head of a frame of Opus in the form of extended RTMP, which is how Opus travels inside the relay: coded
// frames, and the name of the codec.
const opusHead = "\x91Opus"

// opusBody is the payload of a packet that carries a frame of Opus.
func opusBody(frame []byte) []byte { return append([]byte(opusHead), frame...) }

// opusFrame returns the frame of Opus in p, if that is what it carries.
func (p packet) opusFrame() ([]byte, bool) {
	if p.kind != kindAudio {
		return nil, false
	}
	return bytes.CutPrefix(p.body(), []byte(opusHead))
}

// aac returns what p carries of a stream of AAC: a frame or, if p.config says so, the configuration.
func (p packet) aac() ([]byte, bool) {
	if p.kind != kindAudio {
		return nil, false
	}
	body := p.body()
	return body[2:], body[0]>>4 == audioAAC
}

// aacBody is the payload of a packet with a frame of AAC, aacConfigBody one with its configuration. The flags are the same
// for all AAC.
func aacBody(frame []byte) []byte        { return append([]byte{0xAF, 1}, frame...) }
func aacConfigBody(config []byte) []byte { return append([]byte{0xAF, 0}, config...) }

// aacSink gives the sink behind it AAC where the stream carries Opus, which players of FLV and RTMP can't be relied on to
// know. It works for one viewer, in the goroutine of that viewer: whoever needs no other sound costs nothing, and nobody
// waits for it.
type aacSink struct {
	sink
	transcoder *audio.Transcoder
	// mute is set when the sound can't be had. The picture goes on.
	mute bool
}

func (s *aacSink) write(ctx context.Context, p packet, ms uint32) error {
	frame, ok := p.opusFrame()
	if !ok {
		return s.sink.write(ctx, p, ms)
	}
	if s.mute {
		return nil
	}
	if s.transcoder == nil {
		if err := s.start(ctx, frame, ms); err != nil || s.mute {
			return err
		}
	}
	var failed error
	err := s.transcoder.Write(frame, time.Duration(ms)*time.Millisecond, func(frame []byte, at time.Duration) {
		if failed == nil {
			failed = s.send(ctx, aacBody(frame), at)
		}
	})
	s.mute = err != nil
	return failed
}

// start makes the transcoder for a stream that begins with that frame, and sends the configuration.
func (s *aacSink) start(ctx context.Context, frame []byte, ms uint32) error {
	t, err := audio.ToAAC(frame)
	if err != nil {
		s.mute = true
		return nil
	}
	s.transcoder = t
	return s.send(ctx, aacConfigBody(t.Config()), time.Duration(ms)*time.Millisecond)
}

func (s *aacSink) send(ctx context.Context, body []byte, at time.Duration) error {
	ms := max(at.Milliseconds(), 0)
	p, ok := newPacket(kindAudio, ms, body)
	if !ok {
		return nil
	}
	return s.sink.write(ctx, p, uint32(ms))
}
