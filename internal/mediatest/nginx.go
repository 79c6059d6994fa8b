package mediatest

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// What the configuration for production says, and what is put in its place.
const (
	confListen  = "listen 1935"
	confControl = "127.0.0.1:8082"
	confHooks   = "127.0.0.1:8080"
	confSecret  = "hook-secret-to-replace"
	confPID     = "/run/nginx.pid"
	confFolders = "/var/lib/nginx"
	confModule  = "/usr/lib/nginx/modules/ngx_rtmp_module.so"
)

// Nginx is a running nginx.
type Nginx struct {
	*process
	// RTMP and HTTP are its addresses, such as rtmp://127.0.0.1:50123. Control and stat are below HTTP.
	RTMP, HTTP string
}

// StartNginx runs nginx with the configuration file for production; only addresses, folders and the secret are
// exchanged. Hooks go to hooks, which is HOST:PORT. It waits until nginx listens.
func StartNginx(t testing.TB, conf, hooks, secret string) *Nginx {
	t.Helper()
	nginx := Need(t, "nginx", "/usr/sbin/nginx")
	Need(t, confModule)
	rtmp, http := freeAddr(t), freeAddr(t)
	dir := t.TempDir()
	file := filepath.Join(dir, "nginx.conf")
	text := exchange(t, conf, map[string]string{
		confListen: "listen " + rtmp, confControl: http, confHooks: hooks, confSecret: secret,
		confPID: filepath.Join(dir, "pid"), confFolders: dir,
	})
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatalf("mediatest: %v", err)
	}
	// A single process: a master that is killed would leave its worker behind.
	cmd := exec.Command(nginx, "-p", dir, "-c", file, "-g", "daemon off; master_process off;")
	n := &Nginx{process: start(t, cmd, secret), RTMP: "rtmp://" + rtmp, HTTP: "http://" + http}
	n.await(t, rtmp)
	n.await(t, http)
	return n
}

// exchange reads the file and replaces each text, which must be there, so that a test cannot go past a configuration
// that was changed.
func exchange(t testing.TB, file string, texts map[string]string) string {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("mediatest: %v", err)
	}
	var pairs []string
	for from, to := range texts {
		if !strings.Contains(string(content), from) {
			t.Fatalf("mediatest: %s does not say %q any more", filepath.Base(file), from)
		}
		pairs = append(pairs, from, to)
	}
	return strings.NewReplacer(pairs...).Replace(string(content))
}

// freeAddr returns a loopback address that nobody listens on.
func freeAddr(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("mediatest: %v", err)
	}
	defer l.Close()
	return l.Addr().String()
}

// await waits until somebody listens on the address.
func (n *Nginx) await(t testing.TB, addr string) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(10 * time.Second)
	for {
		if conn, err := net.Dial("tcp", addr); err == nil {
			conn.Close()
			return
		}
		select {
		case <-tick.C:
		case <-n.done:
			t.Fatalf("mediatest: nginx did not start: %s", n.output)
		case <-deadline:
			t.Fatal("mediatest: nginx does not listen")
		}
	}
}
