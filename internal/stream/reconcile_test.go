package stream

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/claimcall/claimcall/internal/call"
)

// listedFake is a provider whose media service publishes what it is told to.
type listedFake struct {
	*fakeProvider
	guard *Guard

	mu      sync.Mutex
	live    []call.StreamName
	err     error // of Live and Check
	lists   int
	dropped []string
}

func (f *listedFake) Live(context.Context) ([]call.StreamName, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.lists++
	return f.live, f.err
}

func (f *listedFake) Check(context.Context) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.err
}

func (f *listedFake) News() *Guard { return f.guard }

func (f *listedFake) Drop(_ context.Context, name call.StreamName) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.dropped = append(f.dropped, name.String())
	return nil
}

func (f *listedFake) publishes(names ...string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.live = nil
	for _, text := range names {
		name, _ := parseName(text)
		f.live = append(f.live, name)
	}
}

func (f *listedFake) fails(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.err = err
}

func (f *listedFake) drops() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return strings.Join(f.dropped, " ")
}

// watched runs a set over one such provider, in a bubble, and hands it over just after a look at what is published.
func watched(t *testing.T, test func(f *listedFake, hub *fakeHub, s *Set)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		hub := &fakeHub{}
		f := &listedFake{fakeProvider: newFake("media", nil), guard: NewGuard("media", testKeys(t), hub)}
		s, _ := newTestSet(t, f)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			s.Run(ctx)
		}()
		time.Sleep(time.Millisecond) // what follows is not at the moment of a look
		test(f, hub, s)
		cancel()
		<-done
	})
}

// looks lets that many looks pass.
func looks(n int) {
	time.Sleep(time.Duration(n) * listEvery)
	synctest.Wait()
}

func heard(t *testing.T, hub *fakeHub, want string) {
	t.Helper()
	if got := strings.ReplaceAll(strings.Join(hub.heard(), " "), "media ", ""); got != want {
		t.Errorf("the hub was told %q, want %q", got, want)
	}
}

func TestLostHooksAreMadeGood(t *testing.T) {
	watched(t, func(f *listedFake, hub *fakeHub, _ *Set) {
		f.publishes(streamA)
		looks(1)
		heard(t, hub, "+room-c-g1")
		looks(3)
		heard(t, hub, "+room-c-g1") // once is enough
		f.publishes()
		looks(1)
		heard(t, hub, "+room-c-g1 -room-c-g1")
		looks(3)
		heard(t, hub, "+room-c-g1 -room-c-g1")
	})
}

func TestToldHooksAreNotRepeated(t *testing.T) {
	watched(t, func(f *listedFake, hub *fakeHub, _ *Set) {
		f.publishes(streamA)
		f.guard.Published(streamA)
		looks(2)
		heard(t, hub, "+room-c-g1")
		f.guard.Unpublished(streamA)
		f.publishes()
		looks(2)
		heard(t, hub, "+room-c-g1 -room-c-g1")
		if len(f.guard.news) != 0 {
			t.Errorf("remembers %v", f.guard.news)
		}
	})
}

// TestAHookJustBeforeALook: the service lists a publisher a moment after it asked for it, and one that has left a moment longer.
func TestAHookJustBeforeALook(t *testing.T) {
	watched(t, func(f *listedFake, hub *fakeHub, _ *Set) {
		time.Sleep(listEvery - time.Second)
		f.guard.Published(streamA)
		time.Sleep(time.Second)
		heard(t, hub, "+room-c-g1")
		f.publishes(streamA)
		time.Sleep(listEvery - time.Second)
		f.guard.Unpublished(streamA)
		time.Sleep(time.Second)
		heard(t, hub, "+room-c-g1 -room-c-g1")
	})
}

// TestAWrongEndIsMadeGood: a hook said that the stream has ended, and it has not.
func TestAWrongEndIsMadeGood(t *testing.T) {
	watched(t, func(f *listedFake, hub *fakeHub, _ *Set) {
		f.publishes(streamA)
		looks(1)
		f.guard.Unpublished(streamA)
		looks(1)
		heard(t, hub, "+room-c-g1 -room-c-g1 +room-c-g1")
	})
}

func TestNewsThatWasNotTakenInIsToldAgain(t *testing.T) {
	watched(t, func(f *listedFake, hub *fakeHub, _ *Set) {
		deaf := func(is bool) {
			hub.mu.Lock()
			defer hub.mu.Unlock()
			hub.deaf = is
		}
		deaf(true)
		f.publishes(streamA)
		f.guard.Published(streamA)
		looks(1)
		deaf(false)
		looks(1)
		heard(t, hub, "+room-c-g1")
		deaf(true)
		f.publishes()
		f.guard.Unpublished(streamA)
		looks(1)
		deaf(false)
		looks(1)
		heard(t, hub, "+room-c-g1 -room-c-g1")
	})
}

func (h *fakeHub) answers(err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.answer = err
}

