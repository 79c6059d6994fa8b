package faulttest

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"
)

// redisServer is a real Redis with an append-only file, as deploy/redis.conf has it.
type redisServer struct {
	*process
	dir, addr string
	more      []string // arguments
}

// startRedis starts a server, with more arguments.
func startRedis(t testing.TB, more ...string) *redisServer {
	t.Helper()
	r := newRedis(t)
	r.more = more
	r.start(t)
	return r
}

// newRedis has a place for a server.
func newRedis(t testing.TB) *redisServer {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return &redisServer{dir: t.TempDir(), addr: l.Addr().String()}
}

// start starts the server where it was before, with what it remembers, and waits until it answers.
func (r *redisServer) start(t testing.TB) {
	t.Helper()
	_, port, _ := net.SplitHostPort(r.addr)
	args := append([]string{"--port", port, "--bind", "127.0.0.1", "--dir", r.dir, "--save", "", "--appendonly", "yes",
		"--appendfsync", "everysec"}, r.more...)
	r.process = launch(t, "redis", exec.Command("redis-server", args...), func(string) {})
	within(t, patience, "Redis answers", func() bool { return r.answer("PING") == "PONG" })
}

// answer returns what the server says to a command, as one text; nothing if it does not answer.
func (r *redisServer) answer(command string) string {
	conn, err := net.DialTimeout("tcp", r.addr, time.Second)
	if err != nil {
		return ""
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(time.Second))
	_, _ = io.WriteString(conn, command+"\r\n")
	text, err := reply(bufio.NewReader(conn))
	if err != nil {
		return ""
	}
	return text
}

// reply reads an answer of Redis. Parts of a list are separated by spaces.
func reply(in *bufio.Reader) (string, error) {
	line, err := in.ReadString('\n')
	if err != nil {
		return "", err
	}
	kind, line := line[0], strings.TrimSpace(line[1:])
	switch kind {
	case '+', ':':
		return line, nil
	case '-':
		return "", errors.New(line)
	}
	n, err := strconv.Atoi(line)
	if err != nil || n < 0 {
		return "", err
	}
	if kind == '$' {
		text := make([]byte, n+2)
		_, err := io.ReadFull(in, text)
		return string(text[:n]), err
	}
	var parts []string
	for range n {
		part, err := reply(in)
		if err != nil {
			return "", err
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, " "), nil
}

// reads returns how often the server has read something from a connection.
func (r *redisServer) reads(t testing.TB) int {
	t.Helper()
	_, after, _ := strings.Cut(r.answer("INFO stats"), "total_reads_processed:")
	n := 0
	if _, err := fmt.Sscan(after, &n); err != nil {
		t.Fatal(err)
	}
	return n
}
