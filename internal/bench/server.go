package bench

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/redis/go-redis/v9"
)

// server starts a node of ours. Without an address of a Redis it has a store of its own, in a file.
//
// Limits that keep one address and one user from taking too much are out of the way: here all come from one machine, and
// a few people take calls without a pause.
func (b *bench) server(ctx context.Context, name, redis string) (*process, error) {
	addr, err := freeAddress()
	if err != nil {
		return nil, err
	}
	args := []string{
		"serve", "--dev", "--listen", addr, "--rtmp-listen", "127.0.0.1:0", "--webrtc-listen", "off", "--internal-listen", "",
		"--node-id", name, "--log-level", "warn", "--wrap-up", "1ms", "--queue-wait", "1h",
		"--db", filepath.Join(b.dir, fmt.Sprintf("%s-%d.db", name, time.Now().UnixNano())),
	}
	if redis != "" {
		args = append(args, "--redis", "redis://"+redis)
	}
	p, err := b.start(ctx, addr, b.Program, args)
	if err != nil {
		return nil, err
	}
	return p, p.serves(ctx, func(ctx context.Context) error { return answers(ctx, "http://"+addr+"/readyz") })
}

// socket is where the sockets of a server are.
func (p *process) socket() string { return "ws://" + p.addr + "/ws" }

// baseline starts a bare server, which is this program in another part.
func (b *bench) baseline(ctx context.Context, kind, redis string) (*process, error) {
	addr, err := freeAddress()
	if err != nil {
		return nil, err
	}
	p, err := b.start(ctx, addr, b.Program, []string{"bench-baseline", kind, "--listen", addr, "--redis", redis})
	if err != nil {
		return nil, err
	}
	return p, p.serves(ctx, func(ctx context.Context) error { return connects(ctx, addr) })
}

// nodes starts as many nodes as are wanted: one with a store of its own, more on one Redis, which is nil for one.
func (b *bench) nodes(ctx context.Context, n int) (nodes []*process, redis *redisServer, err error) {
	addr := ""
	if n > 1 {
		if redis, err = b.redis(ctx); err != nil {
			return nil, nil, err
		}
		addr = redis.addr
	}
	for i := range n {
		node, err := b.server(ctx, fmt.Sprintf("node%d", i+1), addr)
		if err != nil {
			return nil, nil, err
		}
		nodes = append(nodes, node)
	}
	return nodes, redis, nil
}

// redisServer is a Redis under load.
type redisServer struct {
	addr    string
	client  *redis.Client
	process *process // nil if it is not ours
}

// redis returns the Redis of the options, or starts one that writes its log as a careful deployment does.
func (b *bench) redis(ctx context.Context) (*redisServer, error) {
	if b.Redis != "" {
		return newRedis(b.Redis, nil), nil
	}
	program, err := exec.LookPath("redis-server")
	if err != nil {
		return nil, errors.New("no redis-server is installed: install one, or name one with --redis HOST:PORT")
	}
	addr, err := freeAddress()
	if err != nil {
		return nil, err
	}
	_, port, _ := net.SplitHostPort(addr)
	p, err := b.start(ctx, addr, program,
		[]string{"--bind", "127.0.0.1", "--port", port, "--dir", b.dir, "--save", "", "--appendonly", "yes"})
	if err != nil {
		return nil, err
	}
	if err := p.serves(ctx, func(ctx context.Context) error { return connects(ctx, addr) }); err != nil {
		return nil, err
	}
	return newRedis(addr, p), nil
}

func newRedis(addr string, p *process) *redisServer {
	return &redisServer{addr, redis.NewClient(&redis.Options{Addr: addr, Protocol: 2, DisableIdentity: true}), p}
}

// end ends a Redis that was started here.
func (r *redisServer) end() {
	_ = r.client.Close()
	if r.process != nil {
		r.process.end()
	}
}
