package relay

import (
	"container/list"
	"io"
	"net"
	"sync"
)

// lobby holds the connections that have not been let in yet. When it is full
// the oldest goes: a flood of idle connections then never keeps out one that
// gets on with it. Of one host there are fewer: its flood pushes out its own.
type lobby struct {
	max, perHost int

	mu     sync.Mutex
	guests *list.List     // of *guest, the oldest in front
	hosts  map[string]int // how many there are of each
}

// guest is somebody in the lobby.
type guest struct {
	conn io.Closer
	host string
	out  bool
}

func newLobby(size, perHost int) *lobby {
	return &lobby{max: size, perHost: perHost, guests: list.New(), hosts: map[string]int{}}
}

// enter adds c, whose Close must not wait for this call. addr is where it comes from, with or without a port; empty counts
// for no host. The returned function takes it out again and may be called more than once.
func (l *lobby) enter(c io.Closer, addr string) (leave func()) {
	l.mu.Lock()
	g := &guest{conn: c, host: hostOf(addr)}
	at := l.guests.PushBack(g)
	l.hosts[g.host]++
	surplus := l.surplusLocked(g.host)
	if surplus != nil {
		l.removeLocked(surplus)
	}
	l.mu.Unlock()
	if surplus != nil {
		_ = surplus.Value.(*guest).conn.Close()
	}
	return func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.removeLocked(at)
	}
}

// surplusLocked is who has to go now that one of that host has come, if anybody.
func (l *lobby) surplusLocked(host string) *list.Element {
	if host != "" && l.hosts[host] > l.perHost {
		for at := l.guests.Front(); ; at = at.Next() {
			if at.Value.(*guest).host == host {
				return at
			}
		}
	}
	if l.guests.Len() > l.max {
		return l.guests.Front()
	}
	return nil
}

func (l *lobby) removeLocked(at *list.Element) {
	g := at.Value.(*guest)
	if g.out {
		return
	}
	g.out = true
	l.guests.Remove(at)
	if l.hosts[g.host]--; l.hosts[g.host] == 0 {
		delete(l.hosts, g.host)
	}
}

// hostOf is an address without its port.
func hostOf(addr string) string {
	if host, _, err := net.SplitHostPort(addr); err == nil {
		return host
	}
	return addr
}
