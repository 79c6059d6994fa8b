package hub_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/claimcall/claimcall/hub"
	"github.com/claimcall/claimcall/internal/store/sqlitestore"
	"github.com/claimcall/claimcall/protocol"
)

// robot is a hub.Conn that answers what it is sent at once, with as little work of its own as possible.
type robot struct {
	in     chan []byte
	gone   chan struct{}
	once   sync.Once
	react  func(r *robot, event, call []byte)
	done   chan struct{} // one token for each call that has ended
	frames *atomic.Int64 // read and written
}

func newRobot(frames *atomic.Int64, react func(r *robot, event, call []byte)) *robot {
	return &robot{
		in: make(chan []byte, 64), gone: make(chan struct{}), done: make(chan struct{}, 1), react: react, frames: frames,
	}
}

func (r *robot) Read() ([]byte, error) {
	select {
	case frame := <-r.in:
		r.frames.Add(1)
		return frame, nil
	case <-r.gone:
		return nil, io.EOF
	}
}

func (r *robot) Write(frame []byte) error {
	r.frames.Add(1)
	r.react(r, between(frame, `"type":"`), between(frame, `"call":{"id":"`))
	return nil
}

func (r *robot) Close(protocol.CloseCode, string) { r.once.Do(func() { close(r.gone) }) }

// between returns what follows after in frame, up to the next quote.
func between(frame []byte, after string) []byte {
	_, rest, _ := bytes.Cut(frame, []byte(after))
	value, _, _ := bytes.Cut(rest, []byte(`"`))
	return value
}

func (r *robot) say(t protocol.Type, call []byte) {
	r.in <- fmt.Appendf(nil, `{"type":"%s","id":"1","data":{"call":"%s"}}`, t, call)
}

// adjuster accepts and joins whatever comes.
func adjuster(r *robot, event, call []byte) {
	switch protocol.Type(event) {
	case protocol.TypeCallInvite:
		r.say(protocol.TypeCallAccept, call)
	case protocol.TypeCallAccept:
		r.say(protocol.TypeCallJoin, call)
	case protocol.TypeWelcome:
		r.in <- []byte(`{"type":"availability.set","id":"1","data":{"state":"available"}}`)
	}
}

// claimant joins when accepted, and hangs up as soon as there are streams.
func claimant(r *robot, event, call []byte) {
	switch protocol.Type(event) {
	case protocol.TypeCallAccept:
		r.say(protocol.TypeCallJoin, call)
	case protocol.TypeCallStreams:
		r.say(protocol.TypeCallHangup, call)
	case protocol.TypeCallHangup, protocol.TypeWelcome:
		r.done <- struct{}{}
	}
}

// benchHub runs a hub for a benchmark; path "" keeps nothing.
func benchHub(b *testing.B, path string) *hub.Hub {
	b.Helper()
	s, err := sqlitestore.Open(path, sqlitestore.Options{})
	if err != nil {
		b.Fatal(err)
	}
	timing, limits := hub.DefaultTiming(), hub.DefaultLimits()
	timing.WrapUp = 0
	limits.Commands, limits.Burst = 1e9, 1e9
	limits.Calls, limits.CallsBurst = 1e9, 1e9
	h, err := hub.New(hub.Config{
		Store: s, Authenticate: authenticate, Streams: &fakeStreams{}, Timing: timing, Limits: limits,
	})
	if err != nil {
		b.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() { ended <- h.Run(ctx) }()
	b.Cleanup(func() {
		h.Drain(context.Background())
		stop()
		if err := <-ended; err != nil {
			b.Error(err)
		}
		if err := s.Close(); err != nil {
			b.Error(err)
		}
	})
	return h
}

func signIn(h *hub.Hub, r *robot, token string) {
	r.in <- fmt.Appendf(nil, `{"type":"hello","id":"h","data":{"token":"%s"}}`, token)
	go h.Serve(r, hub.Opening{})
}

// BenchmarkWholeCall takes calls from the request to the hangup, with as many adjusters as claimants.
func BenchmarkWholeCall(b *testing.B) {
	const parallel = 32
	for _, kind := range []string{"memory", "file"} {
		b.Run(kind, func(b *testing.B) {
			path := ""
			if kind == "file" {
				path = filepath.Join(b.TempDir(), "calls.db")
			}
			h := benchHub(b, path)
			var frames, names atomic.Int64
			for i := range parallel * runtime.GOMAXPROCS(0) {
				signIn(h, newRobot(&frames, adjuster), fmt.Sprint("adjuster/a", i))
			}
			b.SetParallelism(parallel)
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			b.ResetTimer()
			b.RunParallel(func(pb *testing.PB) {
				me := names.Add(1)
				r := newRobot(&frames, claimant)
				signIn(h, r, fmt.Sprint("claimant/c", me))
				<-r.done
				for n := 0; pb.Next(); n++ {
					r.in <- fmt.Appendf(nil, `{"type":"call.request","id":"r","data":{"request_id":"%d-%d","claim_no":"A1"}}`, me, n)
					<-r.done
				}
			})
			b.StopTimer()
			runtime.ReadMemStats(&after)
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "calls/s")
			b.ReportMetric(float64(frames.Load())/float64(b.N), "messages/call")
			b.ReportMetric(float64(after.Mallocs-before.Mallocs)/float64(frames.Load()), "allocs/message")
		})
	}
}

// BenchmarkPing is a command that changes nothing, there and back.
func BenchmarkPing(b *testing.B) {
	h := benchHub(b, "")
	var frames atomic.Int64
	r := newRobot(&frames, func(r *robot, _, _ []byte) { r.done <- struct{}{} })
	signIn(h, r, "claimant/zhang")
	<-r.done
	ping := []byte(`{"type":"ping","id":"p","data":{}}`)
	b.ReportAllocs()
	for b.Loop() {
		r.in <- ping
		<-r.done
	}
}
