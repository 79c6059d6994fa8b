package bench

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"

	"github.com/claimcall/claimcall/protocol"
)

func TestRunRefusesWhatWouldNotEnd(t *testing.T) {
	for name, test := range map[string]struct {
		command string
		options Options
		want    string
	}{
		"unknown":        {"speed", Options{}, "idle"},
		"too many":       {"idle", Options{Sessions: maxSessions + 1}, "sessions"},
		"negative":       {"idle", Options{Sessions: -1}, "sessions"},
		"too many nodes": {"calls", Options{Nodes: maxNodes + 1}, "nodes"},
		"too long":       {"calls", Options{Duration: maxDuration + 1}, "duration"},
		"backwards":      {"calls", Options{Rate: -1}, "rate"},
	} {
		if _, err := Run(t.Context(), test.command, test.options); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: error %v does not speak of %s", name, err, test.want)
		}
	}
}

func TestAServerThatDoesNotStartIsExplained(t *testing.T) {
	_, err := Run(t.Context(), "idle", Options{Program: "/bin/false", Key: make([]byte, 32)})
	if err == nil || !strings.Contains(err.Error(), "ended before it served") {
		t.Errorf("error is %v", err)
	}
}

func TestPercentiles(t *testing.T) {
	var s sample
	if s.micros(50) != 0 {
		t.Error("nothing has a percentile")
	}
	for i := range 101 {
		s.add(time.Duration(100-i) * time.Microsecond)
	}
	if s.micros(0) != 0 || s.micros(50) != 50 || s.micros(99) != 99 || s.micros(100) != 100 {
		t.Errorf("percentiles are %v, %v, %v and %v", s.micros(0), s.micros(50), s.micros(99), s.micros(100))
	}
}

// A server that stalls delays what is due meanwhile, and all of that counts.
func TestPaceChargesAStallToAllThatWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var late []time.Duration
		err := pace(t.Context(), 10, time.Second, 1, func(_ context.Context, i int, due time.Time) error {
			if i == 2 {
				time.Sleep(time.Second)
			}
			late = append(late, time.Since(due))
			return nil
		})
		want := []time.Duration{0, 0, 1000, 900, 800, 700, 600, 500, 400, 300}
		for i := range want {
			want[i] *= time.Millisecond
		}
		if err != nil || !slices.Equal(late, want) {
			t.Errorf("late by %v, %v; want %v", late, err, want)
		}
	})
}

func TestPaceEndsWithTheFirstError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		wrong := errors.New("wrong")
		begun := time.Now()
		err := pace(t.Context(), 1, time.Hour, 4, func(_ context.Context, i int, _ time.Time) error {
			if i == 3 {
				return wrong
			}
			return nil
		})
		if !errors.Is(err, wrong) || time.Since(begun) != 3*time.Second {
			t.Errorf("ended after %s with %v", time.Since(begun), err)
		}
	})
}

func TestEachDoesAllButNotAllAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var now, most, done atomic.Int32
		err := each(t.Context(), 100, 7, func(context.Context, int) error {
			if n := now.Add(1); n > most.Load() {
				most.Store(n)
			}
			time.Sleep(time.Second)
			now.Add(-1)
			done.Add(1)
			return nil
		})
		if err != nil || most.Load() != 7 || done.Load() != 100 {
			t.Errorf("%d of 100 done, %d at once, %v", done.Load(), most.Load(), err)
		}
	})
}

func TestQueueLengths(t *testing.T) {
	for most, want := range map[int][]int{10_000: {10, 100, 1000, 10_000}, 300: {10, 100, 300}, 5: {5}} {
		if got := queueLengths(most); !slices.Equal(got, want) {
			t.Errorf("up to %d: %v, want %v", most, got, want)
		}
	}
}

func TestFramesAreRead(t *testing.T) {
	frame, err := protocol.Encode(protocol.TypeCallAccept, "", protocol.CallEvent{Call: protocol.Call{ID: "abc"}})
	if err != nil {
		t.Fatal(err)
	}
	if !isOf(frame, protocol.TypeCallAccept) || isOf(frame, protocol.TypeCallHangup) || isOf([]byte("{}"), protocol.TypeCallAccept) {
		t.Errorf("type of %s", frame)
	}
	if got := callOf(frame); got != "abc" {
		t.Errorf("call of %s is %q", frame, got)
	}
}

// The vector of RFC 6455, 1.3.
func TestAcceptKey(t *testing.T) {
	if got := acceptKey("dGhlIHNhbXBsZSBub25jZQ=="); got != "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" {
		t.Errorf("got %s", got)
	}
}

func TestBareServersSendBack(t *testing.T) {
	for _, kind := range []string{Echo, Goroutine} {
		url := serveBaseline(t, kind)
		ws, _, err := websocket.Dial(t.Context(), url, &websocket.DialOptions{Subprotocols: []string{protocol.Subprotocol}})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = ws.CloseNow() })
		for i := range 3 {
			sent := fmt.Sprint("message ", i)
			if err := ws.Write(t.Context(), websocket.MessageText, []byte(sent)); err != nil {
				t.Fatal(err)
			}
			if _, got, err := ws.Read(t.Context()); err != nil || string(got) != sent {
				t.Errorf("%s: sent %q, got %q, %v", kind, sent, got, err)
			}
		}
	}
}

func TestUnknownBaseline(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := Baseline(t.Context(), "fast", l, ""); err == nil || !strings.Contains(err.Error(), Goroutine) {
		t.Errorf("error is %v", err)
	}
}

// serveBaseline serves until the test ends.
func serveBaseline(t *testing.T, kind string) (url string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- Baseline(ctx, kind, l, "") }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return "ws://" + l.Addr().String()
}

func TestTailKeepsTheEnd(t *testing.T) {
	var said tail
	for range 1000 {
		fmt.Fprintln(&said, "many words")
	}
	fmt.Fprintln(&said, "the last")
	if text := said.String(); len(text) > maxTail || !strings.HasSuffix(text, "the last") {
		t.Errorf("kept %d bytes, ending in %q", len(text), text[len(text)-20:])
	}
}
