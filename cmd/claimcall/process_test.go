package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/claimcall/claimcall/protocol"
)

// patience is how long something that must happen may take on a busy machine.
const patience = 30 * time.Second

// binary is the program under test, built once by TestMain.
var binary string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "claimcall")
	if err != nil {
		panic(err)
	}
	binary = filepath.Join(dir, "claimcall")
	build := exec.Command("go", "build", "-race", "-o", binary, ".")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		panic(err)
	}
	code := m.Run()
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

// command is the program as a user would call it, without settings from around.
func command(args ...string) *exec.Cmd {
	cmd := exec.Command(binary, args...)
	cmd.Env = append(cmd.Env, "GORACE=atexit_sleep_ms=0")
	for _, setting := range os.Environ() {
		if !strings.HasPrefix(setting, "CLAIMCALL_") {
			cmd.Env = append(cmd.Env, setting)
		}
	}
	return cmd
}

// output runs a command to its end.
func output(t *testing.T, env []string, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	cmd := command(args...)
	cmd.Dir = t.TempDir()
	cmd.Env = append(cmd.Env, env...)
	var out, err bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &err
	done := time.AfterFunc(patience, func() { _ = cmd.Process.Kill() })
	defer done.Stop()
	_ = cmd.Run()
	return out.String(), err.String(), cmd.ProcessState.ExitCode()
}

// process is a command that runs.
type process struct {
	t     *testing.T
	name  string
	cmd   *exec.Cmd
	lines chan string // of standard output
	ended chan struct{}

	mu  sync.Mutex
	all bytes.Buffer // everything it wrote
}

func start(t *testing.T, name string, args ...string) *process {
	t.Helper()
	p := &process{t: t, name: name, cmd: command(args...), lines: make(chan string, 1000), ended: make(chan struct{})}
	p.cmd.Dir = t.TempDir()
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	p.cmd.Stderr = p
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go p.read(out)
	t.Cleanup(func() {
		_ = p.cmd.Process.Kill()
		<-p.ended
		if t.Failed() {
			t.Logf("%s wrote:\n%s", p.name, p.written())
		}
	})
	return p
}

func (p *process) read(out io.Reader) {
	for lines := bufio.NewScanner(out); lines.Scan(); {
		_, _ = p.Write(append(lines.Bytes(), '\n'))
		p.lines <- lines.Text()
	}
	_ = p.cmd.Wait()
	close(p.lines)
	close(p.ended)
}

// Write keeps what the process writes.
func (p *process) Write(text []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.all.Write(text)
}

func (p *process) written() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.all.String()
}

// line returns the next line of standard output.
func (p *process) line() string {
	p.t.Helper()
	select {
	case line, ok := <-p.lines:
		if !ok {
			p.t.Fatalf("%s has ended", p.name)
		}
		return line
	case <-time.After(patience):
		p.t.Fatalf("%s says nothing", p.name)
	}
	return ""
}

// exits waits for the end of the process.
func (p *process) exits(code int) {
	p.t.Helper()
	select {
	case <-p.ended:
	case <-time.After(patience):
		p.t.Fatalf("%s does not end", p.name)
	}
	if got := p.cmd.ProcessState.ExitCode(); got != code {
		p.t.Errorf("%s ended with %d, want %d", p.name, got, code)
	}
}

func (p *process) signal(s os.Signal) {
	p.t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		p.t.Errorf("signal %s: %v", p.name, err)
	}
}

// server is serve --dev.
type server struct {
	*process
	url      string // http://HOST:PORT
	socket   string
	internal string
	db       string
}

// serve starts a server on any free port, and on the same store and port when it is started in place of another.
func serve(t *testing.T, before *server, args ...string) *server {
	t.Helper()
	s := &server{db: filepath.Join(t.TempDir(), "calls.db")}
	listen := "127.0.0.1:0"
	if before != nil {
		s.db, listen = before.db, strings.TrimPrefix(before.url, "http://")
	}
	s.process = start(t, "serve", append([]string{"serve", "--dev", "--db", s.db, "--listen", listen, "--rtmp-listen", "127.0.0.1:0"}, args...)...)
	for s.internal == "" {
		name, address, _ := strings.Cut(s.line(), " ")
		switch address = strings.TrimSpace(address); name {
		case "public":
			s.url, s.socket = address, "ws"+strings.TrimPrefix(address, "http")+"/ws"
		case "internal":
			s.internal = address
		}
	}
	return s
}

// stop ends the server in good order.
func (s *server) stop() {
	s.t.Helper()
	s.signal(syscall.SIGTERM)
	s.exits(0)
}

// caller is a process of the call command.
type caller struct {
	*process
	seen []string // types of the events so far, answers to commands left out
}

// callAs starts a party of a call.
func callAs(s *server, name string, args ...string) *caller {
	s.t.Helper()
	return &caller{process: start(s.t, name, append([]string{"call", "--dev", "--url", s.socket, "--sub", name}, args...)...)}
}

// got is an event as the call command prints it.
type got struct {
	Type protocol.Type
	Data struct {
		Resumed bool
		Call    *protocol.Call
		Streams *protocol.Streams
		Reason  string
	}
}

// sees reads up to the next event of the type.
func (c *caller) sees(want protocol.Type) got {
	c.t.Helper()
	for {
		var event got
		line := c.line()
		if err := json.Unmarshal([]byte(line), &event); err != nil {
			c.t.Fatalf("%s wrote %q: %v", c.name, line, err)
		}
		if event.Type != protocol.TypeOK {
			c.seen = append(c.seen, string(event.Type))
		}
		if event.Type == want {
			return event
		}
	}
}

// secrets finds what must never be shown: signatures and tokens.
func secrets(text string) []string {
	return regexp.MustCompile(`txSecret=\w+|eyJ[\w-]+\.[\w-]+`).FindAllString(text, -1)
}
