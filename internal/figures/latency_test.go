package figures

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/redis/go-redis/v9"

	"github.com/claimcall/claimcall/protocol"
)

const (
	rate    = 200 // calls, or messages, a second
	callers = 256 // at the same time, so that no call waits for a phone
	desks   = 64  // adjusters
	lines   = 64  // of the bare relay
)

// BenchmarkAcceptToOtherNode measures from the accept on one node until the caller on the other hears of it, at 200
// calls a second that begin whether or not others have ended; and beside it, turn by turn, a relay that does nothing but
// pass a frame from a socket to a channel of Redis and from there to a socket.
func BenchmarkAcceptToOtherNode(b *testing.B) {
	addr := startRedis(b)
	office := newOffice(b, startNode(b, addr, "a"), startNode(b, addr, "b"))
	bare := newRelay(b, addr)
	var ours, least []time.Duration
	var busy time.Duration
	for len(ours) < max(b.N, rate) {
		begun := time.Now()
		ours = append(ours, evenly(rate, func(int) time.Duration { return office.call() })...)
		busy += time.Since(begun)
		for range rate / lines {
			least = append(least, bare.passes()...)
		}
	}
	slices.Sort(ours)
	slices.Sort(least)
	b.ReportMetric(float64(len(ours))/busy.Seconds(), "calls/s")
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
// What the phones take counts as the nodes' time, which they share a process with.
func BenchmarkWholeCallTwoNodes(b *testing.B) {
	addr := startRedis(b)
	office := newOffice(b, startNode(b, addr, "a"), startNode(b, addr, "b"))
	nodes, redis := usedByNodes(b), usedByRedis(b, addr)
	b.ResetTimer()
	var left atomic.Int64
	left.Store(int64(b.N))
	var running sync.WaitGroup
	for range desks {
		running.Go(func() {
			for left.Add(-1) >= 0 {
				office.call()
			}
		})
	}
	running.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "calls/s")
	b.ReportMetric(float64((usedByNodes(b)-nodes).Microseconds())/float64(b.N), "nodes-cpu-µs/call")
	b.ReportMetric(float64((usedByRedis(b, addr)-redis).Microseconds())/float64(b.N), "redis-cpu-µs/call")
}

// usedByNodes returns the processor time that this process has taken.
func usedByNodes(b *testing.B) time.Duration {
	b.Helper()
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		b.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// usedByRedis returns the processor time that Redis says it has taken.
func usedByRedis(b *testing.B, addr string) (used time.Duration) {
	b.Helper()
	client := redis.NewClient(&redis.Options{Addr: addr, Protocol: 2, DisableIdentity: true})
	defer client.Close()
	info := client.InfoMap(b.Context(), "cpu").Val()["CPU"]
	for _, kind := range []string{"used_cpu_user", "used_cpu_sys"} {
		seconds, err := strconv.ParseFloat(info[kind], 64)
		if err != nil {
			b.Fatal(err)
		}
		used += time.Duration(seconds * float64(time.Second))
	}
	return used
}

// office is one queue: claimants on one node, and on the other adjusters who take every call until the benchmark ends.
type office struct {
	free     chan *phone // claimants
	number   atomic.Int64
	accepted sync.Map // when, by call
}

func newOffice(b *testing.B, adjusters, claimants string) *office {
	o := &office{free: make(chan *phone, callers)}
	for i := range callers {
		o.free <- connect(b, claimants, fmt.Sprint("z", i), protocol.RoleClaimant)
	}
	var working sync.WaitGroup
	ctx, end := context.WithCancel(context.Background())
	for i := range desks {
		li := connect(b, adjusters, fmt.Sprint("a", i), protocol.RoleAdjuster)
		working.Go(func() { o.work(ctx, li) })
	}
	b.Cleanup(func() {
		end()
		working.Wait()
	})
	return o
}

// work takes one call after the other.
func (o *office) work(ctx context.Context, adjuster *phone) {
	for {
		id := adjuster.hearsUntil(ctx, protocol.TypeCallInvite)
		if id == "" {
			return
		}
		o.accepted.Store(id, time.Now())
		adjuster.says(protocol.TypeCallAccept, protocol.CallRef{Call: id})
		adjuster.says(protocol.TypeCallJoin, protocol.CallRef{Call: id})
		adjuster.hearsUntil(ctx, protocol.TypeCallHangup)
	}
}

// call is a whole call of some claimant. It returns what passed from the accept until the claimant heard of it.
func (o *office) call() (accepted time.Duration) {
	claimant := <-o.free
	defer func() { o.free <- claimant }()
	n := fmt.Sprint(o.number.Add(1))
	claimant.says(protocol.TypeCallRequest, protocol.CallRequest{RequestID: n, ClaimNo: "BX-" + n})
	id := claimant.hears(protocol.TypeCallAccept)
	if begun, ok := o.accepted.LoadAndDelete(id); ok {
		accepted = time.Since(begun.(time.Time))
	}
	claimant.says(protocol.TypeCallJoin, protocol.CallRef{Call: id})
	claimant.hears(protocol.TypeCallStreams)
	claimant.says(protocol.TypeCallHangup, protocol.CallRef{Call: id})
	claimant.hears(protocol.TypeCallHangup)
	return accepted
}

// evenly begins so many tasks at the rate, none waiting for another, and returns what each measured. Those whose time the
// machine let pass begin at once.
func evenly(n int, task func(i int) time.Duration) []time.Duration {
	took := make([]time.Duration, n)
	begun, tick := time.Now(), time.NewTicker(time.Millisecond)
	defer tick.Stop()
	var running sync.WaitGroup
	for i := range n {
		for time.Since(begun) < time.Duration(i)*time.Second/rate {
			<-tick.C
		}
		running.Go(func() { took[i] = task(i) })
	}
	running.Wait()
	return took
}

// relay is the least that brings a frame from a socket of one node to a socket of another.
type relay struct {
	b        *testing.B
	from, to [lines]*websocket.Conn
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
	for i := range lines {
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

// passes sends a frame of a usual size by each line at the rate, and returns what each took.
func (l *relay) passes() []time.Duration {
	frame := make([]byte, 600)
	for i := range frame {
		frame[i] = 'x'
	}
	return evenly(lines, func(i int) time.Duration {
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
