//go:build unix

package mediatest

import "syscall"

// Freeze stops the process without closing anything: to its peers it looks as if the network were gone. Only Kill, or
// the end of the test, gets rid of it.
func (p *process) Freeze() error { return p.cmd.Process.Signal(syscall.SIGSTOP) }
