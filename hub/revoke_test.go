package hub_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/claimcall/claimcall/hub"
	"github.com/claimcall/claimcall/internal/store"
	"github.com/claimcall/claimcall/protocol"
)

// issued returns an adjuster's token that was issued now, in whole seconds as tokens are.
func issued(user string) string { return fmt.Sprintf("adjuster/%s?iat=%d", user, time.Now().Unix()) }

func (w *world) revokes(role protocol.Role, user string) {
	w.t.Helper()
	if err := w.hub.Revoke(context.Background(), role, user); err != nil {
		w.t.Fatal(err)
	}
	synctest.Wait()
}

func TestRevocationEndsSocketsOnEveryNode(t *testing.T) {
	inWorld(t, func(w *world) {
		b := w.another("b")
		here, there := w.client("li", issued("li")).hello(""), b.client("li", issued("li")).hello("")
		other, claimant := w.client("wang", issued("wang")).hello(""), b.waits("li")
		start := time.Now()
		w.revokes(protocol.RoleAdjuster, "li")
		here.wantsClosed(protocol.CloseRevoked)
		there.wantsClosed(protocol.CloseRevoked)
		other.wantsClosed(0)
		claimant.wantsClosed(0) // of the same name, in another role
		if took := time.Since(start); took != 0 {
			t.Errorf("took %v", took)
		}
		b.end()
	})
}

func TestRevokedTokensStayVoid(t *testing.T) {
	inWorld(t, func(w *world) {
		old, undated := issued("li"), "adjuster/li"
		w.revokes(protocol.RoleAdjuster, "li")
		time.Sleep(time.Hour)
		w.end()
		w.start("later") // a node that starts later knows
		for _, token := range []string{old, undated} {
			again := w.client("li", token).hello("")
			again.wants("error:unauthorized")
			again.wantsClosed(protocol.CloseRevoked)
		}
		fresh := w.client("li", issued("li")).hello("")
		fresh.wants("welcome")
		fresh.send(protocol.TypeTokenRefresh, protocol.TokenRefresh{Token: old})
		fresh.wants("error:unauthorized")
		fresh.wantsClosed(0)
	})
}

// unheard is a store whose messages get lost.
type unheard struct{ hub.Store }

func (u unheard) Commit(ctx context.Context, c store.Commit) error {
	c.Messages = nil
	return u.Store.Commit(ctx, c)
}

func TestRevocationsAreFoundWithoutBeingTold(t *testing.T) {
	inWorldWith(t, func(s hub.Store) hub.Store { return unheard{s} }, func(w *world) {
		b := w.another("b")
		li := b.client("li", issued("li")).hello("")
		w.revokes(protocol.RoleAdjuster, "li")
		li.wantsClosed(0)
		time.Sleep(5 * time.Second)
		li.wantsClosed(protocol.CloseRevoked)
		b.end()
	})
}

// unaware is a store that does not say who was revoked.
type unaware struct {
	hub.Store
	silent *atomic.Bool
}

func (u unaware) Revocations(ctx context.Context, since time.Time) ([]store.Revocation, error) {
	if u.silent.Load() {
		return nil, errors.New("away")
	}
	return u.Store.Revocations(ctx, since)
}

func TestNobodySignsInBeforeRevocationsAreKnown(t *testing.T) {
	var silent atomic.Bool
	silent.Store(true)
	inWorldWith(t, func(s hub.Store) hub.Store { return unaware{s, &silent} }, func(w *world) {
		li := w.client("li", issued("li")).hello("")
		li.wants("error:unavailable")
		li.wantsClosed(protocol.CloseInternal)
		if err := w.hub.Ready(context.Background()); !errors.Is(err, hub.ErrNotKnown) {
			t.Errorf("ready: %v", err)
		}
		silent.Store(false)
		time.Sleep(2 * time.Second)
		w.client("li", issued("li")).hello("").wants("welcome")
		if err := w.hub.Ready(context.Background()); err != nil {
			t.Errorf("ready: %v", err)
		}
	})
}

func TestRevokeSaysWhenItDidNotWork(t *testing.T) {
	inWorld(t, func(w *world) {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		if err := w.hub.Revoke(ctx, protocol.RoleAdjuster, "li"); err == nil {
			t.Error("no error")
		}
	})
}

// A socket ends with its token also while it is served all the time.
func TestNoSocketOutlivesItsToken(t *testing.T) {
	inWorld(t, func(w *world) {
		li := w.client("li", "adjuster/li?ttl=100s").hello("")
		start := time.Now()
		var code protocol.CloseCode
		for code == 0 && time.Since(start) < time.Hour {
			time.Sleep(7 * time.Second)
			li.send(protocol.TypePing, protocol.Empty{})
			code = li.closed()
		}
		if code != protocol.CloseTokenExpired {
			t.Errorf("closed with %d", code)
		}
		if took := time.Since(start); took < 100*time.Second || took > 107*time.Second {
			t.Errorf("took %v", took)
		}
	})
}
