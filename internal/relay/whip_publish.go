package relay

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/bluenviron/gortmplib/pkg/amf0"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
)

const (
	videoRate = 90_000 // ticks of RTP in a second
	opusRate  = 48_000
	// How long a missing packet is waited for. One of video is sent again on request; without it all pictures are lost up
	// to the next key frame. A gap in the sound is short, and waiting delays everything.
	videoPatience = 200 * time.Millisecond
	audioPatience = 60 * time.Millisecond
	// ingestTick is how often a publisher is looked after.
	ingestTick = 500 * time.Millisecond
)

var (
	errSilent = errors.New("relay: publisher sends no media")
	errSet    = errors.New("relay: parameter set of H.264 too large")
)

// openPublish answers the offer of a publisher.
func (n *session) openPublish(ctx context.Context, o offer) (string, func(context.Context) error, error) {
	if !n.relay.names.waits(n.stream) {
		return "", nil, errBusy
	}
	in := newIngest(n, o)
	answer, err := n.answer(ctx, o, func(pc *webrtc.PeerConnection) error {
		pc.OnTrack(func(track *webrtc.TrackRemote, receiver *webrtc.RTPReceiver) {
			n.spawn(func() { in.receive(track) })
			n.spawn(func() { in.heed(track, receiver) })
		})
		return nil
	})
	return answer, in.serve, err
}

// ingest turns the RTP of a browser into packets of a stream. One goroutine for each track reads it.
type ingest struct {
	session *session
	offer   offer
	start   time.Time
	// begun is closed when the name is ours and media may flow.
	begun chan struct{}

	mu    sync.Mutex
	pub   *publisher
	err   error
	heard time.Time // when media came last
	lips  lipSync
	video videoIngest
	audio audioIngest
}

func newIngest(n *session, o offer) *ingest {
	now := time.Now()
	return &ingest{
		session: n, offer: o, start: now, heard: now, begun: make(chan struct{}),
		video: videoIngest{
			order:  reorder{patience: videoPatience},
			clock:  rtpClock{rate: videoRate},
			frame:  assembler{limit: n.relay.limits.MaxMessage},
			broken: true,
		},
		audio: audioIngest{order: reorder{patience: audioPatience}, clock: rtpClock{rate: opusRate}},
	}
}

// serve publishes until the browser leaves, falls silent or is dropped.
func (in *ingest) serve(ctx context.Context) error {
	n := in.session
	p, err := n.relay.publish(n.stream, func() { n.cancel(errDropped) })
	if err != nil {
		return err
	}
	defer p.leave()
	n.relay.started(n.attempt)
	if err := in.begin(p); err != nil {
		return err
	}
	err = in.watch(ctx)
	if why := n.stream.reason(); why != nil {
		return why
	}
	return err
}

// begin lets media flow, behind a word on what is going to come.
func (in *ingest) begin(p *publisher) error {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.pub, in.heard = p, time.Now()
	close(in.begun)
	return in.announce()
}

// announce has the first viewers wait for both tracks.
func (in *ingest) announce() error {
	var fields amf0.Object
	if in.offer.video {
		fields = append(fields, amf0.ObjectEntry{Key: "videocodecid", Value: float64(videoAVC)})
	}
	if in.offer.audio {
		fields = append(fields, amf0.ObjectEntry{Key: "audiocodecid", Value: float64(audioAAC)})
	}
	body, err := amf0.Data{"onMetaData", fields}.Marshal()
	if err != nil {
		return fmt.Errorf("relay: encode metadata: %w", err)
	}
	return in.pub.write(kindData, 0, body)
}

// watch returns when the session ends, media is refused, or none comes any more.
func (in *ingest) watch(ctx context.Context) error {
	tick := time.NewTicker(ingestTick)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case now := <-tick.C:
			if err := in.state(now); err != nil {
				return err
			}
			in.session.stream.keys.wantRegularly()
		}
	}
}

func (in *ingest) state(now time.Time) error {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.err == nil && now.Sub(in.heard) > in.session.relay.limits.PublisherIdle {
		return errSilent
	}
	return in.err
}

// receive reads one track to its end.
func (in *ingest) receive(track *webrtc.TrackRemote) {
	take := in.takeAudio
	if track.Kind() == webrtc.RTPCodecTypeVideo {
		take = in.takeVideo
	}
	select {
	case <-in.begun:
	case <-in.session.ctx.Done():
		return
	}
	if track.Kind() == webrtc.RTPCodecTypeVideo {
		in.session.stream.takesRequests(func() { in.askKey(uint32(track.SSRC())) })
	}
	for {
		p, _, err := track.ReadRTP()
		if err != nil {
			return
		}
		in.mu.Lock()
		if in.err == nil {
			in.heard = time.Now()
			in.err = take(p)
		}
		in.mu.Unlock()
	}
}

