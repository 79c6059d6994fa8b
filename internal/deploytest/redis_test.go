package deploytest

import (
	"net"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/claimcall/claimcall/internal/mediatest"
)

// startRedis runs a Redis with our configuration on an address, and with its data in a folder.
func startRedis(t *testing.T, addr, dir string) (*process, *redis.Client) {
	t.Helper()
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		t.Fatal(err)
	}
	conf := exchange(t, read(t, "deploy/redis.conf"), "bind * -::*", "bind "+host, "port 6379", "port "+port, "dir /data", "dir "+dir)
	p := start(t, mediatest.Need(t, "redis-server"), write(t, t.TempDir(), "redis.conf", conf))
	p.awaitOutput(t, "Ready to accept connections")
	client := redis.NewClient(&redis.Options{Addr: addr})
	t.Cleanup(func() { _ = client.Close() })
	return p, client
}

func TestRedisTakesTheConfiguration(t *testing.T) {
	_, client := startRedis(t, freeAddr(t), t.TempDir())
	for name, want := range map[string]string{
		"appendonly":                  "yes",
		"appendfsync":                 "everysec",
		"no-appendfsync-on-rewrite":   "no",
		"save":                        "",
		"maxmemory-policy":            "noeviction",
		"maxmemory":                   "2147483648",
		"client-output-buffer-limit":  "normal 0 0 0 slave 268435456 67108864 60 pubsub 33554432 8388608 10",
		"auto-aof-rewrite-percentage": "100",
		"tcp-keepalive":               "30",
		"timeout":                     "0",
	} {
		got, err := client.ConfigGet(t.Context(), name).Result()
		if err != nil || got[name] != want {
			t.Errorf("%s is %q, want %q: %v", name, got[name], want, err)
		}
	}
}

func TestKillingRedisLosesNothing(t *testing.T) {
	addr, dir := freeAddr(t), t.TempDir()
	p, client := startRedis(t, addr, dir)
	if err := client.Set(t.Context(), "call", "active", 0).Err(); err != nil {
		t.Fatal(err)
	}
	p.kill()
	_, client = startRedis(t, addr, dir)
	if got, err := client.Get(t.Context(), "call").Result(); got != "active" || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
}

// TestAFullRedisRefusesWrites: it must not throw calls out instead.
func TestAFullRedisRefusesWrites(t *testing.T) {
	_, client := startRedis(t, freeAddr(t), t.TempDir())
	if err := client.Set(t.Context(), "call", "active", 0).Err(); err != nil {
		t.Fatal(err)
	}
	if err := client.ConfigSet(t.Context(), "maxmemory", "1").Err(); err != nil {
		t.Fatal(err)
	}
	if err := client.Set(t.Context(), "next", "queued", 0).Err(); err == nil || !strings.HasPrefix(err.Error(), "OOM") {
		t.Errorf("got %v", err)
	}
	if got, err := client.Get(t.Context(), "call").Result(); got != "active" || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
}
