package hub

import (
	"context"
	"maps"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/claimcall/claimcall/internal/call"
	"github.com/claimcall/claimcall/internal/store"
	"github.com/claimcall/claimcall/protocol"
)

const (
	positionsEvery = time.Second      // how often waiting claimants' places are looked up
	paceKept       = time.Hour        // how long an empty queue's pace is remembered
	positionsRest  = 9                // how many times as long as it takes to look them up nobody does
	firstEstimate  = 30 * time.Second // how long one place takes until this node has seen better
)

// positions tells the waiting claimants of this node where they stand, again whenever that changes. It asks the
// store only while somebody waits here.
type positions struct {
	hub  *Hub
	wake chan struct{}

	mu      sync.Mutex
	waiting map[string]*place // by call ID
	pace    map[string]*pace  // by queue
}

// place is what a waiting claimant was told last.
type place struct {
	queue    string
	claimant call.User
	version  int64 // of the call
	position int   // 0: nothing yet
	again    bool  // it is to be told even if it is the same
}

func newPositions(h *Hub) *positions {
	return &positions{
		hub: h, wake: make(chan struct{}, 1), waiting: map[string]*place{}, pace: map[string]*pace{},
	}
}

// heard takes in what a message for a claimant of this node says about the call. It comes before the message is
// delivered, so that no place is told after the news that there is none any more.
func (p *positions) heard(m store.Message) {
	p.mu.Lock()
	defer p.mu.Unlock()
	known := p.waiting[m.Call]
	switch {
	case m.State != call.Queued:
		if known != nil && m.Version >= known.version {
			delete(p.waiting, m.Call)
		}
	case known == nil || m.Version > known.version:
		p.waiting[m.Call] = &place{claimant: m.To, version: m.Version}
		p.nudge()
	}
}

// begin tells the claimant of a call that has just come into its queue, or whose claimant has just come back, before
// anything else happens to it. A claimant on another node is told there, when the message comes.
func (p *positions) begin(ctx context.Context, c call.Call) {
	u := c.User(call.Claimant)
	if c.State != call.Queued || len(p.hub.socketsOf(u)) == 0 {
		return
	}
	p.mu.Lock()
	if known := p.waiting[c.ID]; known == nil || known.version < c.Version {
		p.waiting[c.ID] = &place{claimant: u, version: c.Version}
	}
	p.waiting[c.ID].queue = c.Queue
	p.mu.Unlock()
	found, err := p.hub.Store.Positions(ctx, c.Queue, c.ID)
	if err == nil && found[0] > 0 {
		err = p.show(c, found[0])
	} else if err == nil {
		err = p.tell(ctx, c.ID, found[0])
	}
	if err != nil {
		p.hub.log.Warn("place in the queue not told; trying again", zap.Error(err))
	}
}

// again has the claimant of a waiting call told the place once more, which may have got lost.
func (p *positions) again(ctx context.Context, c call.Call) {
	p.mu.Lock()
	if known := p.waiting[c.ID]; known != nil {
		known.again = true
	}
	p.mu.Unlock()
	p.begin(ctx, c)
}

// changed says that calls have come to or gone from a queue.
func (p *positions) changed(queue string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if queue != "" && len(p.waiting) > 0 {
		p.nudge()
	}
}

func (p *positions) nudge() {
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

func (p *positions) run(ctx context.Context) {
	regularly := time.NewTicker(positionsEvery)
	defer regularly.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-p.wake:
		case <-regularly.C:
		}
		begun := time.Now()
		p.hub.attempt(ctx, "places in the queue", p.tellAll)
		rest(ctx, positionsRest*time.Since(begun))
	}
}

// rest waits for d, or until ctx ends.
func rest(ctx context.Context, d time.Duration) {
	if d <= 0 {
		return
	}
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}

// tellAll looks up every claimant who waits here, queue by queue, and tells those whose place has changed.
func (p *positions) tellAll(ctx context.Context) error {
	if err := p.learnQueues(ctx); err != nil {
		return err
	}
	for queue, ids := range p.byQueue() {
		found, err := p.hub.Store.Positions(ctx, queue, ids...)
		if err != nil {
			return err
		}
		for i, id := range ids {
			if err := p.tell(ctx, id, found[i]); err != nil {
				return err
			}
		}
	}
	return nil
}

