package figures

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/http/httptest"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/claimcall/claimcall/hub"
	"github.com/claimcall/claimcall/hub/embed"
	"github.com/claimcall/claimcall/protocol"
)

// patience bounds the wait for something that must happen.
const patience = 30 * time.Second

// startRedis starts a real Redis that the test's end stops, and returns its address.
func startRedis(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	_ = l.Close()
	_, port, _ := net.SplitHostPort(addr)
	cmd := exec.Command("redis-server", "--port", port, "--bind", "127.0.0.1", "--dir", t.TempDir(), "--save", "", "--appendonly", "yes")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	again := time.NewTicker(10 * time.Millisecond)
	defer again.Stop()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); <-again.C {
		if conn, err := net.Dial("tcp", addr); err == nil {
			_ = conn.Close()
			return addr
		}
	}
	t.Fatal("Redis does not answer")
	return ""
}

// startNode runs a hub of its own on the Redis at an address, and returns where its sockets are.
func startNode(t testing.TB, redis, name string) string {
	t.Helper()
	timing, limits := hub.DefaultTiming(), hub.DefaultLimits()
	timing.WrapUp = 0
	limits.Commands, limits.Burst, limits.Calls, limits.CallsBurst = 1e9, 1e9, 1e9, 1e9
	server, err := embed.Open(embed.Config{
		Store: "redis://" + redis, Node: name, Authenticate: byName, Timing: timing, Limits: limits,
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- server.Run(ctx) }()
	web := httptest.NewServer(server.Handler())
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		web.Close()
	})
	return web.URL
}

// byName takes tokens such as "li/adjuster" at their word.
func byName(token string) (hub.Identity, error) {
	name, role, _ := strings.Cut(token, "/")
	return hub.Identity{User: name, Role: protocol.Role(role), Name: name, Expires: time.Now().Add(time.Hour)}, nil
}

// phone is one side of calls, on a real socket.
type phone struct {
	t    testing.TB
	conn *websocket.Conn
	name string
	sent int
}

// connect signs in. The test's end hangs up the socket.
func connect(t testing.TB, url, name string, role protocol.Role) *phone {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	conn, _, err := websocket.Dial(ctx, url, &websocket.DialOptions{Subprotocols: []string{protocol.Subprotocol}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.CloseNow() })
	p := &phone{t: t, conn: conn, name: name}
	p.says(protocol.TypeHello, protocol.Hello{Token: name + "/" + string(role)})
	p.hears(protocol.TypeWelcome)
	if role == protocol.RoleAdjuster {
		p.says(protocol.TypeAvailabilitySet, protocol.AvailabilitySet{State: protocol.AvailabilityAvailable})
		p.hears(protocol.TypeOK)
	}
	return p
}

// says sends a command.
func (p *phone) says(t protocol.Type, data any) {
	p.sent++
	frame, err := protocol.Encode(t, fmt.Sprint(p.sent), data)
	if err == nil {
		err = p.conn.Write(context.Background(), websocket.MessageText, frame)
	}
	if err != nil {
		p.t.Errorf("%s: %v", t, err)
	}
}

// hears reads on until a frame of that type comes, and returns the ID of the call in it.
func (p *phone) hears(t protocol.Type) (call string) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	call = p.hearsUntil(ctx, t)
	if ctx.Err() != nil {
		p.t.Errorf("%s: no %s comes", p.name, t)
	}
	return call
}

// hearsUntil is hears as long as ctx lasts; its end is no failure.
func (p *phone) hearsUntil(ctx context.Context, t protocol.Type) (call string) {
	for {
		_, frame, err := p.conn.Read(ctx)
		if err != nil {
			if ctx.Err() == nil {
				p.t.Errorf("%s: waiting for %s: %v", p.name, t, err)
			}
			return ""
		}
		text := string(frame)
		if strings.Contains(text, `"type":"error"`) {
			p.t.Errorf("%s: waiting for %s: %s", p.name, t, text)
		}
		if strings.Contains(text, `"type":"`+string(t)+`"`) {
			_, rest, _ := strings.Cut(text, `"call":{"id":"`)
			id, _, _ := strings.Cut(rest, `"`)
			return id
		}
	}
}

// wholeCall goes from the request to the hangup that both hear.
func wholeCall(claimant, adjuster *phone, request string) {
	claimant.says(protocol.TypeCallRequest, protocol.CallRequest{RequestID: request, ClaimNo: "BX-" + request})
	id := protocol.CallRef{Call: adjuster.hears(protocol.TypeCallInvite)}
	adjuster.says(protocol.TypeCallAccept, id)
	claimant.hears(protocol.TypeCallAccept)
	claimant.says(protocol.TypeCallJoin, id)
	adjuster.says(protocol.TypeCallJoin, id)
	claimant.hears(protocol.TypeCallStreams)
	adjuster.hears(protocol.TypeCallStreams)
	claimant.says(protocol.TypeCallHangup, id)
	claimant.hears(protocol.TypeCallHangup)
	adjuster.hears(protocol.TypeCallHangup)
}

// monitor reads what Redis is told to do.
type monitor struct {
	t     testing.TB
	lines chan string
}

func watch(t testing.TB, redis string) *monitor {
	t.Helper()
	conn, err := net.Dial("tcp", redis)
	if err == nil {
		_, err = conn.Write([]byte("MONITOR\r\n"))
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	m := &monitor{t, make(chan string, 1<<20)}
	go func() {
		for lines := bufio.NewScanner(conn); lines.Scan(); {
			m.lines <- lines.Text()
		}
	}()
	<-m.lines // OK
	return m
}

// upTo counts the commands that clients send, and those that scripts run, until so many lines with a text have come.
func (m *monitor) upTo(times int, text string) (sent, within int) {
	m.t.Helper()
	late := time.After(patience)
	for times > 0 {
		select {
		case line := <-m.lines:
			switch {
			case strings.Contains(line, text):
				times--
			case strings.Contains(line, " lua] "):
				within++
			default:
				sent++
			}
		case <-late:
			m.t.Fatalf("no %s comes", text)
		}
	}
	return sent, within
}

// mark has Redis say something, for upTo.
func mark(t testing.TB, redis, text string) {
	t.Helper()
	conn, err := net.Dial("tcp", redis)
	if err == nil {
		_, err = conn.Write([]byte("ECHO " + text + "\r\n"))
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
}
