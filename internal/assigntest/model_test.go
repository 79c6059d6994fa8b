package assigntest

import (
	"slices"
	"strings"

	"github.com/anishathalye/porcupine"

	"github.com/claimcall/claimcall/protocol"
)

// assignment is the state of one call in the specification. The clients do not ask for everything that happens to a
// call: it is assigned, its ring ends, its time runs out. So a state follows from another by a command, or by itself as
// leadsTo says. A call is never accepted by itself: it takes the accept of the very adjuster.
type assignment struct {
	sight
	// vague says that the state is known by what followed from it: its version is beyond the one here.
	vague bool
}

// become returns the state that follows unseen.
func (a assignment) become(state protocol.State, adjuster string) assignment {
	next := assignment{sight: a.sight, vague: true}
	next.state, next.adjuster = state, adjuster
	return next
}

// leadsTo reports whether what s shows follows from a without a command of a client.
func (a assignment) leadsTo(s sight) bool {
	sameTalk := s.adjuster == a.adjuster && s.accepted
	switch a.state {
	case protocol.StateQueued, protocol.StateRinging:
		return !s.talking() && !s.accepted
	case protocol.StateConnecting:
		return sameTalk && (s.talking() || s.state == protocol.StateEnded)
	case protocol.StateActive:
		return sameTalk && (s.state == protocol.StateActive || s.state == protocol.StateEnded)
	case protocol.StateEnded:
		same := s.accepted == a.accepted && (!s.accepted || s.adjuster == a.adjuster)
		return a.vague && s.state == protocol.StateEnded && same
	}
	return false // nothing was asked for yet
}

// shows returns the states in which a call shows s: one, or none if it can't.
func (a assignment) shows(s sight) []assignment {
	switch {
	case a.state == "", a.call != "" && a.call != s.call:
		return nil
	case !a.vague && s.version == a.version && s == a.sight:
		return []assignment{a}
	case s.version > a.version && a.leadsTo(s):
		return []assignment{{sight: s}}
	}
	return nil
}

// steps returns the states in which a call can be after o.
func (a assignment) steps(o operation) []assignment {
	switch {
	case o.kind == protocol.TypeCallRequest:
		return a.request(o)
	case o.kind == protocol.TypeCallAccept:
		return a.accept(o)
	case o.code == protocol.CodeCallEnded:
		return a.ended()
	case o.code != "":
		return []assignment{a}
	case o.byAdjuster() && o.sight.adjuster != o.by:
		return a.without(o.by)
	case o.sight.state != protocol.StateEnded && (o.kind == protocol.TypeCallHangup || o.kind == protocol.TypeCallCancel):
		return nil
	}
	return a.shows(o.sight)
}

// request begins the call, once, whether or not its answer is heard. Asked for again it shows how the call stands.
func (a assignment) request(o operation) []assignment {
	switch {
	case o.unknown() && a.state == "":
		return []assignment{a, a.become(protocol.StateQueued, "")}
	case o.unknown():
		return []assignment{a}
	case o.code != "":
		return nil
	case a.state == "" && o.sight.state == protocol.StateQueued:
		return []assignment{{sight: o.sight}}
	}
	return a.shows(o.sight)
}

// accept takes a call that rings for the adjuster, and succeeds again for the one who has it.
func (a assignment) accept(o operation) []assignment {
	canRing := a.state == protocol.StateQueued || a.state == protocol.StateRinging
	hasIt := a.sight.talking() && a.adjuster == o.by
	switch {
	case o.unknown() && canRing:
		taken := a.become(protocol.StateConnecting, o.by)
		taken.accepted = true
		return []assignment{a, taken}
	case o.unknown():
		return []assignment{a}
	case o.code == protocol.CodeCallEnded:
		return a.ended()
	case o.code == protocol.CodeWithdrawn && !hasIt:
		return a.without(o.by)
	case o.code == protocol.CodeAnsweredElsewhere && hasIt:
		return []assignment{a}
	case o.code != "", !o.sight.talking(), o.sight.adjuster != o.by:
		return nil
	case canRing && o.sight.version > a.version:
		return []assignment{{sight: o.sight}}
	}
	return a.shows(o.sight)
}

