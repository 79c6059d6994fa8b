package relay

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/logging"
	"github.com/pion/webrtc/v4"
)

// WebRTC is what WHIP and WHEP need besides the HTTP of Handler. The relay closes both listeners when it is closed.
type WebRTC struct {
	// UDP carries the media of all browsers, TCP that of those whose network lets no UDP through; TCP may be nil.
	UDP net.PacketConn
	TCP net.Listener
	// Public are the addresses by which browsers reach the listeners, if others than those of this machine.
	Public []netip.Addr
	// ICEServers are offered to browsers: "stun:HOST[:PORT]", "turn:HOST[:PORT][?transport=tcp]" or "turns:...".
	ICEServers []string
	// TURNSecret is what the TURN servers among them share with us (coturn's static-auth-secret). Each browser gets
	// credentials of its own, which hold for a day.
	TURNSecret string
}

const (
	// A page that was closed without a word is noticed after the sum of these two.
	iceDisconnected, iceFailed = 3 * time.Second, 6 * time.Second
	iceKeepAlive               = time.Second
	// udpBuffer is what the kernel may hold of incoming packets, in bytes: a key frame of each of some hundred browsers.
	udpBuffer = 4 << 20
	// tcpWriteBuffer bounds what waits for one browser on TCP, in bytes; beyond it packets are lost, as with UDP.
	tcpWriteBuffer = 1 << 20
	// nackInterval is how often missing packets are asked for again.
	nackInterval = 30 * time.Millisecond
)

// webRTC makes peer connections, which all share one UDP port and one TCP port, and knows the sessions that use them.
type webRTC struct {
	WebRTC
	limits Limits
	// publish and play make the peer connections of the two.
	publish, play *webrtc.API
	muxes         []interface{ Close() error }
	// half holds the sessions that are not connected yet.
	half         *lobby
	certificates certificates

	mu       sync.Mutex
	sessions map[string]*session
}

func newWebRTC(c WebRTC, l Limits) (*webRTC, error) {
	w := &webRTC{WebRTC: c, limits: l, half: newLobby(l.MaxHandshakes, l.MaxHandshakes), sessions: map[string]*session{}}
	settings, err := w.settings()
	if err != nil {
		w.close()
		return nil, fmt.Errorf("relay: set up WebRTC: %w", err)
	}
	publish, err := newAPI(Publish, settings)
	play, err2 := newAPI(Play, settings)
	if err := errors.Join(err, err2); err != nil {
		w.close()
		return nil, fmt.Errorf("relay: set up WebRTC: %w", err)
	}
	w.publish, w.play = publish, play
	return w, nil
}

// settings opens the muxes. We are an ICE-lite agent, reachable by the addresses in our answers: nothing is ever sent to an
// address only because an offer names it.
func (w *webRTC) settings() (webrtc.SettingEngine, error) {
	var s webrtc.SettingEngine
	quiet := &logging.DefaultLoggerFactory{DefaultLogLevel: logging.LogLevelDisabled}
	s.LoggerFactory = quiet
	s.SetLite(true)
	s.DisableActiveTCP(true)
	s.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	s.SetICETimeouts(iceDisconnected, iceFailed, iceKeepAlive)
	s.SetIncludeLoopbackCandidate(isLoopback(w.UDP.LocalAddr()))
	networks := []webrtc.NetworkType{webrtc.NetworkTypeUDP4, webrtc.NetworkTypeUDP6}
	if udp, ok := w.UDP.(*net.UDPConn); ok {
		_ = udp.SetReadBuffer(udpBuffer) // the system may allow less
	}
	udp := ice.NewUDPMuxDefault(ice.UDPMuxParams{UDPConn: w.UDP, Logger: quiet.NewLogger("udp")})
	w.muxes = append(w.muxes, udp)
	s.SetICEUDPMux(udp)
	if w.TCP != nil {
		networks = append(networks, webrtc.NetworkTypeTCP4, webrtc.NetworkTypeTCP6)
		tcp := ice.NewTCPMuxDefault(ice.TCPMuxParams{
			Listener: w.strangers(), Logger: quiet.NewLogger("tcp"), ReadBufferSize: 32, WriteBufferSize: tcpWriteBuffer,
			FirstStunBindTimeout: 5 * time.Second, AliveDurationForConnFromStun: 10 * time.Second,
		})
		w.muxes = append(w.muxes, tcp)
		s.SetICETCPMux(tcp)
	}
	s.SetNetworkTypes(networks)
	return s, w.rewrite(&s)
}

// strangers is the TCP port, with a bound on those who hold a connection open and nothing else.
func (w *webRTC) strangers() net.Listener {
	l := w.limits
	return &strangers{
		Listener: w.TCP, lobby: newLobby(l.MaxHandshakes, l.HandshakesPerHost), max: l.MaxPublishers + l.MaxViewers + l.MaxHandshakes,
	}
}

// rewrite puts the public addresses into our answers.
func (w *webRTC) rewrite(s *webrtc.SettingEngine) error {
	if len(w.Public) == 0 {
		return nil
	}
	rule := webrtc.ICEAddressRewriteRule{
		AsCandidateType: webrtc.ICECandidateTypeHost, Mode: webrtc.ICEAddressRewriteReplace,
	}
	for _, addr := range w.Public {
		rule.External = append(rule.External, addr.String())
	}
	return s.SetICEAddressRewriteRules(rule)
}

func isLoopback(addr net.Addr) bool {
	at, err := netip.ParseAddrPort(addr.String())
	return err == nil && at.Addr().IsLoopback()
}

// h264Format is how SDP describes H.264 of a profile, in the packets that we take and make.
func h264Format(profile string) string {
	return "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=" + profile
}

// registerCodecs offers what every browser has and RTMP can carry: H.264 and Opus. Browsers then choose H.264 by themselves.
func registerCodecs(media *webrtc.MediaEngine) error {
	feedback := []webrtc.RTCPFeedback{{Type: "ccm", Parameter: "fir"}, {Type: "nack", Parameter: "pli"}}
	for i, profile := range []string{constrainedBaseline, baseline, main, constrainedHigh, high} {
		err := media.RegisterCodec(webrtc.RTPCodecParameters{
			RTPCodecCapability: webrtc.RTPCodecCapability{
				MimeType: webrtc.MimeTypeH264, ClockRate: videoRate, RTCPFeedback: feedback,
				SDPFmtpLine: h264Format(profile),
			},
			PayloadType: webrtc.PayloadType(102 + i),
		}, webrtc.RTPCodecTypeVideo)
		if err != nil {
			return err
		}
	}
	return media.RegisterCodec(webrtc.RTPCodecParameters{
		RTPCodecCapability: webrtc.RTPCodecCapability{
			MimeType: webrtc.MimeTypeOpus, ClockRate: opusRate, Channels: 2, SDPFmtpLine: "minptime=10;useinbandfec=1",
		},
		PayloadType: 111,
	}, webrtc.RTPCodecTypeAudio)
}

func (w *webRTC) add(s *session) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.sessions[s.id] = s
}

func (w *webRTC) remove(s *session) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.sessions, s.id)
}

// find returns the session of that id if it belongs to the name and the action, else nil.
func (w *webRTC) find(action Action, name, id string) *session {
	w.mu.Lock()
	defer w.mu.Unlock()
	s := w.sessions[id]
	if s == nil || s.attempt.Name != name || s.attempt.Action != action {
		return nil
	}
	return s
}

// close frees the ports, after the sessions have ended.
func (w *webRTC) close() {
	for _, mux := range w.muxes {
		_ = mux.Close()
	}
}
