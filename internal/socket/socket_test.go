package socket

import (
	"context"
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
