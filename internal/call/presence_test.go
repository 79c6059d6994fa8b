package call

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"
)

// unchanged fails when one of the transitions that f makes reaches into p itself.
func unchanged(t testing.TB, p Presence, f func(Presence)) {
	t.Helper()
	before := p
	before.Skills, before.Queues = slices.Clone(p.Skills), slices.Clone(p.Queues)
	before.Sessions = slices.Clone(p.Sessions)
	f(p)
	if !reflect.DeepEqual(p, before) {
		t.Errorf("the presence itself was changed to %+v", p)
	}
}

func TestPresenceLeavesItselfAlone(t *testing.T) {
	t.Parallel()
	p := signedIn(li, "l1", "l2")
	p.Call, p.Skills, p.Queues = "c1", []string{"glass"}, []string{"motor"}
	idle := signedIn(li, "l1")
	unchanged(t, p, func(p Presence) {
		p.Attach(Session{ID: "l1", Node: "n2"}, at(1))
		p.Attach(Session{ID: "l3"}, at(1))
		p.Detach("l1", 1, at(1))
		p.DetachDead(nil, at(1))
		p.SignOut("l1")
		p.Watch("l1", true)
		p.Set(Away, at(1))
		p.Take("c1")
		p.Release("c1", Release{WrapUp: true, Missed: true}, at(1), DefaultTiming())
		p.Timed(DefaultTiming())
		c := p.Clone()
		c.Skills[0], c.Queues[0], c.Sessions[0].ID = "x", "x", "x"
	})
	unchanged(t, idle, func(p Presence) {
		_, _ = p.Hold("c1", true)
		p, _ = p.Detach("l1", 1, at(1))
		p.Expire(at(100), DefaultTiming())
	})
}

func TestAttach(t *testing.T) {
	t.Parallel()
	p := Presence{User: li}.Attach(Session{ID: "l1", Node: "n1", Conn: 7}, at(1))
	p = p.Attach(Session{ID: "l2", Node: "n1"}, at(2))
	if s, _ := p.Session("l1"); s.Conn != 1 || !s.Online {
		t.Errorf("first socket of a new session: %+v", s)
	}
	if !p.IdleSince.Equal(at(1)) {
		t.Errorf("idle since %v, not since signing in", p.IdleSince)
	}
	p, _ = p.Detach("l1", 1, at(3))
	p = p.Attach(Session{ID: "l1", Node: "n2", Resume: "hash"}, at(4))
	if s, _ := p.Session("l1"); s.Conn != 2 || !s.Online || !s.GoneAt.IsZero() || s.Node != "n2" || s.Resume != "hash" {
		t.Errorf("second socket of the session: %+v", s)
	}
	if got := p.OnlineSessions(); !slices.Equal(got, []string{"l1", "l2"}) {
		t.Errorf("online %q", got)
	}
	if _, ok := p.Session("l9"); ok {
		t.Error("knows a session that never was")
	}
}

func TestDetach(t *testing.T) {
	t.Parallel()
	p := signedIn(li, "l1")
	again := p.Attach(Session{ID: "l1", Node: "n2"}, at(1)) // conn 2
	rows := []struct {
		name string
		p    Presence
		id   string
		conn int64
		want bool
	}{
		{"its socket", p, "l1", 1, true},
		{"an older socket, on another node", again, "l1", 1, false},
		{"the newer socket", again, "l1", 2, true},
		{"a session that is not known", p, "l9", 1, false},
	}
	for _, r := range rows {
		got, changed := r.p.Detach(r.id, r.conn, at(5))
		if changed != r.want || got.Online() == r.want {
			t.Errorf("%s: changed %v, online %v", r.name, changed, got.Online())
		}
	}
	p, _ = p.Detach("l1", 1, at(5))
	if later, changed := p.Detach("l1", 1, at(9)); changed || !later.Sessions[0].GoneAt.Equal(at(5)) {
		t.Error("a second end of the same socket moves the time at which it went")
	}
}

