package redisstore

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
	"go.uber.org/goleak"

	"github.com/claimcall/claimcall/internal/store"
)

// gate holds what is about to leave for Redis until it is let go.
type gate struct {
	redis.Hook
	left chan []redis.Cmder // what stands at the gate
	open chan struct{}      // a value lets the one go that stands there longest; closed, it lets all go
}

// newGate puts a gate before all that calls send. The test's end opens it.
func newGate(t *testing.T, s *Store) *gate {
	g := &gate{left: make(chan []redis.Cmder, 1000), open: make(chan struct{})}
	s.client.AddHook(g)
	t.Cleanup(g.openAll)
	return g
}

func (g *gate) pass(cmds ...redis.Cmder) {
	if cmds[0].Name() == "hello" { // what a new connection begins with
		return
	}
	g.left <- cmds
	<-g.open
}

func (g *gate) letOneGo() { g.open <- struct{}{} }

func (g *gate) openAll() {
	select {
	case <-g.open:
	default:
		close(g.open)
	}
}

// DialHook implements redis.Hook.
func (g *gate) DialHook(next redis.DialHook) redis.DialHook { return next }

// ProcessHook implements redis.Hook.
func (g *gate) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		g.pass(cmd)
		return next(ctx, cmd)
	}
}

// ProcessPipelineHook implements redis.Hook.
func (g *gate) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error {
		g.pass(cmds...)
		return next(ctx, cmds)
	}
}

// asker sends echoes by a store whose ways to Redis are all taken.
type asker struct {
	t *testing.T
	*gate
	s       *Store
	running sync.WaitGroup
}

// newAsker takes all the ways.
func newAsker(t *testing.T, s *Store) *asker {
	a := &asker{t: t, gate: newGate(t, s), s: s}
	t.Cleanup(func() { a.openAll(); a.running.Wait() })
	for i := range tripsAway {
		a.asks(t.Context(), fmt.Sprint("taken ", i))
		if cmds := <-a.left; len(cmds) != 1 {
			t.Errorf("%d commands left, want one alone", len(cmds))
		}
	}
	return a
}

// asks sends an echo. The channel brings what came of it.
func (a *asker) asks(ctx context.Context, text string) <-chan error {
	answered := make(chan error, 1)
	a.running.Go(func() {
		cmd := redis.NewStringCmd(ctx, "ECHO", text)
		err := a.s.trips.do(ctx, cmd)
		if err == nil && cmd.Val() != text {
			err = fmt.Errorf("%q was answered with %q", text, cmd.Val())
		}
		answered <- err
	})
	return answered
}

// wait has so many more echoes wait, one after the other.
func (a *asker) wait(n int) (answers []<-chan error) {
	for i := range n {
		answers = append(answers, a.asks(a.t.Context(), fmt.Sprint("waits ", i)))
		a.waitFor(i + 1)
	}
	return answers
}

func (a *asker) waitFor(n int) {
	eventually(a.t, "they wait", func() bool {
		a.s.trips.mu.Lock()
		defer a.s.trips.mu.Unlock()
		return len(a.s.trips.waiting) == n
	})
}

func (a *asker) answered(answers []<-chan error) {
	a.t.Helper()
	for i, answer := range answers {
		if err := <-answer; err != nil {
			a.t.Errorf("%d: %v", i, err)
		}
	}
}

func onMiniredis(t *testing.T) *Store {
	return opened(t, "redis://"+miniredis.RunT(t).Addr(), Options{})
}

func TestCommandsGatherWhileOthersAreAway(t *testing.T) {
	a := newAsker(t, onMiniredis(t))
	answers := a.wait(2*tripSize + 3)
	same(t, "left meanwhile", len(a.left), 0)
	a.letOneGo()
	next := 0
	for _, size := range []int{tripSize, tripSize, 3} {
		cmds := <-a.left
		same(t, "size", len(cmds), size)
		for _, cmd := range cmds {
			same(t, "text", cmd.Args()[1], fmt.Sprint("waits ", next))
			next++
		}
		a.letOneGo()
	}
	a.openAll()
	a.answered(answers)
	a.running.Wait()
	a.s.trips.running.Wait()
	same(t, "away in the end", a.s.trips.away, 0)
	if err := <-a.asks(t.Context(), "alone again"); err != nil {
		t.Error(err)
	}
	same(t, "commands that left then", len(<-a.left), 1)
}

