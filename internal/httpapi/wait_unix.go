//go:build unix

package httpapi

import (
	"errors"
	"syscall"
)

// await returns when there is something to read, or nothing ever will be. A goroutine that waits here needs far less
// stack than one that waits inside the WebSocket library, and the collector gives back what it needed before: of an
// idle socket that is most of the memory.
func await(raw syscall.RawConn) error {
	asked := false
	return raw.Read(func(fd uintptr) bool {
		if asked {
			return true // the poller has woken us
		}
		asked = true
		return hasInput(int(fd))
	})
}

// hasInput asks without taking and, as every descriptor of a connection is non-blocking, without waiting. The poller
// tells of what comes from now on, but perhaps not of what is there already.
func hasInput(fd int) bool {
	var one [1]byte
	_, _, err := syscall.Recvfrom(fd, one[:], syscall.MSG_PEEK)
	return !errors.Is(err, syscall.EAGAIN)
}
