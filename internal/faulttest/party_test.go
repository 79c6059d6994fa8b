package faulttest

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/claimcall/claimcall/protocol"
)

// Limits of a party's patience.
const (
	dialLimit   = 3 * time.Second
	answerLimit = 8 * time.Second // longer than a node tries to reach its store
	beatEvery   = 4 * time.Second
)

// errGone says that the socket ended before the answer came.
var errGone = errors.New("socket is gone")

// heard is one event, or welcome, as it came.
type heard struct {
	typ     protocol.Type
	call    string
	state   protocol.State
	version int64
	leg     protocol.LegName
	link    protocol.Link
	reason  string
	at      time.Time
	socket  int // which of the party's sockets it came by

	generation int // of the streams in it
}

// party is a person with one device: a session that goes on from socket to socket. What it knows may be read by any
// goroutine through its methods; one goroutine at a time connects.
type party struct {
	t           testing.TB
	role, name  string
	token       string
	whatIsHeard func(heard) // if not nil, told of every event in order, without waiting

	mu      sync.Mutex
	news    chan struct{} // closed at the next change
	ws      *websocket.Conn
	socket  int // counts sockets
	open    bool
	code    protocol.CloseCode // of the last end
	bye     *protocol.Bye
	resume  string
	welcome protocol.Welcome
	views   map[string]protocol.Call // newest by id
	streams map[string]protocol.Streams
	avail   protocol.Availability
	log     []heard
	asked   int
	answers map[string]chan protocol.Envelope
}

func newParty(t testing.TB, role, name string) *party {
	t.Helper()
	p := &party{
		t: t, role: role, name: name, token: token(t, role, name), news: make(chan struct{}),
		views: map[string]protocol.Call{}, streams: map[string]protocol.Streams{}, answers: map[string]chan protocol.Envelope{},
	}
	t.Cleanup(p.hangsUpSocket)
	return p
}

// claimant and adjuster sign in at a node.
func (c *cluster) claimant(name, at string) *party {
	p := newParty(c.t, "claimant", name)
	p.signsIn(c.node(at))
	return p
}

func (c *cluster) adjuster(name, at string) *party {
	p := newParty(c.t, "adjuster", name)
	p.signsIn(c.node(at))
	p.isAvailable()
	return p
}

// again is the same person as a fresh device, which knows nothing but what a welcome says.
func (p *party) again(at *node) protocol.Welcome {
	p.t.Helper()
	fresh := newParty(p.t, p.role, p.name)
	fresh.signsIn(at)
	defer fresh.hangsUpSocket()
	return fresh.welcome
}

// connect makes one try to sign in at a node, in place of a socket that there may be.
func (p *party) connect(at *node) error {
	p.hangsUpSocket()
	ctx, cancel := context.WithTimeout(context.Background(), dialLimit)
	defer cancel()
	ws, _, err := websocket.Dial(ctx, at.socket(), &websocket.DialOptions{Subprotocols: []string{protocol.Subprotocol}})
	if err != nil {
		return fmt.Errorf("%w: %w", errRefused, err)
	}
	ws.SetReadLimit(4 * protocol.MaxFrame)
	p.mu.Lock()
	p.ws, p.open, p.bye = ws, true, nil
	p.socket++
	number, resume := p.socket, p.resume
	p.mu.Unlock()
	go p.read(ws, number)
	var w protocol.Welcome
	if err := p.asks(protocol.TypeHello, protocol.Hello{Token: p.token, Resume: resume}, &w); err != nil {
		_ = ws.CloseNow()
		return err
	}
	go p.beat(ws)
	return nil
}

// signsIn comes to a node however often that takes, as a client does, and returns how long it took.
func (p *party) signsIn(at *node) time.Duration {
	p.t.Helper()
	return within(p.t, patience, p.name+" signs in at "+at.name, func() bool { return p.connect(at) == nil })
}

