package faulttest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/claimcall/claimcall/protocol"
)

// bot is a party that acts by itself, and comes back to some node whenever it has to. It never fails the test: what it
// leaves behind is judged when all is quiet.
type bot struct {
	*party
	c     *cluster
	stays bool // of a claimant: talks to the end

	// Of the bot's goroutine; of anybody once that has ended.
	call    string    // of a claimant: the running one
	request string    // of a claimant: the one that has not been answered
	begun   time.Time // when that was answered
	since   time.Time // when it was seen to be active
	talks   time.Duration
	back    time.Time // when it comes back; zero while it is there
	backoff backoff
	made    map[string]time.Time // when it was told of calls, by id: those that a claimant began, an adjuster answered
	pinged  time.Time
	why     protocol.Code // of the last refusal
	strange []string      // what should not have happened
}

func (c *cluster) bot(role, name string) *bot {
	return &bot{party: newParty(c.t, role, name), c: c, made: map[string]time.Time{}}
}

// run acts until ctx ends and nothing is left to finish.
func (b *bot) run(ctx context.Context, stay context.Context) {
	wake := time.NewTimer(0)
	defer wake.Stop()
	for stay.Err() == nil {
		b.mu.Lock()
		open, code, news := b.open, b.code, b.news
		b.mu.Unlock()
		switch {
		case !open && !code.Reconnect():
			b.strange = append(b.strange, fmt.Sprintf("sent away for good with %d", code))
			return
		case !open:
			b.comesBack()
		case b.role == "adjuster":
			b.work()
		case ctx.Err() != nil && b.call == "" && b.request == "":
			return
		default:
			b.ask(ctx)
		}
		b.ping()
		wake.Reset(b.nap())
		select {
		case <-news:
		case <-wake.C:
		case <-stay.Done():
		}
	}
}

// comesBack connects to some node once it is time to: when it was told to, or after a pause by the SDK's rule. As with the
// proxy of docker-compose.yml, a node that opens no socket, because it is gone or drains, is passed over.
func (b *bot) comesBack() {
	if b.back.IsZero() {
		b.back = time.Now().Add(b.pause())
	}
	if time.Now().Before(b.back) {
		return
	}
	b.back = time.Time{}
	for _, n := range b.c.inTurn() {
		if err := b.connect(n); !errors.Is(err, errRefused) {
			return
		}
	}
}

// pause returns how long to stay away. A word of a node's counts once.
func (b *bot) pause() time.Duration {
	b.mu.Lock()
	bye := b.bye
	b.bye = nil
	b.mu.Unlock()
	if bye != nil {
		return time.Duration(bye.AfterMS) * time.Millisecond
	}
	return b.backoff.next()
}

// nap returns when to look again if there is no news.
func (b *bot) nap() time.Duration {
	if b.back.IsZero() {
		return 500 * time.Millisecond
	}
	return max(0, time.Until(b.back))
}

// any returns some node.
func (c *cluster) any() *node { return c.inTurn()[0] }

// inTurn returns all nodes, in any order.
func (c *cluster) inTurn() []*node {
	c.mu.Lock()
	defer c.mu.Unlock()
	nodes := slices.Collect(maps.Values(c.nodes))
	rand.Shuffle(len(nodes), func(i, j int) { nodes[i], nodes[j] = nodes[j], nodes[i] })
	return nodes
}

// ping finds out whether anybody is there, as a client's heartbeat does.
func (b *bot) ping() {
	if time.Since(b.pinged) < 3*time.Second {
		return
	}
	b.pinged = time.Now()
	switch err := b.asks(protocol.TypePing, protocol.Ping{}, &protocol.Pong{}); {
	case err == nil:
		b.backoff.reset()
	case !errors.Is(err, errGone):
		b.hangsUpSocket()
	}
}

// tries sends a command about a call. It reports whether the call has refused for good.
func (b *bot) tries(typ protocol.Type, data any) (answer protocol.CallAnswer, refused bool) {
	err := b.asks(typ, data, &answer)
	var why *protocol.Error
	switch {
	case errors.As(err, &why):
		b.why = why.Code
		return answer, !why.Retry
	case err != nil:
		b.hangsUpSocket()
	}
	return answer, false
}

