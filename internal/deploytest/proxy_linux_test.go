package deploytest

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/claimcall/claimcall/internal/mediatest"
)

// proxy is a real nginx with deploy/proxy.conf and nodes behind it.
type proxy struct {
	*process
	// public and hooks are the addresses of its listeners: HOST:PORT.
	public, hooks string
	names         *nameserver
	nodes         []*node
}

// startProxy runs it with two nodes.
func startProxy(t *testing.T) *proxy {
	t.Helper()
	first := startNode(t, 2, 0)
	p := &proxy{public: freeAddr(t), hooks: freeAddr(t), names: newNameserver(t), nodes: []*node{first, startNode(t, 3, first.port(t))}}
	p.names.set(p.nodes[0].addr, p.nodes[1].addr)
	nginx, dir := mediatest.Need(t, "nginx", "/usr/sbin/nginx"), t.TempDir()
	conf := exchange(t, read(t, "deploy/proxy.conf"),
		"resolver 127.0.0.11 valid=5s", "resolver "+p.names.addr()+" valid=1s",
		"http://$nodes:8080", "http://$nodes:"+strconv.Itoa(int(first.port(t))),
		"listen 8080", "listen "+p.public, "listen 8081", "listen "+p.hooks,
		"/run/nginx.pid", dir+"/pid", "/var/cache/nginx", dir,
	)
	file := write(t, dir, "proxy.conf", conf)
	if out, err := exec.Command(nginx, "-p", dir, "-t", "-c", file).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	// A single process: a master that is killed would leave its workers behind.
	p.process = start(t, nginx, "-p", dir, "-c", file, "-g", "daemon off; master_process off;")
	p.awaitPort(t, p.public)
	p.awaitPort(t, p.hooks)
	return p
}

// ask sends a request and returns the answer, whose body is read.
func (p *proxy) ask(t *testing.T, method, url, body string, header http.Header) (*http.Response, string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, "http://"+url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if header != nil {
		r.Header = header
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	content, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer, string(content)
}

// dial opens a WebSocket through the proxy.
func (p *proxy) dial(t *testing.T) *websocket.Conn {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	conn, _, err := websocket.Dial(ctx, "ws://"+p.public+"/ws", &websocket.DialOptions{Subprotocols: []string{"claimcall.v1"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.CloseNow() })
	return conn
}

func echo(t *testing.T, conn *websocket.Conn) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	if err := conn.Write(ctx, websocket.MessageText, []byte("hello")); err != nil {
		t.Fatal(err)
	}
	if _, message, err := conn.Read(ctx); string(message) != "hello" || err != nil {
		t.Fatalf("got %q, %v", message, err)
	}
}

func TestProxyPassesSockets(t *testing.T) {
	p := startProxy(t)
	conn := p.dial(t)
	if conn.Subprotocol() != "claimcall.v1" {
		t.Errorf("got the subprotocol %q", conn.Subprotocol())
	}
	echo(t, conn)
}

func TestProxyPassesFLVAsItComes(t *testing.T) {
	p := startProxy(t)
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+p.public+"/live/room-c-g1.flv", nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	part := make([]byte, 3)
	if _, err := io.ReadFull(answer.Body, part); err != nil || string(part) != "one" {
		t.Fatalf("got %q, %v", part, err) // while the node waits with the rest
	}
	for _, n := range p.nodes {
		close(n.more)
	}
	if rest, err := io.ReadAll(answer.Body); err != nil || string(rest) != "two" {
		t.Errorf("got %q, %v", rest, err)
	}
}

// TestProxyDoesNotCollectFLV: what a slow client has not taken waits at the node, which drops frames. In the proxy it would
// only become older.
func TestProxyDoesNotCollectFLV(t *testing.T) {
	p := startProxy(t)
	conn, err := net.Dial("tcp", p.public)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, "GET /live/flood.flv HTTP/1.1\r\nHost: h\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	var stopped bool
	select { // and nobody reads the answer
	case stopped = <-p.nodes[0].stopped:
	case stopped = <-p.nodes[1].stopped:
	case <-time.After(limit):
		t.Fatal("the flood goes on")
	}
	if !stopped {
		t.Errorf("the proxy took all of %d bytes", flood)
	}
}

func TestProxyUsesAllNodes(t *testing.T) {
	p := startProxy(t)
	for _, n := range p.nodes {
		p.awaitNode(t, n.addr)
	}
}

// awaitNode asks until the node answers.
func (p *proxy) awaitNode(t *testing.T, addr netip.Addr) {
	t.Helper()
	p.await(t, addr.String()+" is not asked", func() bool {
		answer, _ := p.ask(t, http.MethodGet, p.public+"/", "", nil)
		return answer.Header.Get("Node") == addr.String()
	})
}

func TestProxyGoesOnWithoutANode(t *testing.T) {
	p := startProxy(t)
	p.nodes[0].stop()
	for range 20 {
		answer, _ := p.ask(t, http.MethodGet, p.public+"/", "", nil)
		if got := answer.Header.Get("Node"); answer.StatusCode != http.StatusOK || got != p.nodes[1].addr.String() {
			t.Fatalf("%s from %q", answer.Status, got)
		}
		answer, body := p.ask(t, http.MethodPost, p.hooks+"/hooks/nginx-rtmp/secret", "call=publish", nil)
		if answer.StatusCode != http.StatusOK || !strings.Contains(body, "body call=publish") {
			t.Fatalf("%s: %s", answer.Status, body)
		}
	}
	echo(t, p.dial(t))
}

// TestProxyBringsSocketsToAnotherNode: whose node dies, comes back to the one that is left.
func TestProxyBringsSocketsToAnotherNode(t *testing.T) {
	p := startProxy(t)
	conn := p.dial(t)
	echo(t, conn)
	dead, left := p.nodes[0], p.nodes[1]
	if left.asked.Load() > 0 {
		dead, left = left, dead
	}
	dead.stop()
	before := left.asked.Load()
	for range 5 {
		echo(t, p.dial(t))
	}
	if got := left.asked.Load() - before; got != 5 {
		t.Errorf("%d of 5 sockets came", got)
	}
}

func TestProxyPassesByNodesThatDrain(t *testing.T) {
	p := startProxy(t)
	p.nodes[0].draining.Store(true)
	for range 20 {
		if answer, _ := p.ask(t, http.MethodGet, p.public+"/readyz", "", nil); answer.StatusCode != http.StatusOK {
			t.Fatal(answer.Status)
		}
	}
	echo(t, p.dial(t))
	p.nodes[1].draining.Store(true)
	if answer, body := p.ask(t, http.MethodGet, p.public+"/readyz", "", nil); answer.StatusCode != http.StatusServiceUnavailable || body != "draining\n" {
		t.Errorf("%s: %s", answer.Status, body)
	}
}

// TestProxyDoesNotRepeatWhatMayHaveBeenDone: a request that a node has read is not for a second node.
func TestProxyDoesNotRepeatWhatMayHaveBeenDone(t *testing.T) {
	p := startProxy(t)
	for _, n := range p.nodes {
		n.draining.Store(true)
	}
	answer, _ := p.ask(t, http.MethodPost, p.hooks+"/hooks/nginx-rtmp/secret", "call=publish", nil)
	if got := p.nodes[0].asked.Load() + p.nodes[1].asked.Load(); got != 1 || answer.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("%d nodes were asked, %s", got, answer.Status)
	}
}