// learnQueues looks up the queue of calls that came by message.
func (p *positions) learnQueues(ctx context.Context) error {
	for _, id := range p.unknown() {
		c, err := p.hub.Store.Call(ctx, id)
		if ignoreGone(err) != nil {
			return err
		}
		p.mu.Lock()
		switch known := p.waiting[id]; {
		case known == nil:
		case err != nil || c.State != call.Queued:
			delete(p.waiting, id)
		default:
			known.queue = c.Queue
		}
		p.mu.Unlock()
	}
	return nil
}

func (p *positions) unknown() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var ids []string
	for id, known := range p.waiting {
		if known.queue == "" {
			ids = append(ids, id)
		}
	}
	return ids
}

// byQueue returns the calls that wait, and forgets the pace of queues in which nobody has waited for long: clients may
// name any queue.
func (p *positions) byQueue() map[string][]string {
	p.mu.Lock()
	defer p.mu.Unlock()
	queues := map[string][]string{}
	for id, known := range p.waiting {
		if known.queue != "" {
			queues[known.queue] = append(queues[known.queue], id)
		}
	}
	old := p.hub.Store.Now().Add(-paceKept)
	maps.DeleteFunc(p.pace, func(queue string, pace *pace) bool {
		return queues[queue] == nil && pace.since.Before(old)
	})
	return queues
}

// tell sends call.queued if the position is another one than last told.
func (p *positions) tell(ctx context.Context, id string, position int) error {
	if !p.news(id, position) {
		return nil
	}
	c, err := p.hub.Store.Call(ctx, id)
	if ignoreGone(err) != nil {
		return err
	}
	if err != nil || c.State != call.Queued {
		p.forget(id, c.Version)
		return nil
	}
	return p.show(c, position)
}

// show sends call.queued, unless something newer is known of the call, or somebody else was first.
func (p *positions) show(c call.Call, position int) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if position == 0 || !p.newsLocked(c.ID, position) || p.waiting[c.ID].version > c.Version {
		return nil
	}
	wait := p.moveLocked(c.ID, c.Queue, position)
	frame, err := protocol.Encode(protocol.TypeCallQueued, "", protocol.CallQueued{
		Call: p.hub.view(c, c.User(call.Claimant)), Position: position, WaitMS: wait.Milliseconds(),
	})
	if err != nil {
		return err
	}
	m := store.Message{To: c.User(call.Claimant), Call: c.ID, Version: c.Version, State: c.State, Frame: frame}
	for _, s := range p.hub.socketsOf(m.To) {
		s.deliver(m)
	}
	return nil
}

// forget drops a call that waits no more, or is gone altogether, unless a message has told of a newer version.
func (p *positions) forget(id string, version int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if known := p.waiting[id]; known != nil && (version == 0 || known.version <= version) {
		delete(p.waiting, id)
	}
}

// news reports whether the position is one to tell, or to look into because the call seems to wait no more.
func (p *positions) news(id string, position int) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.newsLocked(id, position)
}

// newsLocked forgets a claimant without a socket here: the welcome begins anew.
func (p *positions) newsLocked(id string, position int) bool {
	known := p.waiting[id]
	if known != nil && len(p.hub.socketsOf(known.claimant)) == 0 {
		delete(p.waiting, id)
		return false
	}
	return known != nil && (position == 0 || position != known.position || known.again)
}

// moveLocked notes the position that is being told, and returns how long the wait may be.
func (p *positions) moveLocked(id, queue string, position int) time.Duration {
	known, pace, now := p.waiting[id], p.paceOf(queue), p.hub.Store.Now()
	switch {
	case known.position > position:
		pace.advance(known.position-position, now)
	case known.position == 0 && position == 1:
		pace.since = now // nobody waited until now: the queue was empty, not slow
	}
	known.position, known.again = position, false
	return pace.estimate(position)
}

func (p *positions) paceOf(queue string) *pace {
	if p.pace[queue] == nil {
		p.pace[queue] = &pace{perPlace: firstEstimate, since: p.hub.Store.Now()}
	}
	return p.pace[queue]
}

// pace is how fast a queue moves, as a running average.
type pace struct {
	perPlace time.Duration
	since    time.Time // of the last advance
}

// advance takes in that the queue has moved on by places.
func (p *pace) advance(places int, now time.Time) {
	took := now.Sub(p.since) / time.Duration(places)
	p.since = now
	p.perPlace += (took - p.perPlace) / 4
}

func (p *pace) estimate(position int) time.Duration {
	return time.Duration(position) * p.perPlace
}
