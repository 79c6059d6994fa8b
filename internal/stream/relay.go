package stream

import (
	"context"
	"errors"
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
	// HTTPBase is where clients reach the pages: http://HOST:PORT or https://HOST. FLV and WebRTC begin there too.
	HTTPBase string
	// WebRTC says that WHIP and WHEP are served.
	WebRTC bool
	Keys   Keys
	// Guard is the relay's watcher: what it tells is compared with what is published.
	Guard *Guard
	// Drop ends the stream of that name inside the relay, at once.
	Drop func(name string)
	// Publishing reports whether the relay has a publisher of that name. Leave it nil where publishers may be at the
	// relay of another process: this one then says nothing of what flows.
	Publishing func(name string) bool
	// Check returns nil if the relay takes connections. Nil: it is not asked.
	Check func(ctx context.Context) error
	// Published returns the names of all streams that have a publisher inside this relay and live there.
	Published func() []string
}

// Relay is the Provider of the relay inside the program.
type Relay struct {
	at         places
	keys       Keys
	guard      *Guard
	drop       func(string)
	publishing func(string) bool // may be nil
	published  func() []string
	check      func(context.Context) error // may be nil
}

var (
	_ Watched = (*Relay)(nil)
	_ Listed  = (*Relay)(nil)
	_ Checked = (*Relay)(nil)
)

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
	if c.Drop == nil || c.Published == nil || c.Guard == nil || c.Keys.none() {
		return nil, errors.New("stream: relay: Drop, Published, Guard or Keys are missing")
	}
	return &Relay{
		at: places{rtmp: rtmp, http: http, webrtc: c.WebRTC}, keys: c.Keys, guard: c.Guard,
		drop: c.Drop, publishing: c.Publishing, published: c.Published, check: c.Check,
	}, nil
}

// Name returns RelayName.
func (r *Relay) Name() string { return RelayName }

// HandOut returns the addresses of one leg: by RTMP, WebRTC and FLV.
func (r *Relay) HandOut(own call.StreamName, expires time.Time) (protocol.Streams, error) {
	h, err := newHandOut(RelayName, r.keys, own, expires)
	if err != nil {
		return protocol.Streams{}, err
	}
	h.streams.Push = r.at.pushes(own.Leg, h.push)
	h.streams.Play = r.at.plays(own.Leg, h.play)
	return h.streams, nil
}

// Drop ends a stream in the relay.
func (r *Relay) Drop(_ context.Context, name call.StreamName) error {
	r.drop(name.String())
	return nil
}

// Check returns nil if the relay takes connections.
func (r *Relay) Check(ctx context.Context) error {
	if r.check == nil {
		return nil
	}
	return r.check(ctx)
}

// Publishing reports whether the relay has a publisher of the stream.
func (r *Relay) Publishing(name call.StreamName) (publishing, known bool) {
	if r.publishing == nil {
		return false, false
	}
	return r.publishing(name.String()), true
}

// Live returns what is published inside this relay.
func (r *Relay) Live(context.Context) ([]call.StreamName, error) {
	var names []call.StreamName
	for _, text := range r.published() {
		if name, err := parseName(text); err == nil {
			names = append(names, name)
		}
	}
	return names, nil
}

// News is what the relay's watcher is.
func (r *Relay) News() *Guard { return r.guard }