func TestProxyFindsNewNodes(t *testing.T) {
	p := startProxy(t)
	p.awaitNode(t, p.nodes[0].addr) // it knows the two
	added := startNode(t, 4, p.nodes[0].port(t))
	p.names.set(added.addr)
	p.awaitNode(t, added.addr)
	for _, n := range p.nodes {
		n.stop()
	}
	for range 20 {
		if answer, _ := p.ask(t, http.MethodGet, p.public+"/", "", nil); answer.StatusCode != http.StatusOK {
			t.Fatal(answer.Status)
		}
	}
}

func TestProxySaysWhoAsks(t *testing.T) {
	p := startProxy(t)
	_, body := p.ask(t, http.MethodGet, p.public+"/console/?q=1", "", http.Header{
		"X-Forwarded-For": {"198.51.100.7"}, "X-Real-Ip": {"198.51.100.7"}, "Forwarded": {"for=198.51.100.7"},
	})
	for _, want := range []string{
		"GET /console/?q=1\n", "host " + p.public + "\n", `X-Forwarded-For ["127.0.0.1"]`, "X-Real-IP []", "Forwarded []",
	} {
		if !strings.Contains(body, want) {
			t.Errorf("no %s in %s", want, body)
		}
	}
}

func TestProxyKeepsHooksInside(t *testing.T) {
	p := startProxy(t)
	for _, url := range []string{p.public + "/hooks/nginx-rtmp/secret", p.public + "//hooks/nginx-rtmp/secret", p.public + "/live/%2e%2e/hooks/nginx-rtmp/secret", p.hooks + "/", p.hooks + "/console/"} {
		if answer, _ := p.ask(t, http.MethodPost, url, "", nil); answer.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %s", url, answer.Status)
		}
	}
	if p.nodes[0].asked.Load()+p.nodes[1].asked.Load() > 0 {
		t.Error("a node was asked")
	}
	answer, body := p.ask(t, http.MethodPost, p.hooks+"/hooks/nginx-rtmp/secret", "call=play", nil)
	if answer.StatusCode != http.StatusOK || !strings.HasPrefix(body, "POST /hooks/nginx-rtmp/secret\n") {
		t.Errorf("%s: %s", answer.Status, body)
	}
}

// TestProxyLogsNoSecrets: not even when the nodes are gone, and everything is an error.
func TestProxyLogsNoSecrets(t *testing.T) {
	p := startProxy(t)
	for _, n := range p.nodes {
		n.stop()
	}
	const secret = "f85a2ab363fe4deaffef9754d79da6fe"
	for _, url := range []string{
		p.public + "/live/room-c-g1.flv?txSecret=" + secret + "&txTime=5C271099",
		p.public + "/hooks/nginx-rtmp/" + secret,
		p.hooks + "/hooks/nginx-rtmp/" + secret,
	} {
		p.ask(t, http.MethodGet, url, "", nil)
	}
	p.awaitOutput(t, "GET /live/room-c-g1.flv 502")
	if strings.Contains(p.wrote(), secret) {
		t.Error("it logged a secret")
	}
}

// TestProxyWaitsLongerThanClients: a socket is silent for 30 s between two pings, and given up by ClaimCall after 75 s.
func TestProxyWaitsLongerThanClients(t *testing.T) {
	const silence = 75 * time.Second
	for _, line := range statements(read(t, "deploy/proxy.conf")) {
		text, ok := strings.CutPrefix(line, "proxy_read_timeout ")
		if !ok {
			continue
		}
		if wait, err := time.ParseDuration(strings.TrimSuffix(text, ";")); err != nil || wait <= silence {
			t.Errorf("%s: %v", line, err)
		}
		return // the first is the one for clients
	}
	t.Error("no proxy_read_timeout")
}
