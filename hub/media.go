package hub

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/claimcall/claimcall/internal/call"
	"github.com/claimcall/claimcall/protocol"
)

// down returns the providers that are known to be down.
func (h *Hub) down() []string {
	healthy, ok := h.Streams.(Healthy)
	if !ok {
		return nil
	}
	return slices.DeleteFunc(h.Streams.Providers(), func(name string) bool { return healthy.Health(name) == nil })
}

// moveEvery is how often all calls of a provider that stays down are looked at again: the next one may have been down, too.
const moveEvery = 10 * time.Second

// mover takes the calls of this node's clients off providers that go down.
type mover struct {
	hub   *Hub
	known []string      // providers that were down at the last look
	after time.Time     // when all calls are looked at again
	pause time.Duration // from a look that failed to the next; 0 after one that did not
}

func (m *mover) run(ctx context.Context) {
	m.hub.sweeper.runEvery(ctx, "move to another provider", m.look)
}

// look moves calls if a provider has gone down, or has been for a while, or could not be moved off.
func (m *mover) look(ctx context.Context) error {
	down := m.hub.down()
	news := slices.ContainsFunc(down, func(name string) bool { return !slices.Contains(m.known, name) })
	m.known = down
	if len(down) == 0 || !news && time.Now().Before(m.after) {
		return nil
	}
	err := forEach(m.hub.running(), func(id string) error { return m.hub.moveOff(ctx, id, down) })
	m.pause = pauseAfter(err, m.pause)
	m.after = time.Now().Add(cmp.Or(m.pause, moveEvery))
	return err
}

// pauseAfter returns how long not to look again after a failure: each time twice as long, as each look reads every call.
func pauseAfter(err error, last time.Duration) time.Duration {
	if err == nil {
		return 0
	}
	return min(max(2*last, sweepEvery), moveEvery)
}

// running returns the calls that this node's clients are in.
func (h *Hub) running() []string {
	var ids []string
	h.mu.Lock()
	for _, sockets := range h.sockets {
		for _, s := range sockets {
			if id := s.callNow(); id != "" {
				ids = append(ids, id)
			}
		}
	}
	h.mu.Unlock()
	slices.Sort(ids)
	return slices.Compact(ids)
}

// callNow returns the call that runs for the client; "" for none.
func (s *socket) callNow() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.busy {
		return ""
	}
	return s.call
}

// moveOff takes an active call to another provider if the one in use is down.
func (h *Hub) moveOff(ctx context.Context, id string, down []string) error {
	c, err := h.Store.Call(ctx, id)
	if err != nil || c.State != call.Active || !slices.Contains(down, c.ProviderName()) {
		return ignoreGone(err)
	}
	_, err = h.applyTo(ctx, known{call: &c}, id, call.ProviderFailed{Generation: c.Generation, Avoid: down})
	return ignoreGone(err)
}

// refreshEvent returns what a wish for new streams is to the call: a report of failure, or no more than a wish.
func (s *socket) refreshEvent(in *protocol.StreamsRefresh) call.Event {
	if in.Why == protocol.WhyFailed {
		return call.ProviderFailed{By: s.user, Session: s.session, Generation: in.Generation, Avoid: s.hub.down()}
	}
	return call.Refresh{By: s.user, Session: s.session, Generation: in.Generation}
}
