//go:build !unix

package httpapi

import "syscall"

// await leaves the waiting to the read that follows.
func await(syscall.RawConn) error { return nil }
