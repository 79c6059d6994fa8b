package httpapi

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/claimcall/claimcall/hub"
	"github.com/claimcall/claimcall/protocol"
)

func TestFailedSignInsAreSlowedDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var code protocol.CloseCode // 0 signs in
		site := newSite(t, Config{Hub: fakeHub{serve: func(c hub.Conn, o hub.Opening) {
			if code == 0 {
				o.Allowed(protocol.RoleClaimant)
			}
			c.Close(max(code, protocol.CloseUnauthorized), "")
			_, _ = c.Read()
		}}})
		takes := func(closed protocol.CloseCode, want time.Duration) {
			t.Helper()
			code = closed
			start := time.Now()
			_, _, _ = site.connect(nil).Read(t.Context())
			synctest.Wait()
			if took := time.Since(start); took != want {
				t.Errorf("%d: took %v, want %v", closed, took, want)
			}
		}
		for range forgiven + 1 {
			takes(protocol.CloseUnauthorized, 0)
		}
		takes(protocol.CloseTokenExpired, firstDelay)
		takes(protocol.CloseHelloRequired, 2*firstDelay)
		takes(protocol.CloseBadFrame, 4*firstDelay)
		takes(protocol.CloseHelloTimeout, 8*firstDelay) // no failure, and no success either
		takes(0, 0)
		for range forgiven + 1 {
			takes(protocol.CloseUnauthorized, 0)
		}
		takes(protocol.CloseUnauthorized, firstDelay)
	})
}

func TestDelaysAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var th throttle
		for range 100 {
			th.failed("a")
		}
		ctx, cancel := context.WithCancel(t.Context())
		start := time.Now()
		for range maxDelayed {
			go func() { _ = th.wait(ctx, "a") }()
		}
		synctest.Wait()
		if err := th.wait(ctx, "a"); !errors.Is(err, errDelayed) {
			t.Errorf("one too many: %v", err)
		}
		if err := th.wait(ctx, "b"); err != nil || time.Since(start) != 0 {
			t.Errorf("another address: %v", err)
		}
		cancel()
		synctest.Wait()
		if err := th.wait(t.Context(), "a"); err != nil || time.Since(start) != maxDelay {
			t.Errorf("%v after %v", err, time.Since(start))
		}
		time.Sleep(2 * forgetAt)
		th.failed("a")
		if left, _ := th.begin("a"); left != 0 {
			t.Errorf("not forgotten: %v", left)
		}
	})
}

func TestFewAddressesAreRemembered(t *testing.T) {
	var th throttle
	for i := range 2 * maxGuilty {
		th.failed(fmt.Sprint(i))
	}
	if n := len(th.byAddr); n != maxGuilty {
		t.Errorf("%d addresses", n)
	}
}
