package relay

import (
	"context"
	"net"
	"net/netip"
	"testing"
	"time"
)

func TestTheRelayKnocksAtItsOwnDoor(t *testing.T) {
	s := serve(t, Config{Gate: openGate()})
	eventually(t, "it listens", func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		return len(s.listening) == 1
	})
	if err := s.Check(t.Context()); err != nil {
		t.Error(err)
	}
	if s.Publishing("s") || len(s.names.streams) != 0 {
		t.Error("the check left something behind")
	}
	s.Close()
	if err := s.Check(t.Context()); err == nil {
		t.Error("a closed relay is well")
	}
}

// What takes connections and answers nothing is as bad as what takes none.
func TestChecksThatFail(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	r := New(Config{})
	defer r.Close()
	if err := r.Check(t.Context()); err != nil {
		t.Errorf("one that is asked for no RTMP: %v", err)
	}
	over := r.listens(ln)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if r.Check(ctx) == nil {
		t.Error("nobody answers")
	}
	_ = ln.Close()
	if r.Check(t.Context()) == nil {
		t.Error("nobody listens")
	}
	over()
	if err := r.Check(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestWhereTheRelayIsReached(t *testing.T) {
	for listen, want := range map[string]string{
		"0.0.0.0:1935": "127.0.0.1:1935", "[::]:1935": "127.0.0.1:1935", "10.0.0.1:1935": "10.0.0.1:1935", "[::1]:1935": "[::1]:1935",
	} {
		if got := reachable(net.TCPAddrFromAddrPort(netip.MustParseAddrPort(listen))); got != want {
			t.Errorf("%s is reached at %s", listen, got)
		}
	}
}
