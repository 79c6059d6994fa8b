package relay

import (
	"encoding/binary"
	"errors"
)

// Types of H.264 NAL units (ITU-T H.264, table 7-1).
const (
	nalIDR       = 5
	nalSEI       = 6
	nalSPS       = 7
	nalPPS       = 8
	nalDelimiter = 9
	nalLast      = 23
)

// The head of a video payload in FLV form: kind of frame and codec, packet type, and three bytes of composition time.
const avcHead = 5

// The profiles of H.264 that browsers know, as profile-level-id has them (RFC 6184, 8.1), with a level that all have.
const (
	constrainedBaseline = "42e01f"
	baseline            = "42001f"
	main                = "4d001f"
	constrainedHigh     = "640c1f"
	high                = "64001f"
)

var errAVC = errors.New("relay: malformed H.264")

// profileOf is the profile that an SPS announces, or one that holds it; empty for those that browsers don't know.
func profileOf(sps []byte) string {
	if len(sps) < 4 {
		return ""
	}
	constraints := sps[2]
	switch profile := sps[1]; {
	case profile == 66 && constraints&0x40 != 0:
		return constrainedBaseline
	case profile == 66:
		return baseline
	case profile == 77:
		return main
	case profile == 100 && constraints&0x0C == 0x0C:
		return constrainedHigh
	case profile == 100:
		return high
	}
	return ""
}

// nalType is the type of a NAL unit, which is not empty.
func nalType(nal []byte) byte { return nal[0] & 0x1F }

// isPicture reports whether players need the NAL unit inside a frame. Parameter sets are handed on apart.
func isPicture(nal []byte) bool { return nalType(nal) < nalSEI }

// avcConfig is what a decoder of H.264 must know before the first frame.
type avcConfig struct {
	sps, pps [][]byte
	// lengthSize is how many bytes stand before each NAL unit of a frame.
	lengthSize int
}

// parseAVCConfig reads the decoder configuration record (ISO/IEC 14496-15, 5.3.3.1) behind the head of a video payload.
// The result shares memory with body.
func parseAVCConfig(body []byte) (avcConfig, error) {
	if len(body) < avcHead+7 {
		return avcConfig{}, errAVC
	}
	record := body[avcHead:]
	c := avcConfig{lengthSize: int(record[4]&3) + 1}
	rest, ok := record[6:], true
	if c.sps, rest, ok = takeSets(rest, int(record[5]&0x1F)); !ok || len(rest) == 0 {
		return avcConfig{}, errAVC
	}
	if c.pps, _, ok = takeSets(rest[1:], int(rest[0])); !ok || len(c.sps) == 0 || len(c.pps) == 0 {
		return avcConfig{}, errAVC
	}
	return c, nil
}

// takeSets reads n parameter sets, each behind its length in two bytes.
func takeSets(b []byte, n int) (sets [][]byte, rest []byte, ok bool) {
	for range n {
		if len(b) < 2 {
			return nil, nil, false
		}
		size := int(binary.BigEndian.Uint16(b))
		if size == 0 || len(b) < 2+size {
			return nil, nil, false
		}
		sets, b = append(sets, b[2:2+size]), b[2+size:]
	}
	return sets, b, true
}

// maxSet bounds a parameter set in bytes. Real ones have some dozen; two of them stay within what a sequence header may be.
const maxSet = 16 << 10

// configBody is the sequence header in FLV form for one SPS of at least four bytes and one PPS, both of at most maxSet.
func configBody(sps, pps []byte) []byte {
	body := []byte{0x17, 0, 0, 0, 0, 1, sps[1], sps[2], sps[3], 0xFF, 0xE1}
	body = binary.BigEndian.AppendUint16(body, uint16(len(sps)))
	body = append(append(body, sps...), 1)
	body = binary.BigEndian.AppendUint16(body, uint16(len(pps)))
	return append(body, pps...)
}

// frameBody is a frame in FLV form, shown when it is decoded.
func frameBody(nals [][]byte, key bool) []byte {
	body := []byte{0x27, 1, 0, 0, 0}
	if key {
		body[0] = 0x17
	}
	for _, nal := range nals {
		body = binary.BigEndian.AppendUint32(body, uint32(len(nal)))
		body = append(body, nal...)
	}
	return body
}

// splitFrame returns the NAL units of a frame in FLV form. They share memory with body.
func splitFrame(body []byte, lengthSize int) ([][]byte, error) {
	var nals [][]byte
	for rest := body[min(avcHead, len(body)):]; len(rest) > 0; {
		if len(rest) < lengthSize {
			return nil, errAVC
		}
		size := 0
		for _, b := range rest[:lengthSize] {
			size = size<<8 | int(b)
		}
		rest = rest[lengthSize:]
		if size > len(rest) {
			return nil, errAVC
		}
		if size > 0 {
			nals = append(nals, rest[:size])
		}
		rest = rest[size:]
	}
	return nals, nil
}

// compositionMS is by how much a frame in FLV form is shown later than it is decoded: a signed number of three bytes.
func compositionMS(body []byte) int64 {
	return int64(int32(uint32(body[2])<<24|uint32(body[3])<<16|uint32(body[4])<<8) >> 8)
}