func TestDetachDead(t *testing.T) {
	t.Parallel()
	p := signedIn(li, "l1", "l2").Attach(Session{ID: "l3", Node: "n2"}, nine)
	if _, changed := p.DetachDead([]string{"n2", "n1"}, at(5)); changed {
		t.Error("sessions on living nodes are cut")
	}
	p, changed := p.DetachDead([]string{"n2", "n3"}, at(5))
	if !changed || !slices.Equal(p.OnlineSessions(), []string{"l3"}) {
		t.Errorf("changed %v, online %q", changed, p.OnlineSessions())
	}
	if s, _ := p.Session("l2"); !s.GoneAt.Equal(at(5)) {
		t.Errorf("gone at %v", s.GoneAt)
	}
	if again, changed := p.DetachDead([]string{"n2"}, at(6)); changed || !again.Sessions[0].GoneAt.Equal(at(5)) {
		t.Error("the same node dies twice")
	}
	if p, changed = p.DetachDead(nil, at(7)); !changed || p.Online() {
		t.Error("somebody is online on no node")
	}
}

func TestSignOut(t *testing.T) {
	t.Parallel()
	p := signedIn(li, "l1", "l2")
	p.Missed = 1
	p = p.SignOut("l1")
	if p.Availability() != Available || p.Missed != 1 {
		t.Errorf("%s, missed %d, with a session left", p.Availability(), p.Missed)
	}
	p = p.SignOut("l2").SignOut("l2")
	if !p.Unused() || p.Setting != "" || p.Missed != 0 {
		t.Errorf("after the last session: %+v", p)
	}
	if p = p.Attach(Session{ID: "l3"}, at(9)); p.Availability() != Away {
		t.Errorf("a new sign-in starts %s", p.Availability())
	}
}

func TestMaxSessions(t *testing.T) {
	t.Parallel()
	full := Presence{User: li}
	for i := range MaxSessions {
		full = full.Attach(Session{ID: fmt.Sprint("s", i), Node: "n1"}, nine)
	}
	replaced := func(p Presence) string {
		next := p.Attach(Session{ID: "new"}, at(60))
		if len(next.Sessions) != MaxSessions || next.index("new") < 0 {
			t.Errorf("%d sessions after one too many", len(next.Sessions))
		}
		for _, s := range p.Sessions {
			if next.index(s.ID) < 0 {
				return s.ID
			}
		}
		return ""
	}
	if got := replaced(full); got != "s0" {
		t.Errorf("with all online %q goes", got)
	}
	later, _ := full.Detach("s3", 1, at(20))
	later, _ = later.Detach("s9", 1, at(10))
	if got := replaced(later); got != "s9" {
		t.Errorf("%q goes, not the one that is gone longest", got)
	}
	if same := full.Attach(Session{ID: "s5"}, at(60)); len(same.Sessions) != MaxSessions || same.index("s0") < 0 {
		t.Error("a new socket of a known session pushes another out")
	}
}

func TestWatch(t *testing.T) {
	t.Parallel()
	p := signedIn(li, "l1", "l2")
	if _, changed := p.Watch("l9", true); changed {
		t.Error("a session that is not there watches")
	}
	if _, changed := p.Watch("l1", false); changed {
		t.Error("the end of what never began is a change")
	}
	p, changed := p.Watch("l1", true)
	if !changed || !p.Sessions[0].Watches || p.Sessions[1].Watches {
		t.Errorf("changed %v: %+v", changed, p.Sessions)
	}
	p, _ = p.Detach("l1", 1, at(1))
	s, _ := p.Session("l1")
	p = p.Attach(s, at(2))
	if _, changed := p.Watch("l1", true); changed || !p.Sessions[0].Watches {
		t.Error("a session that comes back does not watch any more")
	}
}

func TestSet(t *testing.T) {
	t.Parallel()
	missed := Presence{Setting: Away, Reason: MissedRings, Missed: 1}
	wrapping := Presence{Setting: Available, WrapUpUntil: at(15), IdleSince: nine}
	rows := []struct {
		name string
		from Presence
		set  Availability
		want Availability
		idle time.Time
	}{
		{"available after missed rings", missed, Available, Available, at(5)},
		{"available ends a wrap-up", wrapping, Available, Available, at(5)},
		{"away ends a wrap-up", wrapping, Away, Away, at(5)},
		{"available again keeps the turn", Presence{Setting: Available, IdleSince: nine}, Available, Available, nine},
		{"away", Presence{Setting: Available, IdleSince: nine}, Away, Away, nine},
		{"away in a call", Presence{Setting: Available, Call: "c1", IdleSince: nine}, Away, InCall, nine},
	}
	for _, r := range rows {
		r.from.User = li
		r.from.Sessions = signedIn(li, "l1").Sessions
		p := r.from.Set(r.set, at(5))
		if p.Availability() != r.want || !p.IdleSince.Equal(r.idle) || p.Reason != "" || p.Missed != 0 {
			t.Errorf("%s: %s since %v, reason %q, missed %d", r.name, p.Availability(), p.IdleSince, p.Reason, p.Missed)
		}
	}
}

