package httpapi

import (
	"bufio"
	"bytes"
	"fmt"
	"net"
	"net/http"
	"syscall"
)

// Sizes in bytes of the buffers of a socket. Commands fit the one and most events the other; net/http's own two hold
// 8 KiB for as long as the socket lives.
const (
	readBuffer  = 256
	writeBuffer = 1024
)

// leanWriter is a ResponseWriter that hands out small buffers when it is hijacked.
type leanWriter struct {
	http.ResponseWriter

	// After Hijack:
	conn  net.Conn
	input *bufio.Reader   // what the WebSocket library reads from
	raw   syscall.RawConn // below conn; nil if that is no socket of the system
}

// Hijack takes the connection over. What net/http has read beyond the request, such as the first frame of a fast
// client, comes first from the connection.
func (w *leanWriter) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, buffers, err := http.NewResponseController(w.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, fmt.Errorf("httpapi: hijack: %w", err)
	}
	if system, ok := conn.(syscall.Conn); ok {
		w.raw, _ = system.SyscallConn() // fails for closed connections only, as will every read
	}
	if ahead, _ := buffers.Reader.Peek(buffers.Reader.Buffered()); len(ahead) > 0 {
		conn = &aheadConn{Conn: conn, ahead: bytes.Clone(ahead)}
	}
	w.conn, w.input = conn, bufio.NewReaderSize(conn, readBuffer)
	return conn, bufio.NewReadWriter(w.input, bufio.NewWriterSize(conn, writeBuffer)), nil
}

// aheadConn is a connection of which some bytes have been read already.
type aheadConn struct {
	net.Conn
	ahead []byte
}

// Read returns what was read ahead, then what comes.
func (c *aheadConn) Read(p []byte) (int, error) {
	if len(c.ahead) == 0 {
		return c.Conn.Read(p)
	}
	n := copy(p, c.ahead)
	c.ahead = c.ahead[n:]
	return n, nil
}
