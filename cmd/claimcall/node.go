package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"syscall"

	"go.uber.org/zap"

	"github.com/claimcall/claimcall/hub"
	"github.com/claimcall/claimcall/hub/storage"
	"github.com/claimcall/claimcall/internal/auth"
	"github.com/claimcall/claimcall/internal/config"
	"github.com/claimcall/claimcall/internal/httpapi"
	"github.com/claimcall/claimcall/internal/metrics"
	"github.com/claimcall/claimcall/internal/relay"
	"github.com/claimcall/claimcall/internal/store"
	"github.com/claimcall/claimcall/internal/stream"
	"github.com/claimcall/claimcall/internal/webhook"
	"github.com/claimcall/claimcall/protocol"
	"github.com/claimcall/claimcall/web"
)

// node is everything that serve runs.
type node struct {
	log                    *zap.Logger
	metrics                *metrics.Metrics
	public, rtmp, internal net.Listener // rtmp and internal may be nil
	addresses              addresses

	store    hub.Store
	relay    *relay.Relay  // nil when it is neither configured nor the bridge to another media service
	watcher  *stream.Guard // of the relay
	streams  *stream.Set
	hub      *hub.Hub
	web      *httpapi.Server
	webhooks *webhook.Teller         // nil when nobody is told
	keys     []func(context.Context) // each keeps some keys of tokens up to date until its context ends
}

// addresses are where a node is reached.
type addresses struct {
	public   string // http://HOST:PORT
	socket   string // ws://HOST:PORT/ws
	rtmp     string // rtmp://HOST:PORT, or empty
	internal string // http://HOST:PORT, or empty
}

// assemble wires a node by hand. What listens comes first: an address that is taken is the likeliest failure.
func assemble(c *config.Serve, log *zap.Logger) (*node, error) {
	n := &node{log: log, metrics: metrics.New(version())}
	if err := n.listen(c); err != nil {
		n.unlisten()
		return nil, err
	}
	var err error
	if n.store, err = storage.Open(c.URL(), log); err != nil {
		n.unlisten()
		return nil, err
	}
	if err := n.wire(c); err != nil {
		n.unlisten()
		if n.relay != nil {
			n.relay.Close()
		}
		return nil, errors.Join(err, n.store.Close())
	}
	return n, nil
}

func (n *node) listen(c *config.Serve) (err error) {
	if n.public, err = open("listen", c.Listen); err != nil {
		return err
	}
	if c.Uses(stream.RelayName) {
		if n.rtmp, err = open("rtmp-listen", c.RTMPListen); err != nil {
			return err
		}
	}
	if c.InternalListen != "" {
		if n.internal, err = open("internal-listen", c.InternalListen); err != nil {
			return err
		}
	}
	n.addresses = addressesOf(n, c)
	return nil
}

// open listens, and names the setting if that fails.
func open(flag, address string) (net.Listener, error) {
	l, err := net.Listen("tcp", address)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf("--%s (%s): %w; choose another with --%s 127.0.0.1:PORT", flag, config.Variable(flag), err, flag)
	}
	if err != nil {
		return nil, fmt.Errorf("--%s (%s): %w", flag, config.Variable(flag), err)
	}
	return l, nil
}

func (n *node) unlisten() {
	for _, l := range []net.Listener{n.public, n.rtmp, n.internal} {
		if l != nil {
			_ = l.Close()
		}
	}
}

func addressesOf(n *node, c *config.Serve) addresses {
	var a addresses
	var rtmp net.Addr
	if n.rtmp != nil {
		rtmp = n.rtmp.Addr()
	}
	a.public, a.rtmp = c.Public(n.public.Addr(), rtmp)
	a.socket = "ws" + strings.TrimPrefix(a.public, "http") + "/ws"
	if n.internal != nil {
		a.internal = "http://" + n.internal.Addr().String()
	}
	return a
}

