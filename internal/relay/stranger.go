package relay

import (
	"net"
	"sync"
)

// strangerBytes is what whoever gets on with it has sent after a moment, and who only holds a connection open has not: the
// handshake of a browser is as long.
const strangerBytes = 2 << 10

// strangers is a listener whose connections are in the lobby until they have said something. There are never more than max
// of them in all; one more is closed at once.
type strangers struct {
	net.Listener
	lobby *lobby
	max   int

	mu   sync.Mutex
	open int
}

// Accept returns the next connection.
func (l *strangers) Accept() (net.Conn, error) {
	for {
		nc, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if !l.count(1) {
			_ = nc.Close()
			continue
		}
		s := &stranger{Conn: nc, from: l}
		s.leave = l.lobby.enter(s, nc.RemoteAddr().String())
		return s, nil
	}
}

// count notes that there is one more connection, or one less. It reports false if there may not be one more.
func (l *strangers) count(change int) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.open+change > l.max {
		return false
	}
	l.open += change
	return true
}

// stranger is a connection that nothing is known of yet.
type stranger struct {
	net.Conn
	from  *strangers
	leave func()
	// said is for the one goroutine that reads.
	said   int
	closed sync.Once
}

// Read counts what the peer says.
func (s *stranger) Read(b []byte) (int, error) {
	n, err := s.Conn.Read(b)
	if s.said < strangerBytes {
		if s.said += n; s.said >= strangerBytes {
			s.leave()
		}
	}
	return n, err
}

// Close may be called by the lobby, when somebody else enters it.
func (s *stranger) Close() error {
	s.closed.Do(func() {
		s.leave()
		s.from.count(-1)
	})
	return s.Conn.Close()
}
