package main

import (
	"bytes"
	"context"
	"encoding/json"
	"net"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/claimcall/claimcall/hub"
	"github.com/claimcall/claimcall/internal/config"
	"github.com/claimcall/claimcall/protocol"
)

// settings are those of serve --dev on free ports.
func settings(t *testing.T, change ...func(*config.Serve)) *config.Serve {
	t.Helper()
	c := &config.Serve{}
	c.Dev, c.DB, c.Providers = true, "memory:", []string{"relay"}
	c.Listen, c.RTMPListen, c.InternalListen = "127.0.0.1:0", "127.0.0.1:0", "127.0.0.1:0"
	second := time.Second
	c.Timing = config.Timing{
		Ring: second, Join: 2 * second, QueueWait: 3 * second, GraceClaimant: 4 * second, GraceAdjuster: 5 * second,
		RingGone: 6 * second, WrapUp: 7 * second, MaxCall: 8 * second, MaxMissed: 9,
		Hello: 10 * second, HeartbeatIdle: 11 * second, HeartbeatCall: 12 * second,
		PublishWait: 13 * second, MediaSteady: 14 * second, QualityRaise: 15 * second, ProposeAudio: 16 * second,
	}
	c.Limits = config.Limits{
		MaxSockets: 1000, MaxSocketsAddress: 1000, MaxWaiting: 1000, MaxWaitingAddress: 1000,
		ConnectRate: 1000, ConnectRateAddr: 1000, LoginRateAddr: 1000,
		CommandRate: 100, CommandBurst: 1000, CallRate: 100, CallBurst: 1000, SendQueue: 256 << 10,
	}
	for _, f := range change {
		f(c)
	}
	if err := c.Check(); err != nil {
		t.Fatal(err)
	}
	return c
}

func withNginx(c *config.Serve) {
	c.Providers = []string{"nginx-rtmp", "relay"}
	c.NginxRTMPPublic, c.NginxRTMPControl, c.NginxRTMPHookSecret = "rtmp://media.example.org", "http://127.0.0.1:9", "0123456789abcdef"
}

func withNginxOnly(c *config.Serve) {
	withNginx(c)
	c.Providers = c.Providers[:1]
}

func TestAssembleTheConfiguredProviders(t *testing.T) {
	tests := []struct {
		change func(*config.Serve)
		want   []string
		rtmp   bool // of the relay, which is there for nginx too, as a bridge
	}{
		{func(*config.Serve) {}, []string{"relay"}, true},
		{withNginx, []string{"nginx-rtmp", "relay"}, true},
		{withNginxOnly, []string{"nginx-rtmp"}, false},
	}
	for _, tt := range tests {
		n, err := assemble(settings(t, tt.change), zap.NewNop())
		if err != nil {
			t.Fatal(err)
		}
		if got := n.streams.Providers(); !slices.Equal(got, tt.want) || n.relay == nil || (n.rtmp != nil) != tt.rtmp {
			t.Errorf("%v: got %v, relay %v", tt.want, got, n.relay)
		}
		own := hub.StreamName{Room: strings.Repeat("a", 26), Leg: "claimant", Generation: 1}
		for _, provider := range tt.want {
			streams, err := n.streams.HandOut(provider, own, time.Now().Add(time.Hour))
			if err != nil || len(streams.Push) == 0 || len(streams.Play) == 0 {
				t.Errorf("%s hands out %d and %d addresses: %v", provider, len(streams.Push), len(streams.Play), err)
			}
		}
		n.unlisten()
		n.close()
	}
}

