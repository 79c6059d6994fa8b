package faulttest

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// process is a server of the test's own. It is ended by its id, frozen or not, when the test ends.
type process struct {
	t     testing.TB
	name  string
	cmd   *exec.Cmd
	ended chan struct{}

	mu  sync.Mutex
	all bytes.Buffer // everything it wrote
}

func launch(t testing.TB, name string, cmd *exec.Cmd, line func(string)) *process {
	t.Helper()
	p := &process{t: t, name: name, cmd: cmd, ended: make(chan struct{})}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = p
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go p.read(out, line)
	t.Cleanup(func() {
		p.kill()
		if t.Failed() {
			t.Logf("%s wrote:\n%s", p.name, p.written())
		}
	})
	return p
}

func (p *process) read(out io.Reader, line func(string)) {
	for lines := bufio.NewScanner(out); lines.Scan(); {
		_, _ = p.Write(append(lines.Bytes(), '\n'))
		line(lines.Text())
	}
	_ = p.cmd.Wait()
	close(p.ended)
}

// Write keeps what the process writes.
func (p *process) Write(text []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.all.Write(text)
}

// written returns the end of what the process wrote.
func (p *process) written() string {
	const most = 60 << 10
	p.mu.Lock()
	defer p.mu.Unlock()
	text := p.all.Bytes()
	return string(text[max(0, len(text)-most):])
}

func (p *process) kill() {
	_ = p.cmd.Process.Kill()
	<-p.ended
}

// freeze stops the process, and returns when none of its threads does anything any more.
func (p *process) freeze() {
	p.t.Helper()
	p.signal(syscall.SIGSTOP)
	within(p.t, patience, p.name+" stands still", p.stopped)
}

// stopped reports whether all threads are stopped. Without /proc it takes the signal's word.
func (p *process) stopped() bool {
	threads, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/stat", p.cmd.Process.Pid))
	for _, thread := range threads {
		stat, err := os.ReadFile(thread)
		_, state, _ := bytes.Cut(stat, []byte(") "))
		if err == nil && !bytes.HasPrefix(state, []byte("T")) {
			return false
		}
	}
	return true
}

func (p *process) thaw() { p.signal(syscall.SIGCONT) }

func (p *process) signal(s syscall.Signal) {
	p.t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		p.t.Errorf("signal %s: %v", p.name, err)
	}
}

// exits waits for the end of the process.
func (p *process) exits(limit time.Duration) time.Duration {
	p.t.Helper()
	begun := time.Now()
	select {
	case <-p.ended:
	case <-time.After(limit):
		p.t.Fatalf("%s does not end within %s", p.name, limit)
	}
	return time.Since(begun)
}

// node is a coordinator with its own way to Redis, which a test can disturb.
type node struct {
	*process
	way *proxy // nil in a cluster whose nodes go straight to Redis
	url string // http://HOST:PORT
}

func (n *node) socket() string { return "ws" + strings.TrimPrefix(n.url, "http") + "/ws" }

// ready reports whether the node says that calls can be made there.
func (n *node) ready() bool { return n.status() == http.StatusOK }

// status returns what the readiness probe answers; 0 for nothing.
func (n *node) status() int {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, n.url+"/readyz", nil)
	if err != nil {
		return 0
	}
	r.Close = true
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0
	}
	_ = answer.Body.Close()
	return answer.StatusCode
}

// cluster is a deployment: nodes by name on one Redis.
type cluster struct {
	t     testing.TB
	redis *redisServer
	media string   // where streams are dropped
	args  []string // of every node
	url   string   // where nodes find Redis; if empty, each by a proxy of its own

	mu     sync.Mutex
	nodes  map[string]*node
	killed []time.Time // when Redis was
}

// newCluster starts a Redis and nodes of the given names. Wrap-up is short unless args say otherwise.
func newCluster(t testing.TB, names []string, args ...string) *cluster {
	t.Helper()
	c := &cluster{t: t, redis: startRedis(t)}
	c.prepare(names, args...)
	return c
}

// prepare starts the nodes of a cluster that has its Redis.
func (c *cluster) prepare(names []string, args ...string) {
	c.t.Helper()
	c.nodes, c.media = map[string]*node{}, startMedia(c.t)
	c.args = append([]string{"--wrap-up", "500ms"}, args...)
	for _, name := range names {
		c.start(name, binary)
	}
}

// redisURL returns where Redis is found from the side.
func (c *cluster) redisURL() string {
	if c.url != "" {
		return c.url
	}
	return "redis://" + c.redis.addr
}

// start starts a node, again if there was one of that name, and waits until it is ready.
func (c *cluster) start(name, program string) *node {
	c.t.Helper()
	n, url := &node{}, c.url
	if url == "" {
		n.way = newProxy(c.t, c.redis.addr)
		url = "redis://" + n.way.addr()
	}
	found := make(chan string, 1)
	args := append([]string{"serve", "--dev", "--node-id", name, "--redis", url, "--listen", "127.0.0.1:0",
		"--internal-listen", "off", "--streams", "nginx-rtmp", "--nginx-rtmp-public", "rtmp://media.example",
		"--nginx-rtmp-control", c.media}, c.args...)
	cmd := exec.Command(program, args...)
	cmd.Dir, cmd.Env = c.t.TempDir(), environment()
	n.process = launch(c.t, name, cmd, func(line string) {
		if what, address, _ := strings.Cut(line, " "); what == "public" {
			found <- strings.TrimSpace(address)
		}
	})
	select {
	case n.url = <-found:
	case <-time.After(patience):
		c.t.Fatalf("node %s does not become ready", name)
	}
	c.mu.Lock()
	c.nodes[name] = n
	c.mu.Unlock()
	return n
}

func (c *cluster) node(name string) *node {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := c.nodes[name]
	if n == nil {
		c.t.Fatalf("no node %s", name)
	}
	return n
}

// kill ends a node without a word.
func (c *cluster) kill(name string) { c.node(name).kill() }

// unwritten is how much of the last that it said a Redis that is killed may forget. By its setting it writes to the file
// before it answers; but not while the disk takes long over the second before, for up to two seconds.
const unwritten = 3 * time.Second

// killsRedis ends Redis without a word.
func (c *cluster) killsRedis() {
	c.mu.Lock()
	c.killed = append(c.killed, time.Now())
	c.mu.Unlock()
	c.redis.kill()
}

// mayForget reports whether what somebody was told at a moment may have been forgotten since: Redis was killed soon after.
func (c *cluster) mayForget(told time.Time) bool {
	const onItsWay = time.Second
	return c.wasKilled(told.Add(-onItsWay), told.Add(unwritten))
}

// wasKilled reports whether Redis was killed between two moments.
func (c *cluster) wasKilled(from, to time.Time) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.ContainsFunc(c.killed, func(at time.Time) bool { return at.After(from) && at.Before(to) })
}

// loses is as kill, and whoever goes to any node goes to the others: the balancer before them has noticed.
func (c *cluster) loses(name string) {
	c.kill(name)
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.nodes, name)
}
