package stream

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/claimcall/claimcall/internal/call"
	"github.com/claimcall/claimcall/protocol"
)

// Provider is one media service. Its methods are called concurrently.
type Provider interface {
	// Name is the provider's name on the wire and in the configuration.
	Name() string
	// HandOut returns what the leg that owns the stream is to push, and what it is to play of the other leg. Nothing is
	// asked of the media service.
	HandOut(own call.StreamName, expires time.Time) (protocol.Streams, error)
	// Drop tries once to end a stream, its publisher and its players. There being none is no error.
	Drop(ctx context.Context, name call.StreamName) error
}

// Hooked is a Provider whose media service asks and reports over HTTP.
type Hooked interface {
	Provider
	// HookSecret is the last part of the path to which the media service posts.
	HookSecret() string
	// Hook serves such a request, once the secret has been compared.
	Hook(w http.ResponseWriter, r *http.Request)
}

// Watched is a Provider that knows by itself what flows.
type Watched interface {
	Provider
	// Publishing reports whether the stream is being published now, if that is known. It does not block.
	Publishing(name call.StreamName) (publishing, known bool)
}

// ErrBase says that a configured address cannot be used.
var ErrBase = errors.New("stream: base address")

// app is the first part of each path at the self-hosted services.
const app = "live"

// profile is what live-pusher and live-player are set to for a self-hosted service: the lowest delay that still plays
// smoothly over plain TCP.
func profile() protocol.Profile {
	return protocol.Profile{
		Mode:           "RTC",
		MinBitrateKbps: 300,
		MaxBitrateKbps: 800,
		FPS:            15,
		Width:          360,
		Height:         640,
		AudioQuality:   "high",
		EnableAGC:      true,
		EnableANS:      true,
		MinCacheMS:     200,
		MaxCacheMS:     800,
	}
}

// handOut is what one leg gets from any self-hosted service, before addresses are made of it. Push and play are names with
// their signed queries, as they stand at the end of an RTMP address.
type handOut struct {
	streams    protocol.Streams
	push, play string
}

func newHandOut(provider string, keys Keys, own call.StreamName, expires time.Time) (handOut, error) {
	expires = expires.Truncate(time.Second) // what a signature can say
	push, err := signed(keys, Publish, own, expires)
	if err != nil {
		return handOut{}, fmt.Errorf("stream: hand out: %w", err)
	}
	play, err := signed(keys, Play, own.Other(), expires)
	if err != nil {
		return handOut{}, fmt.Errorf("stream: hand out: %w", err)
	}
	return handOut{
		streams: protocol.Streams{
			Provider:   provider,
			Generation: own.Generation,
			ExpiresAt:  protocol.At(expires),
			Profile:    profile(),
		},
		push: push,
		play: play,
	}, nil
}

// maxArgs is where nginx-rtmp cuts name, "?" and query together, without a word.
const maxArgs = 255

func signed(keys Keys, d Direction, name call.StreamName, expires time.Time) (string, error) {
	if _, err := parseName(name.String()); err != nil {
		return "", err
	}
	query, err := keys.Sign(d, name.String(), expires)
	if err != nil {
		return "", err
	}
	text := name.String() + "?" + query
	if len(text) > maxArgs {
		return "", ErrName
	}
	return text, nil
}

// base checks a configured address, such as rtmp://host:1935, and returns it without a slash at the end.
func base(address string, schemes ...string) (string, error) {
	u, err := url.Parse(address)
	if err != nil || !slices.Contains(schemes, u.Scheme) || u.Host == "" || u.User != nil || u.RawQuery+u.Fragment != "" {
		return "", fmt.Errorf("%w: want %s://HOST:PORT", ErrBase, schemes[0])
	}
	return strings.TrimSuffix(address, "/"), nil
}

func rtmpURL(base, signed string) protocol.StreamURL {
	return protocol.StreamURL{Protocol: protocol.StreamRTMP, URL: base + "/" + app + "/" + signed}
}
