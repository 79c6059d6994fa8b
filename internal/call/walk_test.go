package call

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

// The walk visits every situation that the cast can bring a call into, breadth first, tries every event in it, now
// and a moment later, and checks what must always hold. Two calls are the same situation when no rule can tell
// them apart: names of versions and generations are left out, and times count as how long they are past.

// walkTiming has timers of a few units that differ where they compete, so that steps of one unit come to each just
// before, at and just after it.
var walkTiming = Timing{
	Ring: 2 * unit, Join: 2 * unit, Queue: 4 * unit, GraceClaimant: 2 * unit, GraceAdjuster: unit,
	RingGone: unit, WrapUp: unit, MaxCall: 2 * unit, MaxMissed: 2,
	Publish: unit, MediaSteady: unit, QualityRaise: unit, ProposeAudio: unit,
}

const unit = time.Second

// place is a call at a time.
type place struct {
	Call
	now time.Time
}

// situation is what is left of a place when everything that no rule looks at is taken away.
type situation struct {
	state              State
	caller             Role
	since              [2]int // of the state's own timers
	claimant, adjuster legSituation
	rung               string
	media              mediaSituation
	end                End
}

// mediaSituation is what an active call knows of its media.
type mediaSituation struct {
	provider        int
	failed          string
	proven          bool
	handed, carried int
}

type legSituation struct {
	user, session  string
	joined, online bool
	flow           Flow
	gone           int
}

// age is how many units a timer's start is past: from 1 for now to one unit beyond the timer, and 0 for never.
func (p place) age(start time.Time, timer time.Duration) int {
	if start.IsZero() {
		return 0
	}
	return int(min(p.now.Sub(start), timer+unit)/unit) + 1
}

func (p place) leg(side Role) legSituation {
	l := p.Leg(side)
	return legSituation{l.User, l.Session, l.Joined, l.Online, l.Flow, p.age(l.GoneAt, walkTiming.Grace(side))}
}

func (p place) situation() situation {
	s := situation{
		state: p.State, caller: p.Caller, rung: p.rung(),
		claimant: p.leg(Claimant), adjuster: p.leg(Adjuster), end: p.End,
	}
	switch p.State {
	case Queued:
		s.since[0] = p.age(p.CreatedAt, walkTiming.Queue)
	case Ringing:
		s.since = [2]int{p.age(p.CreatedAt, walkTiming.Queue), p.age(p.RingAt, walkTiming.Ring)}
	case Connecting:
		s.since[0] = p.age(p.JoinFrom, walkTiming.Join)
	case Active:
		s.since[0] = p.age(p.ActiveAt, walkTiming.MaxCall)
		s.media = p.media()
	case Ended: // what the legs were like no longer matters
		s.claimant, s.adjuster = legSituation{user: p.Claimant.User}, legSituation{user: p.Adjuster.User}
	}
	return s
}

// media is looked at in the walk with two providers only, which visits everything that it has to do with.
func (p place) media() mediaSituation {
	if len(p.Providers) == 1 {
		return mediaSituation{}
	}
	m := mediaSituation{provider: p.Provider, failed: strings.Join(p.Failed, " "), proven: p.Proven}
	if !p.publishOver(walkTiming).at.IsZero() {
		m.handed = p.age(p.HandedAt, walkTiming.Publish)
	}
	if !p.Proven {
		m.carried = p.age(p.CarriedFrom, walkTiming.MediaSteady)
	}
	return m
}

// rung is who was rung, in no order. In an accepted call that only decides who may speak, whatever the links are
// like: it is kept while they are plain.
func (p place) rung() string {
	if p.Accepted() && (p.Claimant.Link() != LinkUp || p.Adjuster.Link() != LinkUp) {
		return ""
	}
	rung := slices.Clone(p.Rung)
	slices.Sort(rung)
	return strings.Join(rung, " ")
}

// walker is one walk.
type walker struct {
	testing.TB
	seen  map[situation]bool
	queue []place
	steps int
}

func TestWalk(t *testing.T) {
	t.Parallel()
	for name, from := range map[string]func(testing.TB) Call{"request": queued, "invite": invited, "two providers": activeOnTwo} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := from(t)
			c.Deadline = c.nextTimer(walkTiming).at
			w := &walker{TB: t, seen: map[situation]bool{}}
			w.arrive(place{c, c.since()})
			for len(w.queue) > 0 && !t.Failed() {
				p := w.queue[0]
				w.queue = w.queue[1:]
				w.visit(p)
			}
			states := map[State]int{}
			for s := range w.seen {
				states[s.state]++
			}
			t.Logf("%d situations %v, %d steps", len(w.seen), states, w.steps)
			w.reachesEverything(c)
		})
	}
}

