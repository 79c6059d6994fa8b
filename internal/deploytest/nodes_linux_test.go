package deploytest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// node stands for a coordinator. All nodes of a test listen on one port, on addresses of their own, which Linux has by
// itself: 127.0.0.2, 127.0.0.3 and so on.
type node struct {
	addr     netip.Addr
	server   *http.Server
	asked    atomic.Int64
	draining atomic.Bool
	// more lets /live/ send its second part.
	more chan struct{}
	// stopped says whether the flood was held up by a client that does not read.
	stopped chan bool
}

// startNode runs a node on 127.0.0.LAST:port; port 0 is any.
func startNode(t *testing.T, last byte, port uint16) *node {
	t.Helper()
	n := &node{addr: netip.AddrFrom4([4]byte{127, 0, 0, last}), more: make(chan struct{}), stopped: make(chan bool, 1)}
	l, err := net.Listen("tcp", netip.AddrPortFrom(n.addr, port).String())
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/ws", n.serveSocket)
	mux.HandleFunc("/live/", n.serveFLV)
	mux.HandleFunc("/live/flood.flv", n.serveFlood)
	mux.HandleFunc("/", n.serveSelf)
	n.server = &http.Server{Addr: l.Addr().String(), Handler: n.counted(mux)}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = n.server.Serve(l) // until it is closed
	}()
	t.Cleanup(func() {
		n.stop()
		<-done
	})
	return n
}

func (n *node) port(t *testing.T) uint16 {
	t.Helper()
	addr, err := netip.ParseAddrPort(n.server.Addr)
	if err != nil {
		t.Fatal(err)
	}
	return addr.Port()
}

// stop ends the node as a crash does: it closes everything.
func (n *node) stop() { _ = n.server.Close() }

func (n *node) counted(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n.asked.Add(1)
		if n.draining.Load() {
			http.Error(w, "draining", http.StatusServiceUnavailable)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// serveSelf tells which node this is and what it was told of the client.
func (n *node) serveSelf(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	w.Header().Set("Node", n.addr.String())
	fmt.Fprintf(w, "%s %s\n", r.Method, r.URL)
	fmt.Fprintf(w, "host %s\n", r.Host)
	for _, name := range []string{"X-Forwarded-For", "X-Real-IP", "Forwarded"} {
		fmt.Fprintf(w, "%s %q\n", name, r.Header.Values(name))
	}
	fmt.Fprintf(w, "body %s\n", body)
}

// serveSocket says each message again.
func (n *node) serveSocket(w http.ResponseWriter, r *http.Request) {
	conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{"claimcall.v1"}})
	if err != nil {
		return
	}
	defer conn.CloseNow()
	for {
		kind, message, err := conn.Read(context.Background()) // until the socket ends
		if err != nil {
			return
		}
		if err := conn.Write(context.Background(), kind, message); err != nil {
			return
		}
	}
}

// serveFLV sends one part, and another when it may.
func (n *node) serveFLV(w http.ResponseWriter, r *http.Request) {
	fmt.Fprint(w, "one")
	_ = http.NewResponseController(w).Flush()
	select {
	case <-n.more:
		fmt.Fprint(w, "two")
	case <-r.Context().Done():
	}
}

// flood is far more than what the kernel holds for two connections.
const flood = 128 << 20

// serveFlood sends until nobody takes more.
func (n *node) serveFlood(w http.ResponseWriter, _ *http.Request) {
	part := make([]byte, 1<<20)
	for range flood / len(part) {
		_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(500 * time.Millisecond))
		if _, err := w.Write(part); err != nil {
			n.stopped <- errors.Is(err, os.ErrDeadlineExceeded)
			return
		}
	}
	n.stopped <- false
}
