package relay

import (
	"encoding/binary"
	"math/rand/v2"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
)

// Whatever arrives at the port for browsers' media from elsewhere, a call there does not notice.
func TestGarbageAtTheUDPPort(t *testing.T) {
	s := serveWeb(t, Config{Gate: openGate()})
	wantStatus(t, s.browser(t).publishes("/whip/s", stills()), http.StatusCreated)
	res, got := s.browser(t).plays("/whep/s")
	wantStatus(t, res, http.StatusCreated)
	next(t, got.video)

	nc, err := net.Dial("udp", s.web.UDP.LocalAddr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	random := rand.New(rand.NewPCG(1, 2))
	for i := range 2000 {
		_, _ = nc.Write(garbage(random, i))
	}
	next(t, got.video)
	next(t, got.audio)
	res, late := s.browser(t).plays("/whep/s")
	wantStatus(t, res, http.StatusCreated)
	next(t, late.video)
	if n := s.halfOpen(); n != 3 {
		t.Errorf("%d sessions", n)
	}
}

// garbage is random bytes that may begin like STUN, DTLS or RTP.
func garbage(random *rand.Rand, i int) []byte {
	b := make([]byte, random.IntN(1400)+1)
	for j := range b {
		b[j] = byte(random.Uint32())
	}
	switch i % 4 {
	case 1:
		b[0] = 0x80
	case 2:
		b[0] = 22
	case 3:
		if len(b) > 20 {
			copy(b, []byte{0, 1, 0, 0, 0x21, 0x12, 0xA4, 0x42})
			binary.BigEndian.PutUint16(b[2:], uint16(len(b)-20)&^3)
		}
	}
	return b
}

// A browser that was let in and sends nonsense as its video publishes nothing that players can't read, and what it sends
// afterwards arrives.
func TestGarbageFromAPublisher(t *testing.T) {
	s := serveWeb(t, Config{Gate: openGate()})
	b := s.browser(t)
	video, err := webrtc.NewTrackLocalStaticRTP(webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeH264, ClockRate: videoRate}, "video", "test")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.pc.AddTrack(video); err != nil {
		t.Fatal(err)
	}
	wantStatus(t, b.post("/whip/s"), http.StatusCreated)
	wait(t, b.connected, "the connection")

	random := rand.New(rand.NewPCG(3, 4))
	var seq uint16
	for i := range 3000 {
		seq = uint16(random.Uint32())
		header := rtp.Header{Version: 2, Marker: i%3 == 0, SequenceNumber: seq, Timestamp: random.Uint32()}
		_ = video.WriteRTP(&rtp.Packet{Header: header, Payload: garbage(random, 0)})
	}
	whole := []byte{packetSTAPA, 0, 4, 0x67, 66, 0xC0, 31, 0, 2, 0x68, 0xCE, 0, 2, 0x65, 1}
	tick := time.NewTicker(clipFrame)
	defer tick.Stop()
	seen := make(chan struct{})
	go func() {
		defer close(seen)
		res, got := s.browser(t).plays("/whep/s")
		for res.StatusCode != http.StatusCreated { // some of the nonsense may have looked like what no browser plays
			res, got = s.browser(t).plays("/whep/s")
		}
		<-got.video
	}()
	for seq += 20_000; ; seq++ { // so far off that it is a new beginning
		_ = video.WriteRTP(&rtp.Packet{
			Header: rtp.Header{Version: 2, Marker: true, SequenceNumber: seq, Timestamp: uint32(seq) * 3600}, Payload: whole,
		})
		select {
		case <-seen:
			return
		case <-t.Context().Done():
			return
		case <-tick.C:
		}
	}
}
