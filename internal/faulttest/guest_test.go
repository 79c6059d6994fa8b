package faulttest

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/claimcall/claimcall/protocol"
)

// guest is a session that costs the test next to nothing: it says hello, and from then on does not read, ping, or answer a
// close unless it is told to.
type guest struct {
	token, resume string
	conn          net.Conn
	in            *bufio.Reader
}

// errRefused says that a node answered, and opened no socket.
var errRefused = errors.New("no socket")

// connect makes one try to sign in at a node within a limit.
func (g *guest) connect(at *node, limit time.Duration) (w protocol.Welcome, err error) {
	host := strings.TrimPrefix(at.url, "http://")
	if g.conn, err = net.DialTimeout("tcp", host, limit); err != nil {
		return w, err
	}
	defer func() {
		if err != nil {
			_ = g.conn.Close()
		}
	}()
	_ = g.conn.SetDeadline(time.Now().Add(limit))
	g.in = bufio.NewReaderSize(g.conn, 512)
	if err := g.upgrade(host); err != nil {
		return w, err
	}
	if err := g.says(protocol.TypeHello, protocol.Hello{Token: g.token, Resume: g.resume}); err != nil {
		return w, err
	}
	e, err := g.hears()
	if err == nil {
		err = read(e, &w)
	}
	if err == nil {
		g.resume = w.Resume
		err = g.conn.SetDeadline(time.Time{})
	}
	return w, err
}

func (g *guest) upgrade(host string) error {
	_, err := fmt.Fprintf(g.conn, "GET /ws HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"+
		"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Protocol: %s\r\n\r\n", host, protocol.Subprotocol)
	if err != nil {
		return err
	}
	answer, err := http.ReadResponse(g.in, nil)
	if err == nil && answer.StatusCode != http.StatusSwitchingProtocols {
		err = fmt.Errorf("%w: status %d", errRefused, answer.StatusCode)
	}
	return err
}

// says sends a command.
func (g *guest) says(typ protocol.Type, data any) error {
	text, err := protocol.Encode(typ, "1", data)
	if err != nil {
		return err
	}
	frame := []byte{0x81, 0x80 | 126, byte(len(text) >> 8), byte(len(text)), 0, 0, 0, 0} // text, masked with nothing
	_, err = g.conn.Write(append(frame, text...))
	return err
}

// hears reads one text frame.
func (g *guest) hears() (e protocol.Envelope, err error) {
	var head [2]byte
	if _, err := io.ReadFull(g.in, head[:]); err != nil {
		return e, err
	}
	size := int(head[1])
	if size == 126 { // the size follows in two bytes; nothing is longer here
		var long [2]byte
		if _, err := io.ReadFull(g.in, long[:]); err != nil {
			return e, err
		}
		size = int(long[0])<<8 | int(long[1])
	}
	payload := make([]byte, size)
	if _, err := io.ReadFull(g.in, payload); err != nil {
		return e, err
	}
	if head[0] != 0x81 {
		return e, fmt.Errorf("a frame that begins with %x, %q", head[0], payload)
	}
	return e, json.Unmarshal(payload, &e)
}

// waits returns when the connection ends.
func (g *guest) waits() {
	_, _ = io.Copy(io.Discard, g.in)
	_ = g.conn.Close()
}

// dialMute signs a claimant in by a socket that does nothing afterwards.
func dialMute(t testing.TB, at *node) net.Conn {
	t.Helper()
	mute := guest{token: token(t, "claimant", "mute")}
	if _, err := mute.connect(at, patience); err != nil {
		t.Fatal(err)
	}
	return mute.conn
}
