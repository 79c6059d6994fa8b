package httpapi

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/claimcall/claimcall/protocol"
)

const upgrade = "GET /ws HTTP/1.1\r\nHost: call.example.org\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
	"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: " + protocol.Subprotocol + "\r\n\r\n"

const (
	opContinue = 0x0
	opText     = 0x1
	opBinary   = 0x2
	opClose    = 0x8
	opPing     = 0x9
	opPong     = 0xA
	fin        = 0x80
)

// frame builds a masked frame; the mask is zero, so that the payload stays readable.
func frame(head byte, payload string) string {
	switch n := len(payload); {
	case n < 126:
		return string([]byte{head, 0x80 | byte(n), 0, 0, 0, 0}) + payload
	case n < 1<<16:
		return string([]byte{head, 0x80 | 126, byte(n >> 8), byte(n), 0, 0, 0, 0}) + payload
	default:
		size := binary.BigEndian.AppendUint64(nil, uint64(n))
		return string([]byte{head, 0x80 | 127}) + string(size) + "\x00\x00\x00\x00" + payload
	}
}

func closeFrame(code uint16, reason string) string {
	return frame(fin|opClose, string(binary.BigEndian.AppendUint16(nil, code))+reason)
}

// received is a frame from the server.
type received struct {
	op      byte
	payload string
}

// code is the code of a close frame; 0 for one without, and for any other frame.
func (r received) code() int {
	if r.op != opClose || len(r.payload) < 2 {
		return 0
	}
	return int(binary.BigEndian.Uint16([]byte(r.payload)))
}

// speak writes bytes as they are behind an upgrade and returns what the server sends until it closes.
func speak(t *testing.T, site *site, text string) []received {
	t.Helper()
	conn := site.raw()
	go func() {
		_, _ = io.WriteString(conn, upgrade+text) // in one go: the first frames arrive with the request
	}()
	r := bufio.NewReader(conn)
	response, err := http.ReadResponse(r, nil)
	if err != nil || response.StatusCode != http.StatusSwitchingProtocols {
		t.Fatalf("upgrade: %v %v", response, err)
	}
	return readFrames(r)
}

func readFrames(r *bufio.Reader) []received {
	var all []received
	for {
		head := make([]byte, 2)
		if _, err := io.ReadFull(r, head); err != nil {
			return all
		}
		n := int(head[1])
		if n == 126 {
			size := make([]byte, 2)
			_, _ = io.ReadFull(r, size)
			n = int(binary.BigEndian.Uint16(size))
		}
		payload := make([]byte, n)
		_, _ = io.ReadFull(r, payload)
		all = append(all, received{head[0] & 0x0F, string(payload)})
	}
}

