package relay

import (
	"encoding/binary"
	"errors"
)

// Packets of H.264 that are no single NAL unit (RFC 6184).
const (
	packetSTAPA = 24
	packetFUA   = 28

	fuStart, fuEnd = 0x80, 0x40
)

var (
	errRTP      = errors.New("relay: malformed RTP payload of H.264")
	errRTPFrame = errors.New("relay: frame too large")
)

// fragment cuts a NAL unit into RTP payloads of at most size bytes, which is more than two, and gives them to emit in order.
func fragment(nal []byte, size int, emit func(payload []byte, last bool) error) error {
	if len(nal) <= size {
		return emit(nal, true)
	}
	indicator, kind := nal[0]&0xE0|packetFUA, nalType(nal)|fuStart
	for rest := nal[1:]; len(rest) > 0; kind &^= fuStart {
		n := min(len(rest), size-2)
		if n == len(rest) {
			kind |= fuEnd
		}
		payload := append([]byte{indicator, kind}, rest[:n]...)
		rest = rest[n:]
		if err := emit(payload, len(rest) == 0); err != nil {
			return err
		}
	}
	return nil
}

// assembler makes frames of the RTP payloads of H.264 in packetization mode 1. They must come in order; after a gap it has
// to be reset.
type assembler struct {
	// limit bounds a frame in bytes.
	limit int

	nals [][]byte
	size int
	// open is a NAL unit of which only fragments have come so far.
	open []byte
}

// reset forgets the frame that is being assembled.
func (a *assembler) reset() { *a = assembler{limit: a.limit} }

// push adds one payload to the frame, and shares memory with it.
func (a *assembler) push(payload []byte) error {
	if len(payload) == 0 {
		return nil // padding, sent to probe the network
	}
	a.size += len(payload)
	if a.size > a.limit {
		return errRTPFrame
	}
	switch kind := nalType(payload); {
	case kind >= 1 && kind <= nalLast:
		a.nals = append(a.nals, payload)
		return nil
	case kind == packetSTAPA:
		return a.pushMany(payload[1:])
	case kind == packetFUA && len(payload) > 2:
		return a.pushFragment(payload)
	}
	return errRTP
}

func (a *assembler) pushMany(b []byte) error {
	for len(b) > 0 {
		if len(b) < 2 {
			return errRTP
		}
		size := int(binary.BigEndian.Uint16(b))
		if size == 0 || len(b) < 2+size {
			return errRTP
		}
		a.nals, b = append(a.nals, b[2:2+size]), b[2+size:]
	}
	return nil
}

func (a *assembler) pushFragment(payload []byte) error {
	indicator, header := payload[0], payload[1]
	if header&fuStart != 0 {
		a.open = []byte{indicator&0xE0 | header&0x1F}
	}
	if a.open == nil {
		return errRTP
	}
	a.open = append(a.open, payload[2:]...)
	if header&fuEnd != 0 {
		a.nals, a.open = append(a.nals, a.open), nil
	}
	return nil
}

// frame returns the NAL units since the last call.
func (a *assembler) frame() [][]byte {
	nals := a.nals
	a.reset()
	return nals
}