func TestWhoLeavesHoldsUpNobody(t *testing.T) {
	a := newAsker(t, onMiniredis(t))
	before := a.wait(1)
	ctx, leave := context.WithCancel(t.Context())
	left := a.asks(ctx, "leaves while it waits")
	a.waitFor(2)
	onTheWay, leaveToo := context.WithCancel(t.Context())
	leftToo := a.asks(onTheWay, "leaves on the way")
	a.waitFor(3)
	leave()
	if err := <-left; !errors.Is(err, context.Canceled) {
		t.Errorf("left while it waited: %v", err)
	}
	a.letOneGo()
	same(t, "who goes", len(<-a.left), 2)
	leaveToo()
	if err := <-leftToo; !errors.Is(err, context.Canceled) {
		t.Errorf("left on the way: %v", err)
	}
	a.openAll()
	a.answered(before)
}

func TestWaysAreFreeWhenAllHaveLeft(t *testing.T) {
	a := newAsker(t, onMiniredis(t))
	ctx, leave := context.WithCancel(t.Context())
	left := a.asks(ctx, "leaves")
	a.waitFor(1)
	leave()
	<-left
	a.openAll()
	a.running.Wait()
	a.s.trips.running.Wait()
	same(t, "away", a.s.trips.away, 0)
	same(t, "waiting", len(a.s.trips.waiting), 0)
}

func TestErrorStaysWithItsCommand(t *testing.T) {
	a := newAsker(t, onMiniredis(t))
	answers := a.wait(2)
	wrong := make(chan error, 1)
	a.running.Go(func() { wrong <- a.s.trips.do(t.Context(), redis.NewCmd(t.Context(), "WHAT")) })
	a.waitFor(3)
	none := make(chan error, 1)
	a.running.Go(func() { none <- a.s.trips.do(t.Context(), redis.NewStringCmd(t.Context(), "GET", "none")) })
	a.waitFor(4)
	answers = append(answers, a.asks(t.Context(), "after"))
	a.waitFor(5)
	a.openAll()
	a.answered(answers)
	if err := <-wrong; err == nil || !strings.Contains(err.Error(), "unknown command") {
		t.Errorf("a wrong command: %v", err)
	}
	if err := <-none; !errors.Is(err, redis.Nil) {
		t.Errorf("nothing there: %v", err)
	}
}

func TestForgottenScriptsAreSentAgainByAllAtOnce(t *testing.T) {
	s := onMiniredis(t)
	a := newAsker(t, s)
	const many = 20
	commits := make(chan error, many)
	for i := range many {
		a.running.Go(func() {
			c := waitingCall(fmt.Sprint("c", i), s.Now())
			commits <- s.Commit(t.Context(), commitOf(&c))
		})
	}
	a.waitFor(many)
	a.openAll()
	for range many {
		if err := <-commits; err != nil {
			t.Error(err)
		}
	}
	waiting, err := s.Waiting(t.Context(), "q", many+1)
	if err != nil || len(waiting) != many {
		t.Errorf("%d calls, %v", len(waiting), err)
	}
}

