package metrics

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/claimcall/claimcall/hub"
	"github.com/claimcall/claimcall/protocol"
)

// calls counts what a hub does. It is a hub.Observer.
type calls struct {
	states, ended, rings, handOuts, failovers, assignments, errors *prometheus.CounterVec

	stateTimes, waits, commands        *prometheus.HistogramVec
	resyncs, resyncedUsers, framesLost prometheus.Counter
}

func (c *calls) register(r prometheus.Registerer) {
	c.states = counters(r, "calls_total", "Calls that this node brought into a state.", "state")
	c.ended = counters(r, "calls_ended_total", "Calls that this node ended, by reason.", "reason")
	c.rings = counters(r, "rings_failed_total", "Rings that came to nothing, so that the call went back to its queue.", "reason")
	c.stateTimes = times(r, "call_state_seconds", "How long calls were in a state that they have left: ringing is the time to ring.", humanTimes(), "state")
	c.waits = times(r, "call_wait_seconds", "From the wish for a call to its accept.", humanTimes())
	c.handOuts = counters(r, "streams_handed_out_total", "Generations of streams, by provider.", "provider")
	c.failovers = counters(r, "failovers_total", "Calls that were taken off a provider.", "provider")
	c.assignments = counters(r, "assignments_total", "Tries to ring an adjuster for a waiting call; late when somebody was faster.", "outcome")
	c.commands = times(r, "command_seconds", "How long commands took, whatever came of them. Without pings.", machineTimes(), "type")
	c.errors = counters(r, "errors_total", "Errors that clients were told.", "code")
	c.resyncs = counter(r, "resyncs_total", "Times at which messages may have been lost while somebody was signed in.")
	c.resyncedUsers = counter(r, "resynced_users_total", "Users who were sent views afresh by that.")
	c.framesLost = counter(r, "frames_dropped_total", "Frames without room in the queue of a client who does not read.")
	for _, reason := range []protocol.Reason{protocol.ReasonHangup, protocol.ReasonLost, protocol.ReasonMediaFailed} {
		c.ended.WithLabelValues(string(reason)) // rates are known from the first one on
	}
}

// CallMoved implements hub.Observer.
func (c *calls) CallMoved(m hub.Move) {
	if m.To == protocol.StateActive {
		c.handOuts.WithLabelValues(m.Provider).Inc()
		if m.Left != "" {
			c.failovers.WithLabelValues(m.Left).Inc()
		}
	}
	if m.From == m.To {
		return
	}
	c.states.WithLabelValues(string(m.To)).Inc()
	if m.From != "" {
		c.stateTimes.WithLabelValues(string(m.From)).Observe(m.After.Seconds())
	}
	switch m.To {
	case protocol.StateQueued:
		if m.From != "" {
			c.rings.WithLabelValues(string(m.Reason)).Inc()
		}
	case protocol.StateConnecting:
		c.waits.WithLabelValues().Observe(m.Age.Seconds())
	case protocol.StateEnded:
		c.ended.WithLabelValues(string(m.Reason)).Inc()
	}
}

// Assigned implements hub.Observer.
func (c *calls) Assigned(won bool) {
	outcome := "late"
	if won {
		outcome = "won"
	}
	c.assignments.WithLabelValues(outcome).Inc()
}

// Commanded implements hub.Observer.
func (c *calls) Commanded(t protocol.Type, took time.Duration) {
	c.commands.WithLabelValues(string(t)).Observe(took.Seconds())
}

// Failed implements hub.Observer.
func (c *calls) Failed(code protocol.Code) { c.errors.WithLabelValues(string(code)).Inc() }

// Resynced implements hub.Observer.
func (c *calls) Resynced(users int) {
	c.resyncs.Inc()
	c.resyncedUsers.Add(float64(users))
}

// Dropped implements hub.Observer.
func (c *calls) Dropped() { c.framesLost.Inc() }
