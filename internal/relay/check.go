package relay

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
)

var errDeaf = errors.New("relay: takes connections, but does not speak RTMP")

// Check connects to each listener of ServeRTMP, as a phone would, and returns why that fails. It ends with ctx.
func (r *Relay) Check(ctx context.Context) error {
	r.mu.Lock()
	at, closed := r.listening, r.closed
	r.mu.Unlock()
	if closed {
		return errClosed
	}
	for _, addr := range at {
		if err := knock(ctx, addr); err != nil {
			return fmt.Errorf("relay: check: %w", err)
		}
	}
	return nil
}

// knock makes the first half of the handshake.
func knock(ctx context.Context, addr net.Addr) error {
	nc, err := (&net.Dialer{}).DialContext(ctx, addr.Network(), reachable(addr))
	if err != nil {
		return err
	}
	defer nc.Close()
	defer context.AfterFunc(ctx, func() { _ = nc.Close() })()
	hello := make([]byte, 1+1536)
	hello[0] = 3
	if _, err := nc.Write(hello); err != nil {
		return err
	}
	if _, err := io.ReadFull(nc, hello[:1]); err != nil || hello[0] != 3 {
		return errDeaf
	}
	return nil
}

// reachable is where this machine reaches a listener: one at all addresses is at the loopback, too.
func reachable(addr net.Addr) string {
	at, err := netip.ParseAddrPort(addr.String())
	if err != nil || !at.Addr().IsUnspecified() {
		return addr.String()
	}
	loopback := netip.AddrFrom4([4]byte{127, 0, 0, 1})
	return netip.AddrPortFrom(loopback, at.Port()).String()
}

// listens notes a listener until the returned function is called.
func (r *Relay) listens(ln net.Listener) (over func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.listening = append(r.listening[:len(r.listening):len(r.listening)], ln.Addr())
	return func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		var left []net.Addr
		for _, addr := range r.listening {
			if addr != ln.Addr() {
				left = append(left, addr)
			}
		}
		r.listening = left
	}
}
