package stream

import (
	"strings"

	"github.com/claimcall/claimcall/internal/call"
	"github.com/claimcall/claimcall/protocol"
)

// places are where clients reach a service that speaks RTMP, and the relay that speaks the rest: for itself, or as the
// bridge of another service.
type places struct {
	rtmp string
	// http is the base of FLV and WebRTC; empty if there is neither.
	http   string
	webrtc bool
}

// pushes returns where the leg may push what is signed. A page can speak WebRTC alone, and everybody else prefers RTMP.
func (p places) pushes(leg call.Role, signed string) []protocol.StreamURL {
	rtmp := rtmpURL(p.rtmp, signed)
	if p.http == "" || !p.webrtc {
		return []protocol.StreamURL{rtmp}
	}
	whip := protocol.StreamURL{Protocol: protocol.StreamWHIP, URL: p.http + "/whip/" + signed}
	if leg == call.Claimant {
		return []protocol.StreamURL{rtmp, whip}
	}
	return []protocol.StreamURL{whip, rtmp}
}

// plays returns where the leg may play what is signed. The mini-program's live-player has the least delay with RTMP. A page
// has it with WebRTC, then with FLV over a WebSocket, which does not use up one of the six connections that a browser
// opens to a host.
func (p places) plays(leg call.Role, signed string) []protocol.StreamURL {
	rtmp := rtmpURL(p.rtmp, signed)
	if p.http == "" {
		return []protocol.StreamURL{rtmp}
	}
	name, query, _ := strings.Cut(signed, "?")
	path := "/" + app + "/" + name + ".flv?" + query
	flv := protocol.StreamURL{Protocol: protocol.StreamFLV, URL: p.http + path}
	ws := protocol.StreamURL{Protocol: protocol.StreamWSFLV, URL: "ws" + strings.TrimPrefix(p.http, "http") + path} // https becomes wss
	var whep []protocol.StreamURL
	if p.webrtc {
		whep = []protocol.StreamURL{{Protocol: protocol.StreamWHEP, URL: p.http + "/whep/" + signed}}
	}
	if leg == call.Claimant {
		return append(append([]protocol.StreamURL{rtmp}, whep...), flv, ws)
	}
	return append(whep, ws, flv, rtmp)
}