// returns comes back to a node, and fails if the session is not the same.
func (p *party) returns(at *node) time.Duration {
	p.t.Helper()
	took := p.signsIn(at)
	if !p.greeting().Resumed {
		p.t.Errorf("%s came back as somebody new", p.name)
	}
	return took
}

func (p *party) greeting() protocol.Welcome {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.welcome
}

// hangsUpSocket ends the socket without a word, as a lost network does.
func (p *party) hangsUpSocket() {
	p.mu.Lock()
	ws := p.ws
	p.mu.Unlock()
	if ws != nil {
		_ = ws.CloseNow()
	}
}

// abandons leaves the socket open and forgets it: nobody reads or ends it. It returns what ends it.
func (p *party) abandons() (end func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	ws := p.ws
	p.ws = nil
	return func() { _ = ws.CloseNow() }
}

func (p *party) read(ws *websocket.Conn, number int) {
	for {
		_, frame, err := ws.Read(context.Background())
		if err != nil {
			p.over(ws, protocol.CloseCode(websocket.CloseStatus(err)))
			return
		}
		var e protocol.Envelope
		if err := json.Unmarshal(frame, &e); err != nil {
			p.t.Errorf("%s was sent %q: %v", p.name, frame, err)
			continue
		}
		p.takes(e, number)
	}
}

// over notes the end of a socket, unless it was left for another one.
func (p *party) over(ws *websocket.Conn, code protocol.CloseCode) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ws != ws {
		return
	}
	p.open, p.code = false, code
	for id, answer := range p.answers {
		close(answer)
		delete(p.answers, id)
	}
	p.changedLocked()
}

func (p *party) changedLocked() {
	close(p.news)
	p.news = make(chan struct{})
}

// beat pings for as long as the socket lives. Pongs need no store: they say nothing here.
func (p *party) beat(ws *websocket.Conn) {
	tick := time.NewTicker(beatEvery)
	defer tick.Stop()
	frame, _ := protocol.Encode(protocol.TypePing, "beat", protocol.Ping{})
	for {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		err := ws.Write(ctx, websocket.MessageText, frame)
		cancel()
		if err != nil {
			return
		}
		select {
		case <-tick.C:
		case <-p.t.Context().Done():
			return
		}
	}
}

// payload is what an event, a welcome or an answer may hold.
type payload struct {
	protocol.Welcome
	protocol.Bye
	Call    *protocol.Call        `json:"call"`
	Streams *protocol.Streams     `json:"streams"`
	State   protocol.Availability `json:"state"`
	Leg     protocol.LegName      `json:"leg"`
	Link    protocol.Link         `json:"link"`
	Reason  string                `json:"reason"`
}

// takes takes in one frame.
func (p *party) takes(e protocol.Envelope, number int) {
	var in payload
	if e.Type != protocol.TypeError {
		if err := json.Unmarshal(e.Data, &in); err != nil {
			p.t.Errorf("%s was sent %s: %v", p.name, e.Type, err)
			return
		}
	}
	p.mu.Lock()
	h := heard{typ: e.Type, leg: in.Leg, link: in.Link, reason: in.Reason, at: time.Now(), socket: number}
	if e.Type == protocol.TypeWelcome {
		p.beginAnewLocked(in.Call)
	}
	if in.Call != nil {
		h.call, h.state, h.version = in.Call.ID, in.Call.State, in.Call.Version
		p.learnLocked(*in.Call, in.Streams)
	}
	if in.Streams != nil {
		h.generation = in.Streams.Generation
	}
	switch e.Type {
	case protocol.TypeWelcome:
		p.welcome, p.resume, p.avail = in.Welcome, in.Resume, in.Availability
		p.welcome.Call, p.welcome.Streams = in.Call, in.Streams
	case protocol.TypeAvailability:
		p.avail = in.State
	case protocol.TypeBye:
		p.bye = &in.Bye
	}
	if e.ID == "" || e.Type == protocol.TypeWelcome {
		p.log = append(p.log, h)
	}
	if answer := p.answers[e.ID]; answer != nil {
		answer <- e
		delete(p.answers, e.ID)
	}
	p.changedLocked()
	p.mu.Unlock()
	if p.whatIsHeard != nil && (e.ID == "" || e.Type == protocol.TypeWelcome) {
		p.whatIsHeard(h)
	}
}

