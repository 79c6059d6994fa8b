package httpapi

import (
	"cmp"
	"net/netip"
	"sync"

	"golang.org/x/time/rate"
)

// Limits bound what clients may cost before anybody knows who they are. Zero fields mean those of DefaultLimits.
type Limits struct {
	Sockets        int     // open on this node
	AddressSockets int     // open, of one address
	Waiting        int     // not signed in yet
	AddressWaiting int     // not signed in yet, of one address
	Rate           float64 // sockets opened per second, over time
	AddressRate    float64 // the same, of one address
	AddressLogins  float64 // requests to sign in per minute, of one address
}

// DefaultLimits leave room for everybody behind one proxy to come back at the same moment.
func DefaultLimits() Limits {
	return Limits{
		Sockets: 200_000, AddressSockets: 50_000, Waiting: 8192, AddressWaiting: 2048,
		Rate: 5000, AddressRate: 2000, AddressLogins: 300,
	}
}

func (l Limits) withDefaults() Limits {
	d := DefaultLimits()
	return Limits{
		Sockets: cmp.Or(l.Sockets, d.Sockets), AddressSockets: cmp.Or(l.AddressSockets, d.AddressSockets),
		Waiting: cmp.Or(l.Waiting, d.Waiting), AddressWaiting: cmp.Or(l.AddressWaiting, d.AddressWaiting),
		Rate: cmp.Or(l.Rate, d.Rate), AddressRate: cmp.Or(l.AddressRate, d.AddressRate),
		AddressLogins: cmp.Or(l.AddressLogins, d.AddressLogins),
	}
}

// burstSeconds is for how long a rate may be used up at once.
const burstSeconds = 5

// gate decides who may open a socket, or ask to sign in. Its methods may be called concurrently.
type gate struct {
	open      crowd // sockets
	waiting   crowd // those that have not signed in
	rate      *rate.Limiter
	addresses *addressRates // opening sockets
	logins    *addressRates // asking to sign in
}

func newGate(l Limits) *gate {
	burst := func(perSecond float64) int { return max(1, int(perSecond*burstSeconds)) }
	return &gate{
		open:      crowd{most: l.Sockets, mostOfOne: l.AddressSockets},
		waiting:   crowd{most: l.Waiting, mostOfOne: l.AddressWaiting},
		rate:      rate.NewLimiter(rate.Limit(l.Rate), burst(l.Rate)),
		addresses: newAddressRates(l.AddressRate, burst(l.AddressRate)),
		logins:    newAddressRates(l.AddressLogins/60, max(1, int(l.AddressLogins/2))),
	}
}

// enter counts a socket in, or names the limit that keeps it out. signedIn says that it waits no more; left, that it is gone.
// Both may be called more than once.
func (g *gate) enter(addr string) (signedIn, left func(), limit Limit) {
	switch {
	case !g.addresses.allow(addr):
		return nil, nil, LimitAddressRate
	case !g.rate.Allow():
		return nil, nil, LimitRate
	}
	leave, full, ofOne := g.open.enter(addr)
	switch {
	case full:
		return nil, nil, LimitSockets
	case ofOne:
		return nil, nil, LimitAddressSockets
	}
	signedIn, full, ofOne = g.waiting.enter(addr)
	if !full && !ofOne {
		return signedIn, func() { signedIn(); leave() }, ""
	}
	leave()
	if full {
		return nil, nil, LimitWaiting
	}
	return nil, nil, LimitAddressWaiting
}

// crowd counts who is there, together and of each address. Its methods may be called concurrently.
type crowd struct {
	most, mostOfOne int

	mu     sync.Mutex
	total  int
	byAddr map[string]int
}

// enter counts one in, unless there are too many together, or of this address. leave counts it out; it may be called more
// than once.
func (c *crowd) enter(addr string) (leave func(), full, ofOne bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.total >= c.most:
		return nil, true, false
	case c.byAddr[addr] >= c.mostOfOne:
		return nil, false, true
	}
	if c.byAddr == nil {
		c.byAddr = map[string]int{}
	}
	c.total++
	c.byAddr[addr]++
	return sync.OnceFunc(func() { c.leave(addr) }), false, false
}

func (c *crowd) leave(addr string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.total--
	c.byAddr[addr]--
	if c.byAddr[addr] == 0 {
		delete(c.byAddr, addr)
	}
}

// minAddresses is how many addresses are remembered before those are looked for that have been quiet.
const minAddresses = 1024

// addressRates holds a rate for each address that came of late. Its methods may be called concurrently.
type addressRates struct {
	limit rate.Limit
	burst int

	mu     sync.Mutex
	byAddr map[string]*rate.Limiter
	bound  int // entries at which to look for those that are full again
}

func newAddressRates(perSecond float64, burst int) *addressRates {
	return &addressRates{limit: rate.Limit(perSecond), burst: burst, byAddr: map[string]*rate.Limiter{}, bound: minAddresses}
}

// allow takes one from the ration of an address.
func (a *addressRates) allow(addr string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	known := a.byAddr[addr]
	if known == nil {
		if len(a.byAddr) >= a.bound {
			a.pruneLocked()
		}
		known = rate.NewLimiter(a.limit, a.burst)
		a.byAddr[addr] = known
	}
	return known.Allow()
}

// pruneLocked forgets every address whose ration is as good as a fresh one.
func (a *addressRates) pruneLocked() {
	for addr, known := range a.byAddr {
		if known.Tokens() >= float64(a.burst) {
			delete(a.byAddr, addr)
		}
	}
	a.bound = max(minAddresses, 2*len(a.byAddr))
}

// household is the part of an address by which limits count: whoever has IPv6 has as many addresses as they like within
// one network of 64 bits.
func household(addr string) string {
	ip, err := netip.ParseAddr(addr)
	if err != nil || ip.Is4() || ip.Is4In6() {
		return addr
	}
	network, err := ip.WithZone("").Prefix(64)
	if err != nil {
		return addr
	}
	return network.String()
}
