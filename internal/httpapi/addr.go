package httpapi

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// fromClient has a handler see the client's address, without a port, in place of a trusted proxy's. Nil stays nil.
func (s *Server) fromClient(next http.Handler) http.Handler {
	if next == nil {
		return nil
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		own := r.WithContext(r.Context()) // a copy: the proxy's address is still needed, to tell who asks
		own.RemoteAddr = clientAddr(r, s.TrustedProxies)
		next.ServeHTTP(w, own)
	})
}

// clientAddr returns the address of the client behind r. Each proxy appends whom it serves to X-Forwarded-For, so the
// header is read from its end, and only as far as trusted proxies have written it.
func clientAddr(r *http.Request, trusted []netip.Prefix) string {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	addr := peer.Addr().Unmap()
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for _, hop := range slices.Backward(hops) {
		if !slices.ContainsFunc(trusted, func(p netip.Prefix) bool { return p.Contains(addr) }) {
			break
		}
		before, err := netip.ParseAddr(strings.TrimSpace(hop))
		if err != nil {
			break
		}
		addr = before.Unmap()
	}
	return addr.String()
}
