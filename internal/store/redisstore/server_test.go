package redisstore

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// server is a real Redis of the test's own, in a folder of its own.
type server struct {
	t    testing.TB
	dir  string
	port int
	file string   // of settings, if it needs one
	more []string // arguments
	cmd  *exec.Cmd
	done chan struct{} // closed when the process has ended
}

// startServer starts a Redis that the test's end stops.
func startServer(t testing.TB, more ...string) *server {
	t.Helper()
	s := &server{t: t, dir: t.TempDir(), port: freePort(t), more: more}
	s.start()
	t.Cleanup(s.kill)
	return s
}

// freePort returns a port that nobody listens on. A cluster's bus is 10000 above its port, which must be one as well.
func freePort(t testing.TB) int {
	t.Helper()
	for range 100 {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		port := l.Addr().(*net.TCPAddr).Port
		_ = l.Close()
		if port+10000 < 65536 {
			return port
		}
	}
	t.Fatal("no port is free")
	return 0
}

func (s *server) addr() string { return fmt.Sprint("127.0.0.1:", s.port) }
func (s *server) url() string  { return "redis://" + s.addr() }

// start starts the process and waits until it answers.
func (s *server) start() {
	s.t.Helper()
	log, err := os.Create(filepath.Join(s.dir, "log"))
	if err != nil {
		s.t.Fatal(err)
	}
	defer log.Close()
	args := []string{"--port", fmt.Sprint(s.port), "--bind", "127.0.0.1", "--dir", s.dir}
	if s.file != "" {
		args = append([]string{s.file}, args...)
	} else {
		args = append(args, "--save", "")
	}
	s.cmd = exec.Command("redis-server", append(args, s.more...)...)
	s.cmd.Stdout, s.cmd.Stderr = log, log
	if err := s.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.done = make(chan struct{})
	go func(cmd *exec.Cmd, done chan struct{}) {
		_ = cmd.Wait()
		close(done)
	}(s.cmd, s.done)
	s.answers()
}

func (s *server) answers() {
	s.t.Helper()
	c := s.client()
	defer c.Close()
	eventually(s.t, "Redis answers", func() bool { return c.Ping(s.t.Context()).Err() == nil })
}

// kill ends the process at once, also a frozen one.
func (s *server) kill() {
	_ = s.cmd.Process.Kill()
	<-s.done
}

func (s *server) freeze() { s.signal(syscall.SIGSTOP) }
func (s *server) thaw()   { s.signal(syscall.SIGCONT) }

func (s *server) signal(sig syscall.Signal) {
	s.t.Helper()
	if err := s.cmd.Process.Signal(sig); err != nil {
		s.t.Fatal(err)
	}
}

// client returns a plain client for looking at the server from the side.
func (s *server) client() *redis.Client {
	return redis.NewClient(&redis.Options{Addr: s.addr(), Protocol: 2, DisableIdentity: true})
}

// startCluster starts a cluster of one node.
func startCluster(t testing.TB) *server {
	t.Helper()
	s := startServer(t, "--cluster-enabled", "yes")
	c := s.client()
	defer c.Close()
	if err := c.ClusterAddSlotsRange(t.Context(), 0, 16383).Err(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the cluster is up", func() bool {
		return strings.Contains(c.ClusterInfo(t.Context()).Val(), "cluster_state:ok")
	})
	return s
}

// eventually waits for a condition outside of this process.
func eventually(t testing.TB, what string, holds func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	for !holds() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("not so after long: %s", what)
		}
	}
}

// opened opens a store that the test's end closes.
func opened(t testing.TB, url string, o Options) *Store {
	t.Helper()
	s, err := Open(t.Context(), url, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { // the test may have closed it
		if err := s.Close(); err != nil && s.life.Err() == nil {
			t.Error(errors.Unwrap(err))
		}
	})
	return s
}
