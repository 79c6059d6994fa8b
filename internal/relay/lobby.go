package relay

import (
	"container/list"
	"io"
	"sync"
)

// lobby holds the connections that have not been let in yet. When it is full
// the oldest goes: a flood of idle connections then never keeps out one that
// gets on with it.
type lobby struct {
	max int

	mu    sync.Mutex
	conns *list.List // of io.Closer, the oldest in front
}

func newLobby(size int) *lobby {
	return &lobby{max: size, conns: list.New()}
}

// enter adds c, whose Close must not wait for this call. The returned function takes it out again and may be called more than once.
func (l *lobby) enter(c io.Closer) (leave func()) {
	l.mu.Lock()
	mine := l.conns.PushBack(c)
	var oldest io.Closer
	if l.conns.Len() > l.max {
		oldest = l.conns.Remove(l.conns.Front()).(io.Closer)
	}
	l.mu.Unlock()
	if oldest != nil {
		_ = oldest.Close()
	}
	return func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.conns.Remove(mine) // does nothing if it is out already
	}
}
