package figures

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/redis/go-redis/v9"

	"github.com/claimcall/claimcall/protocol"
)

const (
	rate  = 200 // calls, or messages, a second
	pairs = 64
)

// BenchmarkAcceptToOtherNode measures from the accept on one node until the caller on the other hears of it, at 200
// calls a second that begin whether or not others have ended; and beside it, turn by turn, a relay that does nothing but
// pass a frame from a socket to a channel of Redis and from there to a socket.
func BenchmarkAcceptToOtherNode(b *testing.B) {
	addr := startRedis(b)
	nodes := []string{startNode(b, addr, "a"), startNode(b, addr, "b")}
	office := newOffice(b, nodes[0], nodes[1], pairs)
	bare := newRelay(b, addr)
	var ours, least []time.Duration
	calls := max(b.N, rate)
	for n := 0; n < calls; n += rate {
		ours = append(ours, office.calls(rate)...)
		for range rate / pairs {
			least = append(least, bare.passes(pairs)...)
		}
	}
	slices.Sort(ours)
	slices.Sort(least)
	b.ReportMetric(at(ours, 50), "p50-µs")
	b.ReportMetric(at(ours, 99), "p99-µs")
	b.ReportMetric(at(least, 50), "bare-p50-µs")
	b.ReportMetric(at(least, 99), "bare-p99-µs")
	b.ReportMetric(at(ours, 50)/at(least, 50), "p50-ratio")
	b.ReportMetric(at(ours, 99)/at(least, 99), "p99-ratio")
}

// at returns a percentile in microseconds.
func at(times []time.Duration, percent int) float64 {
	return float64(times[(len(times)-1)*percent/100]) / float64(time.Microsecond)
}

// BenchmarkWholeCallTwoNodes takes calls by real sockets from the request to the hangup, each side on a node of its own.
func BenchmarkWholeCallTwoNodes(b *testing.B) {
	addr := startRedis(b)
	office := newOffice(b, startNode(b, addr, "a"), startNode(b, addr, "b"), pairs)
	b.ResetTimer()
	var left atomic.Int64
	left.Store(int64(b.N))
	var running sync.WaitGroup
	for range pairs {
		running.Go(func() {
			for left.Add(-1) >= 0 {
				office.call()
			}
		})
	}
	running.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "calls/s")
}

// office is pairs of phones, each with a claim of its own line of work: an adjuster on one node and a claimant on the other.
type office struct {
	free   chan [2]*phone
	number atomic.Int64
}

func newOffice(b *testing.B, adjusters, claimants string, size int) *office {
	o := &office{free: make(chan [2]*phone, size)}
	for i := range size {
		o.free <- [2]*phone{
			connect(b, claimants, fmt.Sprint("z", i), protocol.RoleClaimant),
			connect(b, adjusters, fmt.Sprint("a", i), protocol.RoleAdjuster),
		}
	}
	return o
}

// call has a free pair call each other.
func (o *office) call() time.Duration {
	pair := <-o.free
	defer func() { o.free <- pair }()
	return directCall(pair[0], pair[1], fmt.Sprint(o.number.Add(1)))
}

// calls begins so many calls within a second, evenly.
func (o *office) calls(n int) []time.Duration {
	return evenly(n, func(int) time.Duration { return o.call() })
}

// evenly begins so many tasks at the rate, none waiting for another, and returns what each measured.
func evenly(n int, task func(i int) time.Duration) []time.Duration {
	took := make([]time.Duration, n)
	every := time.NewTicker(time.Second / rate)
	defer every.Stop()
	var running sync.WaitGroup
	for i := range n {
		running.Go(func() { took[i] = task(i) })
		<-every.C
	}
	running.Wait()
	return took
}

// directCall is a call that the adjuster begins, so that each pair stays together. It returns what passed from the accept
// until the other side heard of it.
func directCall(claimant, adjuster *phone, number string) (accepted time.Duration) {
	user := claimant.name
	adjuster.says(protocol.TypeCallInvite, protocol.CallInviteCommand{User: user, ClaimNo: "BX-" + number})
	id := protocol.CallRef{Call: claimant.hears(protocol.TypeCallInvite)}
	begun := time.Now()
	claimant.says(protocol.TypeCallAccept, id)
	adjuster.hears(protocol.TypeCallAccept)
	accepted = time.Since(begun)
	claimant.says(protocol.TypeCallJoin, id)
	adjuster.says(protocol.TypeCallJoin, id)
	claimant.hears(protocol.TypeCallStreams)
	adjuster.hears(protocol.TypeCallStreams)
	claimant.says(protocol.TypeCallHangup, id)
	claimant.hears(protocol.TypeCallHangup)
	adjuster.hears(protocol.TypeCallHangup)
	return accepted
}

// relay is the least that brings a frame from a socket of one node to a socket of another.
type relay struct {
	b        *testing.B
	from, to [pairs]*websocket.Conn
}

func newRelay(b *testing.B, addr string) *relay {
	client := redis.NewClient(&redis.Options{Addr: addr, Protocol: 2, DisableIdentity: true, PoolSize: 32})
	b.Cleanup(func() { _ = client.Close() })
	var sockets sync.Map // by number
	in := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		publishAll(client, r.URL.Query().Get("n"), w, r)
	}))
	out := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if conn, err := websocket.Accept(w, r, nil); err == nil {
			sockets.Store(r.URL.Query().Get("n"), conn)
			<-conn.CloseRead(context.Background()).Done()
		}
	}))
	b.Cleanup(in.Close)
	b.Cleanup(out.Close)
	sub := client.Subscribe(b.Context(), "node")
	b.Cleanup(func() { _ = sub.Close() })
	if _, err := sub.Receive(b.Context()); err != nil {
		b.Fatal(err)
	}
	go func() {
		for m := range sub.Channel() {
			if conn, ok := sockets.Load(m.Payload[:3]); ok {
				_ = conn.(*websocket.Conn).Write(context.Background(), websocket.MessageText, []byte(m.Payload))
			}
		}
	}()
	l := &relay{b: b}
	for i := range pairs {
		l.from[i], l.to[i] = dial(b, in.URL, i), dial(b, out.URL, i)
	}
	return l
}

// publishAll publishes what comes by a socket under its number.
func publishAll(client *redis.Client, number string, w http.ResponseWriter, r *http.Request) {
	conn, err := websocket.Accept(w, r, nil)
	if err != nil {
		return
	}
	for {
		_, frame, err := conn.Read(context.Background())
		if err != nil {
			return
		}
		client.Publish(context.Background(), "node", number+string(frame))
	}
}

func dial(b *testing.B, url string, i int) *websocket.Conn {
	b.Helper()
	conn, _, err := websocket.Dial(b.Context(), fmt.Sprintf("%s?n=%03d", url, i), nil)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = conn.CloseNow() })
	return conn
}

// passes sends so many frames of a usual size at the rate, each by a socket of its own, and returns what each took.
func (l *relay) passes(n int) []time.Duration {
	frame := make([]byte, 600)
	for i := range frame {
		frame[i] = 'x'
	}
	return evenly(n, func(i int) time.Duration {
		begun := time.Now()
		if err := l.from[i].Write(context.Background(), websocket.MessageText, frame); err != nil {
			l.b.Error(err)
		}
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if _, _, err := l.to[i].Read(ctx); err != nil {
			l.b.Error(err)
		}
		return time.Since(begun)
	})
}
