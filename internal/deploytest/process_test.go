package deploytest

import (
	"bytes"
	"net"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"
)

// limit bounds every wait for something that should happen at once.
const limit = 10 * time.Second

// process is a program that runs until the test ends, or earlier.
type process struct {
	cmd  *exec.Cmd
	done chan struct{}

	mu     sync.Mutex
	output bytes.Buffer
}

// start runs a program. What it writes is in the log of a test that fails.
func start(t *testing.T, program string, args ...string) *process {
	t.Helper()
	p := &process{cmd: exec.Command(program, args...), done: make(chan struct{})}
	p.cmd.Stdout, p.cmd.Stderr = p, p
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		_ = p.cmd.Wait() // how it ended is in its output
		close(p.done)
	}()
	t.Cleanup(func() {
		p.kill()
		if t.Failed() {
			t.Logf("%s wrote: %s", program, p.wrote())
		}
	})
	return p
}

// kill ends the process without giving it time for a goodbye, and waits until it is gone.
func (p *process) kill() {
	_ = p.cmd.Process.Kill() // it may be gone already
	<-p.done
}

// Write keeps what the process writes.
func (p *process) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.output.Write(b)
}

func (p *process) wrote() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.output.String()
}

// awaitOutput waits until the process has written the text.
func (p *process) awaitOutput(t *testing.T, text string) {
	t.Helper()
	p.await(t, "it did not write "+text, func() bool { return strings.Contains(p.wrote(), text) })
}

// awaitPort waits until somebody listens on the address.
func (p *process) awaitPort(t *testing.T, addr string) {
	t.Helper()
	p.await(t, "nobody listens on "+addr, func() bool {
		conn, err := net.Dial("tcp", addr)
		if err != nil {
			return false
		}
		return conn.Close() == nil
	})
}

// await waits for something, as long as the process runs.
func (p *process) await(t *testing.T, otherwise string, happened func() bool) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(limit)
	for !happened() {
		select {
		case <-tick.C:
		case <-p.done:
			t.Fatalf("it ended early; %s", otherwise)
		case <-deadline:
			t.Fatal(otherwise)
		}
	}
}

// freeAddr returns a loopback address that nobody listens on.
func freeAddr(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}
