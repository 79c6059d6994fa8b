package redisstore

import (
	"context"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"
)

func TestWaitsGrowUpToALimit(t *testing.T) {
	var o outage
	for _, ms := range []time.Duration{100, 200, 400, 800, 1600, 2000, 2000} {
		o.failed(0)
		limit := ms * time.Millisecond
		least, most := limit, time.Duration(0)
		for range 200 {
			least, most = min(least, o.wait()), max(most, o.wait())
		}
		if least < limit/2 || most > limit {
			t.Errorf("waits from %v to %v, want from %v to %v", least, most, limit/2, limit)
		}
		if most-least < limit/4 {
			t.Errorf("waits from %v to %v: nodes would come all at once", least, most)
		}
	}
	o.failed(steady)
	same(t, "limit after a subscription that lasted", o.limit, firstWait)
}

func TestOutageIsToldRarely(t *testing.T) {
	var o outage
	begun := time.Unix(1, 0)
	told := 0
	for s := range 180 {
		o.failed(5 * time.Second)
		if o.worthTelling(begun.Add(time.Duration(s) * time.Second)) {
			told++
		}
	}
	same(t, "lines in three minutes", told, 3)
	o.failed(steady)
	if !o.worthTelling(begun.Add(180 * time.Second)) {
		t.Error("another outage is not told")
	}
}

// What a blackhole costs at most, before a server's return is noticed.
func TestReturnIsNoticedInTime(t *testing.T) {
	if longest := dialLimit + 2*silence + lastWait; longest > 8*time.Second || longest-lastWait >= steady {
		t.Errorf("up to %v", longest)
	}
}

// dialing counts attempts to connect.
type dialing struct {
	redis.Hook
	attempts atomic.Int64
}

// DialHook implements redis.Hook.
func (d *dialing) DialHook(next redis.DialHook) redis.DialHook {
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		d.attempts.Add(1)
		return next(ctx, network, addr)
	}
}

// ProcessHook implements redis.Hook.
func (d *dialing) ProcessHook(next redis.ProcessHook) redis.ProcessHook { return next }

// ProcessPipelineHook implements redis.Hook.
func (d *dialing) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return next
}

func TestOutageIsSatOutQuietly(t *testing.T) {
	t.Parallel()
	r := startServer(t, "--appendonly", "yes", "--appendfsync", "always")
	core, logged := observer.New(zap.DebugLevel)
	s := opened(t, r.url(), Options{Log: zap.New(core)})
	var dials dialing
	s.client.AddHook(&dials)
	e := listens(t, s)
	li := freeAdjuster("li", s.Now())
	put(t, s, nil, li)
	r.kill()
	before := dials.attempts.Load()
	eventually(t, "it has tried several times", func() bool { return dials.attempts.Load()-before >= 6 })
	same(t, "lines about it", logged.FilterMessage("not listening; subscribing again").Len(), 1)
	r.start()
	back := time.Now()
	e.resync()
	isReady(t, s)
	if took := time.Since(back); took > 8*time.Second {
		t.Errorf("healing took %v", took)
	}
	reaches(s, e, li.User)
	if n := logged.FilterMessage("listening").Len(); n < 2 {
		t.Errorf("%d lines about listening, want one from before and one from after", n)
	}
}