// wire makes the parts that need each other: the hub hands out streams and drops them, and the providers of the streams
// ask the hub who may use them. The knot is undone by an authority that is bound last.
func (n *node) wire(c *config.Serve) error {
	keys, err := stream.NewKeys(string(c.StreamSecret), string(c.StreamSecretBackup))
	if err != nil {
		return err
	}
	late := &stream.LateAuthority{}
	if n.streams, err = n.providers(c, keys, late); err != nil {
		return err
	}
	with, err := n.openKeys(&c.Auth)
	if err != nil {
		return err
	}
	tickets, err := n.openTickets(&c.Auth)
	if err != nil {
		return err
	}
	receivers, err := tell(&c.Webhooks)
	if err != nil {
		return err
	}
	if err := n.openWebhooks(&c.Webhooks); err != nil {
		return err
	}
	n.hub, err = hub.New(hub.Config{
		Store:        n.metrics.Store(n.store),
		Authenticate: tickets.WithTickets(httpapi.Authenticate(auth.NewVerifier(with))),
		Streams:      n.streams,
		Node:         c.NodeID,
		Timing:       timing(c.Timing),
		Limits:       limits(c.Timing, c.Limits),
		Profiles:     profiles(c.ByQueue),
		Keep:         hub.Keep{Records: c.KeepRecords, Texts: c.KeepTexts},
		Tell:         receivers,
		OnEvents:     n.newEvents,
		Observer:     n.metrics,
		Log:          n.log,
	})
	if err != nil {
		return err
	}
	late.Bind(authority{n.hub, n.log})
	n.watch()
	return n.serveWeb(c, with, tickets)
}

func (n *node) serveWeb(c *config.Serve, with auth.Config, tickets *httpapi.Tickets) error {
	proxies, err := c.Proxies()
	if err != nil {
		return err
	}
	settings := httpapi.Config{
		Hub: n.hub, Records: n.hub, Revoker: n.hub, Admin: n.hub, Hooks: n.metrics.Hooks(n.streams.Providers(), n.streams.Hooks()), Pages: web.Handler(),
		Origins: append([]string{n.addresses.public}, c.ConsoleOrigins...), TrustedProxies: proxies,
		Limits: webLimits(c.Limits), Version: version(), Log: n.log,
		Observer: n.metrics, Metrics: n.metrics.Handler(),
	}
	if settings.OIDC, err = n.oidc(c, tickets); err != nil {
		return err
	}
	settings.WeChat = weChat(c, with)
	if n.relay != nil {
		settings.Live, settings.EndLive = n.relay.Handler(), n.relay.Close
	}
	if c.Dev {
		settings.DevSigner = auth.NewSigner(with)
	}
	n.web = httpapi.New(settings)
	return nil
}

// watch has the metrics show what the parts know of themselves.
func (n *node) watch() {
	sources := metrics.Sources{Sessions: n.hub.Sessions, Providers: n.streams.Providers(), Health: n.streams.Health}
	if pulsed, ok := n.store.(store.Pulsed); ok {
		sources.Bus = pulsed.Pulse
	}
	n.metrics.Watch(sources)
}

func timing(t config.Timing) hub.Timing {
	return hub.Timing{
		Ring: t.Ring, Join: t.Join, Queue: t.QueueWait, GraceClaimant: t.GraceClaimant, GraceAdjuster: t.GraceAdjuster,
		RingGone: t.RingGone, WrapUp: t.WrapUp, MaxCall: t.MaxCall, MaxMissed: t.MaxMissed,
		Publish: t.PublishWait, MediaSteady: t.MediaSteady, QualityRaise: t.QualityRaise, ProposeAudio: t.ProposeAudio,
	}
}

func profiles(byQueue map[string]config.Profile) map[string]protocol.Profile {
	all := map[string]protocol.Profile{}
	for queue, p := range byQueue {
		all[queue] = protocol.Profile{
			MinBitrateKbps: p.MinBitrateKbps, MaxBitrateKbps: p.MaxBitrateKbps, FPS: p.FPS,
			Width: p.Width, Height: p.Height, AudioQuality: p.AudioQuality,
		}
	}
	return all
}

func limits(t config.Timing, given config.Limits) hub.Limits {
	l := hub.DefaultLimits()
	l.Commands, l.Burst, l.Calls, l.CallsBurst = given.CommandRate, given.CommandBurst, given.CallRate, given.CallBurst
	l.Queue = given.SendQueue
	l.Hello, l.HeartbeatIdle, l.HeartbeatCall = t.Hello, t.HeartbeatIdle, t.HeartbeatCall
	return l
}

// self is how this program was called, for lines to copy.
func self() string {
	if strings.Contains(os.Args[0], "go-build") {
		return "go run ./cmd/claimcall"
	}
	return os.Args[0]
}
