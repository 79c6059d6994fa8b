package relay

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/coder/websocket"
)

// streamWS upgrades the request and sends tags as binary messages. Any origin
// may play: the signature in the address is what counts, and there are no cookies.
func (r *Relay) streamWS(ctx context.Context, w http.ResponseWriter, req *http.Request, v *viewer) error {
	conn, err := websocket.Accept(w, req, &websocket.AcceptOptions{
		InsecureSkipVerify: true,
		CompressionMode:    websocket.CompressionDisabled,
	})
	if err != nil {
		return fmt.Errorf("%w: %w", errGone, err)
	}
	defer conn.CloseNow()
	// After the upgrade the context of the request no longer ends with its peer.
	// This one does; whatever the peer sends is not wanted.
	ctx, cancel := context.WithCancel(conn.CloseRead(ctx))
	defer cancel()
	defer context.AfterFunc(r.ctx, cancel)()
	out := newWSSink(conn, r.limits.WriteTimeout, v.stream.carries())
	err = v.play(ctx, out)
	if ended(err) {
		_ = conn.Close(websocket.StatusNormalClosure, "ended")
	}
	return err
}

// wsSink writes tags as WebSocket messages.
type wsSink struct {
	conn    *websocket.Conn
	timeout time.Duration
	// stuck closes the connection when a write takes too long. One timer for
	// all writes costs less than a context for each.
	stuck *time.Timer
	mux   flvMuxer
}

func newWSSink(conn *websocket.Conn, timeout time.Duration, t tracks) *wsSink {
	stuck := time.AfterFunc(timeout, func() { _ = conn.CloseNow() })
	stuck.Stop()
	return &wsSink{conn: conn, timeout: timeout, stuck: stuck, mux: flvMuxer{tracks: t}}
}

func (s *wsSink) write(ctx context.Context, p packet, ms uint32) error {
	s.stuck.Reset(s.timeout)
	defer s.stuck.Stop()
	return s.conn.Write(ctx, websocket.MessageBinary, s.mux.mux(p, ms))
}
