package mediatest

import (
	"bytes"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"testing"
)

// process is a program that runs until the test ends, or earlier.
type process struct {
	cmd    *exec.Cmd
	done   chan struct{}
	output *output
}

// start runs the program. What it writes to its standard error is in the log of a test that fails, without secrets.
func start(t testing.TB, cmd *exec.Cmd, secrets ...string) *process {
	t.Helper()
	p := &process{cmd: cmd, done: make(chan struct{}), output: &output{secrets: secrets}}
	cmd.Stderr = p.output
	if err := cmd.Start(); err != nil {
		t.Fatalf("mediatest: start %s: %v", cmd.Args[0], err)
	}
	go func() {
		_ = cmd.Wait() // how it ended is in its output
		close(p.done)
	}()
	t.Cleanup(func() {
		p.Kill()
		if t.Failed() {
			t.Logf("%s wrote: %s", cmd.Args[0], p.output)
		}
	})
	return p
}

// Ended is closed when the process is gone.
func (p *process) Ended() <-chan struct{} { return p.done }

// Kill ends the process without giving it time for a goodbye, and waits until it is gone. The kernel still closes its
// connections properly; Freeze is for those that just go silent.
func (p *process) Kill() {
	_ = p.cmd.Process.Signal(os.Kill)
	<-p.done
}

// Wrote reports whether the text is in what the process wrote to its standard error so far.
func (p *process) Wrote(text string) bool {
	p.output.mu.Lock()
	defer p.output.mu.Unlock()
	return strings.Contains(p.output.buf.String(), text)
}

// output collects what a process writes. It may be used concurrently.
type output struct {
	secrets []string

	mu  sync.Mutex
	buf bytes.Buffer
}

// Write keeps the first 64 KiB.
func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.buf.Len() < 64<<10 {
		o.buf.Write(b)
	}
	return len(b), nil
}

// String leaves out addresses and signatures.
func (o *output) String() string {
	o.mu.Lock()
	text := o.buf.String()
	o.mu.Unlock()
	for _, secret := range o.secrets {
		text = strings.ReplaceAll(text, secret, "(address)")
	}
	return regexp.MustCompile(`\b(rtmps?|https?|wss?)://\S+|txSecret=\w+`).ReplaceAllString(text, "(address)")
}
