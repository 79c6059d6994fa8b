package relay

import (
	"bytes"
	"io"
	"net"
	"testing"
	"time"

	"github.com/bluenviron/gortmplib/pkg/amf0"
	"github.com/bluenviron/gortmplib/pkg/bytecounter"
	"github.com/bluenviron/gortmplib/pkg/rawmessage"
)

// recorded is what a client sends after its handshake, as bytes.
func recorded(f *testing.F, messages ...*rawmessage.Message) []byte {
	var out writerOf
	w := rawmessage.NewWriter(&out, bytecounter.NewWriter(&out), false)
	for _, m := range messages {
		if err := w.Write(m); err != nil {
			f.Fatal(err)
		}
	}
	return out
}

type writerOf []byte

func (w *writerOf) Write(b []byte) (int, error) {
	*w = append(*w, b...)
	return len(b), nil
}

func commandMessage(f *testing.F, values ...any) *rawmessage.Message {
	body, err := amf0.Data(values).Marshal()
	if err != nil {
		f.Fatal(err)
	}
	return &rawmessage.Message{ChunkStreamID: 3, Type: msgCommandAMF0, Body: body}
}

// FuzzRTMPInput gives the server any bytes, with or without a handshake before
// them. It must not panic, must return, and must forget the name.
func FuzzRTMPInput(f *testing.F) {
	connect := commandMessage(f, "connect", 1.0, amf0.Object{{Key: "app", Value: "live"}, {Key: "tcUrl", Value: "rtmp://h/live"}})
	create := commandMessage(f, "createStream", 2.0, nil)
	config := &rawmessage.Message{ChunkStreamID: 4, Type: 8, MessageStreamID: messageStream, Body: []byte{0xAF, 0, 0x11, 0x90}}
	frame := &rawmessage.Message{ChunkStreamID: 6, Type: 9, MessageStreamID: messageStream, Body: []byte("\x17\x01\x00\x00\x00x")}
	ping := &rawmessage.Message{ChunkStreamID: 2, Type: msgUserControl, Body: []byte{0, 6, 0, 0, 0, 1}}
	window := &rawmessage.Message{ChunkStreamID: 2, Type: msgWindowAckSize, Body: []byte{0, 0, 0, 16}}
	f.Add(true, recorded(f, window, ping, connect, create, commandMessage(f, "publish", 3.0, nil, "s?txSecret=a", "live"), config, frame, commandMessage(f, "deleteStream", 4.0, nil, 1.0)))
	f.Add(true, recorded(f, connect, create, commandMessage(f, "play", 3.0, nil, "s"), ping))
	f.Add(false, []byte{6, 0, 0})
	f.Add(false, []byte{3, 0, 0})
	f.Fuzz(func(t *testing.T, shaken bool, in []byte) {
		r := New(Config{Gate: openGate(), Limits: Limits{WaitPublisher: time.Millisecond}})
		if shaken {
			in = append(append([]byte{3}, make([]byte, 2*1536)...), in...)
		}
		// Without the recover of serveConn, so that a panic is seen.
		_ = r.converse(t.Context(), cannedConn{bytes.NewReader(in)}, func() {})
		if len(r.names.streams) != 0 {
			t.Fatal("a name is left behind")
		}
		r.Close()
	})
}

// cannedConn is a peer that has said everything already and takes any answer.
type cannedConn struct{ io.Reader }

func (cannedConn) Write(b []byte) (int, error)      { return len(b), nil }
func (cannedConn) Close() error                     { return nil }
func (cannedConn) LocalAddr() net.Addr              { return &net.TCPAddr{} }
func (cannedConn) RemoteAddr() net.Addr             { return &net.TCPAddr{} }
func (cannedConn) SetDeadline(time.Time) error      { return nil }
func (cannedConn) SetReadDeadline(time.Time) error  { return nil }
func (cannedConn) SetWriteDeadline(time.Time) error { return nil }
