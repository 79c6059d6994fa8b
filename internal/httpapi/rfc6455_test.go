package httpapi

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"io"
	"net/http"
	"slices"
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
	defer time.AfterFunc(time.Minute, func() { _ = conn.Close() }).Stop() // whoever waits for more has no answer by then
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

func TestRFC6455(t *testing.T) {
	cases := rfcCases()
	if len(cases) < 150 {
		t.Errorf("%d cases", len(cases))
	}
	for _, tt := range cases {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				events := make(chan event, 256)
				site := newSite(t, Config{Hub: fakeHub{serve: readAll(events)}})
				compare(t, speak(t, site, tt.send), tt.pongs, tt.close)
				var texts []string
				for e := range events {
					if e.err == nil {
						texts = append(texts, e.frame)
					}
				}
				if !slices.Equal(texts, tt.texts) {
					t.Errorf("the hub got %.80q, want %.80q", texts, tt.texts)
				}
			})
		})
	}
}

func TestAConnectionThatIsCut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		events := make(chan event, 8)
		wantGone(t, newSite(t, Config{Hub: fakeHub{serve: readAll(events)}}), events)
	})
}

// No extension is agreed, whatever is offered: compression costs memory, and lets a few bytes become many.
func TestNoExtensions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		site := newSite(t, Config{Hub: fakeHub{serve: readAll(make(chan event, 8))}})
		conn := site.raw()
		offer := "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits, x-webkit-deflate-frame\r\n\r\n"
		go func() { _, _ = io.WriteString(conn, strings.TrimSuffix(upgrade, "\r\n")+offer+closeFrame(1000, "")) }()
		response, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil || response.StatusCode != http.StatusSwitchingProtocols || response.Header.Get("Sec-WebSocket-Extensions") != "" {
			t.Errorf("got %v, %v", response, err)
		}
	})
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