// The numbers are those of the cases of the Autobahn test suite.
func TestRFC6455(t *testing.T) {
	bye := closeFrame(1000, "")
	long := strings.Repeat("x", 126)
	tests := []struct {
		name   string
		send   string
		frames []string // texts that reach the hub
		pongs  int
		close  int // code of the server's close frame; 0: the socket just ends
	}{
		{"1.1.1 empty text", frame(fin|opText, "") + bye, []string{""}, 0, 1000},
		{"1.1.2 text of 125", frame(fin|opText, long[:125]) + bye, []string{long[:125]}, 0, 1000},
		{"1.1.3 text of 126", frame(fin|opText, long) + bye, []string{long}, 0, 1000},
		{"2.2 ping with payload", frame(fin|opPing, "hello") + bye, nil, 1, 1000},
		{"2.4 ping of 125", frame(fin|opPing, long[:125]) + bye, nil, 1, 1000},
		{"2.5 ping of 126", frame(fin|opPing, long) + bye, nil, 0, 1002},
		{"2.7 unasked pong", frame(fin|opPong, "x") + bye, nil, 0, 1000},
		{"2.10 ten pings", strings.Repeat(frame(fin|opPing, "x"), 10) + bye, nil, 10, 1000},
		{"3.1 reserved bit 3", frame(fin|opText|0x10, "x"), nil, 0, 1002},
		{"3.3 reserved bit 2 after text", frame(fin|opText, "a") + frame(fin|opText|0x20, "x"), []string{"a"}, 0, 1002},
		{"3.5 reserved bit 1, no compression agreed", frame(fin|opBinary|0x40, "x"), nil, 0, 1002},
		{"4.1.1 reserved opcode 3", frame(fin|3, ""), nil, 0, 1002},
		{"4.2.1 reserved control opcode 11", frame(fin|11, ""), nil, 0, 1002},
		{"5.1 fragmented ping", frame(opPing, "a") + frame(fin|opContinue, "b"), nil, 0, 1002},
		{"5.3 text in two fragments", frame(opText, "a") + frame(fin|opContinue, "b") + bye, []string{"ab"}, 0, 1000},
		{"5.6 ping between fragments", frame(opText, "a") + frame(fin|opPing, "") + frame(fin|opContinue, "b") + bye, []string{"ab"}, 1, 1000},
		{"5.9 continuation of nothing", frame(fin|opContinue, "x"), nil, 0, 1002},
		{"5.15 text within text", frame(opText, "a") + frame(fin|opText, "b"), nil, 0, 1002},
		{"7.3.1 close without a code", frame(fin|opClose, ""), nil, 0, 0},
		{"7.3.2 close with half a code", frame(fin|opClose, "x"), nil, 0, 1002},
		{"7.3.4 close with a reason", closeFrame(1000, "bye"), nil, 0, 1000},
		{"7.9.1 close with code 0", closeFrame(0, ""), nil, 0, 1002},
		{"7.9.4 close with code 1005", closeFrame(1005, ""), nil, 0, 1002},
		{"7.7.10 close with code 3000", closeFrame(3000, ""), nil, 0, 3000},
		{"text after close", bye + frame(fin|opText, "x"), nil, 0, 1000},
		{"unmasked", string([]byte{fin | opText, 1}) + "x", nil, 0, 0},
		{"nothing but the end", "", nil, 0, -1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				events := make(chan event, 64)
				site := newSite(t, Config{Hub: fakeHub{serve: readAll(events)}})
				if tt.close < 0 {
					wantGone(t, site, events)
					return
				}
				got := speak(t, site, tt.send)
				compare(t, got, tt.pongs, tt.close)
				var frames []string
				for e := range events {
					if e.err == nil {
						frames = append(frames, e.frame)
					}
				}
				if strings.Join(frames, "|") != strings.Join(tt.frames, "|") || len(frames) != len(tt.frames) {
					t.Errorf("the hub got %.80q, want %.80q", frames, tt.frames)
				}
			})
		})
	}
}

func compare(t *testing.T, got []received, pongs, code int) {
	t.Helper()
	last := 0
	for _, r := range got {
		if r.op == opPong {
			pongs--
		}
		last = r.code()
	}
	if pongs != 0 || last != code {
		t.Errorf("got %v: %d pongs missing, closed with %d, want %d", got, pongs, last, code)
	}
}

// wantGone opens a socket and cuts the connection.
func wantGone(t *testing.T, site *site, events <-chan event) {
	t.Helper()
	conn := site.raw()
	if _, err := io.Copy(conn, bytes.NewBufferString(upgrade)); err != nil {
		t.Fatal(err)
	}
	if _, err := http.ReadResponse(bufio.NewReader(conn), nil); err != nil {
		t.Fatal(err)
	}
	if err := conn.Close(); err != nil {
		t.Fatal(err)
	}
	if e := <-events; e.err == nil {
		t.Errorf("got %q from a connection that is gone", e.frame)
	}
}

// A frame that never ends holds nobody but its own socket, and a close gets through.
func TestAFrameThatNeverEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		events := make(chan event, 8)
		site := newSite(t, Config{Hub: fakeHub{serve: readAll(events)}})
		conn := site.raw()
		go func() { _, _ = io.WriteString(conn, upgrade+frame(fin|opText, "half of it")[:10]) }()
		if _, err := http.ReadResponse(bufio.NewReader(conn), nil); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Hour)
		if len(events) != 0 {
			t.Errorf("got %v", <-events)
		}
		_ = conn.Close()
		if e := <-events; e.err == nil {
			t.Errorf("got %q", e.frame)
		}
	})
}
