package httpapi

import (
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// numbered lets through requests whose Host is an address or localhost. A page of a foreign name that is made to point
// here (DNS rebinding) sends that name, and is not let near what asks nobody who they are.
func numbered(next http.Handler) http.Handler { return onlyHosts(isNumbered, next) }

// local lets through requests whose Host is this machine.
func local(next http.Handler) http.Handler { return onlyHosts(isLocal, next) }

func onlyHosts(good func(host string) bool, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !good(r.Host) {
			say(w, http.StatusMisdirectedRequest, "ask for this machine by its address or as localhost")
			return
		}
		next.ServeHTTP(w, r)
	})
}

func isNumbered(host string) bool {
	name := hostname(host)
	_, err := netip.ParseAddr(name)
	return err == nil || strings.EqualFold(name, "localhost")
}

func isLocal(host string) bool {
	name := hostname(host)
	addr, err := netip.ParseAddr(name)
	return err == nil && addr.Unmap().IsLoopback() || strings.EqualFold(name, "localhost")
}

// hostname returns the Host header without its port and the brackets of an IPv6 address.
func hostname(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		return name
	}
	return strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
}
