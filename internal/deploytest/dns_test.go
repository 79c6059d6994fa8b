package deploytest

import (
	"encoding/binary"
	"net"
	"net/netip"
	"sync"
	"testing"
)

// nameserver stands for the DNS of a container engine: whatever is asked for has the addresses of the nodes.
type nameserver struct {
	conn net.PacketConn

	mu    sync.Mutex
	nodes []netip.Addr
}

func newNameserver(t *testing.T) *nameserver {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	n := &nameserver{conn: conn}
	done := make(chan struct{})
	go func() {
		defer close(done)
		n.serve()
	}()
	t.Cleanup(func() {
		_ = conn.Close()
		<-done
	})
	return n
}

func (n *nameserver) addr() string { return n.conn.LocalAddr().String() }

// set says which nodes there are from now on.
func (n *nameserver) set(nodes ...netip.Addr) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.nodes = nodes
}

func (n *nameserver) serve() {
	query := make([]byte, 512)
	for {
		length, from, err := n.conn.ReadFrom(query)
		if err != nil {
			return
		}
		n.mu.Lock()
		answer := answer(query[:length], n.nodes)
		n.mu.Unlock()
		_, _ = n.conn.WriteTo(answer, from) // nginx asks again
	}
}

// answer is the answer to a query for addresses: its header, its question, and a record for each node. The records are
// good for ten minutes, as those of Docker are; nginx is told to ask sooner.
func answer(query []byte, nodes []netip.Addr) []byte {
	const header = 12
	end := header
	for end < len(query) && query[end] != 0 { // the labels of the name
		end += int(query[end]) + 1
	}
	end += 1 + 4 // the root label, then type and class
	if end > len(query) {
		return nil
	}
	a := append([]byte{}, query[:end]...)
	binary.BigEndian.PutUint16(a[2:], 0x8180) // an answer without error
	binary.BigEndian.PutUint16(a[6:], uint16(len(nodes)))
	binary.BigEndian.PutUint32(a[8:], 0) // no other records
	for _, node := range nodes {
		a = append(a, 0xc0, header)     // the name of the question
		a = append(a, 0, 1, 0, 1)       // an IPv4 address
		a = append(a, 0, 0, 0x02, 0x58) // 600 s
		a = append(a, 0, 4)
		a = append(a, node.AsSlice()...)
	}
	return a
}