// work is what an adjuster does: be available, answer, join.
func (b *bot) work() {
	b.mu.Lock()
	away := b.avail == protocol.AvailabilityAway
	b.mu.Unlock()
	if away {
		b.tries(protocol.TypeAvailabilitySet, protocol.AvailabilitySet{State: protocol.AvailabilityAvailable})
	}
	for id, c := range b.all() {
		var refused bool
		switch {
		case c.State == protocol.StateEnded || c.State == protocol.StateQueued || b.letGo(id):
			refused = true
		case c.State == protocol.StateRinging:
			refused = b.takesCall(id)
		case c.Legs.Adjuster != nil && !c.Legs.Adjuster.Joined:
			_, refused = b.tries(protocol.TypeCallJoin, ref(id))
		}
		if refused {
			b.forgets(id)
		}
	}
}

// takesCall accepts a call. It reports whether that was refused for good.
func (b *bot) takesCall(id string) bool {
	answer, refused := b.tries(protocol.TypeCallAccept, ref(id))
	if answer.Call.ID == id {
		b.made[id] = time.Now()
	}
	return refused
}

func (b *bot) forgets(id string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.views, id)
	delete(b.streams, id)
}

// ask is what a claimant does: request a call, join it, talk for a while, hang up, and again.
func (b *bot) ask(ctx context.Context) {
	if b.call == "" && b.request == "" {
		b.call = b.shown() // a call whose end is forgotten
	}
	if b.call == "" {
		b.begin(ctx)
		return
	}
	c := b.known(b.call)
	refused := false
	switch {
	case c.State == protocol.StateEnded || b.dropped():
		refused = true
	case c.State == protocol.StateConnecting && !c.Legs.Claimant.Joined:
		_, refused = b.tries(protocol.TypeCallJoin, ref(b.call))
	case c.State == protocol.StateActive && b.since.IsZero():
		b.since, b.talks = time.Now(), rand.N(3*time.Second)
	case c.State == protocol.StateActive && time.Since(b.since) > b.talks && (ctx.Err() != nil || !b.stays):
		_, refused = b.tries(protocol.TypeCallHangup, ref(b.call))
	}
	if refused {
		b.forgets(b.call)
		b.call, b.since = "", time.Time{}
	}
}

// dropped reports whether the newest welcome came after the call had begun and knows nothing of it, and nothing came since.
func (b *bot) dropped() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.log) == 0 {
		return false
	}
	last := b.log[len(b.log)-1]
	return last.typ == protocol.TypeWelcome && last.call == "" && last.at.After(b.begun) && time.Since(last.at) > time.Second
}

// shown returns a call that is shown as running; empty for none.
func (b *bot) shown() string {
	for id, c := range b.all() {
		if c.State != protocol.StateEnded {
			return id
		}
	}
	return ""
}

func (b *bot) begin(ctx context.Context) {
	if b.request == "" {
		if ctx.Err() != nil {
			return
		}
		b.request = rid()
	}
	answer, refused := b.tries(protocol.TypeCallRequest, protocol.CallRequest{RequestID: b.request, ClaimNo: "C-" + b.name})
	switch {
	case refused:
		b.request = ""
		if now := time.Now(); b.why == protocol.CodeInCall && b.c.wasKilled(now.Add(-patience), now) {
			return // the end of the call before is forgotten
		}
		b.strange = append(b.strange, "a request was refused: "+string(b.why))
	case answer.Call.ID != "":
		b.mu.Lock()
		b.learnLocked(answer.Call, nil)
		b.mu.Unlock()
		b.call, b.request, b.begun = answer.Call.ID, "", time.Now()
		b.made[b.call] = b.begun
	}
}

// crowd runs bots, each in a goroutine of its own.
func crowd(bots []*bot, ctx, stay context.Context) *sync.WaitGroup {
	var all sync.WaitGroup
	for _, b := range bots {
		all.Go(func() { b.run(ctx, stay) })
	}
	return &all
}
