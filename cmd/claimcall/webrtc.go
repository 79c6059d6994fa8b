package main

import (
	"errors"
	"fmt"
	"net"
	"syscall"

	"github.com/claimcall/claimcall/internal/config"
	"github.com/claimcall/claimcall/internal/relay"
)

// portAttempts is how often a port is looked for that is free for UDP and for TCP.
const portAttempts = 8

// openWebRTC listens for the media of browsers, on the same port of UDP and TCP. It returns nil if that is switched off.
func openWebRTC(c *config.Serve) (*relay.WebRTC, error) {
	if c.WebRTCListen == "" {
		return nil, nil
	}
	public, err := c.Addresses()
	if err != nil {
		return nil, err
	}
	w := &relay.WebRTC{Public: public, ICEServers: c.ICEServers, TURNSecret: string(c.TURNSecret)}
	for range portAttempts {
		if w.UDP, err = net.ListenPacket("udp", c.WebRTCListen); err != nil {
			break
		}
		if w.TCP, err = net.Listen("tcp", withPort(c.WebRTCListen, w.UDP.LocalAddr())); err == nil {
			return w, nil
		}
		_ = w.UDP.Close()
	}
	const flag = "webrtc-listen"
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf("--%s (%s): %w; choose another with --%s HOST:PORT", flag, config.Variable(flag), err, flag)
	}
	return nil, fmt.Errorf("--%s (%s): %w", flag, config.Variable(flag), err)
}

// withPort is the address with the port that a listener has got.
func withPort(address string, got net.Addr) string {
	host, _, err := net.SplitHostPort(address)
	_, port, err2 := net.SplitHostPort(got.String())
	if err != nil || err2 != nil {
		return address
	}
	return net.JoinHostPort(host, port)
}
