package deploytest

import (
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/claimcall/claimcall/internal/mediatest"
)

// startCommand is the shell script that compose runs, as the shell sees it.
func startCommand(t *testing.T, s service) string {
	t.Helper()
	if strings.Join(s.Entrypoint, " ") != "sh -euc" || len(s.Command) != 1 {
		t.Fatalf("no script: %q %q", s.Entrypoint, s.Command)
	}
	return strings.ReplaceAll(s.Command[0], "$$", "$")
}

// TestNginxRTMPStartsInCompose runs the script of the container on this machine: its nginx must take what the script makes
// of deploy/nginx-rtmp.conf.
func TestNginxRTMPStartsInCompose(t *testing.T) {
	nginx := mediatest.Need(t, "nginx", "/usr/sbin/nginx")
	const secret = "0123456789abcdef0123456789abcdef"
	c := readCompose(t)
	dir := t.TempDir()
	conf := read(t, "deploy/nginx-rtmp.conf")
	control := regexp.MustCompile(`listen 127\.0\.0\.1:(\d+);`).FindStringSubmatch(conf)
	if control == nil {
		t.Fatal("control is not on the loopback address")
	}
	script := exchange(t, startCommand(t, c.Services["nginx-rtmp"]),
		"/run/secrets/hook_secret", write(t, dir, "hook_secret", secret+"\n"),
		"/etc/claimcall/nginx-rtmp.conf", write(t, dir, "template.conf", conf),
		"/var/lib/nginx", dir,
		"exec nginx -c", "true",
	)
	if out, err := exec.Command("sh", "-euc", script).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	made, err := os.ReadFile(filepath.Join(dir, "nginx.conf"))
	if err != nil {
		t.Fatal(err)
	}
	for text, times := range map[string]int{
		"http://10.77.0.10:8081/hooks/nginx-rtmp/" + secret + ";": 3,
		"listen " + control[1] + ";":                              1,
		"allow 10.77.0.0/24;":                                     1,
		"deny all;":                                               1,
		"pid " + dir + "/pid;":                                    1,
	} {
		if got := strings.Count(strings.Join(statements(string(made)), "\n"), text); got != times {
			t.Errorf("%q is there %d times, want %d", text, got, times)
		}
	}
	checkNginx(t, nginx, dir, string(made), control[1])
	at, err := url.Parse(c.Services["claimcall"].Environment["CLAIMCALL_NGINX_RTMP_CONTROL"])
	if err != nil || at.Hostname() != "nginx-rtmp" || at.Port() != control[1] {
		t.Errorf("nodes ask for control at %s, but it is on port %s: %v", at, control[1], err)
	}
}

// checkNginx lets nginx judge a configuration. It opens the ports for that, so they become others.
func checkNginx(t *testing.T, nginx, dir, conf, control string) {
	t.Helper()
	mediatest.Need(t, "/usr/lib/nginx/modules/ngx_rtmp_module.so")
	conf = exchange(t, conf,
		"listen 1935", "listen "+freeAddr(t), "listen "+control+";", "listen "+freeAddr(t)+";", "/var/lib/nginx", dir)
	file := write(t, dir, "check.conf", conf)
	if out, err := exec.Command(nginx, "-p", dir, "-t", "-c", file).CombinedOutput(); err != nil {
		t.Errorf("%v: %s", err, out)
	}
}
