package webhook

import (
	"errors"
	"net/netip"
	"testing"
)

func TestPublicAddresses(t *testing.T) {
	for text, want := range map[string]bool{
		"8.8.8.8": true, "93.184.216.34": true, "2606:4700::1111": true, "172.32.0.1": true, "100.128.0.1": true, "11.0.0.1": true,
		"64:ff9b::808:808": true, "2002:808:808::1": true, "::ffff:8.8.8.8": true,

		"0.0.0.0": false, "127.0.0.1": false, "127.8.9.1": false, "10.1.2.3": false, "172.16.0.1": false, "172.31.255.255": false,
		"192.168.1.1": false, "169.254.169.254": false, "100.64.0.1": false, "198.18.0.1": false, "192.0.0.8": false,
		"224.0.0.1": false, "255.255.255.255": false, "240.0.0.1": false, "203.0.113.7": false,
		"::": false, "::1": false, "::7f00:1": false, "fc00::1": false, "fd12::1": false, "fe80::1": false, "fe80::1%eth0": false,
		"ff02::1": false, "2001:db8::1": false, "2001::1": false, "fec0::1": false, "100::1": false,
		"::ffff:127.0.0.1": false, "::ffff:10.0.0.1": false, "64:ff9b::7f00:1": false, "64:ff9b::a9fe:a9fe": false,
		"64:ff9b:1::1": false, "2002:7f00:1::1": false, "2002:c0a8:101::1": false,
	} {
		if got := isPublic(netip.MustParseAddr(text)); got != want {
			t.Errorf("%s is public: %v", text, got)
		}
	}
	if isPublic(netip.Addr{}) {
		t.Error("no address is a public one")
	}
}

func TestGuard(t *testing.T) {
	for address, good := range map[string]bool{
		"8.8.8.8:443": true, "[2606:4700::1111]:443": true, "127.0.0.1:443": false, "[::1]:80": false, "example.org:443": false, "": false,
	} {
		if err := guard("tcp", address, nil); errors.Is(err, ErrPrivate) == good {
			t.Errorf("%s: %v", address, err)
		}
	}
}

func FuzzIsPublic(f *testing.F) {
	for _, text := range []string{"127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::1", "fe80::1%lo"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		a, err := netip.ParseAddr(text)
		if err != nil {
			return
		}
		u := a.Unmap()
		if isPublic(a) && (u.IsLoopback() || u.IsPrivate() || u.IsLinkLocalUnicast() || u.IsMulticast() || u.IsUnspecified()) {
			t.Errorf("%s counts as public", text)
		}
	})
}
