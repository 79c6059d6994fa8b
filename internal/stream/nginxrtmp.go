package stream

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"go.uber.org/zap"

	"github.com/claimcall/claimcall/internal/call"
	"github.com/claimcall/claimcall/protocol"
)

// NginxRTMPName is the name of the provider that is an nginx with the RTMP module.
const NginxRTMPName = "nginx-rtmp"

// NginxRTMPConfig is what the provider of one nginx needs. deploy/nginx-rtmp.conf is the other half.
type NginxRTMPConfig struct {
	// RTMPBase is where clients reach nginx: rtmp://HOST:PORT.
	RTMPBase string
	// InternalBase is where this program reaches it by RTMP, if not there: the bridge and the health check use it.
	InternalBase string
	// BridgeBase is where clients reach the relay that is the bridge to nginx, for FLV and WebRTC: https://HOST. Empty
	// means that there is none.
	BridgeBase string
	// WebRTC says that the bridge serves WHIP and WHEP.
	WebRTC bool
	// ControlURL is where this program reaches the http server of nginx: http://127.0.0.1:8082.
	ControlURL string
	// HookSecret is the last part of the path that nginx posts to: at least 16 letters, digits, "-" and "_".
	HookSecret string
	Keys       Keys
	Authority  Authority
	Log        *zap.Logger
}

// NginxRTMP is the Provider of one nginx with the RTMP module.
type NginxRTMP struct {
	at       places
	internal string
	keys     Keys
	secret   string
	guard    *Guard
	control  control
	claims   *claims
	log      *zap.Logger
}

var (
	_ Hooked  = (*NginxRTMP)(nil)
	_ Bridged = (*NginxRTMP)(nil)
	_ Listed  = (*NginxRTMP)(nil)
	_ Checked = (*NginxRTMP)(nil)
)

// NewNginxRTMP checks the configuration and returns the provider.
func NewNginxRTMP(c NginxRTMPConfig) (*NginxRTMP, error) {
	rtmp, err := base(c.RTMPBase, "rtmp", "rtmps")
	if err != nil {
		return nil, err
	}
	internal := rtmp
	if c.InternalBase != "" {
		if internal, err = base(c.InternalBase, "rtmp", "rtmps"); err != nil {
			return nil, err
		}
	}
	bridge := ""
	if c.BridgeBase != "" {
		if bridge, err = base(c.BridgeBase, "http", "https"); err != nil {
			return nil, err
		}
	}
	controlURL, err := base(c.ControlURL, "http", "https")
	if err != nil {
		return nil, err
	}
	if len(c.HookSecret) < minSecret || !isPlain(c.HookSecret) {
		return nil, fmt.Errorf("%w: the hook secret wants at least %d letters, digits, - or _", ErrSecret, minSecret)
	}
	if c.Authority == nil || c.Log == nil || c.Keys.none() {
		return nil, errors.New("stream: nginx-rtmp: Authority, Log or Keys are missing")
	}
	n := &NginxRTMP{
		at:       places{rtmp: rtmp, http: bridge, webrtc: c.WebRTC},
		internal: internal,
		keys:     c.Keys,
		secret:   c.HookSecret,
		guard:    NewGuard(NginxRTMPName, c.Keys, c.Authority),
		control:  newControl(controlURL),
		log:      c.Log,
	}
	n.claims = &claims{held: newPublishers(), guard: n.guard, publisher: n.publisher}
	return n, nil
}

// Name returns NginxRTMPName.
func (n *NginxRTMP) Name() string { return NginxRTMPName }

// HandOut returns the addresses of one leg: RTMP, as this service speaks nothing else, and what the bridge speaks.
func (n *NginxRTMP) HandOut(own call.StreamName, expires time.Time) (protocol.Streams, error) {
	h, err := newHandOut(NginxRTMPName, n.keys, own, expires)
	if err != nil {
		return protocol.Streams{}, err
	}
	h.streams.Push = n.at.pushes(own.Leg, h.push)
	h.streams.Play = n.at.plays(own.Leg, h.play)
	return h.streams, nil
}

// Remote returns the address at which the bridge publishes or plays the stream.
func (n *NginxRTMP) Remote(d Direction, name call.StreamName) (string, error) {
	return remote(n.internal, n.keys, d, name)
}

// News is the guard that hears of hooks.
func (n *NginxRTMP) News() *Guard { return n.guard }

// settle is how long a client that was admitted just before a drop may take to appear in nginx.
const settle = time.Second

// Drop ends a stream at nginx, twice: a client whose hook was answered a moment before the call ended is attached a
// moment after, and the first drop misses it. Hooks that come later are refused.
func (n *NginxRTMP) Drop(ctx context.Context, name call.StreamName) error {
	if err := n.control.drop(ctx, name.String()); err != nil {
		return fmt.Errorf("stream: nginx-rtmp: drop: %w", err)
	}
	select {
	case <-time.After(settle):
	case <-ctx.Done():
		return nil // it is ended as far as anybody knows
	}
	if err := n.control.drop(ctx, name.String()); err != nil {
		return fmt.Errorf("stream: nginx-rtmp: second drop: %w", err)
	}
	return nil
}

// HookSecret returns the last part of the path that nginx posts to.
func (n *NginxRTMP) HookSecret() string { return n.secret }

// Hook answers a notification of nginx.
func (n *NginxRTMP) Hook(w http.ResponseWriter, r *http.Request) {
	hook, err := readHook(w, r)
	if err == nil {
		err = n.handle(r.Context(), hook)
	}
	if err != nil {
		n.log.Info("stream: nginx-rtmp: hook refused", zap.Stringer("hook", hook), zap.Error(err))
	}
	answerHook(w, err)
}

// handle does what the hook asks for. An error refuses it; nginx looks at the answer only before a client publishes or
// plays.
func (n *NginxRTMP) handle(ctx context.Context, h nginxHook) error {
	switch h.call {
	case "publish":
		return n.publish(ctx, h)
	case "play":
		return n.admit(ctx, Play, h)
	case "publish_done":
		if !n.claims.end(h.client) {
			n.strayDone(h)
		}
	case "done":
		n.claims.end(h.client)
	}
	return nil // others only report what nobody here needs to know
}

func (n *NginxRTMP) publish(ctx context.Context, h nginxHook) error {
	if h.client == "" {
		return errHook // its end could not be told from others'
	}
	if err := n.admit(ctx, Publish, h); err != nil {
		return err
	}
	return n.claims.begin(ctx, h.name, h.client)
}

func (n *NginxRTMP) admit(ctx context.Context, d Direction, h nginxHook) error {
	if h.app != app {
		return ErrName
	}
	return n.guard.Allow(ctx, d, h.name, h.args)
}

// strayDone takes in the end of a publisher that this process never admitted, if it comes with a signature that once
// allowed to publish.
func (n *NginxRTMP) strayDone(h nginxHook) {
	if _, err := n.guard.signed(Publish, h.name, h.args); err != nil || h.app != app || h.client == "" {
		return
	}
	n.claims.stray(h.name, h.client)
}
