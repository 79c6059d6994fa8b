package hub_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/claimcall/claimcall/hub"
	"github.com/claimcall/claimcall/internal/store"
	"github.com/claimcall/claimcall/internal/store/sqlitestore"
	"github.com/claimcall/claimcall/protocol"
)

// world is a hub with everything around it, inside a bubble of fake time.
type world struct {
	t       *testing.T
	store   hub.Store
	way     *mortal // of the present hub to the store
	hub     *hub.Hub
	streams *fakeStreams
	watched hub.Streams // in place of streams; nil for none
	limits  hub.Limits  // zero means testLimits
	tell    []hub.Receiver
	keep    hub.Keep
	counts  hub.Observer // nil for none
	told    atomic.Int32 // calls of OnEvents
	stop    context.CancelFunc
	ended   chan error
}

// inWorld runs do with a fresh world. Time moves only when everybody waits for it.
func inWorld(t *testing.T, do func(w *world)) {
	t.Helper()
	inWorldWith(t, func(s hub.Store) hub.Store { return s }, do)
}

// inWorldWith runs do with a fresh world whose hubs see the store by way of wrap.
func inWorldWith(t *testing.T, wrap func(hub.Store) hub.Store, do func(w *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s, err := sqlitestore.Open("", sqlitestore.Options{})
		if err != nil {
			t.Fatal(err)
		}
		w := &world{t: t, store: wrap(s), streams: &fakeStreams{}}
		w.start("a")
		do(w)
		w.end()
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	})
}

// start runs a hub on the world's store.
func (w *world) start(node string) {
	w.way = &mortal{Store: w.store}
	if w.limits == (hub.Limits{}) {
		w.limits = testLimits()
	}
	var streams hub.Streams = w.streams
	if w.watched != nil {
		streams = w.watched
	}
	h, err := hub.New(hub.Config{
		Store: w.way, Authenticate: authenticate, Streams: streams, Node: node,
		Limits: w.limits, Timing: stageTiming(), Profiles: stageProfiles(),
		Keep: w.keep, Tell: w.tell, OnEvents: func() { w.told.Add(1) }, Observer: w.counts,
	})
	if err != nil {
		w.t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	w.hub, w.stop, w.ended = h, stop, make(chan error, 1)
	go func() { w.ended <- h.Run(ctx) }()
	synctest.Wait()
}

// another returns a world with a hub of its own on the same store.
func (w *world) another(node string) *world {
	other := &world{t: w.t, store: w.store, streams: w.streams}
	other.start(node)
	return other
}

// end drains the hub and stops it, as SIGTERM does.
func (w *world) end() {
	w.hub.Drain(context.Background())
	w.stop()
	if err := <-w.ended; err != nil {
		w.t.Errorf("Run: %v", err)
	}
}

// die stops the hub as kill -9 does: nothing that it still does reaches the store.
func (w *world) die() {
	w.way.dead.Store(true)
	w.stop()
	<-w.ended
}

// mortal is a way to the store that can be cut.
type mortal struct {
	hub.Store
	dead atomic.Bool
}

var errCut = errors.New("cut off")

func (m *mortal) Commit(ctx context.Context, c store.Commit) error {
	if m.dead.Load() {
		return errCut
	}
	return m.Store.Commit(ctx, c)
}

func (m *mortal) DropNode(ctx context.Context, node string) error {
	if m.dead.Load() {
		return errCut
	}
	return m.Store.DropNode(ctx, node)
}

// stageTiming is that of the design, but for the longest times: hours of fake time with every heartbeat are hard on the
// race detector.
func stageTiming() hub.Timing {
	timing := hub.DefaultTiming()
	timing.Queue, timing.MaxCall = 4*time.Minute, 6*time.Minute
	return timing
}

// stageProfiles are those of one queue; all others keep what the provider hands out.
func stageProfiles() map[string]protocol.Profile {
	return map[string]protocol.Profile{"trucks": {MaxBitrateKbps: 1200, Width: 540, Height: 960}}
}

func testLimits() hub.Limits {
	l := hub.DefaultLimits()
	l.Commands, l.Burst = 1000, 1000
	l.Calls, l.CallsBurst = 1000, 1000
	return l
}

// authenticate takes tokens of the form role/user?key=value&..., as token makes them. A few words stand for the
// ways in which a token can be bad.
func authenticate(token string) (hub.Identity, error) {
	switch token {
	case "":
		return hub.Identity{}, protocol.NewError(protocol.CodeUnauthorized)
	case "expired":
		return hub.Identity{}, protocol.NewError(protocol.CodeTokenExpired)
	case "other-audience":
		return hub.Identity{}, protocol.NewError(protocol.CodeWrongAudience)
	case "other-role":
		return hub.Identity{}, protocol.NewError(protocol.CodeWrongRole)
	}
	who, rest, _ := strings.Cut(token, "?")
	role, user, _ := strings.Cut(who, "/")
	id := hub.Identity{User: user, Role: protocol.Role(role), Name: strings.ToUpper(user[:1]) + user[1:]}
	for _, pair := range strings.Fields(strings.ReplaceAll(rest, "&", " ")) {
		switch key, value, _ := strings.Cut(pair, "="); key {
		case "skills":
			id.Skills = strings.Split(value, ",")
		case "queues":
			id.Queues = strings.Split(value, ",")
		case "claim":
			id.ClaimNo = value
		case "ttl":
			d, err := time.ParseDuration(value)
			if err != nil {
				return id, err
			}
			id.Expires = time.Now().Add(d)
		case "iat":
			at, err := strconv.ParseInt(value, 10, 64)
			if err != nil {
				return id, err
			}
			id.Issued = time.Unix(at, 0)
		}
	}
	return id, nil
}

// fakeStreams hands out URLs that can be read, and notes what was dropped.
type fakeStreams struct {
	mu        sync.Mutex
	dropped   []string
	providers []string // nil for relay alone
	red       []string // those of them that are down
}

func (f *fakeStreams) Providers() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.providers == nil {
		return []string{"relay"}
	}
	return slices.Clone(f.providers)
}

func (f *fakeStreams) Health(provider string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if slices.Contains(f.red, provider) {
		return errors.New("down")
	}
	return nil
}

// set changes which providers there are, or which of them are down.
func (f *fakeStreams) set(which *[]string, names []string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	*which = names
}

func (*fakeStreams) HandOut(provider string, own hub.StreamName, expires time.Time) (protocol.Streams, error) {
	return protocol.Streams{
		Provider: provider, Generation: own.Generation, ExpiresAt: protocol.At(expires),
		Push: []protocol.StreamURL{{Protocol: protocol.StreamRTMP, URL: "push:" + own.String()}},
		Play: []protocol.StreamURL{{Protocol: protocol.StreamRTMP, URL: "play:" + own.Other().String()}},
		Profile: protocol.Profile{
			Mode: "RTC", MinBitrateKbps: 300, MaxBitrateKbps: 800, FPS: 15, Width: 360, Height: 640, AudioQuality: "high",
		},
	}, nil
}

func (f *fakeStreams) Drop(_ context.Context, provider string, name hub.StreamName) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.dropped = append(f.dropped, fmt.Sprintf("%s:%s", provider, name))
}
