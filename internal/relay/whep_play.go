package relay

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h264"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"github.com/claimcall/claimcall/internal/relay/audio"
)

const (
	// rtpPayload bounds the payload of a packet so that it goes through every network, in bytes.
	rtpPayload = 1200
	// catchUp is how many times faster the pictures from before the viewer came pass.
	catchUp = 25
	// opusSlack is how far the time of a frame of Opus may be from the end of the one before, in samples: browsers hear a
	// gap where timestamps don't join up.
	opusSlack = opusRate * 40 / 1000
)

var errNotForBrowsers = errors.New("relay: browsers can't play this by WebRTC")

// openPlay answers the offer of a viewer, once there is something to see that it can play.
func (n *session) openPlay(ctx context.Context, o offer) (string, func(context.Context) error, error) {
	v, err := n.relay.watchUncounted(n.stream, func() { n.cancel(errEvicted) })
	if err != nil {
		return "", nil, err
	}
	n.viewer = v
	if err := n.awaitPicture(ctx); err != nil {
		return "", nil, err
	}
	var check browserCheck
	for _, p := range n.stream.sample() {
		if err := check.look(p); err != nil {
			return "", nil, err
		}
	}
	out := &whepSink{}
	profile := check.profile()
	answer, err := n.answer(ctx, o, func(pc *webrtc.PeerConnection) error { return n.addTracks(pc, o, profile, out) })
	return answer, func(ctx context.Context) error { return n.play(ctx, out) }, err
}

func (n *session) awaitPicture(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, whepPatience, errNoPublisher)
	defer cancel()
	ctx, end := context.WithCancelCause(ctx)
	defer end(nil)
	defer context.AfterFunc(n.ctx, func() { end(context.Cause(n.ctx)) })()
	return n.viewer.await(ctx)
}

// addTracks opens a track for each that the viewer wants. Video goes under the profile that it has, if the viewer offers
// that, and else under any other: decoders go by the parameter sets, and those of browsers know more than they offer.
func (n *session) addTracks(pc *webrtc.PeerConnection, o offer, profile string, out *whepSink) error {
	var err error
	if o.video {
		capability := webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeH264, ClockRate: videoRate}
		if profile != "" {
			capability.SDPFmtpLine = h264Format(profile)
		}
		out.video, err = n.addTrack(pc, capability, "video")
	}
	if o.audio && err == nil {
		capability := webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeOpus, ClockRate: opusRate, Channels: 2}
		out.audio, err = n.addTrack(pc, capability, "audio")
	}
	return err
}

func (n *session) addTrack(pc *webrtc.PeerConnection, c webrtc.RTPCodecCapability, kind string) (*rtpOut, error) {
	track, err := webrtc.NewTrackLocalStaticRTP(c, kind, "claimcall")
	if err != nil {
		return nil, fmt.Errorf("relay: make a track: %w", err)
	}
	sender, err := pc.AddTrack(track)
	if err != nil {
		return nil, fmt.Errorf("relay: add a track: %w", err)
	}
	n.spawn(func() { n.heedViewer(sender) })
	return &rtpOut{track: track}, nil
}

// heedViewer reads what the browser reports of one track, to its end: somewhere in there are requests for key frames.
func (n *session) heedViewer(sender *webrtc.RTPSender) {
	for {
		packets, _, err := sender.ReadRTCP()
		if err != nil {
			return
		}
		for _, p := range packets {
			switch p.(type) {
			case *rtcp.PictureLossIndication, *rtcp.FullIntraRequest:
				n.stream.keys.want()
			}
		}
	}
}

// play sends the stream to the browser.
func (n *session) play(ctx context.Context, out *whepSink) error {
	n.stream.count(n.viewer)
	n.relay.started(n.attempt)
	out.edge = n.viewer.newest()
	return n.viewer.feed(ctx, out)
}

// sample is what is known of the stream: what a newcomer would get, and a frame of sound.
func (s *stream) sample() []packet {
	s.mu.Lock()
	defer s.mu.Unlock()
	known := s.cache.opening()
	if s.cache.sound != nil {
		known = append(known, *s.cache.sound)
	}
	return known
}

// newest is the time of the last frame that waits for the viewer, or 0.
func (v *viewer) newest() int64 {
	v.mu.Lock()
	defer v.mu.Unlock()
	for i := len(v.queue.packets) - 1; i >= v.queue.head; i-- {
		if p := v.queue.packets[i]; p.frame() {
			return p.time
		}
	}
	return 0
}

// browserCheck finds out whether browsers can play a stream by WebRTC: they know H.264 without B-frames, and Opus.
type browserCheck struct {
	config avcConfig
	// decoded is the time of the last frame, shown that at which it is to be seen.
	started        bool
	decoded, shown int64
}

// look takes the next packet.
func (c *browserCheck) look(p packet) error {
	switch p.kind {
	case kindVideo:
		return c.lookVideo(p)
	case kindAudio:
		return lookAudio(p)
	}
	return nil
}

func (c *browserCheck) lookVideo(p packet) error {
	body := p.body()
	if body[0]&videoExtended != 0 || body[0]&0x0F != videoAVC {
		return fmt.Errorf("%w: the video is not H.264", errNotForBrowsers)
	}
	if p.config {
		config, err := parseAVCConfig(body)
		if err != nil {
			return fmt.Errorf("%w: %w", errNotForBrowsers, err)
		}
		c.config, c.started = config, false
		if reorders(config.sps[0]) {
			return fmt.Errorf("%w: the video has B-frames", errNotForBrowsers)
		}
		return nil
	}
	shown := p.time + compositionMS(body)
	if c.started && shown < c.shown && p.time >= c.decoded {
		return fmt.Errorf("%w: the video has B-frames", errNotForBrowsers)
	}
	c.started, c.decoded, c.shown = true, p.time, shown
	return nil
}

