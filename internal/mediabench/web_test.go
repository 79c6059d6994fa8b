package mediabench

import (
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pion/interceptor"
	"github.com/pion/webrtc/v4"
	"github.com/pion/webrtc/v4/pkg/media"
)

// peer is a peer connection over loopback, which sends lost packets again as browsers do.
func peer(t *testing.T) *webrtc.PeerConnection {
	t.Helper()
	var settings webrtc.SettingEngine
	settings.SetIncludeLoopbackCandidate(true)
	settings.SetICEMulticastDNSMode(1)
	settings.SetIPFilter(func(ip net.IP) bool { return ip.IsLoopback() })
	codecs, interceptors := &webrtc.MediaEngine{}, &interceptor.Registry{}
	if err := errors.Join(codecs.RegisterDefaultCodecs(), webrtc.RegisterDefaultInterceptors(codecs, interceptors)); err != nil {
		t.Fatal(err)
	}
	api := webrtc.NewAPI(webrtc.WithSettingEngine(settings), webrtc.WithMediaEngine(codecs), webrtc.WithInterceptorRegistry(interceptors))
	pc, err := api.NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = pc.GracefulClose() })
	return pc
}

// exchange posts an offer to a WHIP or WHEP address and takes the answer.
func exchange(t *testing.T, pc *webrtc.PeerConnection, address string) {
	t.Helper()
	offer, err := pc.CreateOffer(nil)
	if err != nil {
		t.Fatal(err)
	}
	gathered := webrtc.GatheringCompletePromise(pc)
	if err := pc.SetLocalDescription(offer); err != nil {
		t.Fatal(err)
	}
	<-gathered
	res, err := http.Post(address, "application/sdp", strings.NewReader(pc.LocalDescription().SDP))
	if err != nil {
		t.Fatal("the offer could not be posted")
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusCreated {
		t.Fatalf("answer %d, %v", res.StatusCode, err)
	}
	if err := pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: string(answer)}); err != nil {
		t.Fatal(err)
	}
}

// publishWeb publishes the clip by WHIP, over and over, until the test ends.
func publishWeb(t *testing.T, address string, film clip) {
	t.Helper()
	pc := peer(t)
	video := track(t, pc, webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeH264, ClockRate: 90000})
	sound := track(t, pc, webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeOpus, ClockRate: soundRate, Channels: 2})
	connected := make(chan struct{})
	var once sync.Once
	pc.OnConnectionStateChange(func(state webrtc.PeerConnectionState) {
		if state == webrtc.PeerConnectionStateConnected {
			once.Do(func() { close(connected) })
		}
	})
	exchange(t, pc, address)
	select {
	case <-connected:
	case <-time.After(patience):
		t.Fatal("no connection by WHIP")
	}
	w, start := newWorkers(t), time.Now()
	w.pace(start, clipFPS, 1, func(i int) bool {
		return video.WriteSample(media.Sample{Data: withStartCodes(film.pictures[i%clipPictures]), Duration: clipFrame}) == nil
	})
	w.pace(start, int(time.Second/clipOpus), 1, func(i int) bool {
		return sound.WriteSample(media.Sample{Data: film.opus[i%len(film.opus)], Duration: clipOpus}) == nil
	})
}

func track(t *testing.T, pc *webrtc.PeerConnection, codec webrtc.RTPCodecCapability) *webrtc.TrackLocalStaticSample {
	t.Helper()
	local, err := webrtc.NewTrackLocalStaticSample(codec, codec.MimeType[:5], "bench")
	if err != nil {
		t.Fatal(err)
	}
	sending, err := pc.AddTransceiverFromTrack(local, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendonly})
	if err != nil {
		t.Fatal(err)
	}
	go func() { // what is lost is sent again while somebody reads
		for err == nil {
			_, _, err = sending.Sender().ReadRTCP()
		}
	}()
	return local
}

func withStartCodes(nals [][]byte) (data []byte) {
	for _, nal := range nals {
		data = append(append(data, 0, 0, 0, 1), nal...)
	}
	return data
}

// playWeb shows the stream to see by WHEP, until the test ends.
func playWeb(t *testing.T, address string, see viewer) {
	t.Helper()
	pc := peer(t)
	for _, kind := range []webrtc.RTPCodecType{webrtc.RTPCodecTypeVideo, webrtc.RTPCodecTypeAudio} {
		_, err := pc.AddTransceiverFromKind(kind, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly})
		if err != nil {
			t.Fatal(err)
		}
	}
	pc.OnTrack(func(track *webrtc.TrackRemote, _ *webrtc.RTPReceiver) {
		video := track.Kind() == webrtc.RTPCodecTypeVideo
		clock, shown, begun := rtpTime{rate: int64(track.Codec().ClockRate)}, time.Duration(-1), false
		for {
			p, _, err := track.ReadRTP()
			if err != nil {
				return
			}
			key := video && opensKeyFrame(p.Payload)
			u := unit{video: video, key: key, data: p.Payload, at: clock.time(p.Timestamp), came: time.Now()}
			if begun && video && u.at == shown && !key {
				continue // more of the same picture
			}
			begun, shown = true, u.at
			see(u)
		}
	})
	exchange(t, pc, address)
}

// opensKeyFrame reports whether a payload of H.264 has the parameter sets with which each key frame begins.
func opensKeyFrame(payload []byte) bool {
	const sps, stapA = 7, 24
	return len(payload) > 3 && (payload[0]&31 == sps || payload[0]&31 == stapA && payload[3]&31 == sps)
}

// rtpTime counts the turns of a clock of RTP.
type rtpTime struct {
	rate, ticks int64
	last        uint32
	begun       bool
}

// time is how long after the first time stamp this one is.
func (c *rtpTime) time(stamp uint32) time.Duration {
	if c.begun {
		c.ticks += int64(int32(stamp - c.last))
	}
	c.begun, c.last = true, stamp
	return time.Duration(c.ticks/c.rate)*time.Second + time.Duration(c.ticks%c.rate)*time.Second/time.Duration(c.rate)
}
