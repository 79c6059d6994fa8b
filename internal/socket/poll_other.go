//go:build !linux

package socket

import "errors"

// poller is only there on Linux. Elsewhere each socket has a goroutine that waits.
type poller struct{}

func newPoller() *poller               { return nil }
func (p *poller) close()               {}
func (p *poller) watch(*waiting) error { return errors.ErrUnsupported }
func (p *poller) forget(*waiting)      {}
func (p *poller) run(do func())        { go do() }
