package assigntest

import (
	"testing"

	"github.com/claimcall/claimcall/protocol"
)

// script writes a History by hand, one operation after the other.
type script struct {
	history History
	clock   int64
}

// did adds an operation that took effect in a moment of its own.
func (s *script) did(kind protocol.Type, by, claimant string, saw sight) *script {
	s.clock += 10
	o := operation{kind: kind, by: by, claimant: claimant, sight: saw, asked: s.clock, answered: s.clock + 5}
	if kind == hear {
		o.asked = saw.version
	}
	s.history = append(s.history, o)
	return s
}

// failed adds an operation that was refused.
func (s *script) failed(kind protocol.Type, by, claimant string, code protocol.Code) *script {
	s.did(kind, by, claimant, sight{})
	s.history[len(s.history)-1].code = code
	return s
}

// lost adds an operation whose answer nobody heard.
func (s *script) lost(kind protocol.Type, by, claimant string) *script {
	s.did(kind, by, claimant, sight{})
	s.history[len(s.history)-1].answered = never
	return s
}

// The views of a call x of the claimant zhang, and of a call y of wang.
func waits(id string, version int64) sight {
	return sight{call: id, version: version, state: protocol.StateQueued}
}

func rings(id string, version int64, adjuster string) sight {
	return sight{call: id, version: version, state: protocol.StateRinging, adjuster: adjuster}
}

func talks(id string, version int64, adjuster string) sight {
	return sight{call: id, version: version, state: protocol.StateConnecting, adjuster: adjuster, accepted: true}
}

func over(s sight) sight {
	s.version, s.state = s.version+1, protocol.StateEnded
	return s
}

// Commands by their short names.
const (
	request = protocol.TypeCallRequest
	accept  = protocol.TypeCallAccept
	join    = protocol.TypeCallJoin
	hangup  = protocol.TypeCallHangup
	cancel  = protocol.TypeCallCancel
)

// TestSpecification: the specification explains what may happen, and refuses what must not.
func TestSpecification(t *testing.T) {
	begun := func() *script { return new(script).did(request, "zhang", "zhang", waits("x", 1)) }
	rung := func() *script { return begun().did(hear, "li", "zhang", rings("x", 2, "li")) }
	taken := func() *script { return rung().did(accept, "li", "zhang", talks("x", 3, "li")) }
	for name, test := range map[string]struct {
		script *script
		fine   bool
	}{
		"a call":                     {taken().did(join, "zhang", "zhang", talks("x", 4, "li")).did(hangup, "li", "zhang", over(talks("x", 4, "li"))), true},
		"a call after a lost accept": {rung().lost(accept, "li", "zhang").did(accept, "li", "zhang", talks("x", 3, "li")), true},
		"a call after a lost request": {new(script).lost(request, "zhang", "zhang").
			did(hear, "li", "zhang", rings("x", 2, "li")).did(request, "zhang", "zhang", rings("x", 2, "li")), true},
		"a ring that came to nothing": {rung().did(hear, "chen", "zhang", rings("x", 4, "chen")).
			failed(accept, "li", "zhang", protocol.CodeWithdrawn).did(accept, "chen", "zhang", talks("x", 5, "chen")), true},
		"a late event": {taken().did(hear, "zhang", "zhang", waits("x", 1)), true},
		"one call after the other": {taken().did(hangup, "li", "zhang", over(talks("x", 3, "li"))).
			did(request, "wang", "wang", waits("y", 1)).did(accept, "li", "wang", talks("y", 3, "li")), true},

		"two adjusters take a call":        {taken().did(accept, "chen", "zhang", talks("x", 4, "chen")), false},
		"two adjusters are rung at a time": {rung().did(hear, "chen", "zhang", rings("x", 2, "chen")), false},
		"an accept after the end": {rung().did(cancel, "zhang", "zhang", over(rings("x", 2, "li"))).
			did(accept, "li", "zhang", talks("x", 4, "li")), false},
		"an accept after the end by time": {rung().did(hear, "zhang", "zhang", over(rings("x", 2, "li"))).
			did(accept, "li", "zhang", talks("x", 4, "li")), false},
		"an accept that is forgotten":      {taken().did(hear, "chen", "zhang", rings("x", 5, "chen")), false},
		"an accept that nobody made":       {rung().did(hear, "zhang", "zhang", talks("x", 3, "li")), false},
		"an accept withdrawn after it won": {taken().failed(accept, "li", "zhang", protocol.CodeWithdrawn), false},
		"an end that is taken back": {taken().did(hangup, "zhang", "zhang", over(talks("x", 3, "li"))).
			did(join, "li", "zhang", talks("x", 5, "li")), false},
		"a hangup without an end":   {taken().did(hangup, "zhang", "zhang", talks("x", 3, "li")), false},
		"an answer from before":     {taken().did(join, "zhang", "zhang", rings("x", 2, "li")), false},
		"two calls for one request": {begun().did(request, "zhang", "zhang", waits("z", 1)), false},
		"a call that nobody asked":  {new(script).did(hear, "li", "zhang", rings("x", 2, "li")), false},
		"a claimant who is held":    {new(script).failed(request, "zhang", "zhang", protocol.CodeInCall), false},
		"an adjuster in two calls": {taken().did(request, "wang", "wang", waits("y", 1)).
			did(accept, "li", "wang", talks("y", 3, "li")).did(join, "zhang", "zhang", talks("x", 4, "li")), false},
		"a claimant whose adjuster is in another call": {taken().did(request, "wang", "wang", waits("y", 1)).
			did(accept, "li", "wang", talks("y", 3, "li")).did(join, "wang", "wang", talks("y", 4, "li")).
			did(hangup, "zhang", "zhang", over(talks("x", 3, "li"))).did(join, "zhang", "zhang", talks("x", 5, "li")), false},
	} {
		t.Run(name, func(t *testing.T) {
			if refused := test.script.history.refused(); (len(refused) == 0) != test.fine {
				t.Errorf("fine: %t, want %t:\n%s", !test.fine, test.fine, test.script.history)
			}
		})
	}
}
