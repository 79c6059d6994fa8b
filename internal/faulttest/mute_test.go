package faulttest

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/claimcall/claimcall/protocol"
)

// dialMute signs a claimant in by a socket that does nothing afterwards: it does not read, ping, or answer a close.
func dialMute(t testing.TB, at *node) net.Conn {
	t.Helper()
	conn, err := net.DialTimeout("tcp", strings.TrimPrefix(at.url, "http://"), dialLimit)
	if err != nil {
		t.Fatal(err)
	}
	_ = conn.SetDeadline(time.Now().Add(patience))
	fmt.Fprintf(conn, "GET /ws HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"+
		"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Protocol: %s\r\n\r\n",
		strings.TrimPrefix(at.url, "http://"), protocol.Subprotocol)
	in := bufio.NewReader(conn)
	answer, err := http.ReadResponse(in, nil)
	if err != nil || answer.StatusCode != http.StatusSwitchingProtocols {
		t.Fatalf("no socket: %v %v", answer, err)
	}
	hello, err := protocol.Encode(protocol.TypeHello, "1", protocol.Hello{Token: token(t, "claimant", "mute")})
	if err != nil {
		t.Fatal(err)
	}
	frame := []byte{0x81, 0x80 | 126, byte(len(hello) >> 8), byte(len(hello)), 0, 0, 0, 0} // text, masked with nothing
	if _, err := conn.Write(append(frame, hello...)); err != nil {
		t.Fatal(err)
	}
	if _, err := in.Peek(2); err != nil { // of the welcome
		t.Fatal(err)
	}
	return conn
}
