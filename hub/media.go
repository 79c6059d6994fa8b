package hub

import (
	"context"
	"slices"
	"time"

	"go.uber.org/zap"

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
	known []string  // providers that were down at the last look
	moved time.Time // when all calls were looked at last
}

func (m *mover) run(ctx context.Context) {
	m.hub.sweeper.runEvery(ctx, "move to another provider", m.look)
}

// look moves calls if a provider has gone down, or has been for a while.
func (m *mover) look(ctx context.Context) error {
	down := m.hub.down()
	news := slices.ContainsFunc(down, func(name string) bool { return !slices.Contains(m.known, name) })
	m.known = down
	if len(down) == 0 || !news && time.Since(m.moved) < moveEvery {
		return nil
	}
	m.moved = time.Now()
	err := forEach(m.hub.running(), func(id string) error { return m.hub.moveOff(ctx, id, down) })
	if err != nil {
		m.known = nil // the next look is for all of them again
	}
	return err
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

// reportEvery is how often a report counts. Clients send one every two seconds at most.
const reportEvery = 1500 * time.Millisecond

// reportStreams takes what a device measures. What comes too soon after the last is answered, and that is all.
func reportStreams(ctx context.Context, s *socket, data any) (any, call.Call, error) {
	in := data.(*protocol.StreamsReport)
	if time.Since(s.reported) < reportEvery {
		return protocol.Empty{}, call.Call{}, nil
	}
	s.reported = time.Now()
	c, err := s.hub.apply(ctx, in.Call, call.Reported{
		By: s.user, Session: s.session, Generation: in.Generation, Push: sample(in.Push), Play: sample(in.Play),
	})
	s.hub.log.Debug("streams reported", zap.String("call", in.Call), zap.String("leg", string(s.user.Role)),
		zap.Int("generation", in.Generation), zap.Any("push", in.Push), zap.Any("play", in.Play))
	return protocol.Empty{}, c, err
}

func sample(s *protocol.StreamStats) call.Sample {
	if s == nil {
		return call.Sample{}
	}
	return call.Sample{Level: s.Level, Code: s.Code}
}
