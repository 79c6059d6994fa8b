package socket

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/claimcall/claimcall/protocol"
)

// patience bounds the wait for what must happen.
const patience = 30 * time.Second

// echo sends back what comes, as the hub would read it.
type echo struct {
	c    *Conn
	goOn func()
	over func()
}

func (e *echo) read() {
	for {
		if e.c.Wait(e.goOn) {
			return
		}
		frame, err := e.c.Read()
		if err != nil {
			e.c.Finish()
			e.over()
			return
		}
		if e.c.Write(frame) != nil {
			continue // Read ends as well
		}
	}
}

// serve runs a server of echoes, all of which must have ended when the test has.
func serve(t *testing.T) (url string) {
	t.Helper()
	acceptor := NewAcceptor()
	var sockets sync.WaitGroup
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := acceptor.Accept(w, r, nil)
		if err != nil {
			return
		}
		sockets.Add(1)
		e := &echo{c: c, over: sockets.Done}
		e.goOn = e.read
		go e.read()
	}))
	t.Cleanup(func() {
		sockets.Wait()
		acceptor.Close()
		server.Close()
	})
	return server.URL
}

func dial(t *testing.T, url string) *websocket.Conn {
	t.Helper()
	client, _, err := websocket.Dial(t.Context(), url, &websocket.DialOptions{Subprotocols: []string{protocol.Subprotocol}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.CloseNow() })
	return client
}

func says(t *testing.T, client *websocket.Conn, text string) {
	t.Helper()
	if err := client.Write(t.Context(), websocket.MessageText, []byte(text)); err != nil {
		t.Error(err)
	}
}

func hears(t *testing.T, client *websocket.Conn, want string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if _, got, err := client.Read(ctx); err != nil || string(got) != want {
		t.Errorf("heard %.40q, %v; want %.40q", got, err, want)
	}
}

func TestEveryMessageIsHeard(t *testing.T) {
	url := serve(t)
	var clients sync.WaitGroup
	for range 200 {
		client := dial(t, url)
		clients.Go(func() {
			for i := range 200 {
				text := strings.Repeat("x", 1+i*i%3000)
				says(t, client, text)
				hears(t, client, text)
			}
		})
	}
	clients.Wait()
}

func TestMessagesThatComeTogether(t *testing.T) {
	client := dial(t, serve(t))
	for range 20 {
		says(t, client, "one")
		says(t, client, "two")
		says(t, client, strings.Repeat("three", 2000))
		hears(t, client, "one")
		hears(t, client, "two")
		hears(t, client, strings.Repeat("three", 2000))
	}
}

// A socket whose peer is gone is woken, read to its end, and finished: serve waits for that.
func TestPeersThatVanish(t *testing.T) {
	url := serve(t)
	for i := range 50 {
		client := dial(t, url)
		if i%2 == 0 {
			says(t, client, "hello")
			hears(t, client, "hello")
		}
		_ = client.CloseNow()
	}
}

// Descriptors are used again at once by the next connection, which must not be taken for the one before.
func TestDescriptorsAreUsedAgain(t *testing.T) {
	url := serve(t)
	for range 100 {
		old := dial(t, url)
		says(t, old, "old")
		hears(t, old, "old")
		_ = old.CloseNow()
		fresh := dial(t, url)
		says(t, fresh, "fresh")
		hears(t, fresh, "fresh")
	}
}

// What is not a whole frame yet waits for the rest.
func TestAFrameInPieces(t *testing.T) {
	client := dialRaw(t, serve(t))
	frame := []byte{0x81, 0x85, 0, 0, 0, 0, 'h', 'e', 'l', 'l', 'o'}
	for range 20 {
		for i := range frame {
			if _, err := client.Write(frame[i : i+1]); err != nil {
				t.Fatal(err)
			}
		}
		wantsFrame(t, client, "\x81\x05hello")
	}
}

// A ping is answered while nobody is there to read for: no message follows it.
func TestAPingAlone(t *testing.T) {
	client := dialRaw(t, serve(t))
	for range 20 {
		if _, err := client.Write([]byte{0x89, 0x81, 0, 0, 0, 0, 'x'}); err != nil {
			t.Fatal(err)
		}
		wantsFrame(t, client, "\x8a\x01x")
	}
}

// The first frame may come in the same packet as the request to upgrade.
func TestAFrameAheadOfTheAnswer(t *testing.T) {
	client := dialRaw(t, serve(t), 0x81, 0x82, 0, 0, 0, 0, 'h', 'i')
	wantsFrame(t, client, "\x81\x02hi")
}

// Sockets go on, with a goroutine each, when the poller is closed before them.
func TestTheAcceptorClosesFirst(t *testing.T) {
	acceptor := NewAcceptor()
	var sockets sync.WaitGroup
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if c, err := acceptor.Accept(w, r, nil); err == nil {
			sockets.Add(1)
			e := &echo{c: c, over: sockets.Done}
			e.goOn = e.read
			go e.read()
		}
	}))
	defer server.Close()
	client := dial(t, server.URL)
	says(t, client, "before")
	hears(t, client, "before")
	acceptor.Close()
	says(t, client, "after")
	hears(t, client, "after")
	_ = client.CloseNow()
	sockets.Wait()
}

// dialRaw upgrades by hand, with so many bytes in the same packet, and returns what comes after the answer.
func dialRaw(t *testing.T, url string, ahead ...byte) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(patience))
	request := "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n" +
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: " + protocol.Subprotocol + "\r\n\r\n"
	if _, err := conn.Write(append([]byte(request), ahead...)); err != nil {
		t.Fatal(err)
	}
	for answer := ""; !strings.HasSuffix(answer, "\r\n\r\n"); {
		one := make([]byte, 1)
		if _, err := conn.Read(one); err != nil {
			t.Fatalf("after %q: %v", answer, err)
		}
		answer += string(one)
	}
	return conn
}

func wantsFrame(t *testing.T, conn net.Conn, want string) {
	t.Helper()
	got := make([]byte, len(want))
	if _, err := io.ReadFull(conn, got); err != nil || string(got) != want {
		t.Fatalf("got %q, %v; want %q", got, err, want)
	}
}
