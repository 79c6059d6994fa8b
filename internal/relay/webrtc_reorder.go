package relay

import (
	"time"

	"github.com/pion/rtp"
)

const (
	// maxHeld bounds the packets that wait for an earlier one.
	maxHeld = 512
	// maxStep is how far a sequence number may be from the expected one; beyond it the sender has begun anew.
	maxStep = 2048
)

// reorder puts the packets of one RTP stream in order. A missing packet is waited for as long as patience says: it may
// be late, or be sent again on request.
type reorder struct {
	patience time.Duration

	started bool
	next    uint16
	held    map[uint16]*rtp.Packet
	// blocked is when the packet that is next was first missed.
	blocked time.Time
	// jumped is set when the sender has begun anew.
	jumped bool
}

// push takes a packet as it came. What was taken or given up before is ignored.
func (r *reorder) push(p *rtp.Packet) {
	if !r.started {
		r.started, r.next, r.held = true, p.SequenceNumber, map[uint16]*rtp.Packet{}
	}
	step := int16(p.SequenceNumber - r.next)
	if step > maxStep || step < -maxStep {
		clear(r.held)
		r.next, r.blocked, r.jumped, step = p.SequenceNumber, time.Time{}, true, 0
	}
	if step >= 0 {
		r.held[p.SequenceNumber] = p
	}
}

// pop returns the next packet if it is there, or if those before it are not waited for any longer: lost says that some
// were. It is called until it returns nil.
func (r *reorder) pop(now time.Time) (p *rtp.Packet, lost bool) {
	p = r.held[r.next]
	switch {
	case p != nil:
	case len(r.held) == 0:
		return nil, false
	case r.blocked.IsZero():
		r.blocked = now
		fallthrough
	case now.Sub(r.blocked) < r.patience && len(r.held) < maxHeld:
		return nil, false
	default:
		p, lost = r.earliest(), true
	}
	delete(r.held, p.SequenceNumber)
	lost, r.jumped = lost || r.jumped, false
	r.next, r.blocked = p.SequenceNumber+1, time.Time{}
	return p, lost
}

// earliest is the first of those held, of which there is at least one.
func (r *reorder) earliest() (first *rtp.Packet) {
	for _, p := range r.held {
		if first == nil || p.SequenceNumber-r.next < first.SequenceNumber-r.next {
			first = p
		}
	}
	return first
}
