package hub_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/claimcall/claimcall/hub"
	"github.com/claimcall/claimcall/internal/call"
	"github.com/claimcall/claimcall/internal/store"
	"github.com/claimcall/claimcall/internal/store/sqlitestore"
	"github.com/claimcall/claimcall/protocol"
)

// TestStress lets many people act at random at the same time, on one node and on two, and checks what must hold of
// everything that they heard and of what is left when it is quiet.
func TestStress(t *testing.T) {
	for _, nodes := range []int{1, 2} {
		t.Run(fmt.Sprint(nodes, "-nodes"), func(t *testing.T) { stress(t, nodes, 2*time.Second) })
	}
}

func stressTiming() hub.Timing {
	return hub.Timing{
		Ring: 200 * time.Millisecond, Join: 200 * time.Millisecond, Queue: 2 * time.Second,
		GraceClaimant: 300 * time.Millisecond, GraceAdjuster: 200 * time.Millisecond, RingGone: 30 * time.Millisecond,
		WrapUp: 10 * time.Millisecond, MaxCall: time.Second, MaxMissed: 3,
	}
}

// begun notes each call that a commit began.
type begun struct {
	hub.Store
	mu  sync.Mutex
	ids []string
}

func (b *begun) Commit(ctx context.Context, c store.Commit) error {
	err := b.Store.Commit(ctx, c)
	if err == nil && c.Call != nil && c.CallWas == 0 {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.ids = append(b.ids, c.Call.ID)
	}
	return err
}

func (b *begun) count() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.ids)
}

func stress(t *testing.T, nodes int, length time.Duration) {
	db, err := sqlitestore.Open("", sqlitestore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	all := &begun{Store: db}
	var hubs []*hub.Hub
	var running sync.WaitGroup
	ctx, stop := context.WithCancel(context.Background())
	for n := range nodes {
		h, err := hub.New(hub.Config{
			Store: all, Authenticate: authenticate, Streams: &fakeStreams{}, Node: fmt.Sprint("n", n),
			Limits: testLimits(), Timing: stressTiming(),
		})
		if err != nil {
			t.Fatal(err)
		}
		hubs = append(hubs, h)
		running.Go(func() {
			if err := h.Run(ctx); err != nil {
				t.Error(err)
			}
		})
	}
	people := crowd(t, hubs)
	acting, enough := context.WithCancel(ctx)
	defer enough()
	var busy sync.WaitGroup
	for _, p := range people {
		busy.Go(func() { p.live(acting, ctx) })
	}
	awaitCalls(t, all, length)
	enough()
	awaitQuiet(t, all, people)
	for _, p := range people {
		p.check(all)
	}
	checkRecords(t, all)
	stop()
	busy.Wait()
	for _, h := range hubs {
		h.Drain(context.Background())
	}
	running.Wait()
	if err := db.Close(); err != nil {
		t.Error(err)
	}
}

func crowd(t *testing.T, hubs []*hub.Hub) []*person {
	var people []*person
	add := func(n int, role call.Role) {
		for i := range n {
			p := &person{
				t: t, hubs: hubs, user: call.User{Role: role, ID: fmt.Sprint(string(role[0]), i)},
				dice: rand.New(rand.NewPCG(uint64(i), uint64(len(role)))),
			}
			people = append(people, p)
		}
	}
	add(6, call.Adjuster)
	add(14, call.Claimant)
	return people
}

// awaitCalls lets people act for some time, and as much longer as a slow machine needs for a fair number of calls.
func awaitCalls(t *testing.T, s *begun, length time.Duration) {
	t.Helper()
	patience := time.After(time.Minute)
	look := time.NewTicker(length)
	defer look.Stop()
	for {
		select {
		case <-look.C:
			if s.count() >= 60 {
				return
			}
		case <-patience:
			t.Fatal("hardly any calls in a minute")
		}
	}
}

// awaitQuiet waits until nobody is held any more, and all that was sent has been heard.
func awaitQuiet(t *testing.T, s *begun, people []*person) {
	t.Helper()
	patience := time.After(30 * time.Second)
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	for !quiet(t, s, people) {
		select {
		case <-look.C:
		case <-patience:
			t.Fatal("it never gets quiet: somebody is held, or does not hear of the end")
		}
	}
}

func quiet(t *testing.T, s *begun, people []*person) bool {
	for _, p := range people {
		found, err := s.Presences(context.Background(), p.user)
		if err != nil {
			t.Fatal(err)
		}
		if found[0].Call != "" || !p.heardTheEnd() {
			return false
		}
	}
	return true
}

// checkRecords makes sure that every call that began has ended, and is on record.
func checkRecords(t *testing.T, s *begun) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	reasons := map[call.Reason]int{}
	for _, id := range s.ids {
		c, err := s.Call(context.Background(), id)
		if err != nil || c.State != call.Ended {
			t.Errorf("call %s: %s, %v", id, c.State, err)
		}
		reasons[c.End.Reason]++
	}
	t.Logf("%d calls: %v", len(s.ids), reasons)
	if len(s.ids) < 20 || reasons[call.HungUp] == 0 {
		t.Error("that was no stress")
	}
}

// wire is a hub.Conn whose frames come out of a channel.
type wire struct {
	in   chan []byte
	out  chan []byte
	gone chan struct{}
	once sync.Once
}

func newWire() *wire {
	return &wire{in: make(chan []byte), out: make(chan []byte, 4096), gone: make(chan struct{})}
}

func (w *wire) Read() ([]byte, error) {
	select {
	case frame := <-w.in:
		return frame, nil
	case <-w.gone:
		return nil, io.EOF
	}
}

func (w *wire) Write(frame []byte) error {
	select {
	case w.out <- frame:
		return nil
	case <-w.gone:
		return io.ErrClosedPipe
	}
}

