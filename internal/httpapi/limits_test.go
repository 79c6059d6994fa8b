package httpapi

import (
	"fmt"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/claimcall/claimcall/hub"
	"github.com/claimcall/claimcall/protocol"
)

// counted is an Observer that remembers.
type counted struct {
	mu       sync.Mutex
	opened   int
	signedIn []protocol.Role
	closed   []protocol.CloseCode
	refused  map[Limit]int
	logins   []string
}

func (c *counted) SocketOpened() { c.note(func() { c.opened++ }) }
func (c *counted) SocketSignedIn(role protocol.Role) {
	c.note(func() { c.signedIn = append(c.signedIn, role) })
}
func (c *counted) SocketClosed(code protocol.CloseCode, _ time.Duration) {
	c.note(func() { c.closed = append(c.closed, code) })
}
func (c *counted) Refused(l Limit) {
	c.note(func() {
		if c.refused == nil {
			c.refused = map[Limit]int{}
		}
		c.refused[l]++
	})
}
func (c *counted) Login(method string, o Outcome) {
	c.note(func() { c.logins = append(c.logins, method+" "+string(o)) })
}

func (c *counted) note(f func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f()
}

func generous() Limits {
	return Limits{Sockets: 1e6, AddressSockets: 1e6, Waiting: 1e6, AddressWaiting: 1e6, Rate: 1e9, AddressRate: 1e9, AddressLogins: 1e6}
}

func TestEachLimitHolds(t *testing.T) {
	for limit, change := range map[Limit]func(*Limits){
		LimitSockets:        func(l *Limits) { l.Sockets = 10 },
		LimitAddressSockets: func(l *Limits) { l.AddressSockets = 10 },
		LimitWaiting:        func(l *Limits) { l.Waiting = 10 },
		LimitAddressWaiting: func(l *Limits) { l.AddressWaiting = 10 },
		LimitRate:           func(l *Limits) { l.Rate = 2 },
		LimitAddressRate:    func(l *Limits) { l.AddressRate = 2 },
	} {
		synctest.Test(t, func(t *testing.T) {
			l := generous()
			change(&l)
			g := newGate(l)
			var lefts []func()
			for range 10 {
				_, left, got := g.enter("192.0.2.1")
				if got != "" {
					t.Fatalf("%s: kept out by %s", limit, got)
				}
				lefts = append(lefts, left)
			}
			for range 100 {
				if _, _, got := g.enter("192.0.2.1"); got != limit {
					t.Fatalf("%s: one too many: %q", limit, got)
				}
			}
			_, left, got := g.enter("198.51.100.1")
			ofOne := limit == LimitAddressSockets || limit == LimitAddressWaiting || limit == LimitAddressRate
			if (got == "") != ofOne {
				t.Errorf("%s: another address: %q", limit, got)
			}
			if left != nil {
				lefts = append(lefts, left)
			}
			for _, left := range lefts {
				left()
				left() // more than once
			}
			time.Sleep(time.Minute)
			if _, left, got := g.enter("192.0.2.1"); got != "" {
				t.Errorf("%s: after all have left: %q", limit, got)
			} else {
				left()
			}
			for name, c := range map[string]*crowd{"open": &g.open, "waiting": &g.waiting} {
				if c.total != 0 || len(c.byAddr) != 0 {
					t.Errorf("%s: %d %s and %d addresses are left", limit, c.total, name, len(c.byAddr))
				}
			}
		})
	}
}

// A place is free once a socket has signed in, and not again when it leaves.
func TestSigningInMakesRoom(t *testing.T) {
	l := generous()
	l.Waiting = 1
	g := newGate(l)
	for range 10 {
		signedIn, left, limit := g.enter("a")
		if limit != "" {
			t.Fatal(limit)
		}
		signedIn()
		defer left()
	}
	if g.waiting.total != 0 || g.open.total != 10 {
		t.Errorf("%d wait, %d are open", g.waiting.total, g.open.total)
	}
}

func TestHouseholds(t *testing.T) {
	for addr, want := range map[string]string{
		"192.0.2.7": "192.0.2.7", "2001:db8:1:2:3:4:5:6": "2001:db8:1:2::/64", "2001:db8:1:2::9%eth0": "2001:db8:1:2::/64",
		"::ffff:192.0.2.7": "::ffff:192.0.2.7", "@": "@", "": "",
	} {
		if got := household(addr); got != want {
			t.Errorf("%s: got %s, want %s", addr, got, want)
		}
	}
}

// A flood of addresses that come once is forgotten.
func TestAddressesAreForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAddressRates(10, 10)
		for i := range 50 * minAddresses {
			if i%minAddresses == 0 {
				time.Sleep(time.Second)
			}
			a.allow(fmt.Sprint(i))
		}
		if n := len(a.byAddr); n > 4*minAddresses {
			t.Errorf("%d addresses are remembered", n)
		}
	})
}

func TestSocketsLeaveTheLobby(t *testing.T) {
	for name, serve := range map[string]func(hub.Conn, hub.Opening){
		"by signing in": func(c hub.Conn, o hub.Opening) {
			o.Allowed(protocol.RoleClaimant)
			_, _ = c.Read()
		},
		"by ending": func(hub.Conn, hub.Opening) {},
	} {
		synctest.Test(t, func(t *testing.T) {
			s := New(Config{Hub: fakeHub{serve: serve}})
			site := newSiteOf(t, s)
			site.connect(nil)
			synctest.Wait()
			if s.gate.waiting.total != 0 {
				t.Errorf("%s: still there", name)
			}
		})
	}
}

func TestAFullHouseRefuses(t *testing.T) {
	seen := &counted{}
	s := New(Config{Hub: fakeHub{}, Observer: seen})
	s.gate.waiting.total = s.gate.waiting.most
	w := ask(s.Handler(), "GET", "/ws", "", "Upgrade", "websocket", "Sec-WebSocket-Protocol", protocol.Subprotocol)
	if w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" || seen.refused[LimitWaiting] != 1 {
		t.Errorf("got %d, %v", w.Code, seen.refused)
	}
	s.gate.waiting.total = 0
	if w := ask(s.Handler(), "GET", "/ws", "", "Upgrade", "websocket", "Sec-WebSocket-Protocol", protocol.Subprotocol); w.Code == http.StatusServiceUnavailable || s.gate.waiting.total != 0 || s.gate.open.total != 0 {
		t.Errorf("a refused upgrade: got %d, and %d wait", w.Code, s.gate.waiting.total)
	}
}

func TestTheObserverSeesALife(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		seen := &counted{}
		site := newSite(t, Config{Observer: seen, Hub: fakeHub{serve: func(c hub.Conn, o hub.Opening) {
			o.Allowed(protocol.RoleAdjuster)
			c.Close(protocol.CloseSlowConsumer, "")
			_, _ = c.Read()
		}}})
		_, _, _ = site.connect(nil).Read(t.Context())
		synctest.Wait()
		if seen.opened != 1 || len(seen.signedIn) != 1 || len(seen.closed) != 1 || seen.closed[0] != protocol.CloseSlowConsumer {
			t.Errorf("seen %+v", seen)
		}
	})
}
