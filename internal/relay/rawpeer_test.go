package relay

import (
	"net"
	"testing"

	"github.com/bluenviron/gortmplib/pkg/amf0"
	"github.com/bluenviron/gortmplib/pkg/bytecounter"
	"github.com/bluenviron/gortmplib/pkg/handshake"
	"github.com/bluenviron/gortmplib/pkg/message"
)

// rawPeer speaks RTMP one message at a time, in any order.
type rawPeer struct {
	t   testing.TB
	mrw *message.ReadWriter
}

func (s *server) raw() *rawPeer {
	s.t.Helper()
	nc, err := net.Dial("tcp", s.rtmp)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = nc.Close() })
	counted := bytecounter.NewReadWriter(nc)
	if _, _, err := handshake.DoClient(counted, false, true); err != nil {
		s.t.Fatal(err)
	}
	return &rawPeer{t: s.t, mrw: message.NewReadWriter(counted, counted, false)}
}

func (p *rawPeer) command(name string, id int, args ...any) {
	p.t.Helper()
	stream := uint32(0)
	if name == "publish" || name == "play" {
		stream = messageStream
	}
	err := p.mrw.Write(&message.CommandAMF0{ChunkStreamID: 3, MessageStreamID: stream, Name: name, CommandID: id, Arguments: args})
	if err != nil {
		p.t.Fatal(err)
	}
}

// statuses reads to the end and returns the codes of onStatus on the way.
func (p *rawPeer) statuses() []string {
	var codes []string
	for {
		m, err := p.mrw.Read()
		if err != nil {
			return codes
		}
		if code := statusCode(m); code != "" {
			codes = append(codes, code)
		}
	}
}

func statusCode(m message.Message) string {
	cmd, ok := m.(*message.CommandAMF0)
	if !ok || cmd.Name != "onStatus" || len(cmd.Arguments) < 2 {
		return ""
	}
	fields, _ := cmd.Arguments[1].(amf0.Object)
	code, _ := fields.GetString("code")
	return code
}
