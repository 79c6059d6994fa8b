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
	rtmp       string
	keys       Keys
	secret     string
	guard      *Guard
	control    control
	publishers *publishers
	log        *zap.Logger
}

var _ Hooked = (*NginxRTMP)(nil)

// NewNginxRTMP checks the configuration and returns the provider.
func NewNginxRTMP(c NginxRTMPConfig) (*NginxRTMP, error) {
	rtmp, err := base(c.RTMPBase, "rtmp", "rtmps")
	if err != nil {
		return nil, err
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
	return &NginxRTMP{
		rtmp:       rtmp,
		keys:       c.Keys,
		secret:     c.HookSecret,
		guard:      NewGuard(NginxRTMPName, c.Keys, c.Authority),
		control:    newControl(controlURL),
		publishers: newPublishers(),
		log:        c.Log,
	}, nil
}

// Name returns NginxRTMPName.
func (n *NginxRTMP) Name() string { return NginxRTMPName }

// HandOut returns the addresses of one leg: RTMP both ways, as this service speaks nothing else.
func (n *NginxRTMP) HandOut(own call.StreamName, expires time.Time) (protocol.Streams, error) {
	h, err := newHandOut(NginxRTMPName, n.keys, own, expires)
	if err != nil {
		return protocol.Streams{}, err
	}
	h.streams.Push = []protocol.StreamURL{rtmpURL(n.rtmp, h.push)}
	h.streams.Play = []protocol.StreamURL{rtmpURL(n.rtmp, h.play)}
	return h.streams, nil
}

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
		if !n.done(h) {
			n.strayDone(h)
		}
	case "done":
		n.done(h)
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
	if err := n.publishers.claim(h.name, h.client, time.Now()); err != nil {
		return err
	}
	n.guard.Published(h.name)
	if err := ctx.Err(); err != nil { // nginx has not waited: the publisher is gone, and its end will not be reported
		n.done(h)
		return err
	}
	return nil
}

func (n *NginxRTMP) admit(ctx context.Context, d Direction, h nginxHook) error {
	if h.app != app {
		return ErrName
	}
	return n.guard.Allow(ctx, d, h.name, h.args)
}

// done reports the end of what a connection published, and whether it published anything.
func (n *NginxRTMP) done(h nginxHook) bool {
	names := n.publishers.ending(h.client)
	for _, name := range names {
		n.guard.Unpublished(name)
		n.publishers.release(name)
	}
	return len(names) > 0
}

// strayDone takes in the end of a publisher that this process never admitted: one from before a restart. The end counts
// if the name is nobody else's; whoever was refused because the name was taken ends under it too.
func (n *NginxRTMP) strayDone(h nginxHook) {
	if _, err := n.guard.signed(Publish, h.name, h.args); err != nil || h.app != app || h.client == "" {
		return
	}
	if n.publishers.adopt(h.name, h.client, time.Now()) {
		n.guard.Unpublished(h.name)
		n.publishers.release(h.name)
	}
}
