package stream

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"github.com/claimcall/claimcall/internal/call"
	"github.com/claimcall/claimcall/protocol"
)

// fakeProvider records drops and answers them as it is told.
type fakeProvider struct {
	name string
	drop func(ctx context.Context, try int) error

	mu    sync.Mutex
	begin time.Time
	drops []time.Duration // when, since begin
}

func newFake(name string, drop func(context.Context, int) error) *fakeProvider {
	return &fakeProvider{name: name, drop: drop, begin: time.Now()}
}

func (p *fakeProvider) Name() string { return p.name }

func (p *fakeProvider) HandOut(own call.StreamName, _ time.Time) (protocol.Streams, error) {
	return protocol.Streams{Provider: p.name, Generation: own.Generation}, nil
}

func (p *fakeProvider) Drop(ctx context.Context, _ call.StreamName) error {
	p.mu.Lock()
	p.drops = append(p.drops, time.Since(p.begin))
	try := len(p.drops)
	p.mu.Unlock()
	return p.drop(ctx, try)
}

func (p *fakeProvider) dropped() []time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.drops)
}

func newTestSet(t *testing.T, providers ...Provider) (*Set, *observer.ObservedLogs) {
	t.Helper()
	core, logs := observer.New(zapcore.DebugLevel)
	s, err := NewSet(zap.New(core), providers...)
	if err != nil {
		t.Fatal(err)
	}
	return s, logs
}

var errAway = errors.New("away")

func someName() call.StreamName {
	return call.StreamName{Room: "room", Leg: call.Claimant, Generation: 1}
}

func TestSetFindsProviders(t *testing.T) {
	s, _ := newTestSet(t, newFake("b", nil), newFake("a", nil))
	if got := s.Providers(); !slices.Equal(got, []string{"b", "a"}) {
		t.Errorf("got %v", got)
	}
	if streams, err := s.HandOut("a", someName(), time.Now()); err != nil || streams.Provider != "a" {
		t.Errorf("got %v, %v", streams.Provider, err)
	}
	if _, err := s.HandOut("c", someName(), time.Now()); !errors.Is(err, ErrProvider) {
		t.Errorf("got %v", err)
	}
}

func TestNewSetRefuses(t *testing.T) {
	if _, err := NewSet(zap.NewNop()); err == nil {
		t.Error("accepted an empty set")
	}
	if _, err := NewSet(zap.NewNop(), newFake("a", nil), newFake("a", nil)); err == nil {
		t.Error("accepted a provider twice")
	}
}

func TestSetDropsInTheBackground(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newFake("a", func(context.Context, int) error { return nil })
		s, logs := newTestSet(t, p)
		ctx, cancel := context.WithCancel(t.Context())
		s.Drop(ctx, "a", someName())
		cancel()
		if err := s.Close(t.Context()); err != nil {
			t.Error(err)
		}
		if len(p.dropped()) != 1 || logs.Len() != 0 {
			t.Errorf("dropped at %v, logged %v", p.dropped(), logs.All())
		}
	})
}

func TestSetTriesAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newFake("a", func(_ context.Context, try int) error {
			if try < 3 {
				return errAway
			}
			return nil
		})
		s, logs := newTestSet(t, p)
		s.Drop(t.Context(), "a", someName())
		if err := s.Close(t.Context()); err != nil {
			t.Error(err)
		}
		if want := []time.Duration{0, firstWait, 5 * firstWait}; !slices.Equal(p.dropped(), want) || logs.Len() != 0 {
			t.Errorf("dropped at %v, want %v", p.dropped(), want)
		}
	})
}

func TestSetGivesUpAloud(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newFake("a", func(ctx context.Context, _ int) error {
			<-ctx.Done()
			return ctx.Err()
		})
		s, logs := newTestSet(t, p)
		s.Drop(t.Context(), "a", someName())
		begin := time.Now()
		if err := s.Close(t.Context()); err != nil {
			t.Error(err)
		}
		if took := time.Since(begin); len(p.dropped()) != tries || took != tries*tryLimit+5*firstWait {
			t.Errorf("%d tries took %v", len(p.dropped()), took)
		}
		if logs.FilterLevelExact(zapcore.ErrorLevel).Len() != 1 {
			t.Errorf("logged %v", logs.All())
		}
	})
}

