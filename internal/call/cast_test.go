package call

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

// The cast: a claimant, two adjusters, and one who has nothing to do with the call.
var (
	zhang = User{Role: Claimant, ID: "zhang"}
	li    = User{Role: Adjuster, ID: "li"}
	wang  = User{Role: Adjuster, ID: "wang"}
	chen  = User{Role: Adjuster, ID: "chen"}
)

// nine is when every call of the tables begins.
var nine = time.Date(2026, 11, 3, 9, 0, 0, 0, time.UTC)

func at(seconds float64) time.Time {
	return nine.Add(time.Duration(seconds * float64(time.Second)))
}

// signedIn is a presence of version 1 with one session per name, all with a socket.
func signedIn(u User, sessions ...string) Presence {
	p := Presence{User: u, Name: "Name of " + u.ID, Version: 1, Setting: Available}
	for _, id := range sessions {
		p = p.Attach(Session{ID: id, Node: "n1"}, nine)
	}
	return p
}

func requestOf(p Presence) Request {
	return Request{
		ID: "c1", RequestID: "r1", ClaimNo: "A-1", Queue: "default", Skills: []string{"glass"},
		Media: Video, Providers: []string{"relay"}, Claimant: p,
	}
}

// queued is a call that zhang requested from two devices at nine.
func queued(t testing.TB) Call {
	t.Helper()
	c, _ := NewRequest(requestOf(signedIn(zhang, "z1", "z2")), nine, DefaultTiming())
	return c
}

// ringing is queued with li rung one second later.
func ringing(t testing.TB) Call { return after(t, queued(t), 1, Ring{User: "li", Name: "Li", Seen: 1}) }

// invited is a direct call of li to zhang.
func invited(t testing.TB) Call {
	t.Helper()
	c, _ := NewInvite(Invite{
		ID: "c1", ClaimNo: "A-1", Media: Video, Providers: []string{"relay"},
		Adjuster: signedIn(li, "l1", "l2"), Claimant: signedIn(zhang, "z1", "z2"),
	}, nine, DefaultTiming())
	return c
}

// connecting is ringing, accepted by li on l1 after five seconds.
func connecting(t testing.TB) Call { return after(t, ringing(t), 5, Accept{By: li, Session: "l1"}) }

// active is connecting, joined from l1 at six and from z1 at seven seconds.
func active(t testing.TB) Call {
	return after(t, after(t, connecting(t), 6, Join{By: li, Session: "l1"}), 7, Join{By: zhang, Session: "z1"})
}

// ended is active, hung up by zhang after sixty seconds.
func ended(t testing.TB) Call { return after(t, active(t), 60, Hangup{zhang, "z1"}) }

// after is c once ev has happened, which has to change it.
func after(t testing.TB, c Call, seconds float64, ev Event) Call {
	t.Helper()
	next, _, err := Step(c, ev, at(seconds), DefaultTiming())
	if err != nil || next.Version != c.Version+1 {
		t.Fatalf("%T at %v s: version %d -> %d, error %v", ev, seconds, c.Version, next.Version, err)
	}
	return next
}

// online and gone are presence events of a leg in the tables, where every leg has seen version 1.
func online(u User, version int64, sessions ...string) PresenceChanged {
	return PresenceChanged{User: u, Version: version, Sessions: sessions}
}

func gone(u User, version int64) PresenceChanged { return PresenceChanged{User: u, Version: version} }

// row is one line of a table: what an event does to a call.
type row struct {
	name string
	from func(testing.TB) Call
	ev   Event
	at   float64 // seconds after nine

	same    bool // nothing changes
	err     error
	state   State // "ended: hangup by claimant" and the like, see standing
	effects []string
	check   func(testing.TB, Call)
}

func run(t *testing.T, rows []row) {
	t.Helper()
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) { r.run(t) })
	}
}

func (r row) run(t *testing.T) {
	t.Helper()
	c := r.from(t)
	before := deepCopy(c)
	next, effects, err := Step(c, r.ev, at(r.at), DefaultTiming())
	if !reflect.DeepEqual(c, before) {
		t.Errorf("the argument was changed to %+v", c)
	}
	if !errors.Is(err, r.err) {
		t.Fatalf("error %v, want %v", err, r.err)
	}
	if r.same || r.err != nil {
		if !reflect.DeepEqual(next, before) || effects != nil {
			t.Fatalf("not the same: %+v, effects %v", next, told(effects))
		}
		return
	}
	if next.Version != c.Version+1 {
		t.Errorf("version %d after %d", next.Version, c.Version)
	}
	if got := standing(next); got != r.state {
		t.Errorf("state %q, want %q", got, r.state)
	}
	if got := told(effects); !slices.Equal(got, r.effects) {
		t.Errorf("effects\n  %s\nwant\n  %s", strings.Join(got, "\n  "), strings.Join(r.effects, "\n  "))
	}
	if r.check != nil {
		r.check(t, next)
	}
}

// standing is the state, for an ended call with its end.
func standing(c Call) State {
	if c.State != Ended {
		return c.State
	}
	return State(strings.TrimSuffix(fmt.Sprintf("ended: %s by %s", c.End.Reason, c.End.By), " by "))
}

// told writes effects as lines such as "call.withdrawn li -l1 canceled", where "li/l1" is one session of li and
// "-l1" every one but that.
func told(effects []Effect) []string {
	var lines []string
	for _, e := range effects {
		lines = append(lines, line(e))
	}
	return lines
}

func line(e Effect) string {
	var words []string
	add := func(when bool, word string) {
		if when {
			words = append(words, word)
		}
	}
	switch e := e.(type) {
	case Notify:
		add(true, string(e.Notice))
		add(e.Session == "", e.To.ID)
		add(e.Session != "", e.To.ID+"/"+e.Session)
		add(e.Except != "", "-"+e.Except)
		add(e.Leg != "", "leg="+string(e.Leg))
		add(e.Reason != "", string(e.Reason))
		add(e.By != "", "by="+string(e.By))
		add(e.Propose != "", "propose="+string(e.Propose))
	case Hold:
		add(true, "hold "+e.User.ID)
		add(e.Ringing, "ringing")
	case Take:
		add(true, "take "+e.User.ID)
	case Release:
		add(true, "release "+e.User.ID)
		add(e.Missed, "missed")
		add(e.WrapUp, "wrap-up")
	case DropStreams:
		add(true, fmt.Sprintf("drop %s g%d", e.Provider, e.Generation))
	}
	return strings.Join(words, " ")
}

// deepCopy is made without Clone, which is under test.
func deepCopy(c Call) Call {
	for _, s := range []*[]string{&c.Skills, &c.Rung, &c.Providers, &c.Failed} {
		if *s != nil {
			*s = append(make([]string, 0, len(*s)), *s...)
		}
	}
	if c.Timeline != nil {
		c.Timeline = append(make([]Moment, 0, len(c.Timeline)), c.Timeline...)
	}
	if c.Declined != nil {
		c.Declined = append(make([]No, 0, len(c.Declined)), c.Declined...)
	}
	return c
}

// deadline checks when the next Tick of a call matters.
func deadline(seconds float64) func(testing.TB, Call) {
	return func(t testing.TB, c Call) {
		t.Helper()
		if !c.Deadline.Equal(at(seconds)) {
			t.Errorf("deadline %v, want %v", c.Deadline, at(seconds))
		}
	}
}

// activeOnTwo is active with a second provider, srs.
func activeOnTwo(t testing.TB) Call {
	t.Helper()
	c := active(t)
	c.Providers = []string{"relay", "srs"}
	return c
}
