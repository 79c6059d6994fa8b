package mediabench

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"
)

// server is serve --dev, as a process of its own.
type server struct {
	t      *testing.T
	binary string
	url    string // http://HOST:PORT
	pid    int
}

func serve(t *testing.T) *server {
	t.Helper()
	s := &server{t: t, binary: build(t)}
	cmd := exec.Command(s.binary, "serve", "--dev", "--db", "memory:", "--listen", "127.0.0.1:0",
		"--rtmp-listen", "127.0.0.1:0", "--webrtc-listen", "127.0.0.1:0", "--internal-listen", "127.0.0.1:0")
	cmd.Dir = t.TempDir()
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	s.pid = cmd.Process.Pid
	lines := bufio.NewScanner(out)
	for s.url == "" && lines.Scan() {
		if name, address, _ := strings.Cut(lines.Text(), " "); name == "public" {
			s.url = strings.TrimSpace(address)
		}
	}
	go func() {
		for lines.Scan() { // or it would stop when the pipe is full
		}
	}()
	if s.url == "" {
		t.Fatal("the server ended without saying where it is")
	}
	return s
}

// token returns a token for the role.
func (s *server) token(role, sub string) string {
	s.t.Helper()
	out, err := exec.Command(s.binary, "token", "--dev", "--role", role, "--sub", sub, "--ttl", "24h").Output()
	if err != nil {
		s.t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}

// cpu returns how long the server has kept a core busy since it started.
func (s *server) cpu() time.Duration {
	s.t.Helper()
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", s.pid))
	if err != nil {
		s.t.Fatal(err)
	}
	_, behindName, _ := strings.Cut(string(stat), ") ")
	fields := strings.Fields(behindName)
	const user, system, tick = 11, 12, 10 * time.Millisecond
	return time.Duration(number(s.t, fields[user])+number(s.t, fields[system])) * tick
}

// memory returns the resident bytes of the server. A part of them is the program itself, read from its file as it is used;
// own is without.
func (s *server) memory() (all, own int) {
	s.t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.pid))
	if err != nil {
		s.t.Fatal(err)
	}
	bytes := func(field string) int {
		_, rest, _ := strings.Cut(string(status), field)
		return number(s.t, strings.Fields(rest)[0]) << 10
	}
	return bytes("VmRSS:"), bytes("RssAnon:")
}

// load returns how many processes wanted a core in the last minute.
func load(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		t.Fatal(err)
	}
	return strings.Fields(string(text))[0]
}

func number(t *testing.T, text string) int {
	t.Helper()
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}
