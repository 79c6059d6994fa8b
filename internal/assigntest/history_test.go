package assigntest

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/claimcall/claimcall/protocol"
)

// never is when an operation returned whose answer was lost, or said no more than that something went wrong. It may take
// effect at any time.
const never = math.MaxInt64

// hear is an event or a welcome: something read that nobody asked for.
const hear protocol.Type = "hear"

// sight is how a client saw a call.
type sight struct {
	call     string
	version  int64
	state    protocol.State
	adjuster string // empty when the view names none
	accepted bool   // it was, at some time
}

func sightOf(c *protocol.Call) sight {
	s := sight{call: c.ID, version: c.Version, state: c.State, accepted: !c.AcceptedAt.IsZero()}
	if c.Legs.Adjuster != nil {
		s.adjuster = c.Legs.Adjuster.User
	}
	return s
}

// talking reports whether the call was accepted and had not ended.
func (s sight) talking() bool {
	return s.state == protocol.StateConnecting || s.state == protocol.StateActive
}

// operation is something that a client asked or heard. A claimant has one call in a history, so the claimant's name
// stands for the call, also where its ID is not known.
type operation struct {
	kind     protocol.Type // the command, or hear
	by       string        // the adjuster or the claimant
	claimant string
	asked    int64         // when, in nanoseconds of the recorder's clock
	answered int64         // when the answer was heard, or never
	sight    sight         // of the answer; zero with an error
	code     protocol.Code // of an error; empty for ok, and where there is no answer
}

// unknown reports whether nobody knows what came of the operation.
func (o operation) unknown() bool { return o.answered == never }

// byAdjuster reports whether an adjuster asked or heard it.
func (o operation) byAdjuster() bool { return o.by != o.claimant }

func (o operation) String() string {
	outcome := fmt.Sprintf("%s v%d %s %s", o.sight.state, o.sight.version, o.sight.adjuster, o.sight.call)
	switch {
	case o.answered == never:
		outcome = "no answer"
	case o.code != "":
		outcome = string(o.code)
	}
	return fmt.Sprintf("%s by %s for %s: %s", o.kind, o.by, o.claimant, outcome)
}

// History is what all clients asked and heard from one quiet moment to the next.
type History []operation

// operations returns the history in the form that porcupine takes.
func (h History) operations() []porcupine.Operation {
	all := make([]porcupine.Operation, len(h))
	for i, o := range h {
		all[i] = porcupine.Operation{Input: o, Call: o.asked, Return: o.answered}
	}
	return all
}

// String tells the history in the order of its answers.
func (h History) String() string {
	var lines []string
	for _, o := range slices.SortedFunc(slices.Values(h), func(a, b operation) int { return cmp.Compare(a.answered, b.answered) }) {
		lines = append(lines, fmt.Sprintf("%12d %12d %s", o.asked, o.answered, o))
	}
	return strings.Join(lines, "\n")
}

// recorder writes the history down. All methods may be called concurrently.
type recorder struct {
	epoch time.Time

	mu      sync.Mutex
	history History
	begun   int64           // when this history began
	over    map[string]bool // calls of earlier histories: what is still heard of them is of no interest
}

func newRecorder() *recorder { return &recorder{epoch: time.Now(), over: map[string]bool{}} }

// now is the clock of all histories.
func (r *recorder) now() int64 { return int64(time.Since(r.epoch)) }

// add writes an operation down. What was heard without being asked for may have been so at any time before, but for the
// nanosecond that each version takes at least: porcupine is faster when what came first begins first.
func (r *recorder) add(o operation) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if o.kind == hear {
		o.asked, o.answered = r.begun+o.sight.version, r.now()
	}
	if !r.over[o.sight.call] {
		r.history = append(r.history, o)
	}
}

// cut ends the history, at a moment at which no call runs, and begins the next one.
func (r *recorder) cut() History {
	r.mu.Lock()
	defer r.mu.Unlock()
	h := r.history
	for _, o := range h {
		if o.sight.call != "" {
			r.over[o.sight.call] = true
		}
	}
	r.history, r.begun = nil, r.now()
	return h
}
