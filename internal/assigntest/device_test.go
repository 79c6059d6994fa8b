package assigntest

import (
	"encoding/json"
	"fmt"
	"io"
	"sync"

	"github.com/claimcall/claimcall/hub"
	"github.com/claimcall/claimcall/internal/call"
	"github.com/claimcall/claimcall/protocol"
)

// line is a hub.Conn in memory.
type line struct {
	in   chan []byte
	out  chan []byte
	gone chan struct{}
	once sync.Once
}

func newLine() *line {
	return &line{in: make(chan []byte, 64), out: make(chan []byte, 256), gone: make(chan struct{})}
}

func (l *line) Read() ([]byte, error) {
	select {
	case frame := <-l.in:
		return frame, nil
	case <-l.gone:
		return nil, io.EOF
	}
}

func (l *line) Write(frame []byte) error {
	select {
	case l.out <- frame:
		return nil
	case <-l.gone:
		return io.ErrClosedPipe
	}
}

func (l *line) Close(protocol.CloseCode, string) { l.once.Do(func() { close(l.gone) }) }

// word is a frame as far as it matters here.
type word struct {
	Type protocol.Type
	ID   string
	Data struct {
		Resume string
		Call   *protocol.Call
		Code   protocol.Code
	}
}

// device is what a person calls with. Its methods are for one goroutine.
type device struct {
	user   call.User
	queues string // that an adjuster serves; empty for every one
	line   *line
	resume string
	sent   int
}

// connects opens a line to a node and says hello, resuming the session if there is one.
func (d *device) connects(n *node) {
	d.line = newLine()
	go n.hub.Serve(d.line, hub.Opening{})
	token := string(d.user.Role) + "/" + d.user.ID
	if d.queues != "" {
		token += "?" + d.queues
	}
	d.sends(protocol.TypeHello, protocol.Hello{Token: token, Resume: d.resume})
}

// connected reports whether there is a line that is not known to be gone.
func (d *device) connected() bool {
	if d.line == nil {
		return false
	}
	select {
	case <-d.line.gone:
		return false
	default:
		return true
	}
}

// drops loses the line without a word.
func (d *device) drops() { d.line.Close(1006, "") }

// sends sends a command and returns its id.
func (d *device) sends(t protocol.Type, data any) string {
	d.sent++
	id := fmt.Sprint("c", d.sent)
	frame, err := protocol.Encode(t, id, data)
	if err != nil {
		panic(err) // the commands here are all known
	}
	select {
	case d.line.in <- frame:
	case <-d.line.gone:
	}
	return id
}

// decode reads a frame and keeps what is needed to resume.
func (d *device) decode(frame []byte) word {
	var w word
	_ = json.Unmarshal(frame, &w) // only a bye has a code of another kind, and nobody looks at that
	if w.Type == protocol.TypeWelcome {
		d.resume = w.Data.Resume
	}
	return w
}
