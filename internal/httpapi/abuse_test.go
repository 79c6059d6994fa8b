package httpapi

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"

	"github.com/claimcall/claimcall/hub"
	"github.com/claimcall/claimcall/internal/socket"
	"github.com/claimcall/claimcall/internal/store/sqlitestore"
	"github.com/claimcall/claimcall/protocol"
)

// noMedia is for calls without media.
type noMedia struct{}

func (noMedia) Providers() []string { return []string{"none"} }
func (noMedia) HandOut(string, hub.StreamName, time.Time) (protocol.Streams, error) {
	return protocol.Streams{}, nil
}
func (noMedia) Drop(context.Context, string, hub.StreamName) {}

// besieged is a whole server, with a real hub, without a network. A token is the name of a claimant.
type besieged struct {
	*site
	server *Server
	seen   *counted
}

func siege(t *testing.T, limits Limits, do func(b besieged)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s, err := sqlitestore.Open("", sqlitestore.Options{})
		if err != nil {
			t.Fatal(err)
		}
		h, err := hub.New(hub.Config{Store: s, Streams: noMedia{}, Authenticate: func(token string) (hub.Identity, error) {
			if token == "" {
				return hub.Identity{}, protocol.NewError(protocol.CodeUnauthorized)
			}
			return hub.Identity{User: token, Role: protocol.RoleClaimant}, nil
		}})
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(context.Background())
		ended := make(chan error)
		go func() { ended <- h.Run(ctx) }()
		synctest.Wait()
		b := besieged{seen: &counted{}}
		b.server = New(Config{Hub: h, Limits: limits, Observer: b.seen})
		b.site = newSiteOf(t, b.server)
		do(b)
		time.Sleep(2 * time.Second) // by then whoever drips has noticed
		b.stop()
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		_ = s.Close()
	})
}

// upgraded opens a socket, and returns false if it was refused.
func (b besieged) upgraded() (net.Conn, *bufio.Reader, bool) {
	b.t.Helper()
	conn := b.raw()
	go func() { _, _ = io.WriteString(conn, upgrade) }()
	r := bufio.NewReader(conn)
	response, err := http.ReadResponse(r, nil)
	if err != nil {
		b.t.Fatal(err)
	}
	_ = response.Body.Close()
	return conn, r, response.StatusCode == http.StatusSwitchingProtocols
}

// signIn opens a socket of somebody who behaves.
func (b besieged) signIn(name string) *websocket.Conn {
	b.t.Helper()
	c := b.connect(http.Header{"Authorization": {"Bearer " + name}})
	b.asks(c, protocol.TypeHello, protocol.TypeWelcome)
	return c
}

// asks sends a command and wants its answer at once.
func (b besieged) asks(c *websocket.Conn, command, want protocol.Type) {
	b.t.Helper()
	start := time.Now()
	if err := c.Write(context.Background(), websocket.MessageText, []byte(`{"type":"`+string(command)+`","id":"1"}`)); err != nil {
		b.t.Fatal(err)
	}
	_, answer, err := c.Read(context.Background())
	var env protocol.Envelope
	if err == nil {
		err = json.Unmarshal(answer, &env)
	}
	if err != nil || env.Type != want || time.Since(start) != 0 {
		b.t.Fatalf("%s: %s after %v, %v", command, answer, time.Since(start), err)
	}
}

// ends reads a socket to its end, and returns its close code and how long that took.
func ends(r *bufio.Reader) (code int, took time.Duration) {
	start := time.Now()
	for _, f := range readFrames(r) {
		code = max(code, f.code())
	}
	return code, time.Since(start)
}

func TestThousandsThatNeverSayHello(t *testing.T) {
	const flood, most = 2000, 500
	siege(t, Limits{Waiting: most}, func(b besieged) {
		li := b.signIn("li")
		ended := make(chan int, flood)
		refused := 0
		for range flood {
			_, r, ok := b.upgraded()
			if !ok {
				refused++
				continue
			}
			go func() {
				code, took := ends(r)
				if took > 6*time.Second {
					b.t.Errorf("held a place for %v", took)
				}
				ended <- code
			}()
		}
		if refused != flood-most || b.seen.refused[LimitWaiting] != refused {
			b.t.Errorf("%d of %d were refused, %v", refused, flood, b.seen.refused)
		}
		b.asks(li, protocol.TypePing, protocol.TypePong)
		for range most {
			if code := <-ended; code != int(protocol.CloseHelloTimeout) {
				b.t.Fatalf("closed with %d", code)
			}
		}
		synctest.Wait()
		if b.server.gate.waiting.total != 0 {
			b.t.Errorf("%d places are still taken", b.server.gate.waiting.total)
		}
		b.signIn("wang")
	})
}

// drip writes a byte a second until nobody takes any more.
func drip(c io.Writer, text string) {
	for i := range len(text) {
		if _, err := io.WriteString(c, text[i:i+1]); err != nil {
			return
		}
		time.Sleep(time.Second)
	}
}