// askKey asks the browser for a key frame.
func (in *ingest) askKey(ssrc uint32) {
	_ = in.session.pc.WriteRTCP([]rtcp.Packet{&rtcp.PictureLossIndication{MediaSSRC: ssrc}}) // fails when it has gone
}

// heed reads the sender reports of one track to its end.
func (in *ingest) heed(track *webrtc.TrackRemote, receiver *webrtc.RTPReceiver) {
	clock := &in.audio.clock
	if track.Kind() == webrtc.RTPCodecTypeVideo {
		clock = &in.video.clock
	}
	for {
		packets, _, err := receiver.ReadRTCP()
		if err != nil {
			return
		}
		for _, p := range packets {
			if report, ok := p.(*rtcp.SenderReport); ok {
				in.mu.Lock()
				in.lips.report(clock, report.NTPTime, report.RTPTime)
				in.mu.Unlock()
			}
		}
	}
}

// videoIngest is the state of the video track.
type videoIngest struct {
	order reorder
	clock rtpClock
	frame assembler
	// stamp is the timestamp of the frame that is being assembled.
	stamp uint32
	// broken is set from a loss to the next key frame.
	broken   bool
	sps, pps []byte
	told     bool // of these two
}

func (in *ingest) takeVideo(p *rtp.Packet) error {
	v := &in.video
	v.order.push(p)
	for {
		p, lost := v.order.pop(time.Now())
		if p == nil {
			return nil
		}
		if lost {
			in.lose()
		}
		if err := in.assemble(p); err != nil {
			return err
		}
	}
}

// lose drops what can't be decoded any more, and asks for a new start.
func (in *ingest) lose() {
	in.video.frame.reset()
	in.video.broken = true
	in.session.stream.keys.want()
}

func (in *ingest) assemble(p *rtp.Packet) error {
	v := &in.video
	if p.Timestamp != v.stamp { // the frame before had no mark at its end
		if err := in.finishFrame(); err != nil {
			return err
		}
		v.stamp = p.Timestamp
	}
	if err := v.frame.push(p.Payload); err != nil {
		in.lose()
		return nil
	}
	if p.Marker {
		return in.finishFrame()
	}
	return nil
}

// finishFrame writes the frame that has been assembled, if any, and the parameter sets in it if they are new.
func (in *ingest) finishFrame() error {
	v := &in.video
	var pictures [][]byte
	key := false
	for _, nal := range v.frame.frame() {
		switch kind := nalType(nal); {
		case (kind == nalSPS || kind == nalPPS) && len(nal) > maxSet:
			return errSet
		case kind == nalSPS && len(nal) >= 4:
			v.keep(&v.sps, nal)
		case kind == nalPPS:
			v.keep(&v.pps, nal)
		case isPicture(nal):
			key = key || kind == nalIDR
			pictures = append(pictures, nal)
		}
	}
	if len(pictures) == 0 {
		return nil
	}
	at := uint32(v.clock.at(v.stamp, time.Since(in.start)).Milliseconds())
	if v.broken && !key || v.sps == nil || v.pps == nil {
		in.session.stream.keys.want()
		return nil
	}
	v.broken = false
	if err := in.tell(at); err != nil {
		return err
	}
	return in.pub.write(kindVideo, at, frameBody(pictures, key))
}

// keep notes a parameter set.
func (v *videoIngest) keep(set *[]byte, nal []byte) {
	if string(*set) != string(nal) {
		*set, v.told = nal, false
	}
}

// tell writes the parameter sets if they have changed.
func (in *ingest) tell(at uint32) error {
	if in.video.told {
		return nil
	}
	in.video.told = true
	return in.pub.write(kindVideo, at, configBody(in.video.sps, in.video.pps))
}

// audioIngest is the state of the audio track.
type audioIngest struct {
	order reorder
	clock rtpClock
}

func (in *ingest) takeAudio(p *rtp.Packet) error {
	in.audio.order.push(p)
	for {
		p, _ := in.audio.order.pop(time.Now())
		if p == nil {
			return nil
		}
		at := in.audio.clock.at(p.Timestamp, time.Since(in.start))
		if len(p.Payload) == 0 {
			continue
		}
		if err := in.pub.write(kindAudio, uint32(at.Milliseconds()), opusBody(p.Payload)); err != nil {
			return err
		}
	}
}
