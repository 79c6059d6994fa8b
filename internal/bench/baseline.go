package bench

import (
	"bufio"
	"context"
	"crypto/sha1"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/coder/websocket"
	"github.com/redis/go-redis/v9"
)

// The bare servers that figures are held against.
const (
	Echo      = "echo"      // coder/websocket as its examples use it
	Goroutine = "goroutine" // a connection and a goroutine that reads it
	Relay     = "relay"     // coder/websocket, PUBLISH, a subscription, coder/websocket
)

// Baseline serves one of the bare servers until ctx ends. redis is HOST:PORT, for Relay.
func Baseline(ctx context.Context, kind string, l net.Listener, redis string) error {
	defer func() { _ = l.Close() }()
	var handler http.Handler
	switch kind {
	case Echo:
		handler = http.HandlerFunc(echo)
	case Goroutine:
		handler = http.HandlerFunc(bareEcho)
	case Relay:
		r, err := newRelay(ctx, redis)
		if err != nil {
			return err
		}
		handler = r
	default:
		return fmt.Errorf("bench: no bare server %q; there are %s, %s and %s", kind, Echo, Goroutine, Relay)
	}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 5 * time.Second}
	go func() {
		<-ctx.Done()
		_ = server.Close()
	}()
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("bench: %w", err)
	}
	return nil
}

// echo sends back what comes, with a context for each message.
func echo(w http.ResponseWriter, r *http.Request) {
	ws, err := websocket.Accept(w, r, &websocket.AcceptOptions{InsecureSkipVerify: true, Subprotocols: []string{"claimcall.v1"}})
	if err != nil {
		return
	}
	defer func() { _ = ws.CloseNow() }()
	for {
		if err := echoOne(r.Context(), ws); err != nil {
			return
		}
	}
}

func echoOne(ctx context.Context, ws *websocket.Conn) error {
	kind, in, err := ws.Reader(ctx)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	out, err := ws.Writer(ctx, kind)
	if err != nil {
		return err
	}
	if _, err := io.Copy(out, in); err != nil {
		return err
	}
	return out.Close()
}

// bareEcho is the least that there is: after the handshake, short masked frames come and go back, in a goroutine that has
// nothing but its connection.
func bareEcho(w http.ResponseWriter, r *http.Request) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	_, err = fmt.Fprintf(conn, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
		"Sec-WebSocket-Protocol: claimcall.v1\r\nSec-WebSocket-Accept: %s\r\n\r\n", acceptKey(r.Header.Get("Sec-WebSocket-Key")))
	if err != nil {
		_ = conn.Close()
		return
	}
	go echoFrames(conn)
}

// echoFrames unmasks frames of at most 125 bytes and sends them back.
func echoFrames(conn net.Conn) {
	defer func() { _ = conn.Close() }()
	in := bufio.NewReaderSize(conn, 256)
	frame := make([]byte, 2+4+125)
	for {
		if _, err := io.ReadFull(in, frame[:6]); err != nil || frame[1]&0x80 == 0 || frame[1]&0x7f > 125 {
			return
		}
		mask, payload := [4]byte(frame[2:6]), frame[6:6+int(frame[1]&0x7f)]
		if _, err := io.ReadFull(in, payload); err != nil {
			return
		}
		for i := range payload {
			payload[i] ^= mask[i%4]
		}
		frame[4], frame[5] = frame[0], frame[1]&0x7f
		if _, err := conn.Write(frame[4 : 6+len(payload)]); err != nil {
			return
		}
	}
}

// relay publishes what comes by a socket, and passes on what is published. Its path says for whom a socket sends, or who
// it is: /to/NAME or /at/NAME.
type relay struct {
	client *redis.Client
	at     sync.Map // *websocket.Conn by name
}

func newRelay(ctx context.Context, addr string) (*relay, error) {
	r := &relay{client: redis.NewClient(&redis.Options{Addr: addr, Protocol: 2, DisableIdentity: true, PoolSize: 64})}
	sub := r.client.Subscribe(ctx, relayChannel)
	if _, err := sub.Receive(ctx); err != nil {
		return nil, fmt.Errorf("bench: subscribe: %w", err)
	}
	go r.passOn(ctx, sub)
	return r, nil
}

const relayChannel = "claimcall-bench"

// passOn writes what is published to whom it is for.
func (r *relay) passOn(ctx context.Context, sub *redis.PubSub) {
	defer func() { _ = sub.Close() }()
	for m := range sub.Channel(redis.WithChannelSize(1 << 14)) {
		name, frame, _ := strings.Cut(m.Payload, "\n")
		if ws, ok := r.at.Load(name); ok {
			_ = ws.(*websocket.Conn).Write(ctx, websocket.MessageText, []byte(frame))
		}
	}
}

// ServeHTTP serves one socket.
func (r *relay) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	ws, err := websocket.Accept(w, request, &websocket.AcceptOptions{InsecureSkipVerify: true, Subprotocols: []string{"claimcall.v1"}})
	if err != nil {
		return
	}
	defer func() { _ = ws.CloseNow() }()
	if name, ok := strings.CutPrefix(request.URL.Path, "/at/"); ok {
		r.at.Store(name, ws)
		<-ws.CloseRead(request.Context()).Done()
		return
	}
	name := strings.TrimPrefix(request.URL.Path, "/to/")
	for {
		_, frame, err := ws.Read(request.Context())
		if err != nil {
			return
		}
		if err := r.client.Publish(request.Context(), relayChannel, name+"\n"+string(frame)).Err(); err != nil {
			return
		}
	}
}

// acceptKey is the answer to a Sec-WebSocket-Key, as RFC 6455, 4.2.2 has it.
func acceptKey(key string) string {
	sum := sha1.Sum([]byte(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	return base64.StdEncoding.EncodeToString(sum[:])
}
