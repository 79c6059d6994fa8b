package stream

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/claimcall/claimcall/internal/call"
	"github.com/claimcall/claimcall/protocol"
)

// RelayName is the name of the provider that is the relay inside the program.
const RelayName = "relay"

// RelayConfig is what the relay's provider needs.
type RelayConfig struct {
	// RTMPBase is where clients reach the relay by RTMP: rtmp://HOST:PORT.
	RTMPBase string
	// HTTPBase is where clients reach the pages: http://HOST:PORT or https://HOST. FLV comes from there too.
	HTTPBase string
	Keys     Keys
	// Drop ends the stream of that name inside the relay, at once.
	Drop func(name string)
	// Publishing reports whether the relay has a publisher of that name. Leave it nil where publishers may be at the
	// relay of another process: this one then says nothing of what flows.
	Publishing func(name string) bool
}

// Relay is the Provider of the relay inside the program.
type Relay struct {
	rtmp, http, ws string
	keys           Keys
	drop           func(string)
	publishing     func(string) bool // may be nil
}

var _ Watched = (*Relay)(nil)

// NewRelay checks the addresses and returns the provider.
func NewRelay(c RelayConfig) (*Relay, error) {
	rtmp, err := base(c.RTMPBase, "rtmp", "rtmps")
	if err != nil {
		return nil, err
	}
	http, err := base(c.HTTPBase, "http", "https")
	if err != nil {
		return nil, err
	}
	if c.Drop == nil || c.Keys.none() {
		return nil, errors.New("stream: relay: Drop or Keys are missing")
	}
	ws := "ws" + strings.TrimPrefix(http, "http") // https becomes wss
	return &Relay{rtmp: rtmp, http: http, ws: ws, keys: c.Keys, drop: c.Drop, publishing: c.Publishing}, nil
}

// Name returns RelayName.
func (r *Relay) Name() string { return RelayName }

// HandOut returns the addresses of one leg: to push by RTMP, to play by RTMP and FLV. The mini-program's live-player
// has the least delay with RTMP; a page can play FLV only, better over a WebSocket, which does not use up one of the
// six connections that a browser opens to a host.
func (r *Relay) HandOut(own call.StreamName, expires time.Time) (protocol.Streams, error) {
	h, err := newHandOut(RelayName, r.keys, own, expires)
	if err != nil {
		return protocol.Streams{}, err
	}
	h.streams.Push = []protocol.StreamURL{rtmpURL(r.rtmp, h.push)}
	h.streams.Play = r.play(own.Leg, h.play)
	return h.streams, nil
}

func (r *Relay) play(leg call.Role, signed string) []protocol.StreamURL {
	name, query, _ := strings.Cut(signed, "?")
	path := "/" + app + "/" + name + ".flv?" + query
	rtmp := rtmpURL(r.rtmp, signed)
	flv := protocol.StreamURL{Protocol: protocol.StreamFLV, URL: r.http + path}
	ws := protocol.StreamURL{Protocol: protocol.StreamWSFLV, URL: r.ws + path}
	if leg == call.Claimant {
		return []protocol.StreamURL{rtmp, flv, ws}
	}
	return []protocol.StreamURL{ws, flv, rtmp}
}

// Drop ends a stream in the relay.
func (r *Relay) Drop(_ context.Context, name call.StreamName) error {
	r.drop(name.String())
	return nil
}

// Publishing reports whether the relay has a publisher of the stream.
func (r *Relay) Publishing(name call.StreamName) (publishing, known bool) {
	if r.publishing == nil {
		return false, false
	}
	return r.publishing(name.String()), true
}
