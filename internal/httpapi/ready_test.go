package httpapi

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestManyProbesAreOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		asked := 0
		outcome := errors.New("not yet")
		h := New(Config{Hub: fakeHub{ready: func() error {
			asked++
			time.Sleep(time.Second)
			return outcome
		}}}).Handler()
		probes := func(n, want int) {
			t.Helper()
			var all sync.WaitGroup
			for range n {
				all.Go(func() {
					if w := ask(h, "GET", "/readyz", ""); w.Code != want {
						t.Errorf("got %d, want %d", w.Code, want)
					}
				})
			}
			all.Wait()
		}
		start := time.Now()
		probes(100, 503)
		outcome = nil
		probes(100, 503)
		if took := time.Since(start); asked != 1 || took != time.Second {
			t.Errorf("asked %d times in %v", asked, took)
		}
		time.Sleep(readyKeep)
		probes(100, 200)
		if asked != 2 {
			t.Errorf("asked %d times", asked)
		}
	})
}

func TestAProbeEndsWithWhoAsks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := probe{ask: func(ctx context.Context) error {
			<-ctx.Done()
			return ctx.Err()
		}}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start := time.Now()
		if err := p.ready(ctx); err == nil || time.Since(start) != time.Second {
			t.Errorf("%v after %v", err, time.Since(start))
		}
		if err := p.ready(t.Context()); err == nil || time.Since(start) != readyLimit {
			t.Errorf("%v after %v", err, time.Since(start))
		}
	})
}
