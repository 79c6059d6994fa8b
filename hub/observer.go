package hub

import (
	"time"

	"github.com/claimcall/claimcall/internal/call"
	"github.com/claimcall/claimcall/internal/store"
	"github.com/claimcall/claimcall/protocol"
)

// Observer is told what a hub does, to count it. Its methods are called concurrently, by who has other things to do: they
// must not block. None of them is called for a socket that does nothing but beat.
type Observer interface {
	// CallMoved is a call that this node has brought to another state, or that it has given other streams.
	CallMoved(m Move)
	// Assigned is a try to ring an adjuster for a waiting call. It is not won when somebody else was faster.
	Assigned(won bool)
	// Commanded is a command that was carried out, or failed, after a time.
	Commanded(t protocol.Type, took time.Duration)
	// Failed is an error that a client was told.
	Failed(code protocol.Code)
	// Resynced is that messages for users of this node may have been lost, so that they are sent views afresh.
	Resynced(users int)
	// Dropped is a frame that had no room in the queue of a client, who is sent away.
	Dropped()
}

// Move is one step in the life of a call.
type Move struct {
	From, To protocol.State  // From is empty for a new call; the two are the same when only the streams are others
	After    time.Duration   // spent in From
	Age      time.Duration   // of the call
	Reason   protocol.Reason // of an end, or of a ring that came to nothing
	Provider string          // of streams, when To is active
	Left     string          // the provider before, when it is another one
}

// unobserved is an Observer that counts nothing.
type unobserved struct{}

func (unobserved) CallMoved(Move)                         {}
func (unobserved) Assigned(bool)                          {}
func (unobserved) Commanded(protocol.Type, time.Duration) {}
func (unobserved) Failed(protocol.Code)                   {}
func (unobserved) Resynced(int)                           {}
func (unobserved) Dropped()                               {}

// observeMoves tells the observer what a commit did to its call.
func (h *Hub) observeMoves(change store.Commit) {
	c := change.Call
	if c == nil {
		return
	}
	first := len(c.Timeline) - len(c.Since(change.CallWas))
	for i := first; i < len(c.Timeline); i++ {
		h.Observer.CallMoved(moveAt(c, i))
	}
}

// moveAt returns the step that the timeline has at an index.
func moveAt(c *call.Call, i int) Move {
	at := c.Timeline[i]
	m := Move{
		To: protocol.State(at.State), Age: at.At.Sub(c.CreatedAt), Reason: protocol.Reason(at.Reason), Provider: at.Provider,
	}
	if i > 0 {
		before := c.Timeline[i-1]
		m.From, m.After = protocol.State(before.State), at.At.Sub(before.At)
		if at.Provider != "" && before.Provider != at.Provider {
			m.Left = before.Provider
		}
	}
	return m
}

// Sessions returns how many sockets of each role are signed in on this node.
func (h *Hub) Sessions() map[protocol.Role]int {
	h.mu.Lock()
	defer h.mu.Unlock()
	signedIn := map[protocol.Role]int{}
	for role, n := range h.signedIn {
		signedIn[protocol.Role(role)] = n
	}
	return signedIn
}