func TestSetCloseCutsShort(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newFake("a", func(context.Context, int) error { return errAway })
		s, _ := newTestSet(t, p)
		s.Drop(t.Context(), "a", someName())
		ctx, cancel := context.WithTimeout(t.Context(), firstWait/2)
		defer cancel()
		begin := time.Now()
		if err := s.Close(ctx); !errors.Is(err, context.DeadlineExceeded) || time.Since(begin) != firstWait/2 {
			t.Errorf("got %v after %v", err, time.Since(begin))
		}
		s.Drop(t.Context(), "a", someName())
		synctest.Wait()
		if len(p.dropped()) != 1 {
			t.Errorf("dropped %d times", len(p.dropped()))
		}
	})
}

// TestSetBoundsDrops: a provider that hangs delays nobody else's drops, and its own pile up only so far.
func TestSetBoundsDrops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hangs := newFake("hangs", func(ctx context.Context, _ int) error {
			<-ctx.Done()
			return ctx.Err()
		})
		works := newFake("works", func(context.Context, int) error { return nil })
		s, logs := newTestSet(t, hangs, works)
		for range maxDrops + 1 {
			s.Drop(t.Context(), "hangs", someName())
		}
		s.Drop(t.Context(), "works", someName())
		synctest.Wait()
		if len(hangs.dropped()) != slots || len(works.dropped()) != 1 || logs.Len() != 1 {
			t.Errorf("%d hang, %d worked, logged %d", len(hangs.dropped()), len(works.dropped()), logs.Len())
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := s.Close(ctx); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
}

func TestSetDropOfAProviderThatIsGone(t *testing.T) {
	s, logs := newTestSet(t, newFake("a", nil))
	s.Drop(t.Context(), "b", someName())
	if logs.Len() != 1 {
		t.Errorf("logged %v", logs.All())
	}
}

// hookedProvider has hooks.
type hookedProvider struct{ *fakeProvider }

func (hookedProvider) HookSecret() string { return "0123456789abcdef" }

func (hookedProvider) Hook(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) }

func TestSetHooks(t *testing.T) {
	s, _ := newTestSet(t, newFake("plain", nil), hookedProvider{newFake("hooked", nil)})
	for request, want := range map[string]int{
		"POST /hooks/hooked/0123456789abcdef":   http.StatusTeapot,
		"GET /hooks/hooked/0123456789abcdef":    http.StatusMethodNotAllowed,
		"POST /hooks/hooked/0123456789abcdeF":   http.StatusNotFound,
		"POST /hooks/hooked/0123456789abcde":    http.StatusNotFound,
		"POST /hooks/hooked/":                   http.StatusNotFound,
		"POST /hooks/hooked":                    http.StatusNotFound,
		"POST /hooks/plain/0123456789abcdef":    http.StatusNotFound,
		"POST /hooks/none/0123456789abcdef":     http.StatusNotFound,
		"POST /hooks/hooked/0123456789abcdef/x": http.StatusNotFound,
	} {
		method, path, _ := strings.Cut(request, " ")
		w := httptest.NewRecorder()
		s.Hooks().ServeHTTP(w, httptest.NewRequest(method, path, nil))
		if w.Code != want {
			t.Errorf("%s: got %d, want %d", request, w.Code, want)
		}
	}
}

func TestSetKnowsWhatFlows(t *testing.T) {
	config := RelayConfig{
		RTMPBase: "rtmp://h", HTTPBase: "http://h", Keys: testKeys(t), Drop: func(string) {},
		Published: nothing, Guard: testGuard(t), Publishing: func(name string) bool { return name == streamA },
	}
	relay, err := NewRelay(config)
	if err != nil {
		t.Fatal(err)
	}
	config.Publishing = nil
	oneOfMany, err := NewRelay(config)
	if err != nil {
		t.Fatal(err)
	}
	s, _ := newTestSet(t, relay, newFake("other", nil))
	shared, _ := newTestSet(t, oneOfMany)
	for _, c := range []struct {
		set               *Set
		provider          string
		name              call.StreamName
		publishing, known bool
	}{
		{s, RelayName, someName(), true, true},
		{s, RelayName, someName().Other(), false, true},
		{s, "other", someName(), false, false},
		{s, "nobody", someName(), false, false},
		{shared, RelayName, someName(), false, false},
	} {
		if publishing, known := c.set.Publishing(c.provider, c.name); publishing != c.publishing || known != c.known {
			t.Errorf("%s %s: publishing %v, known %v", c.provider, c.name, publishing, known)
		}
	}
}