// since is when the state of a call began with which a walk begins.
func (c Call) since() time.Time {
	if c.State == Active {
		return c.ActiveAt
	}
	return c.CreatedAt
}

// arrive keeps a place whose situation is new. Every generation gets the same number, which has some before it.
func (w *walker) arrive(p place) {
	if p.Generation > 0 {
		p.Generation = 5
	}
	if key := p.situation(); !w.seen[key] {
		w.seen[key] = true
		w.queue = append(w.queue, p)
	}
}

// visit tries everything in one place, and then waits there for one unit.
func (w *walker) visit(p place) {
	p.Rung = append(make([]string, 0, 4), p.Rung...) // room in which a step could write behind our back
	before, room := deepCopy(p.Call), slices.Clone(p.Rung[:4])
	w.holdsUp(p)
	w.ticks(p)
	for _, ev := range events(p.Call) {
		w.step(p, ev)
	}
	if !reflect.DeepEqual(p.Call, before) || !slices.Equal(p.Rung[:4], room) {
		w.Errorf("a step changed its argument\nfrom %+v\nto   %+v", before, p.Call)
	}
	if p.State != Ended {
		w.arrive(place{p.Call, p.now.Add(unit)})
	}
}

// events are all that the cast can do to a call, with relevant versions and generations.
func events(c Call) []Event {
	evs := []Event{
		Tick{}, Finish{EndedByAdmin}, Finish{MediaFailed},
		Ring{User: "li", Seen: c.Adjuster.Seen + 1}, Ring{User: "wang", Seen: c.Adjuster.Seen + 1},
		PickUp{User: "li", Session: "l2"}, PickUp{User: "wang", Session: "w1"},
	}
	cast := walkCast
	if len(c.Providers) > 1 {
		cast = cast[:2] // the others have been tried in the walks with one provider
	}
	for _, p := range cast {
		evs = append(evs, Cancel{p.user}, Left{p.user})
		for _, s := range p.sessions {
			evs = append(evs, Accept{By: p.user, Session: s}, Reject{By: p.user, Session: s}, Join{By: p.user, Session: s}, Hangup{p.user, s},
				Refresh{By: p.user, Session: s}, Refresh{p.user, s, c.Generation}, Refresh{p.user, s, c.Generation - 1},
				ProviderFailed{By: p.user, Session: s}, ProviderFailed{p.user, s, c.Generation - 1, nil})
		}
		seen := c.Leg(p.user.Role).Seen
		evs = append(evs, gone(p.user, seen-1), gone(p.user, seen), gone(p.user, seen+1), online(p.user, seen+1, p.sessions...))
		if len(p.sessions) > 1 {
			evs = append(evs, online(p.user, seen, p.sessions[0]), online(p.user, seen+1, p.sessions[0]))
		}
	}
	for _, avoid := range [][]string{nil, {"srs"}} {
		evs = append(evs, ProviderFailed{Generation: c.Generation, Avoid: avoid}, ProviderFailed{Generation: c.Generation - 1, Avoid: avoid},
			ProviderFailed{li, "l1", c.Generation, avoid}, Tick{avoid})
	}
	for _, side := range []Role{Claimant, Adjuster} {
		evs = append(evs, FlowChanged{side, c.Generation - 1, true}, FlowChanged{side, c.Generation - 1, false},
			FlowChanged{side, c.Generation, true}, FlowChanged{side, c.Generation, false})
	}
	return evs
}

var walkCast = []struct {
	user     User
	sessions []string
}{{zhang, []string{"z1", "z2"}}, {li, []string{"l1", "l2"}}, {wang, []string{"w1"}}, {chen, []string{"x1"}}}

// step tries one event and goes where it leads.
func (w *walker) step(p place, ev Event) {
	w.steps++
	next, effects, err := Step(p.Call, ev, p.now, walkTiming)
	m := move{w, p.Call, next, ev, effects}
	if err != nil || next.Version == p.Version {
		m.changesNothing()
		return
	}
	m.goesForward()
	m.tellsTheRightPeople()
	m.movesHolds()
	w.arrive(place{next, p.now})
}

