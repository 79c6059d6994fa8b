package stream

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/claimcall/claimcall/internal/call"
)

func TestGuardAsksTheHubLast(t *testing.T) {
	hub := &fakeHub{}
	k := testKeys(t)
	guard := NewGuard("relay", k, hub)
	good := signedQuery(t, k, Play, "room-c-g1", time.Now())

	refused := []struct {
		d     Direction
		name  string
		query url.Values
		want  error
	}{
		{Play, "room", good, ErrName},
		{Play, "room-a-g1", good, ErrSignature},
		{Publish, "room-c-g1", good, ErrSignature},
		{Play, "room-c-g1", signedQuery(t, k, Play, "room-c-g1", time.Now().Add(-2*time.Hour)), ErrExpired},
	}
	for _, c := range refused {
		if err := guard.Allow(t.Context(), c.d, c.name, c.query); !errors.Is(err, c.want) || !IsRefusal(err) {
			t.Errorf("%s %s: got %v, want %v", c.d, c.name, err, c.want)
		}
	}
	if len(hub.asked) > 0 {
		t.Errorf("the hub was asked about %v", hub.asked)
	}
	if err := guard.Allow(t.Context(), Play, "room-c-g1", good); err != nil {
		t.Error(err)
	}
	if want := []string{"relay room-c-g1"}; !slices.Equal(hub.asked, want) {
		t.Errorf("the hub was asked about %v", hub.asked)
	}
}

func TestGuardTellsRefusalFromFailure(t *testing.T) {
	k := testKeys(t)
	query := signedQuery(t, k, Play, "room-c-g1", time.Now())
	cases := []struct {
		answer  error
		refusal bool
	}{
		{call.ErrStreamRefused, true},
		{fmt.Errorf("hub: %w", call.ErrStreamRefused), true},
		{errors.New("the store is away"), false},
		{context.DeadlineExceeded, false},
		{ErrNotReady, false},
	}
	for _, c := range cases {
		err := NewGuard("relay", k, &fakeHub{answer: c.answer}).Allow(t.Context(), Play, "room-c-g1", query)
		if !errors.Is(err, c.answer) || IsRefusal(err) != c.refusal {
			t.Errorf("%v: got %v, refusal %v", c.answer, err, IsRefusal(err))
		}
		if strings.Contains(err.Error(), query.Get("txSecret")) {
			t.Error("the error holds the signature")
		}
	}
}

// slowHub answers when the guard has lost patience.
type slowHub struct{ fakeHub }

func (*slowHub) AuthorizeStream(ctx context.Context, _ string, _ call.StreamName) error {
	<-ctx.Done()
	return ctx.Err()
}

func TestGuardWaitsOnlySoLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := testKeys(t)
		begin := time.Now()
		err := NewGuard("relay", k, &slowHub{}).Allow(t.Context(), Play, "room-c-g1", signedQuery(t, k, Play, "room-c-g1", begin))
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(begin) != authorizeLimit {
			t.Errorf("got %v after %v", err, time.Since(begin))
		}
	})
}

func TestGuardPassesNewsOn(t *testing.T) {
	hub := &fakeHub{}
	guard := NewGuard("relay", testKeys(t), hub)
	guard.Published("room-c-g1")
	guard.Published("not a name")
	guard.Unpublished("room-c-g1")
	if want := []string{"relay +room-c-g1", "relay -room-c-g1"}; !slices.Equal(hub.heard(), want) {
		t.Errorf("got %v", hub.heard())
	}
}

func TestLateAuthority(t *testing.T) {
	var late LateAuthority
	name := call.StreamName{Room: "room", Leg: call.Claimant, Generation: 1}
	late.StreamChanged(t.Context(), "relay", name, true)
	if err := late.AuthorizeStream(t.Context(), "relay", name); !errors.Is(err, ErrNotReady) {
		t.Errorf("before Bind: %v", err)
	}
	hub := &fakeHub{}
	late.Bind(hub)
	late.StreamChanged(t.Context(), "relay", name, true)
	if err := late.AuthorizeStream(t.Context(), "relay", name); err != nil || len(hub.asked) != 1 || len(hub.heard()) != 1 {
		t.Errorf("after Bind: %v, asked %v, told %v", err, hub.asked, hub.heard())
	}
}