func TestAByteASecond(t *testing.T) {
	long := `{"type":"hello","id":"1","data":{"client":"` + strings.Repeat("x", 500) + `"}}`
	siege(t, Limits{}, func(b besieged) {
		conn := b.raw()
		go drip(conn, upgrade)
		start := time.Now()
		_, _ = io.Copy(io.Discard, conn)
		if took := time.Since(start); took > headerLimit+time.Second {
			b.t.Errorf("headers: %v", took)
		}

		conn, r, _ := b.upgraded()
		go drip(conn, frame(fin|opText, long))
		if code, took := ends(r); code != int(protocol.CloseHelloTimeout) || took > 7*time.Second {
			b.t.Errorf("hello: %d after %v", code, took)
		}

		conn, r, _ = b.upgraded()
		go func() {
			_, _ = io.WriteString(conn, frame(fin|opText, `{"type":"hello","id":"1","data":{"token":"slow"}}`))
			drip(conn, frame(fin|opText, long))
		}()
		if _, took := ends(r); took > 80*time.Second {
			b.t.Errorf("a command: %v", took)
		}

		conn = b.raw()
		go drip(conn, "POST /api/v1/login/dev HTTP/1.1\r\nHost: x\r\nContent-Length: 10000\r\n\r\n"+strings.Repeat("x", 10000))
		start = time.Now()
		_, _ = io.Copy(io.Discard, conn)
		if took := time.Since(start); took > readLimit+headerLimit+time.Second {
			b.t.Errorf("a body: %v", took)
		}
	})
}

func TestReadersThatStop(t *testing.T) {
	siege(t, Limits{}, func(b besieged) {
		li := b.signIn("li")
		for i := range 50 {
			conn, _, _ := b.upgraded()
			go func() {
				_, _ = io.WriteString(conn, frame(fin|opText, fmt.Sprintf(`{"type":"hello","id":"1","data":{"token":"stuck%d"}}`, i)))
				for range 100 {
					if _, err := io.WriteString(conn, frame(fin|opText, `{"type":"ping","id":"1"}`)); err != nil {
						return
					}
				}
			}()
		}
		time.Sleep(socket.WriteLimit / 2)
		b.asks(li, protocol.TypePing, protocol.TypePong)
		time.Sleep(socket.WriteLimit + socket.CloseLimit)
		synctest.Wait()
		if open := b.server.gate.open.total; open != 1 {
			b.t.Errorf("%d sockets are open", open)
		}
		b.asks(li, protocol.TypePing, protocol.TypePong)
	})
}

func TestAFloodOfOneUser(t *testing.T) {
	siege(t, Limits{}, func(b besieged) {
		li := b.signIn("li")
		conn, r, _ := b.upgraded()
		go func() {
			_, _ = io.WriteString(conn, frame(fin|opText, `{"type":"hello","id":"1","data":{"token":"flood"}}`))
			ping := frame(fin|opText, `{"type":"ping","id":"1"}`)
			for range 10_000 {
				if _, err := io.WriteString(conn, ping); err != nil {
					return
				}
			}
		}()
		frames := readFrames(r)
		if last := frames[len(frames)-1].code(); last != int(protocol.CloseRateLimited) || len(frames) > 400 {
			b.t.Errorf("%d frames, closed with %d", len(frames), last)
		}
		b.asks(li, protocol.TypePing, protocol.TypePong)

		// All sockets of one user share the ration, and coming back earns nothing.
		again := b.connect(http.Header{"Authorization": {"Bearer flood"}})
		b.asks(again, protocol.TypeHello, protocol.TypeWelcome)
		for range 10 { // what has come in since, at 5 a second
			_ = again.Write(context.Background(), websocket.MessageText, []byte(`{"type":"ping","id":"1"}`))
			_, _, _ = again.Read(context.Background())
		}
		b.asks(again, protocol.TypePing, protocol.TypeError)
	})
}

// An address is limited by what trusted proxies say of it. Of what it says itself nothing counts.
func TestForgedAddresses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for name, tt := range map[string]struct {
			trusted []netip.Prefix
			header  func(i int) string
			refused bool
		}{
			"nobody is trusted":          {nil, func(i int) string { return fmt.Sprintf("203.0.113.%d", i%250) }, true},
			"forged before a proxy":      {[]netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}, func(i int) string { return fmt.Sprintf("203.0.113.%d, 198.51.100.7", i%250) }, true},
			"many of one IPv6 network":   {[]netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}, func(i int) string { return fmt.Sprintf("2001:db8:1:2::%x", i) }, true},
			"nonsense":                   {[]netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}, func(i int) string { return fmt.Sprintf("x%d", i) }, true},
			"really other addresses":     {[]netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}, func(i int) string { return fmt.Sprintf("198.51.100.%d", i%250) }, false},
			"a proxy that is not listed": {[]netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}, func(i int) string { return fmt.Sprintf("198.51.100.%d", i%250) }, true},
		} {
			seen := &counted{}
			h := New(Config{Hub: fakeHub{}, TrustedProxies: tt.trusted, Observer: seen, Limits: Limits{AddressRate: 2}}).Handler()
			for i := range 200 {
				ask(h, "GET", "/ws", "", "Upgrade", "websocket", "Sec-WebSocket-Protocol", protocol.Subprotocol, "X-Forwarded-For", tt.header(i))
			}
			if got := seen.refused[LimitAddressRate] == 190; got != tt.refused {
				t.Errorf("%s: %v", name, seen.refused)
			}
		}
	})
}
