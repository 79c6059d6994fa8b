package webhook

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/claimcall/claimcall/internal/store"
	"github.com/claimcall/claimcall/internal/store/sqlitestore"
)

// patience bounds the wait for something that must happen.
const patience = 20 * time.Second

// soon is a backoff for tests: many tries, at once.
func soon() []time.Duration { return slices.Repeat([]time.Duration{time.Millisecond}, 40) }

func openStore(t *testing.T) *sqlitestore.Store {
	t.Helper()
	s, err := sqlitestore.Open("", sqlitestore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// put writes events of a call for receiver r.
func put(t *testing.T, s store.Store, call string, seqs ...int64) {
	t.Helper()
	var c store.Commit
	for _, seq := range seqs {
		c.Events = append(c.Events, store.Event{Receiver: "r", Call: call, Seq: seq, Body: fmt.Appendf(nil, `{"call":"%s","seq":%d}`, call, seq)})
	}
	if err := s.Commit(context.Background(), c); err != nil {
		t.Fatal(err)
	}
}

// site is a receiver that answers as a test says. It notes what it has accepted.
type site struct {
	*httptest.Server
	answer   func(w http.ResponseWriter, r *http.Request, id string) // nil: 204
	accepted chan string                                             // ids
	asked    atomic.Int32
}

func newSite(t *testing.T, answer func(w http.ResponseWriter, r *http.Request, id string)) *site {
	s := &site{answer: answer, accepted: make(chan string, 10000)}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	return s
}

// ServeHTTP checks the signature as a receiver does.
func (s *site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.asked.Add(1)
	body, _ := io.ReadAll(r.Body)
	id, at := r.Header.Get(HeaderID), r.Header.Get(HeaderTimestamp)
	var seconds int64
	_, err := fmt.Sscan(at, &seconds)
	age := time.Since(time.Unix(seconds, 0))
	signed := slices.Contains(strings.Fields(r.Header.Get(HeaderSignature)), Sign([][]byte{key('b')}, id, time.Unix(seconds, 0), body))
	if r.Method != http.MethodPost || err != nil || age < -time.Minute || age > time.Minute || !signed {
		w.WriteHeader(http.StatusTeapot)
		return
	}
	if s.answer != nil {
		noted := &statusNoter{ResponseWriter: w}
		s.answer(noted, r, id)
		if noted.status/100 != 2 {
			return
		}
	} else {
		w.WriteHeader(http.StatusNoContent)
	}
	s.accepted <- id
}

type statusNoter struct {
	http.ResponseWriter
	status int
}

func (n *statusNoter) WriteHeader(status int) {
	n.status = status
	n.ResponseWriter.WriteHeader(status)
}

func key(letter byte) []byte { return bytes.Repeat([]byte{letter}, minSecret) }

// accepts returns the next n ids that the site has accepted.
func (s *site) accepts(t *testing.T, n int) []string {
	t.Helper()
	ids := make([]string, n)
	for i := range ids {
		select {
		case ids[i] = <-s.accepted:
		case <-time.After(patience):
			t.Fatalf("accepted %v and no more", ids[:i])
		}
	}
	return ids
}

// tells runs a Teller for the site until the test ends.
func tells(t *testing.T, s store.Store, to *site, change func(*Config)) *Teller {
	t.Helper()
	c := Config{
		Outbox: s, Backoff: soon(),
		Receivers: []Receiver{{Name: "r", URL: to.URL + "/hook?token=geheim", Secrets: [][]byte{key('a'), key('b')}, AllowPrivate: true}},
	}
	if change != nil {
		change(&c)
	}
	teller, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		teller.Run(ctx)
	}()
	t.Cleanup(func() {
		cancel()
		<-ended
	})
	return teller
}

func TestTells(t *testing.T) {
	s, to := openStore(t), newSite(t, nil)
	put(t, s, "c1", 2, 5, 7)
	teller := tells(t, s, to, nil)
	if got := to.accepts(t, 3); !slices.Equal(got, []string{"c1.2", "c1.5", "c1.7"}) {
		t.Errorf("told %v", got)
	}
	put(t, s, "c1", 9)
	teller.Kick()
	if got := to.accepts(t, 1); got[0] != "c1.9" || to.asked.Load() != 4 {
		t.Errorf("told %v, in %d requests", got, to.asked.Load())
	}
}

// A receiver that is down for a while, as a closed port, gets all of it afterwards.
func TestReceiverDown(t *testing.T) {
	s, to := openStore(t), newSite(t, nil)
	address := to.Listener.Addr().String()
	to.Close()
	core, logs := observer.New(zap.WarnLevel)
	put(t, s, "c1", 2, 5)
	put(t, s, "c2", 2)
	tells(t, s, to, func(c *Config) { c.Log = zap.New(core) })
	deadline := time.After(patience)
	for logs.Len() < 4 {
		select {
		case <-deadline:
			t.Fatal("no tries are logged")
		case <-time.Tick(10 * time.Millisecond):
		}
	}
	for _, line := range logs.All() {
		if text := fmt.Sprint(line.Message, line.ContextMap()); strings.Contains(text, "geheim") {
			t.Errorf("the log has the query: %s", text)
		}
	}
	again := httptest.NewUnstartedServer(to)
	again.Listener.Close()
	again.Listener = listenOn(t, address)
	again.Start()
	defer again.Close()
	got := to.accepts(t, 3)
	slices.Sort(got)
	if !slices.Equal(got, []string{"c1.2", "c1.5", "c2.2"}) {
		t.Errorf("told %v", got)
	}
}

// One call that can't be told holds up no other, and its own events keep their order.
func TestFailuresKeepTheOrder(t *testing.T) {
	var left atomic.Int32
	left.Store(3)
	to := newSite(t, func(w http.ResponseWriter, _ *http.Request, id string) {
		if id == "c1.2" && left.Add(-1) >= 0 {
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		w.WriteHeader(http.StatusOK)
	})
	s := openStore(t)
	put(t, s, "c1", 2, 5, 7)
	put(t, s, "c2", 2, 5)
	tells(t, s, to, nil)
	got := to.accepts(t, 5)
	if first := got[:2]; !slices.Contains(first, "c2.2") || !slices.Contains(first, "c2.5") {
		t.Errorf("told %v: one call waited for another", got)
	}
	if rest := got[2:]; !slices.Equal(rest, []string{"c1.2", "c1.5", "c1.7"}) {
		t.Errorf("told %v: out of order", got)
	}
}

func TestSlowReceiver(t *testing.T) {
	var late atomic.Bool
	to := newSite(t, func(w http.ResponseWriter, r *http.Request, id string) {
		if id == "c1.2" && late.CompareAndSwap(false, true) {
			<-r.Context().Done() // longer than anybody waits
			return
		}
		w.WriteHeader(http.StatusOK)
	})
	s := openStore(t)
	put(t, s, "c1", 2, 5)
	put(t, s, "c2", 2)
	tells(t, s, to, func(c *Config) { c.TryLimit = 300 * time.Millisecond })
	if got := to.accepts(t, 3); !slices.Equal(got, []string{"c2.2", "c1.2", "c1.5"}) {
		t.Errorf("told %v", got)
	}
}

func TestReceiverGone(t *testing.T) {
	var gone atomic.Bool
	gone.Store(true)
	to := newSite(t, func(w http.ResponseWriter, _ *http.Request, _ string) {
		if gone.Load() {
			w.WriteHeader(http.StatusGone)
			return
		}
		w.WriteHeader(http.StatusOK)
	})
	s := openStore(t)
	put(t, s, "c1", 2, 5)
	teller := tells(t, s, to, nil)
	ctx := context.Background()
	stopped := func() bool {
		names, err := s.StoppedReceivers(ctx)
		return err == nil && slices.Contains(names, "r")
	}
	for begun := time.Now(); !stopped(); {
		if time.Since(begun) > patience {
			t.Fatal("the receiver is not stopped")
		}
		<-time.After(5 * time.Millisecond)
	}
	asked := to.asked.Load()
	put(t, s, "c2", 2)
	teller.Kick()
	for begun := time.Now(); ; { // it is dropped without being told
		if left, err := s.DropEvents(ctx, "other"); err == nil && left == 0 && time.Since(begun) > 50*time.Millisecond {
			break
		}
	}
	if to.asked.Load() != asked {
		t.Error("a receiver that is gone is told")
	}
	gone.Store(false)
	if err := s.StopReceiver(ctx, "r", false); err != nil {
		t.Fatal(err)
	}
	put(t, s, "c3", 2)
	teller.Kick()
	if got := to.accepts(t, 1); got[0] != "c3.2" && got[0] != "c2.2" {
		t.Errorf("told %v", got)
	}
}

func TestGivenUp(t *testing.T) {
	core, logs := observer.New(zap.ErrorLevel)
	to := newSite(t, func(w http.ResponseWriter, _ *http.Request, id string) {
		if id == "c1.2" {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		w.WriteHeader(http.StatusOK)
	})
	s := openStore(t)
	put(t, s, "c1", 2, 5)
	tells(t, s, to, func(c *Config) { c.Backoff, c.Log = soon()[:1], zap.New(core) })
	if got := to.accepts(t, 1); got[0] != "c1.5" || to.asked.Load() != 3 {
		t.Errorf("told %v after %d requests", got, to.asked.Load())
	}
	if logs.FilterMessage("event given up").Len() != 1 {
		t.Errorf("log: %v", logs.All())
	}
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	elsewhere := newSite(t, nil)
	to := newSite(t, func(w http.ResponseWriter, r *http.Request, _ string) {
		http.Redirect(w, r, elsewhere.URL, http.StatusTemporaryRedirect)
	})
	s := openStore(t)
	put(t, s, "c1", 2, 5)
	tells(t, s, to, func(c *Config) { c.Backoff = []time.Duration{} })
	for begun := time.Now(); to.asked.Load() < 2; {
		if time.Since(begun) > patience {
			t.Fatal("not told")
		}
		<-time.After(5 * time.Millisecond)
	}
	if n := elsewhere.asked.Load(); n != 0 {
		t.Errorf("%d requests elsewhere", n)
	}
}

// Several nodes on one store, and a receiver that answers anything at random: all is told, nothing overtakes.
func TestManyTellers(t *testing.T) {
	var mu sync.Mutex
	told := map[string][]string{} // accepted by call
	to := newSite(t, func(w http.ResponseWriter, _ *http.Request, id string) {
		status := []int{200, 200, 204, 500, 503, 302, 404}[rand.IntN(7)]
		if status/100 == 2 {
			call, _, _ := strings.Cut(id, ".")
			mu.Lock()
			told[call] = append(told[call], id)
			mu.Unlock()
		}
		w.WriteHeader(status)
	})
	s := openStore(t)
	const calls = 30
	var want []string
	for seq := range int64(5) {
		want = append(want, fmt.Sprint(".", seq))
		for i := range calls {
			put(t, s, fmt.Sprint("c", i), seq)
		}
	}
	for range 3 {
		tells(t, s, to, nil)
	}
	to.accepts(t, 5*calls)
	mu.Lock()
	defer mu.Unlock()
	for call, ids := range told {
		got := make([]string, len(ids))
		for i, id := range ids {
			got[i] = strings.TrimPrefix(id, call)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s was told %v", call, got)
		}
	}
}

func TestNewRefuses(t *testing.T) {
	for _, c := range []Config{{}, {Outbox: openStore(t)}} {
		if _, err := New(c); err == nil {
			t.Errorf("made of %+v", c)
		}
	}
}