func TestCloseAnswersWhoWaits(t *testing.T) {
	leaks := goleak.IgnoreCurrent()
	r := startServer(t)
	s, err := Open(t.Context(), r.url(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	a := newAsker(t, s)
	commits := make(chan error, 5)
	for range cap(commits) {
		a.running.Go(func() { commits <- s.Commit(t.Context(), store.Commit{}) })
	}
	a.waitFor(cap(commits))
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	a.openAll()
	for range cap(commits) {
		if err := <-commits; !errors.Is(err, store.ErrClosed) {
			t.Errorf("got %v, want ErrClosed", err)
		}
	}
	a.running.Wait()
	r.kill()
	goleak.VerifyNone(t, leaks)
}

// A server that dies under many commits: each one that was taken over says so or returns an error, and none of the
// others was.
func TestServerDiesUnderManyCommits(t *testing.T) {
	t.Parallel()
	r := startServer(t, "--appendonly", "yes", "--appendfsync", "always")
	s := opened(t, r.url(), Options{})
	const writers = 64
	versions := make([]int64, writers)
	var running sync.WaitGroup
	begun := make(chan struct{}, writers)
	for i := range writers {
		running.Go(func() {
			for c := waitingCall(fmt.Sprint("c", i), s.Now()); ; c.Version++ {
				if s.Commit(t.Context(), commitOf(&c)) != nil {
					return
				}
				if versions[i] = c.Version; c.Version == 5 {
					begun <- struct{}{}
				}
			}
		})
	}
	for range writers {
		<-begun
	}
	r.kill()
	running.Wait()
	r.start()
	for i, version := range versions {
		c, err := s.Call(t.Context(), fmt.Sprint("c", i))
		if err != nil || c.Version != version && c.Version != version+1 {
			t.Errorf("call %d has version %d, %v; it was told %d", i, c.Version, err, version)
		}
	}
}

// Many at once, on documents of their own and on one that all want: nothing is lost, and nobody gets another's answer.
func TestManyAtOnce(t *testing.T) {
	t.Parallel()
	for name, url := range map[string]string{
		"server":    startServer(t).url(),
		"cluster":   strings.Replace(startCluster(t).url(), "redis:", "redis+cluster:", 1),
		"miniredis": "redis://" + miniredis.RunT(t).Addr(),
	} {
		t.Run(name, func(t *testing.T) {
			s := opened(t, url, Options{})
			shared := waitingCall("shared", s.Now())
			put(t, s, &shared)
			const writers, each = 16, 10
			var running sync.WaitGroup
			for i := range writers {
				running.Go(func() { writes(t, s, fmt.Sprint("own-", i), each) })
			}
			running.Wait()
			c, err := s.Call(t.Context(), "shared")
			if err != nil || c.Version != 1+writers*each {
				t.Errorf("the shared call has version %d, %v; want %d", c.Version, err, 1+writers*each)
			}
		})
	}
}

// writes commits n times to a call of its own, and n times with success to the shared one.
func writes(t *testing.T, s *Store, id string, n int) {
	own := waitingCall(id, s.Now())
	for range n {
		if err := s.Commit(t.Context(), commitOf(&own)); err != nil {
			t.Errorf("%s: %v", id, err)
		}
		got, err := s.Call(t.Context(), id)
		if err != nil || got.ID != id || got.Version != own.Version {
			t.Errorf("%s of version %d came as %s of version %d, %v", id, own.Version, got.ID, got.Version, err)
		}
		own.Version++
		for counted := false; !counted; {
			c, err := s.Call(t.Context(), "shared")
			if err != nil {
				t.Errorf("shared: %v", err)
				return
			}
			c.Version++
			err = s.Commit(t.Context(), commitOf(&c))
			if counted = err == nil; !counted && !errors.Is(err, store.ErrStale) {
				t.Errorf("shared: %v", err)
				return
			}
		}
	}
}

func TestFrozenServerKeepsNobodyWaiting(t *testing.T) {
	t.Parallel()
	r := startServer(t)
	s := opened(t, r.url(), Options{})
	r.freeze()
	defer r.thaw()
	begun := time.Now()
	var running sync.WaitGroup
	for range 20 {
		running.Go(func() {
			ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
			defer cancel()
			if err := s.Commit(ctx, store.Commit{}); err == nil {
				t.Error("a frozen server takes a commit")
			}
		})
	}
	running.Wait()
	if took := time.Since(begun); took > answerLimit {
		t.Errorf("giving up took %v", took)
	}
}