// ended returns the state in which a client learned that the call is over, and no more.
func (a assignment) ended() []assignment {
	switch a.state {
	case "":
		return nil
	case protocol.StateEnded:
		return []assignment{a}
	}
	return []assignment{a.become(protocol.StateEnded, a.adjuster)}
}

// without returns the state in which an adjuster learned that the call is not for him or her, and no more.
func (a assignment) without(adjuster string) []assignment {
	switch {
	case a.state == protocol.StateRinging && a.adjuster == adjuster:
		return []assignment{a.become(protocol.StateQueued, "")}
	case a.sight.talking() && a.adjuster == adjuster:
		return nil
	}
	return []assignment{a}
}

// callModel says what one claimant's call may look like: one call for one request, one adjuster at a time, accepted by
// one who was rung, never after its end, and every version seen the same by everybody.
func callModel() porcupine.Model {
	model := porcupine.NondeterministicModel{
		Init: func() []any { return []any{assignment{}} },
		Step: func(state, input, _ any) []any {
			var next []any
			for _, a := range state.(assignment).steps(input.(operation)) {
				next = append(next, a)
			}
			return next
		},
	}
	return model.ToModel()
}

// desk is the state of one adjuster in the specification: the call that the adjuster is in, and those that were.
type desk struct {
	call string
	left string // IDs, each followed by a blank
}

// leave returns the desk after a call.
func (d desk) leave(id string) desk {
	if d.call == id {
		d.call = ""
	}
	if id != "" && !d.has(id) {
		left := append(strings.Fields(d.left), id)
		slices.Sort(left)
		d.left = strings.Join(left, " ") + " "
	}
	return d
}

// has reports whether the adjuster was in a call and is not any more.
func (d desk) has(id string) bool { return strings.Contains(d.left, id+" ") }

// step takes the answer of a command: the adjuster was in the call at that time, or had left it.
func (d desk) step(s sight) (bool, desk) {
	switch {
	case s.state == protocol.StateEnded:
		return true, d.leave(s.call)
	case d.call == s.call:
		return true, d
	case d.has(s.call):
		return false, d
	}
	d = d.leave(d.call)
	d.call = s.call
	return true, d
}

// adjusterModel says what the calls of one adjuster may look like: one at a time, none of them twice.
func adjusterModel() porcupine.Model {
	return porcupine.Model{
		Init: func() any { return desk{} },
		Step: func(state, input, _ any) (bool, any) { return state.(desk).step(input.(operation).sight) },
	}
}

// refused returns the parts of the history that the specification has no explanation for.
func (h History) refused() []History {
	calls, desks := map[string]History{}, map[string]History{}
	for _, o := range h.withoutEchoes() {
		calls[o.claimant] = append(calls[o.claimant], o)
		if o.kind != hear && o.sight.accepted {
			desks[o.sight.adjuster] = append(desks[o.sight.adjuster], o)
		}
	}
	return append(refusedBy(callModel(), calls), refusedBy(adjusterModel(), desks)...)
}

// withoutEchoes leaves out what was heard before: the earlier of two events that show the same says more.
func (h History) withoutEchoes() History {
	heard := map[operation]bool{}
	return slices.DeleteFunc(slices.Clone(h), func(o operation) bool {
		if o.kind != hear {
			return false
		}
		if o.asked, o.answered = 0, 0; !o.byAdjuster() || o.sight.adjuster == o.by {
			o.by = ""
		}
		echo := heard[o]
		heard[o] = true
		return echo
	})
}

func refusedBy(model porcupine.Model, parts map[string]History) []History {
	var refused []History
	for _, part := range parts {
		if !porcupine.CheckOperations(model, part.operations()) {
			refused = append(refused, part)
		}
	}
	return refused
}
