package config

import (
	"errors"
	"net/netip"
	"strings"
)

// WebRTC says how browsers send and receive media.
type WebRTC struct {
	WebRTCListen   string   `name:"webrtc-listen" env:"CLAIMCALL_WEBRTC_LISTEN" help:"UDP and TCP address of the relay's WebRTC; \"off\" for none (default :8189; with --dev any free port of 127.0.0.1)." placeholder:"HOST:PORT"`
	WebRTCPublic   []string `name:"webrtc-public" env:"CLAIMCALL_WEBRTC_PUBLIC" help:"IP addresses by which browsers reach --webrtc-listen, with the same port, if others than those of this machine." placeholder:"IP"`
	ICEServers     []string `name:"ice-servers" env:"CLAIMCALL_ICE_SERVERS" help:"STUN and TURN servers for browsers." placeholder:"turn:HOST:PORT"`
	TURNSecret     Secret   `name:"turn-secret" env:"CLAIMCALL_TURN_SECRET" help:"Secret shared with the TURN servers (coturn: static-auth-secret), from which each browser gets credentials for a day." placeholder:"SECRET"`
	TURNSecretFile string   `name:"turn-secret-file" env:"CLAIMCALL_TURN_SECRET_FILE" help:"File that holds it." placeholder:"FILE"`
}

// complete fills in the default that depends on dev.
func (w *WebRTC) complete(dev bool) {
	switch {
	case w.WebRTCListen == off:
		w.WebRTCListen = ""
	case w.WebRTCListen == "" && dev:
		w.WebRTCListen = "127.0.0.1:0"
	case w.WebRTCListen == "":
		w.WebRTCListen = ":8189"
	}
}

func (w *WebRTC) check(dev bool) error {
	errs := []error{w.TURNSecret.readFile("turn-secret", w.TURNSecretFile), checkListen("webrtc-listen", w.WebRTCListen, dev)}
	w.TURNSecretFile = "" // it has been read
	if _, err := w.Addresses(); err != nil {
		errs = append(errs, wrong("webrtc-public", "can't be read: wanted IP addresses such as 203.0.113.7, separated by commas: %w", err))
	}
	for _, server := range w.ICEServers {
		errs = append(errs, w.checkServer(server))
	}
	return errors.Join(errs...)
}

// checkServer wants what may stand in a header as it is.
func (w *WebRTC) checkServer(server string) error {
	scheme, host, _ := strings.Cut(server, ":")
	switch {
	case scheme != "stun" && scheme != "turn" && scheme != "turns", host == "", strings.ContainsAny(host, "<>\"; \t/@"):
		return wrong("ice-servers", "has %q: wanted stun:HOST[:PORT], turn:HOST[:PORT][?transport=tcp] or turns:..., "+
			"separated by commas, without user and password", server)
	case scheme != "stun" && w.TURNSecret == "":
		return wrong("turn-secret", "is missing: wanted the secret that the TURN servers share with this one (coturn: static-auth-secret)")
	}
	return nil
}

// Addresses returns the public addresses.
func (w *WebRTC) Addresses() ([]netip.Addr, error) {
	var all []netip.Addr
	for _, text := range w.WebRTCPublic {
		addr, err := netip.ParseAddr(text)
		if err != nil {
			return nil, err
		}
		all = append(all, addr)
	}
	return all, nil
}