func TestHoldTakeRelease(t *testing.T) {
	t.Parallel()
	free := signedIn(li, "l1")
	rung, err := free.Hold("c1", true)
	if err != nil || rung.Availability() != InRing {
		t.Fatalf("%s, %v", rung.Availability(), err)
	}
	for _, ringing := range []bool{true, false} {
		if _, err := rung.Hold("c2", ringing); !errors.Is(err, ErrHeld) {
			t.Errorf("held twice: %v", err)
		}
	}
	if p := rung.Take("c2"); p.Availability() != InRing {
		t.Error("taken by another call")
	}
	if p := rung.Release("c2", Release{Missed: true}, at(9), DefaultTiming()); p.Call != "c1" || p.Missed != 0 {
		t.Error("released by another call")
	}
	taken := rung.Take("c1")
	if taken.Availability() != InCall {
		t.Errorf("taken is %s", taken.Availability())
	}
	done := taken.Release("c1", Release{WrapUp: true}, at(9), DefaultTiming())
	if done.Availability() != WrapUp || !done.WrapUpUntil.Equal(at(24)) || done.LastCall != "c1" || !done.IdleSince.Equal(at(9)) {
		t.Errorf("done is %+v", done)
	}
	if _, err := done.Hold("c2", true); !errors.Is(err, ErrNotFree) {
		t.Errorf("rung while wrapping up: %v", err)
	}
	if p, err := done.Hold("c2", false); err != nil || p.Availability() != InCall || !p.WrapUpUntil.IsZero() {
		t.Errorf("own invite while wrapping up: %s, %v", p.Availability(), err)
	}
}

func TestReleaseOfARing(t *testing.T) {
	t.Parallel()
	rung, _ := signedIn(li, "l1").Hold("c1", true)
	timing := DefaultTiming()
	if p := rung.Release("c1", Release{}, at(9), timing); !p.Free() || !p.IdleSince.Equal(nine) || p.Missed != 0 {
		t.Errorf("the caller gave up: %s, idle since %v, missed %d", p.Availability(), p.IdleSince, p.Missed)
	}
	once := rung.Release("c1", Release{Missed: true}, at(9), timing)
	if !once.Free() || !once.IdleSince.Equal(at(9)) || once.Missed != 1 {
		t.Errorf("missed once: %s, idle since %v, missed %d", once.Availability(), once.IdleSince, once.Missed)
	}
	answered, _ := once.Hold("c2", true)
	if p := answered.Take("c2"); p.Missed != 0 {
		t.Error("an answer does not forgive a missed ring")
	}
	twice, _ := once.Hold("c3", true)
	if p := twice.Release("c3", Release{Missed: true}, at(50), timing); p.Availability() != Away || p.Reason != MissedRings {
		t.Errorf("missed twice: %s, %q", p.Availability(), p.Reason)
	}
	timing.WrapUp = 0
	if p := rung.Take("c1").Release("c1", Release{WrapUp: true}, at(9), timing); !p.Free() {
		t.Errorf("without a wrap-up: %s", p.Availability())
	}
}

// Whoever signed out in a call is forgotten when the call lets go.
func TestReleaseAfterSignOut(t *testing.T) {
	t.Parallel()
	p, _ := signedIn(li, "l1").Hold("c1", false)
	p = p.SignOut("l1")
	if p.Unused() {
		t.Fatal("forgotten while held")
	}
	if p = p.Release("c1", Release{WrapUp: true}, at(9), DefaultTiming()); !p.Unused() || !p.WrapUpUntil.IsZero() {
		t.Errorf("not forgotten: %+v", p)
	}
}

