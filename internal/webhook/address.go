package webhook

import (
	"errors"
	"fmt"
	"net/netip"
	"syscall"
)

// ErrPrivate refuses an address that is not one of the public network.
var ErrPrivate = errors.New("webhook: the address is not a public one, and this receiver may have no other")

// guard is a net.Dialer's Control that lets only public addresses through. It sees what a name has led to in the end.
func guard(_, address string, _ syscall.RawConn) error {
	to, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrPrivate, err)
	}
	if !isPublic(to.Addr()) {
		return ErrPrivate
	}
	return nil
}

// isPublic reports whether an address is one of the public network. One that holds another, of version 4, is as public as
// that one.
func isPublic(a netip.Addr) bool {
	a = a.Unmap().WithZone("")
	for _, p := range notPublic() {
		if p.Contains(a) {
			return false
		}
	}
	if inner, ok := within(a); ok {
		return isPublic(inner)
	}
	return a.IsValid() && a.IsGlobalUnicast()
}

// notPublic are the networks of IANA's registries of special purpose that a receiver has no business in.
func notPublic() []netip.Prefix {
	var all []netip.Prefix
	for _, text := range []string{
		"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
		"192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
		"224.0.0.0/4", "240.0.0.0/4",
		"::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "3fff::/20", "5f00::/16", "fc00::/7", "fe80::/10",
		"fec0::/10", "ff00::/8",
	} {
		all = append(all, netip.MustParsePrefix(text))
	}
	return all
}

// within returns the address of version 4 that a translated (64:ff9b::/96) or tunneled (2002::/16) one leads to.
func within(a netip.Addr) (netip.Addr, bool) {
	if !a.Is6() {
		return a, false
	}
	bytes := a.As16()
	switch {
	case netip.MustParsePrefix("64:ff9b::/96").Contains(a):
		return netip.AddrFrom4([4]byte(bytes[12:])), true
	case netip.MustParsePrefix("2002::/16").Contains(a):
		return netip.AddrFrom4([4]byte(bytes[2:6])), true
	}
	return a, false
}
