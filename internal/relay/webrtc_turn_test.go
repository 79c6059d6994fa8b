package relay

import (
	"net"
	"regexp"
	"strings"
	"testing"

	"github.com/pion/logging"
	"github.com/pion/turn/v5"
	"github.com/pion/webrtc/v4"
)

const turnSecret = "secret-that-the-turn-server-shares-with-us"

// startTURN runs a TURN server on UDP and TCP and returns its address. It lets whoever has credentials speak to any
// address of this machine, as one in front of a strict network would.
func startTURN(t *testing.T, secret string) string {
	t.Helper()
	tcp, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	udp, err := net.ListenPacket("udp4", tcp.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	relays := &turn.RelayAddressGeneratorStatic{RelayAddress: net.IPv4(127, 0, 0, 1), Address: "127.0.0.1"}
	quiet := &logging.DefaultLoggerFactory{DefaultLogLevel: logging.LogLevelDisabled}
	server, err := turn.NewServer(turn.ServerConfig{
		Realm: "test", AuthHandler: turn.NewLongTermAuthHandler(secret, quiet.NewLogger("turn")), LoggerFactory: quiet,
		PacketConnConfigs: []turn.PacketConnConfig{{PacketConn: udp, RelayAddressGenerator: relays}},
		ListenerConfigs:   []turn.ListenerConfig{{Listener: tcp, RelayAddressGenerator: relays}},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	return tcp.Addr().String()
}

// iceServers reads the Link headers of an answer as a page does.
func iceServers(links []string) (servers []webrtc.ICEServer) {
	form := regexp.MustCompile(`^<([^>]+)>; rel="ice-server"; username="([^"]+)"; credential="([^"]+)"; credential-type="password"$`)
	for _, link := range links {
		if m := form.FindStringSubmatch(link); m != nil {
			servers = append(servers, webrtc.ICEServer{URLs: m[1:2], Username: m[2], Credential: m[3]})
		}
	}
	return servers
}

// behindTURN is a browser that has no way to us but the TURN servers of our answer.
func (s *server) behindTURN(t *testing.T, path string) *browser {
	t.Helper()
	first := s.offering(t, Publish).post(path) // whose answer names the servers
	wantStatus(t, first, 201)
	servers := iceServers(first.Header.Values("Link"))
	if len(servers) != 1 {
		t.Fatalf("the answer has the links %q", first.Header.Values("Link"))
	}
	return s.browserOf(t, webrtc.Configuration{ICEServers: servers, ICETransportPolicy: webrtc.ICETransportPolicyRelay},
		func(*webrtc.SettingEngine) {})
}

// TestBrowsersBehindTURN: with the credentials of our answer a browser publishes, and another one plays, through a real TURN
// server and by no other way.
func TestBrowsersBehindTURN(t *testing.T) {
	c := makeClip(t, "testsrc2=size=320x240:rate=25", "440")
	for _, transport := range []string{"udp", "tcp"} {
		t.Run(transport, func(t *testing.T) {
			address := startTURN(t, turnSecret)
			s := serveWebWith(t, Config{Gate: openGate()}, WebRTC{
				ICEServers: []string{"turn:" + address + "?transport=" + transport}, TURNSecret: turnSecret,
			}, plain)
			publisher := s.behindTURN(t, "/whip/first")
			wantStatus(t, publisher.publishes("/whip/s", c), 201)
			viewer := s.behindTURN(t, "/whip/second")
			res, got := viewer.plays("/whep/s")
			wantStatus(t, res, 201)
			next(t, got.video)
			next(t, got.audio)
			for who, b := range map[string]*browser{"publisher": publisher, "viewer": viewer} {
				pair, err := b.pc.SCTP().Transport().ICETransport().GetSelectedCandidatePair()
				if err != nil || pair == nil || pair.Local.Typ != webrtc.ICECandidateTypeRelay {
					t.Errorf("the %s goes by %v, %v", who, pair, err)
				}
			}
		})
	}
}

// TestTURNWithAnotherSecret: a TURN server that shares another secret with somebody lets nobody of ours through.
func TestTURNWithAnotherSecret(t *testing.T) {
	address := startTURN(t, "secret-of-somebody-else")
	s := serveWebWith(t, Config{Gate: openGate()}, WebRTC{ICEServers: []string{"turn:" + address}, TURNSecret: turnSecret}, plain)
	b := s.behindTURN(t, "/whip/first")
	b.sampleTrack(webrtc.MimeTypeOpus, "audio")
	if strings.Contains(b.offer(), "typ relay") {
		t.Error("the TURN server has lent an address")
	}
}
