package stream

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"go.uber.org/zap"

	"github.com/claimcall/claimcall/internal/call"
	"github.com/claimcall/claimcall/protocol"
)

// SRSName is the name of the provider that is an SRS.
const SRSName = "srs"

// SRSConfig is what the provider of one SRS needs. deploy/srs.conf is the other half.
type SRSConfig struct {
	// RTMPBase is where clients reach its RTMP: rtmp://HOST:PORT.
	RTMPBase string
	// InternalBase is where this program reaches that, if not there.
	InternalBase string
	// FLVBase is where clients reach its HTTP server, WebRTCBase its API, with WHIP and WHEP: https://HOST. Empty means that
	// they do not.
	FLVBase, WebRTCBase string
	// BridgeBase is where clients reach the relay that is the bridge to it: https://HOST. It is of use if both bases above
	// are empty, and may be empty too. BridgeWebRTC says that the bridge serves WHIP and WHEP.
	BridgeBase   string
	BridgeWebRTC bool
	// API is where this program reaches its API: http://127.0.0.1:1985.
	API string
	// HookSecret is the last part of the path that SRS posts to: at least 16 letters, digits, "-" and "_".
	HookSecret string
	Keys       Keys
	Authority  Authority
	Log        *zap.Logger
}

// SRS is the Provider of one SRS.
type SRS struct {
	rtmp, internal, flv, webrtc string
	bridge                      places
	keys                        Keys
	secret                      string
	guard                       *Guard
	api                         srsAPI
	claims                      *claims
	log                         *zap.Logger
}

var (
	_ Hooked  = (*SRS)(nil)
	_ Bridged = (*SRS)(nil)
	_ Listed  = (*SRS)(nil)
	_ Checked = (*SRS)(nil)
)

// NewSRS checks the configuration and returns the provider.
func NewSRS(c SRSConfig) (*SRS, error) {
	if len(c.HookSecret) < minSecret || !isPlain(c.HookSecret) {
		return nil, fmt.Errorf("%w: the hook secret wants at least %d letters, digits, - or _", ErrSecret, minSecret)
	}
	if c.Authority == nil || c.Log == nil || c.Keys.none() {
		return nil, errors.New("stream: srs: Authority, Log or Keys are missing")
	}
	s := &SRS{keys: c.Keys, secret: c.HookSecret, guard: NewGuard(SRSName, c.Keys, c.Authority), log: c.Log}
	api := ""
	err := errors.Join(
		oneBase(&s.rtmp, c.RTMPBase, true, "rtmp", "rtmps"),
		oneBase(&s.internal, c.InternalBase, false, "rtmp", "rtmps"),
		oneBase(&s.flv, c.FLVBase, false, "http", "https"),
		oneBase(&s.webrtc, c.WebRTCBase, false, "http", "https"),
		oneBase(&s.bridge.http, c.BridgeBase, false, "http", "https"),
		oneBase(&api, c.API, true, "http", "https"),
	)
	if err != nil {
		return nil, err
	}
	if s.internal == "" {
		s.internal = s.rtmp
	}
	s.bridge.rtmp, s.bridge.webrtc = s.rtmp, c.BridgeWebRTC
	s.api = newSRSAPI(api)
	s.claims = &claims{held: newPublishers(), guard: s.guard, publisher: s.api.publisher}
	return s, nil
}

// oneBase checks a configured address into to. Only if it is required it may not be empty.
func oneBase(to *string, address string, required bool, schemes ...string) (err error) {
	if address != "" || required {
		*to, err = base(address, schemes...)
	}
	return err
}

// Name returns SRSName.
func (s *SRS) Name() string { return SRSName }

// HandOut returns the addresses of one leg: RTMP and what of WebRTC and FLV can be reached, of SRS itself or else of the
// bridge.
func (s *SRS) HandOut(own call.StreamName, expires time.Time) (protocol.Streams, error) {
	h, err := newHandOut(SRSName, s.keys, own, expires)
	if err != nil {
		return protocol.Streams{}, err
	}
	if s.flv == "" && s.webrtc == "" {
		h.streams.Push, h.streams.Play = s.bridge.pushes(own.Leg, h.push), s.bridge.plays(own.Leg, h.play)
		return h.streams, nil
	}
	h.streams.Push = byPreference(own.Leg, rtmpURL(s.rtmp, h.push), s.webRTC(protocol.StreamWHIP, h.push))
	h.streams.Play = byPreference(own.Leg, rtmpURL(s.rtmp, h.play), append(s.webRTC(protocol.StreamWHEP, h.play), s.httpFLV(h.play)...))
	return h.streams, nil
}

