package hub_test

import (
	"encoding/json"
	"io"
	"slices"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/claimcall/claimcall/hub"
	"github.com/claimcall/claimcall/protocol"
)

// pipe is a hub.Conn in memory. What the hub writes piles up in frames, unless stuck.
type pipe struct {
	in    chan any // []byte, or an error for Read to return
	gone  chan struct{}
	stuck chan struct{} // while open, Write blocks; nil for never

	mu     sync.Mutex
	frames [][]byte
	code   protocol.CloseCode // set by Close
}

func newPipe() *pipe { return &pipe{in: make(chan any), gone: make(chan struct{})} }

func (p *pipe) Read() ([]byte, error) {
	switch item := p.next().(type) {
	case error:
		return nil, item
	default:
		return item.([]byte), nil
	}
}

// next returns what comes.
func (p *pipe) next() any {
	select {
	case item := <-p.in:
		return item
	case <-p.gone:
		return io.EOF
	}
}

// waiter is a pipe that waits without the goroutine that reads, as sockets of phones do.
type waiter struct {
	*pipe
	came any // what Read is to return; nil for nothing
}

func (w *waiter) Wait(goOn func()) bool {
	if w.came != nil {
		return false
	}
	go func() {
		w.came = w.next()
		goOn()
	}()
	return true
}

func (w *waiter) Read() ([]byte, error) {
	if w.came == nil {
		w.came = w.next()
	}
	item := w.came
	w.came = nil
	if err, ok := item.(error); ok {
		return nil, err
	}
	return item.([]byte), nil
}

func (p *pipe) Write(frame []byte) error {
	if p.stuck != nil {
		select {
		case <-p.stuck:
		case <-p.gone:
			return io.ErrClosedPipe
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case <-p.gone:
		return io.ErrClosedPipe
	default:
	}
	p.frames = append(p.frames, frame)
	return nil
}

func (p *pipe) Close(code protocol.CloseCode, _ string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case <-p.gone:
	default:
		p.code = code
		close(p.gone)
	}
}

func (p *pipe) take() [][]byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	frames := p.frames
	p.frames = nil
	return frames
}

// client is one device in a test. Its methods return when the hub has come to rest.
type client struct {
	w      *world
	name   string
	token  string
	resume string // from the last welcome
	conn   *pipe
	lastID int
	call   string // the call it heard of last
}

func (w *world) client(name, token string) *client {
	return &client{w: w, name: name, token: token}
}

// connect opens a socket without a word.
func (c *client) connect() *client {
	c.conn = newPipe()
	go c.w.hub.Serve(c.socket(), hub.Opening{})
	synctest.Wait()
	return c
}

// socket returns what the hub is given of the pipe: those of every other name wait without a goroutine.
func (c *client) socket() hub.Conn {
	if c.name[len(c.name)-1]%2 == 0 {
		return c.conn
	}
	return &waiter{pipe: c.conn}
}

// hello opens a socket and signs in, resuming if resume is set.
func (c *client) hello(resume string) *client {
	c.connect()
	c.send(protocol.TypeHello, protocol.Hello{Token: c.token, Resume: resume})
	return c
}

// send sends a command and returns its id.
func (c *client) send(t protocol.Type, data any) string {
	c.lastID++
	id := string(rune('a'+(c.lastID-1)%26)) + "1"
	frame, err := protocol.Encode(t, id, data)
	if err != nil {
		c.w.t.Fatal(err)
	}
	c.raw(frame)
	return id
}

// raw has the hub read a frame, or an error.
func (c *client) raw(item any) {
	select {
	case c.conn.in <- item:
	case <-c.conn.gone:
	}
	synctest.Wait()
}

// drops loses the socket without a word.
func (c *client) drops() {
	c.conn.Close(1006, "")
	synctest.Wait()
}

// heard returns the frames that came since it was asked last.
func (c *client) heard() []protocol.Envelope {
	synctest.Wait()
	var all []protocol.Envelope
	for _, frame := range c.conn.take() {
		var env protocol.Envelope
		if err := json.Unmarshal(frame, &env); err != nil {
			c.w.t.Fatalf("%s heard %q: %v", c.name, frame, err)
		}
		c.learn(env)
		all = append(all, env)
	}
	return all
}

// learn remembers what a real client would.
func (c *client) learn(env protocol.Envelope) {
	var data struct {
		Resume string
		Call   *protocol.Call
	}
	_ = json.Unmarshal(env.Data, &data) // not every payload has these
	if data.Resume != "" {
		c.resume = data.Resume
	}
	if data.Call != nil {
		c.call = data.Call.ID
	}
}

// events returns the types of the frames that came since it was asked last, errors with their code. Answers come first:
// an event may come before or after the answer to the command that caused it.
func (c *client) events() []string {
	var all []string
	heard := c.heard()
	slices.SortStableFunc(heard, answersFirst)
	for _, env := range heard {
		switch {
		case env.Type == protocol.TypeError:
			all = append(all, "error:"+string(errorOf(env).Code))
		default:
			all = append(all, string(env.Type))
		}
	}
	return all
}

// wants fails the test unless exactly these came since it was asked last, in that order.
func (c *client) wants(types ...string) {
	c.w.t.Helper()
	if got := c.events(); !slices.Equal(got, types) {
		c.w.t.Errorf("%s heard %v, want %v", c.name, got, types)
	}
}

// wantsClosed fails the test unless the hub closed the socket with the code; 0 for not at all.
func (c *client) wantsClosed(code protocol.CloseCode) {
	c.w.t.Helper()
	synctest.Wait()
	if got := c.closed(); got != code {
		c.w.t.Errorf("%s closed with %d, want %d", c.name, got, code)
	}
}

func errorOf(env protocol.Envelope) protocol.Error {
	var e protocol.Error
	_ = json.Unmarshal(env.Data, &e) // an empty one never equals what a test wants
	return e
}

// works has li take calls.
func (w *world) works(name string) *client {
	li := w.client(name, "adjuster/"+name).hello("")
	li.send(protocol.TypeAvailabilitySet, protocol.AvailabilitySet{State: protocol.AvailabilityAvailable})
	li.heard()
	return li
}

// waits has a claimant signed in.
func (w *world) waits(name string) *client {
	zhang := w.client(name, "claimant/"+name).hello("")
	zhang.heard()
	return zhang
}

func (c *client) requests(id string) {
	c.send(protocol.TypeCallRequest, protocol.CallRequest{RequestID: id, ClaimNo: "A1"})
}

// does sends a command on the call that the client heard of last.
func (c *client) does(t protocol.Type) { c.send(t, protocol.CallRef{Call: c.call}) }

// inCall returns a claimant and an adjuster in an active call, who have heard all of it.
func (w *world) inCall() (zhang, li *client) {
	w.t.Helper()
	li, zhang = w.works("li"), w.waits("zhang")
	zhang.requests("r1")
	li.heard()
	li.does(protocol.TypeCallAccept)
	zhang.heard()
	zhang.does(protocol.TypeCallJoin)
	li.does(protocol.TypeCallJoin)
	zhang.heard()
	if got := li.events(); len(got) == 0 || got[len(got)-1] != "call.streams" {
		w.t.Fatalf("no call: li heard %v", got)
	}
	return zhang, li
}

func decodeBye(t *testing.T, env protocol.Envelope) protocol.Bye {
	t.Helper()
	var bye protocol.Bye
	if err := json.Unmarshal(env.Data, &bye); err != nil {
		t.Fatal(err)
	}
	return bye
}
