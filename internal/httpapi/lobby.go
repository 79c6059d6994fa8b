package httpapi

import "sync"

// How many sockets may be waiting to sign in: together, and of one address. A flood of sockets that say nothing then
// costs a bounded amount, and one address can't keep all others out. Both leave room for everybody behind one proxy
// to come back at the same moment.
const (
	maxWaiting        = 8192
	maxWaitingAddress = 2048
)

// lobby counts sockets from the upgrade to their sign-in.
type lobby struct {
	mu     sync.Mutex
	total  int
	byAddr map[string]int
}

// enter counts a socket in, unless there are too many. leave counts it out; it may be called more than once.
func (l *lobby) enter(addr string) (leave func(), ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.total >= maxWaiting || l.byAddr[addr] >= maxWaitingAddress {
		return nil, false
	}
	if l.byAddr == nil {
		l.byAddr = map[string]int{}
	}
	l.total++
	l.byAddr[addr]++
	return sync.OnceFunc(func() { l.leave(addr) }), true
}

func (l *lobby) leave(addr string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.total--
	l.byAddr[addr]--
	if l.byAddr[addr] == 0 {
		delete(l.byAddr, addr)
	}
}