// byPreference orders what a leg may use: a mini-program speaks RTMP, a page the others.
func byPreference(leg call.Role, rtmp protocol.StreamURL, pages []protocol.StreamURL) []protocol.StreamURL {
	if leg == call.Claimant {
		return append([]protocol.StreamURL{rtmp}, pages...)
	}
	return append(pages, rtmp)
}

// webRTC is the address of a stream in the form that SRS wants: everything in the query.
func (s *SRS) webRTC(kind protocol.StreamProtocol, signed string) []protocol.StreamURL {
	if s.webrtc == "" {
		return nil
	}
	name, query, _ := strings.Cut(signed, "?")
	address := s.webrtc + "/rtc/v1/" + string(kind) + "/?app=" + app + "&stream=" + name + "&" + query
	return []protocol.StreamURL{{Protocol: kind, URL: address}}
}

func (s *SRS) httpFLV(signed string) []protocol.StreamURL {
	if s.flv == "" {
		return nil
	}
	name, query, _ := strings.Cut(signed, "?")
	return []protocol.StreamURL{{Protocol: protocol.StreamFLV, URL: s.flv + "/" + app + "/" + name + ".flv?" + query}}
}

// Remote returns the address at which the bridge publishes or plays the stream.
func (s *SRS) Remote(d Direction, name call.StreamName) (string, error) {
	return remote(s.internal, s.keys, d, name)
}

// Drop ends a stream at SRS, twice, for the reason that there is at nginx-rtmp.
func (s *SRS) Drop(ctx context.Context, name call.StreamName) error {
	if err := s.api.kick(ctx, name.String()); err != nil {
		return fmt.Errorf("stream: srs: drop: %w", err)
	}
	if !every(ctx, settle) {
		return nil // it is ended as far as anybody knows
	}
	if err := s.api.kick(ctx, name.String()); err != nil {
		return fmt.Errorf("stream: srs: second drop: %w", err)
	}
	return nil
}

// Live asks SRS what is being published.
func (s *SRS) Live(ctx context.Context) ([]call.StreamName, error) {
	publishing, err := s.api.publishing(ctx)
	if err != nil {
		return nil, fmt.Errorf("stream: srs: live: %w", err)
	}
	names := make([]call.StreamName, 0, len(publishing))
	for text := range publishing {
		if name, err := parseName(text); err == nil {
			names = append(names, name)
		}
	}
	return names, nil
}

// News is the guard that hears of hooks.
func (s *SRS) News() *Guard { return s.guard }

// Check looks whether SRS takes RTMP and answers at its API.
func (s *SRS) Check(ctx context.Context) error {
	if _, err := s.api.publishing(ctx); err != nil {
		return fmt.Errorf("stream: srs: check API: %w", err)
	}
	if err := checkRTMP(ctx, s.internal); err != nil {
		return fmt.Errorf("stream: srs: check RTMP: %w", err)
	}
	return nil
}

// HookSecret returns the last part of the path that SRS posts to.
func (s *SRS) HookSecret() string { return s.secret }

// Hook answers a notification of SRS.
func (s *SRS) Hook(w http.ResponseWriter, r *http.Request) {
	hook, err := readSRSHook(w, r)
	if err == nil {
		err = s.handle(r.Context(), hook)
	}
	if err != nil {
		s.log.Info("stream: srs: hook refused", zap.Stringer("hook", hook), zap.Error(err))
	}
	answerHook(w, err)
}

// handle does what the hook asks for. SRS looks at the answer only before a client publishes or plays.
func (s *SRS) handle(ctx context.Context, h srsHook) error {
	switch h.Action {
	case "on_publish":
		if err := s.admit(ctx, Publish, h); err != nil {
			return err
		}
		return s.claims.begin(ctx, h.Stream, h.Client)
	case "on_play":
		return s.admit(ctx, Play, h)
	case "on_unpublish":
		if !s.claims.end(h.Client) {
			s.stray(h)
		}
	}
	return nil // others only report what nobody here needs to know
}

func (s *SRS) admit(ctx context.Context, d Direction, h srsHook) error {
	if h.App != app {
		return ErrName
	}
	return s.guard.Allow(ctx, d, h.Stream, h.args)
}

// stray takes in the end of a publisher that this process never admitted, if it comes with a signature that once allowed
// to publish.
func (s *SRS) stray(h srsHook) {
	if _, err := s.guard.signed(Publish, h.Stream, h.args); err != nil || h.App != app {
		return
	}
	s.claims.stray(h.Stream, h.Client)
}
