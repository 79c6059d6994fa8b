package relay

import (
	"bytes"
	"encoding/binary"
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/bluenviron/gortmplib/pkg/amf0"
	"github.com/bluenviron/gortmplib/pkg/bytecounter"
	"github.com/bluenviron/gortmplib/pkg/message"
	"github.com/bluenviron/gortmplib/pkg/rawmessage"
)

// replayed is a connection, past its handshake, to a peer that said messages and keeps the answers.
type replayed struct {
	cannedConn
	said bytes.Buffer
}

func (r *replayed) Write(b []byte) (int, error) { return r.said.Write(b) }

func replay(t *testing.T, messages ...*rawmessage.Message) (*rtmpConn, *replayed) {
	t.Helper()
	var in bytes.Buffer
	w := rawmessage.NewWriter(&in, bytecounter.NewWriter(&in), false)
	for _, m := range messages {
		if err := w.Write(m); err != nil {
			t.Fatal(err)
		}
		if m.Type == msgSetChunkSize {
			w.SetChunkSize(binary.BigEndian.Uint32(m.Body))
		}
	}
	peer := &replayed{cannedConn: cannedConn{&in}}
	return newRTMPConn(peer, time.Second), peer
}

// answers decodes what was said to the peer.
func (r *replayed) answers(t *testing.T) []message.Message {
	t.Helper()
	counted := bytecounter.NewReadWriter(&r.said)
	reader := message.NewReader(counted, counted.Reader, nil)
	var out []message.Message
	for {
		m, err := reader.Read()
		if err != nil {
			return out
		}
		out = append(out, m)
	}
}

func control(kind byte, body ...byte) *rawmessage.Message {
	return &rawmessage.Message{ChunkStreamID: 2, Type: kind, Body: body}
}

func audioMessage(body string) *rawmessage.Message {
	return &rawmessage.Message{ChunkStreamID: 4, Type: 8, MessageStreamID: messageStream, Body: []byte(body)}
}

func TestPingIsAnswered(t *testing.T) {
	c, peer := replay(t, control(msgUserControl, 0, eventPingRequest, 1, 2, 3, 4), audioMessage("\xaf\x01a"))
	if m, err := c.read(); err != nil || string(m.body) != "\xaf\x01a" {
		t.Fatalf("%+v, %v", m, err)
	}
	got := peer.answers(t)
	if pong, ok := got[0].(*message.UserControlPingResponse); !ok || pong.ServerTime != 0x01020304 {
		t.Fatalf("answered %+v", got)
	}
}

func TestBytesAreAcknowledged(t *testing.T) {
	frame := audioMessage("\xaf\x01" + strings.Repeat("x", 98))
	c, peer := replay(t, control(msgWindowAckSize, 0, 0, 0, 200), frame, frame, frame, frame)
	for range 4 {
		if _, err := c.read(); err != nil {
			t.Fatal(err)
		}
	}
	got := peer.answers(t)
	if len(got) != 2 {
		t.Fatalf("%d answers", len(got))
	}
	for i, m := range got {
		if ack, ok := m.(*message.Acknowledge); !ok || ack.Value < uint32(200*(i+1)) {
			t.Fatalf("answer %d: %+v", i, m)
		}
	}
}

func TestConnectionObeysControl(t *testing.T) {
	long := strings.Repeat("x", 5000)
	c, _ := replay(t,
		control(msgSetChunkSize, 0, 0, 16, 0),
		control(msgAck, 0, 0, 0, 1), control(msgPeerBandwidth, 0, 0, 0, 1, 2), control(99, 1), control(msgAbort, 0, 0, 0, 4),
		audioMessage("\xaf\x01"+long))
	if m, err := c.read(); err != nil || len(m.body) != 5002 {
		t.Fatalf("%d bytes, %v", len(m.body), err)
	}
	bad, _ := replay(t, control(msgSetChunkSize, 0x80, 0, 0, 0))
	if _, err := bad.read(); !errors.Is(err, errChunk) {
		t.Fatalf("a chunk size that can't be: %v", err)
	}
}