func TestTimedAndExpire(t *testing.T) {
	t.Parallel()
	timing := DefaultTiming()
	detached := func(u User) Presence {
		p, _ := signedIn(u, "1", "2").Detach("1", 1, at(10))
		return p
	}
	held := detached(li)
	held.Call = "c1"
	wrapping := signedIn(li, "1")
	wrapping.WrapUpUntil = at(15)
	both := detached(li)
	both.WrapUpUntil = at(50)
	rows := []struct {
		name     string
		p        Presence
		deadline time.Time
	}{
		{"nothing to do", signedIn(li, "1"), zeroTime},
		{"an adjuster's session", detached(li), at(40)},
		{"a claimant's session", detached(zhang), at(100)},
		{"a call keeps the sessions", held, zeroTime},
		{"a wrap-up", wrapping, at(15)},
		{"the earlier of two", both, at(40)},
	}
	for _, r := range rows {
		p := r.p.Timed(timing)
		if !p.Deadline.Equal(r.deadline) {
			t.Errorf("%s: deadline %v, want %v", r.name, p.Deadline, r.deadline)
			continue
		}
		if r.deadline.IsZero() {
			if _, changed := p.Expire(at(1e6), timing); changed {
				t.Errorf("%s: expires all the same", r.name)
			}
			continue
		}
		if _, changed := p.Expire(r.deadline.Add(-1), timing); changed {
			t.Errorf("%s: expires before its time", r.name)
		}
		next, changed := p.Expire(r.deadline, timing)
		if again := next.Timed(timing).Deadline; !changed || again.Equal(r.deadline) {
			t.Errorf("%s: changed %v, next at %v", r.name, changed, again)
		}
	}
}

func TestExpire(t *testing.T) {
	t.Parallel()
	p := signedIn(li, "l1", "l2")
	p.WrapUpUntil = at(15)
	p, _ = p.Detach("l1", 1, at(1))
	p, _ = p.Expire(at(15), DefaultTiming())
	if !p.Free() || !p.IdleSince.Equal(at(15)) || len(p.Sessions) != 2 {
		t.Errorf("after the wrap-up: %s since %v with %d sessions", p.Availability(), p.IdleSince, len(p.Sessions))
	}
	p, _ = p.Expire(at(31), DefaultTiming())
	if !slices.Equal(p.OnlineSessions(), []string{"l2"}) || len(p.Sessions) != 1 {
		t.Errorf("sessions left: %+v", p.Sessions)
	}
	p, _ = p.Detach("l2", 1, at(40))
	p, _ = p.Expire(at(70), DefaultTiming())
	if !p.Unused() || p.Setting != "" {
		t.Errorf("after the last session: %+v", p)
	}
}

func TestChanged(t *testing.T) {
	t.Parallel()
	p, _ := signedIn(zhang, "z1", "z2").Detach("z1", 1, at(1))
	p.Version = 9
	want := PresenceChanged{User: zhang, Version: 9, Sessions: []string{"z2"}}
	if got := p.Changed(); !reflect.DeepEqual(got, want) {
		t.Errorf("%+v", got)
	}
}

// TestSessionOutlivesLostCall: a claimant who was gone until the call was lost can still resume, and so learn
// how it ended, for one more grace.
func TestSessionOutlivesLostCall(t *testing.T) {
	timing := DefaultTiming()
	start := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	p := Presence{User: User{Role: Claimant, ID: "zhang"}}.Attach(Session{ID: "s", Node: "n"}, start)
	p, err := p.Hold("c", false)
	if err != nil {
		t.Fatal(err)
	}
	p, _ = p.Detach("s", 1, start)
	lost := start.Add(timing.GraceClaimant)
	p = p.Release("c", Release{User: p.User}, lost, timing)
	if p, changed := p.Expire(lost.Add(timing.GraceClaimant-time.Second), timing); changed || len(p.Sessions) != 1 {
		t.Errorf("session gone before one more grace was over: %+v", p)
	}
	if p, changed := p.Expire(lost.Add(timing.GraceClaimant), timing); !changed || !p.Unused() {
		t.Errorf("session still there after it: %+v", p)
	}
}
