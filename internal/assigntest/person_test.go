package assigntest

import (
	"github.com/claimcall/claimcall/protocol"
)

// person is somebody with one device.
type person struct {
	device
	call   *protocol.Call // heard of last, as it was then
	old    []*line        // that may still be open
	silent bool           // holds the lines, and sends nothing more by them
}

// comes opens another line.
func (p *person) comes(n *node) {
	if p.line != nil {
		p.old = append(p.old, p.line)
	}
	p.silent = false
	p.connects(n)
}

// leaves drops every line.
func (p *person) leaves() {
	for _, l := range append(p.old, p.line) {
		l.Close(1006, "")
	}
	p.old = nil
}

// hears takes in what came. Whoever was told of a call may act on it.
func (p *person) hears() {
	for {
		select {
		case frame := <-p.line.out:
			if c := p.decode(frame).Data.Call; c != nil {
				p.call = c
			}
		default:
			return
		}
	}
}

// does sends a command if there is a line, and a voice.
func (p *person) does(t protocol.Type, data any) {
	if p.connected() && !p.silent {
		p.sends(t, data)
	}
}