// TestADropThatWasNeverMade: the node that ended the call died before it ended the streams.
func TestADropThatWasNeverMade(t *testing.T) {
	watched(t, func(f *listedFake, hub *fakeHub, _ *Set) {
		minute := int(askAgain / listEvery)
		f.publishes(streamA)
		hub.answers(call.ErrStreamRefused)
		looks(1)
		if f.drops() != "" {
			t.Error("dropped at the first refusal")
		}
		hub.answers(nil)
		looks(1)
		hub.answers(call.ErrStreamRefused)
		looks(minute)
		if f.drops() != "" {
			t.Error("dropped though it was allowed in between")
		}
		hub.answers(errAway)
		looks(3)
		if f.drops() != "" {
			t.Error("dropped because the store is away")
		}
		hub.answers(call.ErrStreamRefused)
		looks(1)
		if f.drops() != streamA {
			t.Errorf("dropped %q", f.drops())
		}
		f.publishes()
		looks(1)
		f.publishes(streamA)
		looks(1)
		if f.drops() != streamA {
			t.Errorf("counts on from before: dropped %q", f.drops())
		}
	})
}

// TestEveryNodeAsksOnceAMinute: of each stream that was allowed; of one that comes, at once.
func TestEveryNodeAsksOnceAMinute(t *testing.T) {
	watched(t, func(f *listedFake, hub *fakeHub, _ *Set) {
		asked := func() int {
			hub.mu.Lock()
			defer hub.mu.Unlock()
			defer func() { hub.asked = nil }()
			return len(hub.asked)
		}
		other := someName().Other().String()
		f.publishes(streamA)
		for minute := range 3 {
			looks(int(askAgain / listEvery))
			if got := asked(); got != 1 {
				t.Errorf("minute %d: asked %d times", minute, got)
			}
		}
		looks(1)
		f.publishes(streamA, other)
		if got := asked(); got != 1 {
			t.Errorf("after three minutes: asked %d times", got)
		}
		looks(1)
		if got := asked(); got != 1 {
			t.Errorf("about a new one: asked %d times", got)
		}
		f.publishes(streamA)
		looks(1)
		f.publishes(streamA, other)
		looks(1)
		if got := asked(); got != 1 {
			t.Errorf("about one that came back: asked %d times", got)
		}
		heard(t, hub, "+"+streamA+" +"+other+" -"+other+" +"+other)
	})
}

// TestStreamsOfOthersAreLeftAlone: another deployment uses the same media service, and its names look like ours.
func TestStreamsOfOthersAreLeftAlone(t *testing.T) {
	watched(t, func(f *listedFake, hub *fakeHub, _ *Set) {
		hub.answers(fmt.Errorf("hub: %w", call.ErrStreamUnknown))
		f.publishes(streamA)
		looks(30)
		heard(t, hub, "")
		if f.drops() != "" {
			t.Errorf("dropped %q", f.drops())
		}
		if len(hub.asked) != 5 {
			t.Errorf("asked %d times in five minutes", len(hub.asked))
		}
	})
}

func TestWhileTheServiceSaysNothingNothingIsTold(t *testing.T) {
	watched(t, func(f *listedFake, hub *fakeHub, s *Set) {
		f.publishes(streamA)
		looks(1)
		f.fails(errAway)
		f.publishes()
		looks(2)
		heard(t, hub, "+room-c-g1")
		if publishing, known := s.Publishing("media", someName().Other()); publishing || !known {
			t.Errorf("a list of late says %v, %v", publishing, known)
		}
		looks(2)
		if _, known := s.Publishing("media", someName().Other()); known {
			t.Error("an old list says something")
		}
		f.fails(nil)
		looks(1)
		heard(t, hub, "+room-c-g1 -room-c-g1")
	})
}

func TestSetKnowsWhatIsListed(t *testing.T) {
	watched(t, func(f *listedFake, _ *fakeHub, s *Set) {
		if _, known := s.Publishing("media", someName()); known {
			t.Error("knows before the first list")
		}
		f.publishes(streamA)
		looks(1)
		if publishing, known := s.Publishing("media", someName()); !publishing || !known {
			t.Errorf("got %v, %v", publishing, known)
		}
		f.guard.Unpublished(streamA)
		if publishing, known := s.Publishing("media", someName()); publishing || !known {
			t.Errorf("a hook is newer than the list: got %v, %v", publishing, known)
		}
	})
}

func TestHealth(t *testing.T) {
	watched(t, func(f *listedFake, _ *fakeHub, s *Set) {
		expect := func(why string, red bool) {
			t.Helper()
			synctest.Wait()
			if err := s.Health("media"); (err != nil) != red {
				t.Errorf("%s: %v", why, err)
			}
		}
		expect("at first", false)
		f.fails(errAway)
		time.Sleep(checkEvery)
		expect("one failure", false)
		time.Sleep(checkAgain)
		expect("two in a row, the second soon after", true)
		time.Sleep(time.Hour)
		expect("for an hour", true)
		f.fails(nil)
		time.Sleep(checkAgain)
		expect("one good check", false)
		f.fails(errAway)
		time.Sleep(checkEvery)
		f.fails(nil)
		time.Sleep(checkAgain)
		f.fails(errAway)
		time.Sleep(checkEvery)
		expect("two failures, not in a row", false)
		if s.Health("nobody") == nil {
			t.Error("a provider that is not there is well")
		}
	})
}
