package bench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"time"
)

// startLimit bounds how long a process may take until it serves.
const startLimit = 20 * time.Second

// process is a server under measurement.
type process struct {
	cmd   *exec.Cmd
	addr  string // HOST:PORT where it serves
	said  *tail  // the end of what it wrote
	ended chan struct{}
}

// start runs a program that is to serve at addr. It is killed when ctx ends.
func (b *bench) start(ctx context.Context, addr string, program string, args []string) (*process, error) {
	p := &process{addr: addr, said: &tail{}, ended: make(chan struct{})}
	p.cmd = exec.CommandContext(ctx, program, args...)
	p.cmd.Env = b.Env
	p.cmd.Stdout, p.cmd.Stderr = p.said, p.said
	dieWithUs(p.cmd)
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		defer close(p.ended)
		_ = p.cmd.Wait()
	}()
	return p, nil
}

// serves waits until ready says so.
func (p *process) serves(ctx context.Context, ready func(ctx context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	again := time.NewTicker(5 * time.Millisecond)
	defer again.Stop()
	for {
		if ready(ctx) == nil {
			return nil
		}
		select {
		case <-again.C:
		case <-p.ended:
			return fmt.Errorf("%s ended before it served: %s", p.cmd.Path, p.said)
		case <-ctx.Done():
			p.kill()
			return fmt.Errorf("%s does not serve: %w: %s", p.cmd.Path, ctx.Err(), p.said)
		}
	}
}

// answers reports whether an address answers a request with 200.
func answers(ctx context.Context, url string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		return errors.New(response.Status)
	}
	return nil
}

// connects reports whether somebody listens at an address.
func connects(ctx context.Context, addr string) error {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", addr)
	if err != nil {
		return err
	}
	return conn.Close()
}

// freeAddress returns an address on loopback at which nobody listens yet.
func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String(), nil
}

// memory returns the resident memory in bytes.
func (p *process) memory() (float64, error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		return 0, fmt.Errorf("memory is known on Linux only: %w", err)
	}
	_, rest, _ := strings.Cut(string(status), "\nVmRSS:")
	fields := strings.Fields(rest)
	if len(fields) == 0 {
		return 0, errors.New("no resident memory: the process has ended")
	}
	kib, err := strconv.ParseFloat(fields[0], 64)
	return kib * 1024, err
}

// ticksPerSecond is what the kernel counts a process's time in: USER_HZ, which is 100 on every Linux that Go runs on.
const ticksPerSecond = 100

// processor returns the processor time that was taken so far.
func (p *process) processor() (time.Duration, error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.cmd.Process.Pid))
	if err != nil {
		return 0, fmt.Errorf("processor time is known on Linux only: %w", err)
	}
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	if len(fields) < 13 {
		return 0, errors.New("no processor time: the process has ended")
	}
	user, err := strconv.ParseInt(fields[11], 10, 64) // field 14 of proc(5), counted from behind the name
	system, err2 := strconv.ParseInt(fields[12], 10, 64)
	return time.Duration(user+system) * time.Second / ticksPerSecond, errors.Join(err, err2)
}

// end asks the process to leave, and kills it if it does not.
func (p *process) end() {
	_ = p.cmd.Process.Signal(os.Interrupt)
	select {
	case <-p.ended:
	case <-time.After(5 * time.Second):
		p.kill()
	}
}

// kill ends the process at once.
func (p *process) kill() {
	_ = p.cmd.Process.Kill()
	<-p.ended
}

// tail keeps the end of what is written to it.
type tail struct {
	mu   sync.Mutex
	text []byte
}

const maxTail = 2 << 10

// Write takes everything.
func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, p...)
	t.text = t.text[max(0, len(t.text)-maxTail):]
	return len(p), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.TrimSpace(string(t.text))
}
