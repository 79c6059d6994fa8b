package config

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strings"
)

// off in place of an address means not to listen.
const off = "off"

// Network says where the server listens and under which addresses it is reached.
type Network struct {
	Listen         string   `env:"CLAIMCALL_LISTEN" help:"Address of pages, sockets and hooks (default :8080; with --dev 127.0.0.1:8080)." placeholder:"HOST:PORT"`
	RTMPListen     string   `name:"rtmp-listen" env:"CLAIMCALL_RTMP_LISTEN" help:"Address of the relay's RTMP (default :1935; with --dev 127.0.0.1:1935)." placeholder:"HOST:PORT"`
	InternalListen string   `env:"CLAIMCALL_INTERNAL_LISTEN" help:"Address for operators: health and profiles; \"off\" for none (default 127.0.0.1:8081; with --dev any free port)." placeholder:"HOST:PORT"`
	PublicURL      string   `name:"public-url" env:"CLAIMCALL_PUBLIC_URL" help:"Address by which browsers reach --listen (with --dev the address itself)." placeholder:"https://HOST"`
	RTMPPublic     string   `name:"rtmp-public" env:"CLAIMCALL_RTMP_PUBLIC" help:"Address by which phones reach --rtmp-listen (default: host of --public-url, port of --rtmp-listen)." placeholder:"rtmp://HOST:PORT"`
	ConsoleOrigins []string `env:"CLAIMCALL_CONSOLE_ORIGINS" help:"Origins of pages, other than --public-url, on which adjusters may work." placeholder:"https://HOST"`
	TrustedProxies []string `env:"CLAIMCALL_TRUSTED_PROXIES" help:"Networks of proxies whose X-Forwarded-For is believed." placeholder:"10.0.0.0/8"`
}

// complete fills in the defaults that depend on dev.
func (n *Network) complete(dev bool) {
	host, internal := "", "127.0.0.1:8081"
	if dev {
		host, internal = "127.0.0.1", "127.0.0.1:0"
	}
	n.Listen = address(n.Listen, host, "8080")
	n.RTMPListen = address(n.RTMPListen, host, "1935")
	if n.InternalListen == "" {
		n.InternalListen = internal
	}
	n.PublicURL = strings.TrimRight(n.PublicURL, "/")
	n.RTMPPublic = strings.TrimRight(n.RTMPPublic, "/")
	if n.InternalListen == off {
		n.InternalListen = ""
	}
}

// address completes HOST:PORT. A port alone means the default host: with --dev loopback, otherwise everywhere.
func address(given, host, port string) string {
	if given == "" {
		return net.JoinHostPort(host, port)
	}
	if h, p, err := net.SplitHostPort(given); err == nil && h == "" {
		return net.JoinHostPort(host, p)
	}
	return given
}

func (n *Network) check(dev, relay bool) error {
	errs := []error{n.checkPublic(dev, relay), n.checkOrigins(), n.checkProxies()}
	listens := []struct{ flag, address string }{
		{"listen", n.Listen}, {"rtmp-listen", n.RTMPListen}, {"internal-listen", n.InternalListen},
	}
	for _, l := range listens {
		errs = append(errs, checkListen(l.flag, l.address, dev))
	}
	return errors.Join(errs...)
}

func checkListen(flag, address string, dev bool) error {
	if address == "" {
		return nil
	}
	host, port, err := net.SplitHostPort(address)
	if err != nil || port == "" {
		return wrong(flag, "is %q: wanted HOST:PORT, for example 127.0.0.1:8080", address)
	}
	if dev && !loopback(host) {
		return wrong(flag, "is %q, but --dev signs in anybody and so listens on loopback only: "+
			"wanted 127.0.0.1:%s, or no --dev and a key of your own", address, port)
	}
	return nil
}

func loopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}

func (n *Network) checkPublic(dev, relay bool) error {
	var errs []error
	switch {
	case n.PublicURL == "" && relay && !dev:
		errs = append(errs, wrong("public-url", "is missing: wanted the address by which browsers reach this server, "+
			"for example https://call.example.org, because the relay's streams are played from there"))
	case n.PublicURL != "" && !isBase(n.PublicURL, "http", "https"):
		errs = append(errs, wrong("public-url", "is %q: wanted http(s)://HOST[:PORT]", n.PublicURL))
	}
	if n.RTMPPublic != "" && !isBase(n.RTMPPublic, "rtmp", "rtmps") {
		errs = append(errs, wrong("rtmp-public", "is %q: wanted rtmp://HOST[:PORT], without the application", n.RTMPPublic))
	}
	return errors.Join(errs...)
}

func (n *Network) checkOrigins() error {
	for _, origin := range n.ConsoleOrigins {
		if !isBase(origin, "http", "https") {
			return wrong("console-origins", "has %q: wanted http(s)://HOST[:PORT], separated by commas", origin)
		}
	}
	return nil
}

func (n *Network) checkProxies() error {
	if _, err := n.Proxies(); err != nil {
		return wrong("trusted-proxies", "can't be read: wanted networks such as 10.0.0.0/8, separated by commas: %w", err)
	}
	return nil
}

// Proxies returns the networks of the trusted proxies.
func (n *Network) Proxies() ([]netip.Prefix, error) {
	var networks []netip.Prefix
	for _, text := range n.TrustedProxies {
		network, err := netip.ParsePrefix(text)
		if err != nil {
			return nil, fmt.Errorf("network %q: %w", text, err)
		}
		networks = append(networks, network)
	}
	return networks, nil
}

// isBase reports whether text is scheme://host without anything behind.
func isBase(text string, schemes ...string) bool {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" {
		return false
	}
	for _, scheme := range schemes {
		if text == scheme+"://"+u.Host {
			return true
		}
	}
	return false
}

// Public returns the addresses by which the listeners are reached, for URLs. The listeners say what their addresses
// have become, because a port can be 0. rtmp is nil when nothing listens there.
func (n *Network) Public(http, rtmp net.Addr) (httpBase, rtmpBase string) {
	httpBase, rtmpBase = n.PublicURL, n.RTMPPublic
	if httpBase == "" {
		httpBase = "http://" + usable(http.String())
	}
	if rtmpBase == "" && rtmp != nil {
		rtmpBase = "rtmp://" + rtmpHost(httpBase, rtmp)
	}
	return httpBase, rtmpBase
}

// usable turns the address of a listener into one that can be opened here: "everywhere" is no place to go to.
func usable(address string) string {
	host, port, err := net.SplitHostPort(address)
	if ip, err2 := netip.ParseAddr(host); err == nil && err2 == nil && ip.IsUnspecified() {
		return net.JoinHostPort("127.0.0.1", port)
	}
	return address
}

// rtmpHost is the host that browsers use with the port that RTMP has.
func rtmpHost(httpBase string, rtmp net.Addr) string {
	_, port, err := net.SplitHostPort(rtmp.String())
	u, err2 := url.Parse(httpBase)
	if err != nil || err2 != nil {
		return rtmp.String()
	}
	return net.JoinHostPort(u.Hostname(), port)
}
