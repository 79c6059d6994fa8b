package main

import (
	"context"
	"errors"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"go.uber.org/zap"

	"github.com/claimcall/claimcall/hub/storage"
	"github.com/claimcall/claimcall/internal/stream"
)

// lookLimit bounds each request of the doctor.
const lookLimit = 5 * time.Second

// lookAtServer finds out whether a server runs here and is well. If none does, it looks whether one could listen.
func (d *doctor) lookAtServer(ctx context.Context) {
	own := d.settings.Network
	own.PublicURL = ""
	d.local, _ = own.Public(d.listen(own.Listen), nil)
	status, err := d.ask(ctx, http.MethodGet, d.local+"/readyz", "", "")
	switch {
	case err != nil:
		d.warn("server", "None runs at %s. The relay, and hooks, are looked at only while one does: start it, and run this again beside it.", d.local)
		d.lookAtPorts()
		return
	case status == http.StatusOK:
		d.ok("server", "It runs at %s, and is ready.", d.local)
	case status == http.StatusServiceUnavailable:
		d.fail("server", "It runs at %s, but is not ready: it is ending, or can't write to its store. Its log says which.", d.local)
	default:
		d.fail("listen", "Something else than this server answers at %s, with status %d. Stop that, or choose another --listen.", d.local, status)
		return
	}
	d.running = true
}

// lookAtPorts looks whether the addresses to listen at are free.
func (d *doctor) lookAtPorts() {
	d.lookAtPort("tcp", "listen", d.settings.Listen)
	d.lookAtPort("tcp", "internal-listen", d.settings.InternalListen)
	if d.settings.Uses(stream.RelayName) {
		d.lookAtPort("tcp", "rtmp-listen", d.settings.RTMPListen)
		d.lookAtPort("tcp", "webrtc-listen", d.settings.WebRTCListen)
		d.lookAtPort("udp", "webrtc-listen", d.settings.WebRTCListen)
	}
}

func (d *doctor) lookAtPort(network, flag, address string) {
	if address == "" {
		return
	}
	err := tryPort(network, address)
	place := strings.ToUpper(network) + " " + address
	switch {
	case err == nil:
		d.ok(flag, "%s is free.", place)
	case errors.Is(err, syscall.EADDRINUSE):
		d.fail(flag, "Another program listens at %s. Stop it, or choose another --%s.", place, flag)
	case errors.Is(err, os.ErrPermission):
		d.fail(flag, "This user may not listen at %s. Ports below 1024 want rights that this program should not have; use a proxy.", place)
	default:
		d.fail(flag, "It is not possible to listen at %s: %s.", place, cause(err))
	}
}

// tryPort listens for a moment.
func tryPort(network, address string) error {
	if network == "udp" {
		conn, err := net.ListenPacket(network, address)
		if err != nil {
			return err
		}
		return conn.Close()
	}
	l, err := net.Listen(network, address)
	if err != nil {
		return err
	}
	return l.Close()
}

// lookAtStore looks whether calls can be remembered. A file is not opened: a running server has it locked.
func (d *doctor) lookAtStore() {
	switch path := strings.TrimPrefix(d.settings.DB, "sqlite:"); {
	case d.settings.Redis != "":
		d.lookAtRedis()
	case d.settings.DB == "memory:":
		d.warn("db", "The store is in memory: a restart forgets all calls. Name a file.")
	default:
		d.lookAtFile(path)
	}
}

func (d *doctor) lookAtRedis() {
	if relaysApart(d.settings) {
		d.warn("streams", "%s", relaysApartText)
	}
	s, err := storage.Open(d.settings.Redis, zap.NewNop())
	if err != nil {
		d.fail("redis", "It can't be used: %s. Does it run, are address and password right, may this machine reach it?", err)
		return
	}
	_ = s.Close()
	d.ok("redis", "It answers.")
}

func (d *doctor) lookAtFile(path string) {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err == nil {
		_ = f.Close()
		d.ok("db", "%s can be written.", path)
		return
	}
	if !errors.Is(err, os.ErrNotExist) {
		d.fail("db", "%s can't be written: %s. Give the file to the user who runs the server.", path, cause(err))
		return
	}
	probe, err := os.CreateTemp(filepath.Dir(path), ".claimcall-doctor-*")
	if err != nil {
		d.fail("db", "%s can't be made: %s. Make the folder, and give it to the user who runs the server.", path, cause(err))
		return
	}
	_ = probe.Close()
	_ = os.Remove(probe.Name())
	d.ok("db", "%s is not there yet, and can be made.", path)
}

// lookAtHooks calls a hook of the running server as the media service would.
func (d *doctor) lookAtHooks(ctx context.Context, p stream.Rehearsed) {
	base, setting := d.local, p.Name()+"-hook-secret"
	if p.Name() == stream.TencentName {
		if d.settings.Tencent.HookSecret == "" {
			return // said before
		}
		if d.settings.PublicURL == "" {
			d.warn("public-url", "It is not set, so it can't be tried whether Tencent's callbacks arrive.")
			return
		}
		base = d.settings.PublicURL
	}
	contentType, body := p.Rehearsal()
	status, err := d.ask(ctx, http.MethodPost, base+"/hooks/"+p.Name()+"/"+p.HookSecret(), contentType, body)
	switch {
	case err != nil:
		d.fail(setting, "Hooks do not arrive at %s: %s. Does the proxy in front run, and does its name lead here?", base, cause(err))
	case status == http.StatusOK:
		d.ok(setting, "Hooks arrive at %s/hooks/%s/..., and their secret is right.", base, p.Name())
	case status == http.StatusNotFound:
		d.fail(setting, "Hooks at %s/hooks/%s/... are answered with 404: the running server has another secret or another --streams, "+
			"or the proxy in front does not let this path through.", base, p.Name())
	case status == http.StatusForbidden:
		d.fail(setting, "The running server refuses hooks that are signed with this key. Was it started with other settings?")
	default:
		d.fail(setting, "Hooks at %s are answered with status %d.", base, status)
	}
}

// ask sends one request and returns the status. Its errors do not hold the address.
func (d *doctor) ask(ctx context.Context, method, address, contentType, body string) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, lookLimit)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, address, strings.NewReader(body))
	if err != nil {
		return 0, err
	}
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	client := http.Client{
		Transport:     &http.Transport{DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	answer, err := client.Do(r)
	if err != nil {
		return 0, err
	}
	return answer.StatusCode, answer.Body.Close()
}

// cause is what happened, without where.
func cause(err error) string {
	if errors.Is(err, context.DeadlineExceeded) {
		return "no answer within " + lookLimit.String()
	}
	for errors.Unwrap(err) != nil {
		err = errors.Unwrap(err)
	}
	return err.Error()
}