// holdsUp checks what must hold in every place.
func (w *walker) holdsUp(p place) {
	if live := p.State != Ended; live == p.Deadline.IsZero() {
		w.Errorf("%s with deadline %v", p.State, p.Deadline)
	}
	if (p.State == Queued) != (p.State != Ended && p.Adjuster.User == "") {
		w.Errorf("%s with adjuster %q", p.State, p.Adjuster.User)
	}
	if (p.State == Active) != (p.State != Ended && p.Claimant.Joined && p.Adjuster.Joined) {
		w.Errorf("%s, joined %v and %v", p.State, p.Claimant.Joined, p.Adjuster.Joined)
	}
	if p.State != Ended && (p.Generation > 0) != (p.State == Active) {
		w.Errorf("%s in generation %d", p.State, p.Generation)
	}
	for _, side := range []Role{Claimant, Adjuster} {
		leg := p.Leg(side)
		if leg.User != "" && leg.gone(side) == leg.GoneAt.IsZero() {
			w.Errorf("%s leg %+v is gone and its grace does not run, or the other way round", side, leg)
		}
		if leg.Joined && leg.Session == "" {
			w.Errorf("%s leg joined from nowhere", side)
		}
	}
}

// ticks checks that time alone moves a call at its deadline, not before, and to its end.
func (w *walker) ticks(p place) {
	c := p.Call
	for n := 0; c.State != Ended; n++ {
		if early, _, _ := Step(c, Tick{}, c.Deadline.Add(-1), walkTiming); early.Version != c.Version {
			w.Errorf("a tick before the deadline makes a call that is %s %s", c.State, early.State)
		}
		next, _, err := Step(c, Tick{}, c.Deadline, walkTiming)
		if err != nil || next.Version != c.Version+1 || n > 4 {
			w.Errorf("tick %d at the deadline leaves a call %s: %v", n, next.State, err)
			return
		}
		c = next
	}
}

// reachesEverything checks that the walk did not miss a state or an end.
func (w *walker) reachesEverything(from Call) {
	found := map[State]bool{}
	for s := range w.seen {
		found[State(fmt.Sprintf("%s%s", s.state, s.end.Reason))] = true
	}
	want := []State{Active}
	ends := []Reason{HungUp, Lost, MediaFailed, EndedByAdmin, MaxDuration}
	if from.State != Active {
		want, ends = append(want, Ringing, Connecting), append(ends, Canceled, JoinTimeout)
	}
	switch from.State {
	case Queued:
		want, ends = append(want, Queued), append(ends, NoAdjuster)
	case Ringing:
		ends = append(ends, Rejected, NoAnswer, GoneOffline)
	}
	for _, r := range ends {
		want = append(want, Ended+State(r))
	}
	for _, s := range want {
		if !found[s] {
			w.Errorf("the walk never came to %s", s)
		}
		delete(found, s)
	}
	if len(found) > 0 {
		w.Errorf("the walk came to %v as well", found)
	}
}

// move is one step of the walk that is looked at.
type move struct {
	testing.TB
	from, to Call
	ev       Event
	effects  []Effect
}

func (m move) complain(format string, args ...any) {
	m.Helper()
	m.Errorf("%T%+v from %s: %s\nfrom %+v\nto   %+v\neffects %q",
		m.ev, m.ev, m.from.State, fmt.Sprintf(format, args...), m.from, m.to, told(m.effects))
}

func (m move) changesNothing() {
	if m.effects != nil || !same(m.from, m.to) {
		m.complain("something changed in the same version")
	}
}

func (m move) goesForward() {
	masked := m.to
	masked.Version--
	rank := map[State]int{Queued: 1, Ringing: 2, Connecting: 3, Active: 4, Ended: 5}
	switch {
	case m.to.Version != m.from.Version+1:
		m.complain("version %d after %d", m.to.Version, m.from.Version)
	case same(m.from, masked):
		m.complain("a new version of the same")
	case m.from.State == Ended:
		m.complain("an ended call moved")
	case rank[m.to.State] < rank[m.from.State] && (m.from.State != Ringing || m.to.State != Queued):
		m.complain("went back to %s", m.to.State)
	case m.to.Generation < m.from.Generation || m.to.Generation > m.from.Generation+1:
		m.complain("generation %d after %d", m.to.Generation, m.from.Generation)
	case m.to.State == Ended && m.to.End.Reason == MediaFailed && !m.mayFailMedia():
		m.complain("ended for want of media")
	case m.to.Deadline != m.to.nextTimer(walkTiming).at:
		m.complain("deadline %v is not the next timer", m.to.Deadline)
	}
}

// mayFailMedia reports whether the event may end the call for want of media: the operator's word, or a party's when
// nothing is left that could carry it.
func (m move) mayFailMedia() bool {
	_, byOperator := m.ev.(Finish)
	failed, _ := m.ev.(ProviderFailed)
	secondChance := slices.Contains(m.from.Failed, m.from.ProviderName())
	return byOperator || failed.By.ID != "" && !m.from.Proven && secondChance && !slices.ContainsFunc(m.from.Providers, m.from.untried)
}

