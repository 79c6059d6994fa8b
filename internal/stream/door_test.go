package stream

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/claimcall/claimcall/internal/call"
)

// address is what a call hands out for the direction, as a query.
func address(t *testing.T, k Keys, d Direction, name string, life time.Duration) url.Values {
	t.Helper()
	text, err := k.Sign(d, name, time.Now().Add(life))
	if err != nil {
		t.Fatal(err)
	}
	query, err := url.ParseQuery(text)
	if err != nil {
		t.Fatal(err)
	}
	return query
}

func TestDoorSaysWhereAStreamLives(t *testing.T) {
	hub := &fakeHub{}
	n := testNginx(t, hub)
	n.internal = "rtmp://10.0.0.1:1936"
	door := NewDoor(testKeys(t), hub, n)
	for _, d := range []Direction{Publish, Play} {
		query := address(t, testKeys(t), d, streamA, time.Hour)
		hub.carrier = RelayName
		if remote, err := door.Open(t.Context(), d, streamA, query); remote != "" || err != nil {
			t.Errorf("%s in the relay: got %q, %v", d, remote, err)
		}
		hub.carrier = NginxRTMPName
		remote, err := door.Open(t.Context(), d, streamA, query)
		if err != nil || !strings.HasPrefix(remote, "rtmp://10.0.0.1:1936/live/room-c-g1?") {
			t.Fatalf("%s at nginx: %v", d, err)
		}
		at, err := url.Parse(remote)
		if err != nil {
			t.Fatal(err)
		}
		if err := testKeys(t).Verify(d, streamA, at.Query(), time.Now()); err != nil {
			t.Errorf("%s: nginx will refuse it: %v", d, err)
		}
		hub.carrier = TencentName
		if _, err := door.Open(t.Context(), d, streamA, query); !errors.Is(err, call.ErrStreamRefused) {
			t.Errorf("%s without a bridge: got %v", d, err)
		}
	}
}

func TestDoorRefuses(t *testing.T) {
	hub := &fakeHub{carrier: NginxRTMPName}
	door := NewDoor(testKeys(t), hub, testNginx(t, hub))
	other, err := NewKeys("somebody else's secret", "")
	if err != nil {
		t.Fatal(err)
	}
	good := address(t, testKeys(t), Play, streamA, time.Hour)
	repeated := url.Values{"txSecret": good["txSecret"], "txTime": {good.Get("txTime"), "FFFFFFFF"}}
	for why, c := range map[string]struct {
		name  string
		query url.Values
		want  error
	}{
		"forged":         {streamA, address(t, other, Play, streamA, time.Hour), ErrSignature},
		"expired":        {streamA, address(t, testKeys(t), Play, streamA, -time.Minute), ErrExpired},
		"swapped":        {streamA, address(t, testKeys(t), Publish, streamA, time.Hour), ErrSignature},
		"another stream": {streamB, good, ErrSignature},
		"repeated":       {streamA, repeated, ErrSignature},
		"missing":        {streamA, nil, ErrSignature},
		"no name":        {"../x", good, ErrName},
	} {
		if remote, err := door.Open(t.Context(), Play, c.name, c.query); !errors.Is(err, c.want) || remote != "" || !IsRefusal(err) {
			t.Errorf("%s: got %v", why, err)
		}
	}
	if len(hub.asked) > 0 {
		t.Errorf("whoever has no signature costs a look into the store: %v", hub.asked)
	}
	hub.answer = call.ErrStreamRefused // replayed after the end
	if _, err := door.Open(t.Context(), Play, streamA, good); !errors.Is(err, call.ErrStreamRefused) {
		t.Errorf("got %v", err)
	}
	hub.answer = errAway
	if _, err := door.Open(t.Context(), Play, streamA, good); err == nil || IsRefusal(err) {
		t.Errorf("a store that is away: got %v", err)
	}
}

func TestDoorBeforeThereIsAnybodyToAsk(t *testing.T) {
	late := &LateAuthority{}
	query := address(t, testKeys(t), Play, streamA, time.Hour)
	if _, err := NewDoor(testKeys(t), late).Open(context.Background(), Play, streamA, query); !errors.Is(err, ErrNotReady) {
		t.Errorf("got %v", err)
	}
}