// beginAnewLocked forgets what a welcome is about to tell: it is how things stand, whatever was heard before, and what it
// does not mention is over.
func (p *party) beginAnewLocked(running *protocol.Call) {
	maps.DeleteFunc(p.views, func(id string, c protocol.Call) bool {
		return c.State != protocol.StateEnded || running != nil && running.ID == id
	})
	p.streams = map[string]protocol.Streams{}
}

// learnLocked keeps the newest view of each call, as every client does.
func (p *party) learnLocked(c protocol.Call, s *protocol.Streams) {
	if c.Version >= p.views[c.ID].Version {
		p.views[c.ID] = c
	}
	if s != nil && s.Generation >= p.streams[c.ID].Generation {
		p.streams[c.ID] = *s
	}
}

// asks sends a command and takes in its answer. A refusal is a *protocol.Error.
func (p *party) asks(typ protocol.Type, data, answer any) error {
	p.mu.Lock()
	p.asked++
	id := p.name + strconv.Itoa(p.asked)
	waits := make(chan protocol.Envelope, 1)
	ws, open := p.ws, p.open
	if !open || ws == nil {
		p.mu.Unlock()
		return errGone
	}
	p.answers[id] = waits
	p.mu.Unlock()
	frame, err := protocol.Encode(typ, id, data)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), answerLimit)
	defer cancel()
	if err := ws.Write(ctx, websocket.MessageText, frame); err != nil {
		return fmt.Errorf("%w: %w", errGone, err)
	}
	select {
	case e, ok := <-waits:
		if !ok {
			return errGone
		}
		return read(e, answer)
	case <-ctx.Done():
		return fmt.Errorf("no answer to %s", typ)
	}
}

func read(e protocol.Envelope, answer any) error {
	if e.Type == protocol.TypeError {
		var refused protocol.Error
		if err := json.Unmarshal(e.Data, &refused); err != nil {
			return err
		}
		return &refused
	}
	return json.Unmarshal(e.Data, answer)
}

// until waits until something holds of what the party knows, and returns how long that took.
func (p *party) until(limit time.Duration, what string, holds func() bool) time.Duration {
	p.t.Helper()
	begun := time.Now()
	late := time.NewTimer(limit)
	defer late.Stop()
	for {
		p.mu.Lock()
		ok, news := holds(), p.news
		p.mu.Unlock()
		if ok {
			return time.Since(begun)
		}
		select {
		case <-news:
		case <-late.C:
			p.t.Fatalf("%s: not within %s: %s\n%s", p.name, limit, what, p.story())
		}
	}
}

// story is what the party has heard, for people.
func (p *party) story() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	text := ""
	for _, h := range p.log {
		text += fmt.Sprintf("  %s socket %d %s %.4s v%d %s %s %s %s\n", h.at.Format("05.000"), h.socket, h.typ, h.call,
			h.version, h.state, h.leg, h.link, h.reason)
	}
	return text + fmt.Sprintf("  open %v, close code %d, availability %s", p.open, p.code, p.avail)
}

// known returns the newest view of a call.
func (p *party) known(call string) protocol.Call {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.views[call]
}

// all returns the newest view of every call.
func (p *party) all() map[string]protocol.Call {
	p.mu.Lock()
	defer p.mu.Unlock()
	return maps.Clone(p.views)
}

// given returns the newest streams of a call.
func (p *party) given(call string) protocol.Streams {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.streams[call]
}

// count returns how many events of a type the party has heard about a call.
func (p *party) count(typ protocol.Type, call string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.countLocked(typ, call)
}

func (p *party) countLocked(typ protocol.Type, call string) int {
	n := 0
	for _, h := range p.log {
		if h.typ == typ && h.call == call {
			n++
		}
	}
	return n
}

// rid makes a request's id.
func rid() string { return rand.Text() }
