package relay

import (
	"net"
	"testing"
	"time"
)

func TestLobbyClosesTheOldest(t *testing.T) {
	l := newLobby(2, 2)
	var far []net.Conn
	var leave []func()
	for range 4 {
		near, other := net.Pipe()
		defer near.Close()
		far = append(far, other)
		leave = append(leave, l.enter(near, ""))
		if len(far) == 2 {
			leave[0]() // is let in, and out of danger
			leave[0]()
		}
	}
	for i, wantOpen := range []bool{true, false, true, true} {
		_ = far[i].SetReadDeadline(time.Now().Add(10 * time.Millisecond))
		_, err := far[i].Read(make([]byte, 1))
		ne, ok := err.(net.Error)
		if open := ok && ne.Timeout(); open != wantOpen {
			t.Errorf("connection %d: %v", i, err)
		}
	}
}

// A thousand connections that say nothing, or half of a handshake, do not stop a call.
func TestHalfOpenConnectionsDoNotStopACall(t *testing.T) {
	s := serve(t, Config{Gate: openGate(), Limits: Limits{HandshakeTimeout: time.Minute}})
	for i := range 1000 {
		nc, err := net.Dial("tcp", s.rtmp)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = nc.Close() })
		if i%2 == 0 {
			_, _ = nc.Write([]byte("\x03half"))
		}
	}
	viewer := s.plays("s")
	pub := s.publishes("s")
	send(t, pub, aacConfig(), aacFrame(0, "a"))
	frames(t, viewer, 1)
}
