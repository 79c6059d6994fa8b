package hub

import (
	"context"
	"time"

	"go.uber.org/zap"

	"github.com/claimcall/claimcall/internal/call"
	"github.com/claimcall/claimcall/protocol"
)

// reportEvery is how often a report counts. Clients send one every two seconds at most.
const reportEvery = 1500 * time.Millisecond

// meter is what a socket keeps of the reports of its device, so that most of them ask nothing of the store. Whoever signs
// in again, at whatever node, begins with what the call has.
type meter struct {
	call.Meter
	call       string // that the reports are about; empty before the first
	generation int    // the newest that is known here
	at         time.Time
}

// reportStreams takes what a device measures. What comes too soon after the last is answered, and that is all.
func reportStreams(ctx context.Context, s *socket, data any) (any, call.Call, error) {
	in := data.(*protocol.StreamsReport)
	if time.Since(s.meter.at) < reportEvery {
		return protocol.Empty{}, call.Call{}, nil
	}
	s.meter.at = time.Now()
	s.hub.log.Debug("streams reported", zap.String("call", in.Call), zap.String("leg", string(s.user.Role)),
		zap.Int("generation", in.Generation), zap.Any("push", in.Push), zap.Any("play", in.Play))
	c, err := s.measure(ctx, in)
	return protocol.Empty{}, c, err
}

// measure takes a report to the meter, and from there to the call if that has to know.
func (s *socket) measure(ctx context.Context, in *protocol.StreamsReport) (call.Call, error) {
	m := &s.meter
	if m.call != in.Call || s.callNow() != in.Call || in.Generation > m.generation {
		if c, err := s.reported(ctx, in, nil); err != nil {
			return c, err
		}
	}
	if in.Generation != 0 && in.Generation < m.generation {
		return call.Call{}, nil
	}
	now := s.hub.Store.Now()
	m.Meter = m.Take(sample(in.Push), sample(in.Play), now, s.hub.Timing)
	if !m.HasNews(now) {
		return call.Call{}, nil
	}
	measured := m.Measured()
	return s.reported(ctx, in, &measured)
}

// reported tells the call what is measured, which is nil to ask only whether the device may tell, and follows the call.
func (s *socket) reported(ctx context.Context, in *protocol.StreamsReport, measured *call.Measured) (call.Call, error) {
	m := &s.meter
	if m.call != in.Call {
		m.Meter = call.Meter{}
	}
	m.call = ""
	c, err := s.hub.apply(ctx, in.Call, call.Reported{By: s.user, Session: s.session, Generation: in.Generation, Measured: measured})
	if err == nil {
		m.call, m.generation, m.Meter = c.ID, c.Generation, m.Follow(c, s.user.Role, s.hub.Timing)
	}
	return c, err
}

func sample(s *protocol.StreamStats) call.Sample {
	if s == nil {
		return call.Sample{}
	}
	return call.Sample{Level: s.Level, Code: s.Code}
}
