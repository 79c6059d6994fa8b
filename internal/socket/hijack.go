package socket

import (
	"bufio"
	"bytes"
	"fmt"
	"net"
	"net/http"
	"syscall"
)

// Sizes in bytes of what the library keeps for a socket. Most commands fit the one, and every header and control frame the
// other; net/http's own two buffers hold 8 KiB for as long as the socket lives.
const (
	readBuffer  = 256
	writeBuffer = 128
)

// hijacker is a ResponseWriter that hands out small buffers when it is hijacked.
type hijacker struct {
	http.ResponseWriter

	// After Hijack:
	wire  *wire
	input *bufio.Reader   // what the library reads from
	raw   syscall.RawConn // nil if the connection is no socket of the system
}

// Hijack takes the connection over. What net/http has read beyond the request, such as the first frame of a fast
// client, comes first from the connection.
func (h *hijacker) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, buffers, err := http.NewResponseController(h.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, fmt.Errorf("socket: hijack: %w", err)
	}
	if system, ok := conn.(syscall.Conn); ok {
		h.raw, _ = system.SyscallConn() // fails for closed connections only, as will every read
	}
	ahead, _ := buffers.Reader.Peek(buffers.Reader.Buffered())
	h.wire = newWire(conn, bytes.Clone(ahead))
	h.input = bufio.NewReaderSize(h.wire, readBuffer)
	return h.wire, bufio.NewReadWriter(h.input, bufio.NewWriterSize(h.wire, writeBuffer)), nil
}
