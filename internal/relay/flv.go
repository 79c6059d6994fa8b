package relay

import "encoding/binary"

// The FLV file format, version 1: a header, then tags, each followed by its size.
const (
	tagHeaderSize  = 11
	tagTrailerSize = 4
	maxTagBody     = 1<<24 - 1
)

// flvHeader opens a stream and includes the zero size before the first tag.
// Players wait for every track that it announces.
func flvHeader(tracks tracks) []byte {
	flags := byte(0)
	if tracks.audio {
		flags |= 4
	}
	if tracks.video {
		flags |= 1
	}
	return []byte{'F', 'L', 'V', 1, flags, 0, 0, 0, 9, 0, 0, 0, 0}
}

// encodeTag returns a whole tag with its trailing size. body has at most maxTagBody bytes.
func encodeTag(k kind, time int64, body []byte) []byte {
	tag := make([]byte, tagHeaderSize+len(body)+tagTrailerSize)
	binary.BigEndian.PutUint32(tag, uint32(len(body)))
	tag[0] = byte(k)
	stampTag(tag, uint32(time))
	copy(tag[tagHeaderSize:], body)
	binary.BigEndian.PutUint32(tag[tagHeaderSize+len(body):], uint32(tagHeaderSize+len(body)))
	return tag
}

// stampTag sets the time of a tag: three low bytes, then the highest.
func stampTag(tag []byte, ms uint32) {
	tag[4], tag[5], tag[6] = byte(ms>>16), byte(ms>>8), byte(ms)
	tag[7] = byte(ms >> 24)
}

// flvMuxer turns packets into the bytes of one viewer's FLV stream.
type flvMuxer struct {
	tracks  tracks
	started bool
	buf     []byte
}

// mux returns p as it goes to the wire at ms, behind the file header the first
// time. The result is valid until the next call.
func (m *flvMuxer) mux(p packet, ms uint32) []byte {
	m.buf = m.buf[:0]
	if !m.started {
		m.started = true
		m.buf = append(m.buf, flvHeader(m.tracks)...)
	}
	start := len(m.buf)
	m.buf = append(m.buf, p.tag...)
	stampTag(m.buf[start:], ms)
	return m.buf
}
