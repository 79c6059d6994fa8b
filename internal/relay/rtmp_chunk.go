package relay

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

var errChunk = errors.New("relay: broken RTMP chunk")

// maxChunkStreams is how many chunk streams one connection may use. Encoders use three to five.
const maxChunkStreams = 64

// rtmpMessage is a whole RTMP message.
type rtmpMessage struct {
	kind byte
	time uint32 // milliseconds
	body []byte
}

// chunkReader assembles RTMP messages (RTMP 1.0, section 5.3). What it holds
// is bounded: by maxMessage for each message, and by twice that for all
// unfinished ones together.
type chunkReader struct {
	r          *countingReader
	chunkSize  int
	maxMessage int
	unfinished int
	streams    map[uint32]*chunkStream
}

// chunkStream is what the chunks of one id have in common.
type chunkStream struct {
	time, delta uint32
	length      int
	kind        byte
	extended    bool
	known       bool
	body        []byte // of the message under way, as long as it will be
	filled      int
}

func newChunkReader(r *countingReader, maxMessage int) *chunkReader {
	return &chunkReader{r: r, chunkSize: 128, maxMessage: maxMessage, streams: map[uint32]*chunkStream{}}
}

// next reads chunks until a message is whole.
func (c *chunkReader) next() (rtmpMessage, error) {
	for {
		format, id, err := c.basicHeader()
		if err != nil {
			return rtmpMessage{}, err
		}
		s, err := c.stream(id)
		if err != nil {
			return rtmpMessage{}, err
		}
		if err := c.messageHeader(s, format); err != nil {
			return rtmpMessage{}, err
		}
		if err := c.payload(s); err != nil {
			return rtmpMessage{}, err
		}
		if s.filled == s.length {
			return c.complete(s), nil
		}
	}
}

// basicHeader reads the format and the chunk stream id, which takes one to three bytes.
func (c *chunkReader) basicHeader() (format byte, id uint32, err error) {
	var b [2]byte
	if err := c.fill(b[:1]); err != nil {
		return 0, 0, err
	}
	format, id = b[0]>>6, uint32(b[0]&0x3F)
	switch id {
	case 0:
		err = c.fill(b[:1])
		id = 64 + uint32(b[0])
	case 1:
		err = c.fill(b[:2])
		id = 64 + uint32(b[0]) + uint32(b[1])<<8
	}
	return format, id, err
}

func (c *chunkReader) stream(id uint32) (*chunkStream, error) {
	s := c.streams[id]
	if s != nil {
		return s, nil
	}
	if len(c.streams) >= maxChunkStreams {
		return nil, fmt.Errorf("%w: more than %d chunk streams", errChunk, maxChunkStreams)
	}
	s = &chunkStream{}
	c.streams[id] = s
	return s, nil
}

// messageHeader reads what the format leaves in, and starts a message unless one is under way.
func (c *chunkReader) messageHeader(s *chunkStream, format byte) error {
	// Formats 2 and 3 lean on an earlier header; some encoders begin with format 1.
	if s.body != nil && format != 3 || !s.known && format > 1 {
		return fmt.Errorf("%w: format %d out of place", errChunk, format)
	}
	var b [11]byte
	size := [...]int{11, 7, 3, 0}[format]
	if err := c.fill(b[:size]); err != nil {
		return err
	}
	stamp := uint32(b[0])<<16 | uint32(b[1])<<8 | uint32(b[2])
	if format != 3 {
		s.extended = stamp == 0xFFFFFF
	}
	if format <= 1 {
		s.length = int(b[3])<<16 | int(b[4])<<8 | int(b[5])
		s.kind, s.known = b[6], true
	}
	if s.extended {
		if err := c.fill(b[:4]); err != nil {
			return err
		}
		stamp = binary.BigEndian.Uint32(b[:4])
	}
	if s.body != nil {
		return nil
	}
	s.setTime(format, stamp)
	return c.start(s)
}

// setTime applies a stamp that is absolute in format 0 and a step in the others. Format 3 repeats the step.
func (s *chunkStream) setTime(format byte, stamp uint32) {
	switch format {
	case 0:
		s.time, s.delta = stamp, 0
	case 1, 2:
		s.delta = stamp
		fallthrough
	default:
		s.time += s.delta
	}
}

func (c *chunkReader) start(s *chunkStream) error {
	if s.length > c.maxMessage {
		return fmt.Errorf("%w: message of %d bytes, at most %d allowed", errChunk, s.length, c.maxMessage)
	}
	if c.unfinished+s.length > 2*c.maxMessage {
		return fmt.Errorf("%w: too much unfinished", errChunk)
	}
	c.unfinished += s.length
	s.body, s.filled = make([]byte, s.length), 0
	return nil
}

func (c *chunkReader) payload(s *chunkStream) error {
	n := min(s.length-s.filled, c.chunkSize)
	if err := c.fill(s.body[s.filled : s.filled+n]); err != nil {
		return err
	}
	s.filled += n
	return nil
}

func (c *chunkReader) complete(s *chunkStream) rtmpMessage {
	m := rtmpMessage{kind: s.kind, time: s.time, body: s.body}
	c.forget(s)
	return m
}

// abort drops the message under way on a chunk stream, if there is one.
func (c *chunkReader) abort(id uint32) {
	if s := c.streams[id]; s != nil && s.body != nil {
		c.forget(s)
	}
}

func (c *chunkReader) forget(s *chunkStream) {
	c.unfinished -= s.length
	s.body, s.filled = nil, 0
}

func (c *chunkReader) setChunkSize(n uint32) error {
	if n == 0 || n > 1<<31-1 {
		return fmt.Errorf("%w: chunk size %d", errChunk, n)
	}
	c.chunkSize = int(n)
	return nil
}

func (c *chunkReader) fill(b []byte) error {
	_, err := io.ReadFull(c.r, b)
	return err
}

// countingReader counts what is taken from it, for acknowledgements.
type countingReader struct {
	*bufio.Reader
	n uint64
}

func (r *countingReader) Read(b []byte) (int, error) {
	n, err := r.Reader.Read(b)
	r.n += uint64(n)
	return n, err
}