func TestANodeServesUntilTold(t *testing.T) {
	core, logged := observer.New(zap.InfoLevel)
	n, err := assemble(settings(t), zap.New(core))
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ready, done := make(chan struct{}), make(chan error)
	go func() { done <- n.run(ctx, func() { close(ready) }) }()
	<-ready
	if status, _ := fetch(t, n.addresses.public+"/readyz"); status != 200 {
		t.Errorf("readyz: %d", status)
	}
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
	var said []string
	for _, entry := range logged.All() {
		said = append(said, entry.Message)
	}
	if want := []string{"ending, draining", "drained", "stopped"}; len(said) < 3 || !slices.Equal(said[len(said)-3:], want) {
		t.Errorf("logged %q, want %q at the end", said, want)
	}
	for _, address := range []string{n.public.Addr().String(), n.rtmp.Addr().String(), n.internal.Addr().String()} {
		if conn, err := net.Dial("tcp", address); err == nil {
			_ = conn.Close()
			t.Errorf("%s is still open", address)
		}
	}
}

func TestAFailureFreesWhatWasTaken(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := free.Addr().String()
	_ = free.Close()
	_, err = assemble(settings(t, func(c *config.Serve) {
		c.Listen, c.RTMPListen = address, taken.Addr().String()
	}), zap.NewNop())
	if err == nil || !strings.Contains(err.Error(), "CLAIMCALL_RTMP_LISTEN") {
		t.Fatalf("got %v", err)
	}
	again, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatalf("the other address is still taken: %v", err)
	}
	_ = again.Close()
}

func TestEverySettingOfTimeIsPassedOn(t *testing.T) {
	c := settings(t)
	given := reflect.ValueOf(c.Timing)
	var want []any
	for i := range given.NumField() {
		want = append(want, given.Field(i).Interface())
	}
	var got []any
	for _, passed := range []reflect.Value{reflect.ValueOf(timing(c.Timing)), reflect.ValueOf(limits(c.Timing, c.Limits))} {
		for i := range passed.NumField() {
			got = append(got, passed.Field(i).Interface())
		}
	}
	for _, value := range want {
		if !slices.Contains(got, value) {
			t.Errorf("%v was not passed on", value)
		}
	}
}

func TestProfilesArePassedOn(t *testing.T) {
	given := config.Profile{MinBitrateKbps: 1, MaxBitrateKbps: 2, FPS: 3, Width: 4, Height: 5, AudioQuality: "low"}
	want := protocol.Profile{MinBitrateKbps: 1, MaxBitrateKbps: 2, FPS: 3, Width: 4, Height: 5, AudioQuality: "low"}
	if got := profiles(map[string]config.Profile{"trucks": given}); len(got) != 1 || got["trucks"] != want {
		t.Errorf("got %+v", got)
	}
}

func TestLogFormats(t *testing.T) {
	tests := []struct {
		format string
		dev    bool
		json   bool
	}{{"auto", true, false}, {"auto", false, true}, {"json", true, true}, {"text", false, false}}
	for _, tt := range tests {
		var out bytes.Buffer
		c := &config.Serve{Log: config.Log{LogLevel: "warn", LogFormat: tt.format}}
		c.Dev = tt.dev
		log := newLogger(c, &out)
		log.Info("quiet")
		log.Warn("loud")
		if strings.Contains(out.String(), "quiet") || !strings.Contains(out.String(), "loud") || json.Valid(out.Bytes()) != tt.json {
			t.Errorf("%s, dev %v: got %q", tt.format, tt.dev, out.String())
		}
	}
}

// TestWarnsOfRelaysApart: several nodes and the relay do not go together.
func TestWarnsOfRelaysApart(t *testing.T) {
	redis := func(c *config.Serve) { c.Redis = "redis://127.0.0.1" }
	for _, tt := range []struct {
		change []func(*config.Serve)
		want   bool
	}{
		{nil, false},
		{[]func(*config.Serve){redis}, true},
		{[]func(*config.Serve){redis, withNginx}, true},
		{[]func(*config.Serve){redis, withNginxOnly}, false},
	} {
		if c := settings(t, tt.change...); relaysApart(c) != tt.want {
			t.Errorf("redis %q, streams %v: want %v", c.Redis, c.Providers, tt.want)
		}
	}
	address := miniredis.RunT(t).Addr()
	s := serve(t, nil, "--redis", "redis://"+address)
	s.stop()
	if !strings.Contains(s.written(), "WARN\t"+relaysApartText) {
		t.Errorf("no warning in\n%s", s.written())
	}
}