// profile is that of the video so far; empty if it is not known.
func (c *browserCheck) profile() string {
	if len(c.config.sps) == 0 {
		return ""
	}
	return profileOf(c.config.sps[0])
}

// reorders reports whether the SPS says that pictures are shown in another order than they are sent.
func reorders(sps []byte) bool {
	var s h264.SPS
	if s.Unmarshal(sps) != nil || s.VUI == nil || s.VUI.BitstreamRestriction == nil {
		return false
	}
	return s.VUI.BitstreamRestriction.MaxNumReorderFrames > 0
}

func lookAudio(p packet) error {
	data, isAAC := p.aac()
	_, isOpus := p.opusFrame()
	switch {
	case isAAC && p.config:
		if err := audio.Supported(data); err != nil {
			return fmt.Errorf("%w: %w", errNotForBrowsers, err)
		}
	case !isAAC && !isOpus && p.frame():
		return fmt.Errorf("%w: the sound is neither AAC nor Opus", errNotForBrowsers)
	}
	return nil
}

// whepSink sends packets as RTP.
type whepSink struct {
	video, audio *rtpOut // nil for one that the viewer does not want
	check        browserCheck
	// edge is the time of the newest frame when the viewer came: what is older passes quickly.
	edge       int64
	opening    burst
	transcoder *audio.Transcoder
	// sound is the timestamp at which the last frame of sound ended.
	sound   int64
	started bool
}

func (s *whepSink) write(ctx context.Context, p packet, _ uint32) error {
	if err := s.check.look(p); err != nil {
		return err
	}
	switch {
	case p.kind == kindVideo && p.frame() && s.video != nil:
		return s.writeVideo(ctx, p)
	case p.kind == kindAudio && s.audio != nil:
		return s.writeAudio(p)
	}
	return nil
}

// writeVideo sends one frame, with the parameter sets before each key frame.
func (s *whepSink) writeVideo(ctx context.Context, p packet) error {
	config := s.check.config
	nals, err := splitFrame(p.body(), max(config.lengthSize, 1))
	if err != nil {
		return nil // one broken frame
	}
	var send [][]byte
	if p.key {
		send = append(append(send, config.sps...), config.pps...)
	}
	for _, nal := range nals {
		if isPicture(nal) {
			send = append(send, nal)
		}
	}
	s.video.stamp = uint32(s.videoTime(p))
	for i, nal := range send {
		err := fragment(nal, rtpPayload, func(payload []byte, last bool) error {
			if p.time <= s.edge {
				if err := s.opening.wait(ctx, len(payload)); err != nil {
					return err
				}
			}
			return s.video.send(payload, last && i == len(send)-1)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// videoTime is the timestamp of a frame. Those from before the viewer came get times that are close together, up to the
// newest of them: so the browser shows the newest at once and plays on from there.
func (s *whepSink) videoTime(p packet) int64 {
	const ticks = videoRate / 1000
	at := p.time + compositionMS(p.body())
	if at < s.edge {
		return s.edge*ticks - (s.edge-at)*ticks/catchUp
	}
	return at * ticks
}

// writeAudio sends sound from the edge on.
func (s *whepSink) writeAudio(p packet) error {
	at := time.Duration(p.time) * time.Millisecond
	data, isAAC := p.aac()
	if isAAC && p.config {
		t, err := audio.ToOpus(data)
		if err != nil {
			return fmt.Errorf("%w: %w", errNotForBrowsers, err)
		}
		s.transcoder = t
		return nil
	}
	if p.time < s.edge {
		return nil
	}
	if frame, ok := p.opusFrame(); ok {
		return s.sendOpus(frame, at)
	}
	if s.transcoder == nil {
		return nil // no configuration yet
	}
	var failed error
	err := s.transcoder.Write(data, at, func(frame []byte, at time.Duration) {
		if failed == nil {
			failed = s.sendOpus(frame, at)
		}
	})
	if err != nil {
		return fmt.Errorf("%w: %w", errNotForBrowsers, err)
	}
	return failed
}

// sendOpus sends a frame right behind the one before, unless its time says that there is a gap.
func (s *whepSink) sendOpus(frame []byte, at time.Duration) error {
	stamp := int64(at.Seconds()*opusRate + 0.5)
	if off := stamp - s.sound; s.started && off < opusSlack && off > -opusSlack {
		stamp = s.sound
	}
	mark := !s.started
	s.started, s.sound = true, stamp+int64(audio.OpusSamples(frame))
	s.audio.stamp = uint32(stamp)
	return s.audio.send(frame, mark)
}

// rtpOut sends the packets of one track.
type rtpOut struct {
	track *webrtc.TrackLocalStaticRTP
	seq   uint16
	stamp uint32
}

func (o *rtpOut) send(payload []byte, mark bool) error {
	o.seq++
	return o.track.WriteRTP(&rtp.Packet{
		Header:  rtp.Header{Version: 2, Marker: mark, SequenceNumber: o.seq, Timestamp: o.stamp},
		Payload: payload,
	})
}
