package stream

import (
	"net/url"
	"strings"
	"time"

	"github.com/claimcall/claimcall/internal/call"
	"github.com/claimcall/claimcall/protocol"
)

// tencentWHIP is where everybody pushes by WHIP, whatever the domain.
const tencentWHIP = "https://webrtcpush.tlivewebrtcpush.com/webrtc/v2/whip"

// pushURLs are the addresses to push a stream to, best first for its leg: RTMP in a mini-program, WHIP in a page.
func (t *Tencent) pushURLs(name call.StreamName, expires time.Time) ([]protocol.StreamURL, error) {
	signed, err := t.signed(t.keys.push, name, expires)
	if err != nil {
		return nil, err
	}
	rtmp := at(protocol.StreamRTMP, "rtmp://"+t.pushDomain, t.app, signed)
	webrtc := at(protocol.StreamWebRTC, "webrtc://"+t.pushDomain, t.app, signed)
	whip := protocol.StreamURL{Protocol: protocol.StreamWHIP, URL: whipURL(webrtc.URL)}
	if name.Leg == call.Claimant {
		return []protocol.StreamURL{rtmp, whip, webrtc}, nil
	}
	return []protocol.StreamURL{whip, webrtc, rtmp}, nil
}

// whipURL is the WHIP address of a webrtc:// address. Programs may send that as a bearer token instead; in a browser it must
// stand in the query, as Tencent's answer to the preflight does not admit the header Authorization.
func whipURL(webrtc string) string { return tencentWHIP + "?streamurl=" + url.QueryEscape(webrtc) }

// playURLs are the addresses to play a stream from, best first for the leg that plays it. A page has use for RTMP only if
// it is none, and the low-latency link only works where live-player does.
func (t *Tencent) playURLs(player call.Role, name call.StreamName, expires time.Time) ([]protocol.StreamURL, error) {
	signed, err := t.signed(t.keys.play, name, expires)
	if err != nil {
		return nil, err
	}
	fast, err := t.signed(t.keys.lowLatency, name, expires)
	if err != nil {
		return nil, err
	}
	https := "https://" + t.playDomain
	rtmp := at(protocol.StreamRTMP, "rtmp://"+t.playDomain, t.app, signed)
	lowLatency := at(protocol.StreamRTMP, "rtmp://"+t.playDomain, t.app, fast)
	flv := at(protocol.StreamFLV, https, t.app, withSuffix(signed, ".flv"))
	hls := at(protocol.StreamHLS, https, t.app, withSuffix(signed, ".m3u8"))
	webrtc := at(protocol.StreamWebRTC, "webrtc://"+t.playDomain, t.app, signed)
	if player != call.Claimant {
		return []protocol.StreamURL{webrtc, flv, hls, rtmp}, nil
	}
	if lowLatency == rtmp { // there is but one key
		return []protocol.StreamURL{rtmp, flv, webrtc, hls}, nil
	}
	return []protocol.StreamURL{lowLatency, rtmp, flv, webrtc, hls}, nil
}

// signed is a name with its query, as they stand at the end of an address.
func (t *Tencent) signed(key string, name call.StreamName, expires time.Time) (string, error) {
	if _, err := parseName(name.String()); err != nil {
		return "", err
	}
	stream := t.prefix + name.String()
	query, err := t.keys.query(key, stream, expires)
	if err != nil {
		return "", err
	}
	if query != "" && t.bizID != "" {
		query = "bizid=" + t.bizID + "&" + query
	}
	if query == "" {
		return stream, nil
	}
	return stream + "?" + query, nil
}

// withSuffix puts the suffix between name and query. The signature does not cover it.
func withSuffix(signed, suffix string) string {
	name, query, found := strings.Cut(signed, "?")
	if !found {
		return name + suffix
	}
	return name + suffix + "?" + query
}

func at(p protocol.StreamProtocol, base, app, signed string) protocol.StreamURL {
	return protocol.StreamURL{Protocol: p, URL: base + "/" + app + "/" + signed}
}
