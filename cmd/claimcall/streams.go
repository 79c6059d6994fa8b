package main

import (
	"context"
	"fmt"

	"go.uber.org/zap"

	"github.com/claimcall/claimcall/hub"
	"github.com/claimcall/claimcall/internal/config"
	"github.com/claimcall/claimcall/internal/relay"
	"github.com/claimcall/claimcall/internal/stream"
)

// providers makes the media services in the configured order. The relay comes last, as it asks those that it is the bridge
// to where streams are.
func (n *node) providers(c *config.Serve, keys stream.Keys, who stream.Authority) (*stream.Set, error) {
	made := map[string]stream.Provider{}
	var bridged []stream.Bridged
	for _, name := range c.Providers {
		if name == stream.RelayName {
			continue
		}
		p, err := n.provider(name, c, keys, who)
		if err != nil {
			return nil, err
		}
		made[name] = p
		if b, ok := p.(stream.Bridged); ok && n.bridgeBase(c) != "" {
			bridged = append(bridged, b)
		}
	}
	if c.Uses(stream.RelayName) || len(bridged) > 0 {
		browsers, err := openWebRTC(c)
		if err != nil {
			return nil, err
		}
		n.openRelay(browsers, keys, who, bridged...)
	}
	all := make([]stream.Provider, 0, len(c.Providers))
	for _, name := range c.Providers {
		p := made[name]
		if p == nil {
			var err error
			if p, err = n.provider(name, c, keys, who); err != nil {
				return nil, err
			}
		}
		all = append(all, p)
	}
	return stream.NewSet(n.log, all...)
}

// openRelay makes the relay, for its own streams and those of the services that it is the bridge to. browsers is nil where
// they can't use WebRTC.
func (n *node) openRelay(browsers *relay.WebRTC, keys stream.Keys, who stream.Authority, bridged ...stream.Bridged) {
	n.watcher = stream.NewGuard(stream.RelayName, keys, who)
	n.relay = relay.New(relay.Config{
		Gate: gate{stream.NewDoor(keys, who, bridged...)}, Watcher: n.watcher, WebRTC: browsers, Log: n.log,
	})
}

// bridgeBase is where browsers reach the bridge; empty if nobody said where that is.
func (n *node) bridgeBase(c *config.Serve) string {
	if c.PublicURL == "" && !c.Dev {
		return ""
	}
	return n.addresses.public
}

// ownRelay is the relay as a media service.
func (n *node) ownRelay(c *config.Serve, keys stream.Keys) (stream.Provider, error) {
	with := stream.RelayConfig{
		RTMPBase: n.addresses.rtmp, HTTPBase: n.addresses.public, WebRTC: c.WebRTCListen != "", Keys: keys, Guard: n.watcher,
		Drop: n.relay.Drop, Published: n.relay.Published, Check: n.relay.Check,
	}
	if c.Redis == "" { // else calls are of many nodes, each with a relay that knows nothing of what the others carry
		with.Publishing = n.relay.Publishing
	}
	return stream.NewRelay(with)
}

// provider makes one media service.
func (n *node) provider(name string, c *config.Serve, keys stream.Keys, who stream.Authority) (stream.Provider, error) {
	switch name {
	case stream.RelayName:
		if n.relay == nil {
			n.openRelay(nil, keys, who)
		}
		return n.ownRelay(c, keys)
	case stream.NginxRTMPName:
		return stream.NewNginxRTMP(stream.NginxRTMPConfig{
			RTMPBase: c.NginxRTMPPublic, InternalBase: c.NginxRTMPInternal, BridgeBase: n.bridgeBase(c),
			WebRTC: c.WebRTCListen != "", ControlURL: c.NginxRTMPControl, HookSecret: string(c.NginxRTMPHookSecret),
			Keys: keys, Authority: who, Log: n.log,
		})
	case stream.SRSName:
		s := &c.SRS
		return stream.NewSRS(stream.SRSConfig{
			RTMPBase: s.Public, InternalBase: s.Internal, FLVBase: s.FLVPublic, WebRTCBase: s.WebRTCPublic,
			BridgeBase: n.bridgeBase(c), BridgeWebRTC: c.WebRTCListen != "", API: s.API, HookSecret: string(s.HookSecret),
			Keys: keys, Authority: who, Log: n.log,
		})
	case stream.TencentName:
		return stream.NewTencent(tencent(c, who, n.log))
	}
	return nil, fmt.Errorf("stream provider %q is not known", name) // config lets no other through
}

// gate has the relay ask at the door.
type gate struct{ door *stream.Door }

// Allow asks whether an attempt may go on, and where its stream lives.
func (g gate) Allow(ctx context.Context, a relay.Attempt) (relay.Route, error) {
	remote, err := g.door.Open(ctx, stream.Direction(a.Action), a.Name, a.Query)
	return relay.Route{Remote: remote}, err
}

// authority is the hub as the providers see it.
type authority struct {
	*hub.Hub
	log *zap.Logger
}

// StreamChanged passes the news on. What is lost here is told again when the provider looks at what flows.
func (a authority) StreamChanged(ctx context.Context, provider string, name hub.StreamName, publishing bool) error {
	err := a.Hub.StreamChanged(ctx, provider, name, publishing)
	if err != nil {
		a.log.Warn("news of a stream lost", zap.String("provider", provider), zap.Stringer("stream", name),
			zap.Bool("publishing", publishing), zap.Error(err))
	}
	return err
}
