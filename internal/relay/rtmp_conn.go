package relay

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"

	"github.com/bluenviron/gortmplib/pkg/amf0"
	"github.com/bluenviron/gortmplib/pkg/bytecounter"
	"github.com/bluenviron/gortmplib/pkg/handshake"
	"github.com/bluenviron/gortmplib/pkg/rawmessage"
)

// Message types that are neither audio, video nor AMF0 data.
const (
	msgSetChunkSize  = 1
	msgAbort         = 2
	msgAck           = 3
	msgUserControl   = 4
	msgWindowAckSize = 5
	msgPeerBandwidth = 6
	msgDataAMF3      = 15
	msgCommandAMF3   = 17
	msgCommandAMF0   = 20
)

// Events inside a user control message.
const (
	eventStreamBegin  = 0
	eventStreamEOF    = 1
	eventPingRequest  = 6
	eventPingResponse = 7
)

const (
	// windowSize is how many bytes either side may send without an acknowledgement.
	windowSize = 2_500_000
	// outChunkSize is larger than nearly every frame: a chunk for each.
	outChunkSize = 65536
	// maxCommand bounds commands, which are decoded recursively, in bytes.
	maxCommand = 16 << 10

	// Chunk streams and the message stream that we send on. gortmplib wants
	// the id of the message stream, which is 1, with its bytes reversed.
	chunkControl    = 2
	chunkCommand    = 3
	chunkAudio      = 4
	chunkStatus     = 5
	chunkVideo      = 6
	mediaStreamID   = 1
	mediaStreamWire = 0x01000000
)

var errEncrypted = errors.New("relay: RTMPE is not supported")

// rtmpConn is one RTMP connection after TCP. One goroutine reads; writes may be concurrent.
type rtmpConn struct {
	nc      net.Conn
	timeout time.Duration
	in      *chunkReader

	// For the reading goroutine: the window that the peer asked to have
	// acknowledged, and what has been.
	window, acked uint64

	// writing serialises whole messages.
	writing sync.Mutex
	out     *rawmessage.Writer
}

func newRTMPConn(nc net.Conn, writeTimeout time.Duration) *rtmpConn {
	in := &countingReader{Reader: bufio.NewReaderSize(nc, 16<<10)}
	return &rtmpConn{
		nc:      nc,
		timeout: writeTimeout,
		in:      newChunkReader(in, maxCommand),
		out:     rawmessage.NewWriter(nc, bytecounter.NewWriter(nc), false),
	}
}

// handshake is the plain one. The encrypted form costs a key exchange before anything is known of the peer.
func (c *rtmpConn) handshake() error {
	version, err := c.in.r.Peek(1)
	if err != nil {
		return err
	}
	if version[0] != 3 {
		return errEncrypted
	}
	both := struct {
		io.Reader
		io.Writer
	}{c.in.r, c.nc}
	_, _, err = handshake.DoServer(both, false)
	return err
}

// read returns the next message that is not for the connection itself: audio, video, data or a command.
func (c *rtmpConn) read() (rtmpMessage, error) {
	for {
		m, err := c.in.next()
		if err != nil {
			return rtmpMessage{}, err
		}
		if err := c.acknowledge(); err != nil {
			return rtmpMessage{}, err
		}
		switch m.kind {
		case byte(kindAudio), byte(kindVideo), byte(kindData), msgCommandAMF0:
			return m, nil
		case msgDataAMF3, msgCommandAMF3:
			if len(m.body) > 0 { // AMF0 behind a byte that says so
				m.kind, m.body = amf0Kind(m.kind), m.body[1:]
				return m, nil
			}
		default:
			if err := c.control(m); err != nil {
				return rtmpMessage{}, err
			}
		}
	}
}

func amf0Kind(amf3 byte) byte {
	if amf3 == msgDataAMF3 {
		return byte(kindData)
	}
	return msgCommandAMF0
}

// control obeys a protocol control message. Unknown ones are left alone.
func (c *rtmpConn) control(m rtmpMessage) error {
	if len(m.body) < 4 {
		return nil
	}
	value := binary.BigEndian.Uint32(m.body)
	switch m.kind {
	case msgSetChunkSize:
		return c.in.setChunkSize(value)
	case msgAbort:
		c.in.abort(value)
	case msgWindowAckSize:
		c.window = uint64(value)
	case msgUserControl:
		if event := value >> 16; event == eventPingRequest && len(m.body) >= 6 {
			return c.sendControl(msgUserControl, userControl(eventPingResponse, m.body[2:6]))
		}
	}
	return nil
}

func (c *rtmpConn) acknowledge() error {
	n := c.in.r.n
	if c.window == 0 || n-c.acked < c.window {
		return nil
	}
	c.acked = n
	return c.sendControl(msgAck, binary.BigEndian.AppendUint32(nil, uint32(n)))
}

func userControl(event uint16, value []byte) []byte {
	return append(binary.BigEndian.AppendUint16(nil, event), value...)
}

// send writes one message and flushes it.
func (c *rtmpConn) send(m *rawmessage.Message) error {
	c.writing.Lock()
	defer c.writing.Unlock()
	return c.sendLocked(m)
}

func (c *rtmpConn) sendLocked(m *rawmessage.Message) error {
	if err := c.nc.SetWriteDeadline(time.Now().Add(c.timeout)); err != nil {
		return err
	}
	return c.out.Write(m)
}

func (c *rtmpConn) sendControl(kind byte, body []byte) error {
	return c.send(&rawmessage.Message{ChunkStreamID: chunkControl, Type: kind, Body: body})
}

// sendChunkSize tells the peer the size of our chunks, and uses it from then on.
func (c *rtmpConn) sendChunkSize(n uint32) error {
	c.writing.Lock()
	defer c.writing.Unlock()
	m := &rawmessage.Message{ChunkStreamID: chunkControl, Type: msgSetChunkSize, Body: binary.BigEndian.AppendUint32(nil, n)}
	if err := c.sendLocked(m); err != nil {
		return err
	}
	c.out.SetChunkSize(n)
	return nil
}

// sendCommand writes a command outside any media stream.
func (c *rtmpConn) sendCommand(values ...any) error {
	return c.sendAMF(chunkCommand, 0, values)
}

// sendStatus writes an onStatus about the media stream.
func (c *rtmpConn) sendStatus(level, code, description string) error {
	return c.sendAMF(chunkStatus, mediaStreamWire, amf0.Data{"onStatus", 0.0, nil, status(level, code, description)})
}

func status(level, code, description string) amf0.Object {
	return amf0.Object{
		{Key: "level", Value: level},
		{Key: "code", Value: code},
		{Key: "description", Value: description},
	}
}

func (c *rtmpConn) sendAMF(chunkStream byte, messageStream uint32, values amf0.Data) error {
	body, err := values.Marshal()
	if err != nil {
		return fmt.Errorf("relay: encode command: %w", err)
	}
	return c.send(&rawmessage.Message{
		ChunkStreamID: chunkStream, Type: msgCommandAMF0, MessageStreamID: messageStream, Body: body,
	})
}