// AMF3 messages are AMF0 behind one byte, in all encoders that are left.
func TestAMF3IsReadAsAMF0(t *testing.T) {
	command, err := amf0.Data{"deleteStream", 1.0, nil}.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	c, _ := replay(t,
		&rawmessage.Message{ChunkStreamID: 3, Type: msgCommandAMF3},
		&rawmessage.Message{ChunkStreamID: 3, Type: msgCommandAMF3, Body: append([]byte{0}, command...)},
		&rawmessage.Message{ChunkStreamID: 3, Type: msgDataAMF3, Body: append([]byte{0}, amfOnMetaData...)})
	m, err := c.read()
	if cmd, ok := decodeCommand(m); err != nil || !ok || cmd.name != "deleteStream" {
		t.Fatalf("%+v, %v", m, err)
	}
	m, err = c.read()
	if _, ok := metadata(m.body); err != nil || !ok || m.kind != byte(kindData) {
		t.Fatalf("%+v, %v", m, err)
	}
}

func TestCommandsBeforeConnectAreHarmless(t *testing.T) {
	c, _ := replay(t, audioMessage("\xaf\x01a"), commandOf(t, "FCPublish", 1.0, nil), commandOf(t, "publish", 2.0, nil, "s"))
	if a, err := c.negotiate("live"); err != nil || a.Name != "s" {
		t.Fatalf("%+v, %v", a, err)
	}
	for name, m := range map[string]*rawmessage.Message{
		"connect without fields": commandOf(t, "connect", 1.0, nil),
		"publish without name":   commandOf(t, "publish", 1.0, nil),
		"a huge command":         {ChunkStreamID: 3, Type: msgCommandAMF0, Body: make([]byte, maxCommand+1)},
	} {
		c, _ := replay(t, m)
		if _, err := c.negotiate("live"); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func commandOf(t *testing.T, values ...any) *rawmessage.Message {
	t.Helper()
	body, err := amf0.Data(values).Marshal()
	if err != nil {
		t.Fatal(err)
	}
	return &rawmessage.Message{ChunkStreamID: 3, Type: msgCommandAMF0, Body: body}
}

// outOfFiles is a listener that fails twice in a way that passes.
type outOfFiles struct {
	*pipes
	failures int
}

func (l *outOfFiles) Accept() (net.Conn, error) {
	if l.failures++; l.failures <= 2 {
		return nil, &net.OpError{Op: "accept", Err: passingError{}}
	}
	return l.pipes.Accept()
}

type passingError struct{}

func (passingError) Error() string   { return "too many open files" }
func (passingError) Timeout() bool   { return false }
func (passingError) Temporary() bool { return true }

func TestAcceptSurvivesPassingErrors(t *testing.T) {
	l := &outOfFiles{pipes: &pipes{conns: make(chan net.Conn, 1), done: make(chan struct{})}}
	near, err := l.dial(t.Context(), "", "")
	if err != nil {
		t.Fatal(err)
	}
	defer near.Close()
	nc, err := accept(t.Context(), l)
	if err != nil || l.failures != 3 {
		t.Fatalf("%v after %d failures", err, l.failures)
	}
	_ = nc.Close()
}

// BenchmarkRTMPLatency is the time of a frame from one RTMP connection to another.
func BenchmarkRTMPLatency(b *testing.B) {
	s := serve(b, Config{Gate: openGate()})
	pub := s.publishes("s")
	send(b, pub, aacConfig(), aacFrame(0, "x"))
	viewer := s.plays("s")
	for i := 0; b.Loop(); i++ {
		send(b, pub, aacFrame(time.Duration(i)*20*time.Millisecond, strings.Repeat("x", 4000)))
		frames(b, viewer, 1)
	}
}