func (w *wire) Close(protocol.CloseCode, string) { w.once.Do(func() { close(w.gone) }) }

// person acts at random, and remembers the newest that each call was heard to be.
type person struct {
	t    *testing.T
	hubs []*hub.Hub
	user call.User
	dice *rand.Rand
	conn *wire
	sent int

	mu     sync.Mutex
	resume string
	calls  map[string]protocol.Call // since the last welcome
	last   string                   // the call heard of last
}

// live acts until acting ends, and listens until ctx does.
func (p *person) live(acting, ctx context.Context) {
	p.connect("")
	for ctx.Err() == nil {
		pause := time.After(time.Duration(p.dice.IntN(10)) * time.Millisecond)
	listen:
		for {
			select {
			case frame := <-p.conn.out:
				p.hear(frame)
			case <-p.conn.gone:
				p.connect(p.secret())
			case <-pause:
				break listen
			case <-ctx.Done():
				break listen
			}
		}
		if acting.Err() == nil {
			p.act()
		}
	}
	p.conn.Close(1006, "")
}

func (p *person) connect(resume string) {
	p.conn = newWire()
	conn, h := p.conn, p.hubs[p.dice.IntN(len(p.hubs))]
	go h.Serve(conn, hub.Opening{})
	p.send(protocol.TypeHello, protocol.Hello{Token: string(p.user.Role) + "/" + p.user.ID, Resume: resume})
	if p.user.Role == call.Adjuster {
		p.send(protocol.TypeAvailabilitySet, protocol.AvailabilitySet{State: protocol.AvailabilityAvailable})
	}
}

func (p *person) secret() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.resume
}

func (p *person) send(t protocol.Type, data any) {
	p.sent++
	frame, err := protocol.Encode(t, fmt.Sprint("c", p.sent), data)
	if err != nil {
		p.t.Error(err)
	}
	select {
	case p.conn.in <- frame:
	case <-p.conn.gone:
	}
}

// act does one thing at random.
func (p *person) act() {
	p.mu.Lock()
	now := p.calls[p.last]
	p.mu.Unlock()
	on := protocol.CallRef{Call: now.ID}
	switch n := p.dice.IntN(100); {
	case n < 3:
		p.conn.Close(1006, "")
	case n < 5:
		p.conn.Close(1006, "")
		p.connect("")
	case n < 7:
		p.connect(p.secret()) // the old socket lives on, unheard
	case n < 12:
		p.send(protocol.TypeCallHangup, on)
	case n < 14 && p.user.Role == call.Adjuster:
		p.send(protocol.TypeCallReject, on)
	case n < 16 && p.user.Role == call.Adjuster:
		p.send(protocol.TypeCallInvite, map[string]string{"user": fmt.Sprint("c", p.dice.IntN(14)), "claim_no": "A1"})
	case n < 18 && p.user.Role == call.Adjuster:
		p.send(protocol.TypeAvailabilitySet, protocol.AvailabilitySet{State: protocol.AvailabilityAvailable})
	case n < 20:
		p.send(protocol.TypeStreamsRefresh, on)
	case p.user.Role == call.Claimant && (now.ID == "" || now.State == protocol.StateEnded):
		p.send(protocol.TypeCallRequest, protocol.CallRequest{RequestID: fmt.Sprint("r", p.sent), ClaimNo: "A1"})
	case now.State == protocol.StateRinging:
		p.send(protocol.TypeCallAccept, on)
	case now.State == protocol.StateConnecting:
		p.send(protocol.TypeCallJoin, on)
	}
}

// hear takes in a frame as a client does that keeps the newest view of each call.
func (p *person) hear(frame []byte) {
	var env struct {
		Type protocol.Type
		Data struct {
			Resume string
			Call   *protocol.Call
		}
	}
	if err := json.Unmarshal(frame, &env); err != nil {
		return // an error's reason and the like: not of interest here
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if env.Type == protocol.TypeWelcome {
		p.resume = env.Data.Resume
		p.calls, p.last = map[string]protocol.Call{}, "" // a snapshot: what it does not show is over
	}
	if c := env.Data.Call; c != nil && c.Version > p.calls[c.ID].Version {
		p.calls[c.ID], p.last = *c, c.ID
	}
	p.oneCallLocked(env.Type)
}

// oneCallLocked: nobody is ever in two calls.
func (p *person) oneCallLocked(heard protocol.Type) {
	in := 0
	for _, c := range p.calls {
		accepted := c.State == protocol.StateConnecting || c.State == protocol.StateActive
		mine := p.user.Role == call.Claimant || c.Legs.Adjuster != nil && c.Legs.Adjuster.User == p.user.ID
		if accepted && mine {
			in++
		}
	}
	if in > 1 {
		p.t.Errorf("%s is in %d calls after %s", p.user.ID, in, heard)
	}
}

// heardTheEnd reports whether the last word about the last call is that it is over for this person.
func (p *person) heardTheEnd() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	c := p.calls[p.last]
	if p.user.Role == call.Adjuster {
		return true // one who was rung is not told how the call goes on
	}
	return c.ID == "" || c.State == protocol.StateEnded
}

// check compares the last word with the record.
func (p *person) check(s *begun) {
	p.mu.Lock()
	defer p.mu.Unlock()
	c := p.calls[p.last]
	if c.ID == "" || p.user.Role == call.Adjuster {
		return
	}
	record, err := s.Call(context.Background(), c.ID)
	if err != nil || c.End == nil || string(record.End.Reason) != string(c.End.Reason) || record.Version != c.Version {
		p.t.Errorf("%s last heard %s version %d of %s, the record is %+v (%v)", p.user.ID, c.State, c.Version, c.ID, record, err)
	}
}