// tellsTheRightPeople checks who is notified: only parties, nobody of streams too early, everybody who rang of
// the end of the ring, and every party of the end of the call.
func (m move) tellsTheRightPeople() {
	heard := map[User]bool{} // that the ring or the call is over
	for _, e := range m.effects {
		n, ok := e.(Notify)
		switch {
		case !ok:
			continue
		case n.To.ID == "":
			m.complain("nobody is told of %s", n.Notice)
		case !m.to.Has(n.To) && (n.Notice != NoticeWithdrawn || !m.from.Has(n.To) || !m.to.WasRung(n.To)):
			m.complain("%s has no business with the call", n.To.ID)
		case n.Notice == NoticeStreams && (!m.to.Claimant.Joined || !m.to.Adjuster.Joined || n.Session == ""):
			m.complain("streams before both joined")
		case n.Notice == NoticeWithdrawn, n.Notice == NoticeHangup:
			heard[n.To] = true
		}
	}
	called := m.from.User(m.from.Called())
	if m.from.State == Ringing && m.to.State != Ringing && !heard[called] {
		m.complain("%s rings on", called.ID)
	}
	for _, side := range []Role{Claimant, Adjuster} {
		if u := m.from.User(side); m.to.State == Ended && u.ID != "" && !heard[u] {
			m.complain("%s is not told of the end", u.ID)
		}
	}
}

// movesHolds checks that exactly the parties of a live call are held by it, whatever happens.
func (m move) movesHolds() {
	held := parties(m.from)
	for _, e := range m.effects {
		switch e := e.(type) {
		case Hold:
			if held[e.User] {
				m.complain("%s is held twice", e.User.ID)
			}
			held[e.User] = true
		case Take:
			if !held[e.User] {
				m.complain("%s is taken without a hold", e.User.ID)
			}
		case Release:
			if !held[e.User] {
				m.complain("%s is released without a hold", e.User.ID)
			}
			delete(held, e.User)
		}
	}
	if !reflect.DeepEqual(held, parties(m.to)) {
		m.complain("holds %v", held)
	}
}

// parties are the users that a call has to hold.
func parties(c Call) map[User]bool {
	users := map[User]bool{}
	for _, side := range []Role{Claimant, Adjuster} {
		if u := c.User(side); u.ID != "" && c.State != Ended {
			users[u] = true
		}
	}
	return users
}

// same compares all of two calls. Reflection would take most of the walk's time.
func same(a, b Call) bool {
	return a.ID == b.ID && a.Version == b.Version && a.State == b.State && a.Caller == b.Caller &&
		a.RequestID == b.RequestID && a.ClaimNo == b.ClaimNo && a.Queue == b.Queue && a.Media == b.Media && a.Note == b.Note && a.Notes == b.Notes &&
		a.CreatedAt == b.CreatedAt && a.RingAt == b.RingAt && a.AcceptedAt == b.AcceptedAt && a.JoinFrom == b.JoinFrom &&
		a.ActiveAt == b.ActiveAt && a.EndedAt == b.EndedAt && a.Deadline == b.Deadline &&
		a.Claimant == b.Claimant && a.Adjuster == b.Adjuster &&
		a.Provider == b.Provider && a.Proven == b.Proven && a.Generation == b.Generation && a.End == b.End &&
		a.HandedAt == b.HandedAt && a.CarriedFrom == b.CarriedFrom &&
		a.Omitted == b.Omitted && slices.Equal(a.Timeline, b.Timeline) &&
		slices.Equal(a.Failed, b.Failed) && slices.Equal(a.Declined, b.Declined) &&
		slices.Equal(a.Skills, b.Skills) && slices.Equal(a.Rung, b.Rung) && slices.Equal(a.Providers, b.Providers)
}

// A field that is added to Call has to be added to same.
func TestSameKnowsEveryField(t *testing.T) {
	t.Parallel()
	full := active(t)
	full.Rung, full.Note, full.Notes, full.Provider = []string{"wang"}, "at the gate", "dent", 1
	full.Failed, full.Declined = []string{"srs"}, []No{{wang, "lunch"}}
	full.Omitted = 1
	full.Proven, full.CarriedFrom = true, at(8)
	for i := range reflect.TypeFor[Call]().NumField() {
		other := full
		if f := reflect.ValueOf(&other).Elem().Field(i); f.IsZero() {
			f.Set(reflect.ValueOf(ended(t)).Field(i))
		} else {
			f.SetZero()
		}
		if name := reflect.TypeFor[Call]().Field(i).Name; same(full, other) {
			t.Errorf("%s makes no difference", name)
		}
	}
}
