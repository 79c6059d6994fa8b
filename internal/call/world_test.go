package call

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// world is a whole deployment in a few maps: it commits calls with the holds that follow from them, all or nothing, and
// tells calls of changed presences late, twice and in any order.
type world struct {
	t       *rapid.T
	now     time.Time
	version int64
	calls   map[string]Call
	users   map[User]Presence
	told    []bell
	rings   map[User][]bool // of an adjuster since the last change of mind: whether each ring was missed
}

// bell is a changed presence on its way to a call. It may ring more than once.
type bell struct {
	call string
	ev   PresenceChanged
}

var (
	worldClaimants = []User{zhang, {Claimant, "zhao"}, {Claimant, "li"}}
	worldAdjusters = []User{li, wang, chen}
	worldUsers     = slices.Concat(worldClaimants, worldAdjusters)
	worldTiming    = DefaultTiming()
)

func TestWorld(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w := &world{t: t, now: nine, calls: map[string]Call{}, users: map[User]Presence{}, rings: map[User][]bool{}}
		for _, u := range worldUsers {
			w.signIn(u, u.ID+"1")
			w.set(u, Available)
		}
		actions := map[string]func(*rapid.T){
			"": func(*rapid.T) { w.check() },

			"sign in":  func(*rapid.T) { u := w.anyUser(); w.signIn(u, fmt.Sprint(u.ID, w.any("device", 3))) },
			"cut":      func(*rapid.T) { w.cut(w.anyUser()) },
			"sign out": func(*rapid.T) { w.signOut(w.anyUser()) },
			"node dies": func(*rapid.T) {
				w.change(w.anyUser(), func(p Presence) (Presence, bool) { return p.DetachDead([]string{"1"}, w.now) })
			},
			"set": func(*rapid.T) {
				w.set(pick(w, "who", worldAdjusters), pick(w, "wish", []Availability{Available, Available, Away}))
			},
			"request":           func(*rapid.T) { w.request(pick(w, "who", worldClaimants)) },
			"invite":            func(*rapid.T) { w.invite(pick(w, "who", worldAdjusters), pick(w, "whom", worldClaimants)) },
			"assign":            func(*rapid.T) { w.assign() },
			"assign more":       func(*rapid.T) { w.assign() },
			"command":           func(*rapid.T) { w.command(w.anyUser()) },
			"more commands":     func(*rapid.T) { w.command(w.anyUser()) },
			"get ahead":         func(*rapid.T) { w.getAhead() },
			"get further ahead": func(*rapid.T) { w.getAhead() },
			"flow":              func(*rapid.T) { w.flow() },
			"provider is down":  func(*rapid.T) { w.apply(w.anyCall(), ProviderFailed{Avoid: []string{"relay"}}) },
			"finish":            func(*rapid.T) { w.apply(w.anyCall(), Finish{EndedByAdmin}) },
			"tell":              func(*rapid.T) { w.tell(w.any("bell", len(w.told)), w.any("again", 3) == 0) },
			"wait":              func(*rapid.T) { w.wait(time.Duration(w.any("seconds", 40)) * time.Second) },
			"wait long":         func(*rapid.T) { w.wait(w.next().Sub(w.now)) },
		}
		for range 40 {
			t.Repeat(actions)
		}
		w.tellAll()
		w.passes()
		for _, u := range worldUsers {
			w.leave(u)
		}
		w.tellAll()
		w.passes()
		if len(w.users) > 0 {
			t.Errorf("everybody left, and is still known: %+v", w.users)
		}
	})
}

// any draws a number below n, and skips the action when there is none.
func (w *world) any(label string, n int) int {
	if n == 0 {
		w.t.Skip("no " + label)
	}
	return rapid.IntRange(0, n-1).Draw(w.t, label)
}

func pick[T any](w *world, label string, from []T) T { return from[w.any(label, len(from))] }

func (w *world) anyUser() User { return pick(w, "user", worldUsers) }

func (w *world) ids() []string { return slices.Sorted(maps.Keys(w.calls)) }

func (w *world) anyCall() string { return pick(w, "call", w.ids()) }

func (w *world) user(u User) Presence {
	p := w.users[u]
	p.User = u
	return p
}

// save commits a presence. Versions never repeat, not even when a presence was forgotten.
func (w *world) save(p Presence) Presence {
	w.version++
	p.Version = w.version
	p = p.Timed(worldTiming)
	w.users[p.User] = p
	if p.Unused() {
		delete(w.users, p.User)
		delete(w.rings, p.User)
	}
	return p
}

// change commits a presence by itself; its call will be told.
func (w *world) change(u User, f func(Presence) (Presence, bool)) {
	p, changed := f(w.user(u))
	if !changed {
		return
	}
	if p = w.save(p); p.Call != "" {
		w.told = append(w.told, bell{p.Call, p.Changed()})
	}
}

func (w *world) signIn(u User, session string) {
	w.change(u, func(p Presence) (Presence, bool) {
		return p.Attach(Session{ID: session, Node: session[len(session)-1:]}, w.now), true
	})
}

func (w *world) cut(u User) {
	p := w.user(u)
	s := pick(w, "session", p.Sessions)
	older := w.any("how old a socket", 4) / 3
	w.change(u, func(p Presence) (Presence, bool) { return p.Detach(s.ID, s.Conn-int64(older), w.now) })
	if now, _ := w.user(u).Session(s.ID); now.Online != (s.Online && older > 0) {
		w.t.Errorf("%s was online %v and is %v after the end of a socket that is %d older", s.ID, s.Online, now.Online, older)
	}
}

func (w *world) signOut(u User) {
	s := pick(w, "session", w.user(u).Sessions)
	w.change(u, func(p Presence) (Presence, bool) {
		if p = p.SignOut(s.ID); len(p.Sessions) == 0 {
			delete(w.rings, u)
		}
		return p, true
	})
	w.left(w.user(u))
}

// leave cuts every socket of the user.
func (w *world) leave(u User) {
	w.change(u, func(p Presence) (Presence, bool) { return p.DetachDead(nil, w.now) })
}

func (w *world) set(u User, a Availability) {
	if w.user(u).Online() && u.Role == Adjuster {
		w.change(u, func(p Presence) (Presence, bool) { return p.Set(a, w.now), true })
		delete(w.rings, u)
	}
}

func (w *world) id() string { return fmt.Sprintf("c%03d", len(w.calls)) }

func (w *world) request(u User) {
	p := w.user(u)
	if !p.Online() {
		w.t.Skip("not there")
	}
	c, effects := NewRequest(Request{ID: w.id(), ClaimNo: "A-" + u.ID, Providers: []string{"relay", "srs"}, Claimant: p}, w.now, worldTiming)
	w.commit(c, effects)
}

// invite is a direct call, or the claimant's own call when that one waits.
func (w *world) invite(u, claimant User) {
	p, theirs := w.user(u), w.user(claimant)
	if !p.Online() {
		w.t.Skip("not there")
	}
	if theirs.Call != "" && w.apply(theirs.Call, PickUp{User: u.ID, Session: pick(w, "session", p.OnlineSessions()), Seen: p.Version}) {
		return
	}
	if p.Call != "" {
		return
	}
	c, effects := NewInvite(Invite{ID: w.id(), ClaimNo: "B", Adjuster: p, Claimant: theirs}, w.now, worldTiming)
	w.commit(c, effects)
}

// assign rings for the waiting call that is next.
func (w *world) assign() {
	var waiting []Call
	for _, id := range w.ids() {
		if c := w.calls[id]; c.State == Queued && c.Claimant.Online {
			waiting = append(waiting, c)
		}
	}
	var free []Presence
	for _, u := range worldAdjusters {
		if p := w.user(u); p.Free() {
			free = append(free, p)
		}
	}
	slices.SortFunc(waiting, func(a, b Call) int { return cmp.Compare(a.QueueRank(), b.QueueRank()) })
	slices.SortStableFunc(free, func(a, b Presence) int { return a.IdleSince.Compare(b.IdleSince) })
	if len(waiting) == 0 || len(free) == 0 {
		w.t.Skip("nothing to assign")
	}
	chosen := free[LongestIdle(waiting[0], free)]
	if !w.apply(waiting[0].ID, Ring{User: chosen.User.ID, Seen: chosen.Version}) {
		w.t.Errorf("ring of %s for %s refused", chosen.User.ID, waiting[0].ID)
	}
}

// command has a user do anything from a device that is there, as a rule to the user's own call.
func (w *world) command(u User) {
	p := w.user(u)
	session := pick(w, "session", p.OnlineSessions())
	id := p.Call
	if id == "" || w.any("stray", 8) == 0 {
		id = w.anyCall()
	}
	w.apply(id, pick(w, "command", []Event{
		Accept{By: u, Session: session}, Accept{By: u, Session: session}, Join{By: u, Session: session}, Join{By: u, Session: session},
		Reject{By: u, Session: session}, Cancel{u}, Hangup{u, session}, Refresh{By: u, Session: session},
		ProviderFailed{By: u, Session: session}, Reported{By: u, Session: session, Measured: &Measured{Push: Quality(w.any("quality", 3))}},
	}))
}

// getAhead moves a call on the way it should go.
func (w *world) getAhead() {
	c := w.calls[w.anyCall()]
	for _, side := range []Role{c.Called(), c.Caller} {
		p := w.user(c.User(side))
		if !p.Online() || p.Call != c.ID {
			continue
		}
		session := pick(w, "session", p.OnlineSessions())
		if c.State == Ringing && side == c.Called() {
			w.apply(c.ID, Accept{By: p.User, Session: session})
		}
		w.apply(c.ID, Join{By: p.User, Session: session})
	}
}

func (w *world) flow() {
	c := w.calls[w.anyCall()]
	w.apply(c.ID, FlowChanged{pick(w, "side", []Role{Claimant, Adjuster}), c.Generation - w.any("how old", 2), w.any("on", 2) == 0})
}

func (w *world) apply(id string, ev Event) bool {
	c, effects, err := Step(w.calls[id], ev, w.now, worldTiming)
	if err != nil || c.Version == w.calls[id].Version {
		return err == nil
	}
	return w.commit(c, effects)
}

// commit takes over a call with all holds and releases or, when one is refused, nothing.
func (w *world) commit(c Call, effects []Effect) bool {
	held := map[User]Presence{}
	for _, e := range effects {
		u, ok := holdUser(e)
		if !ok {
			continue
		}
		if _, ok := held[u]; !ok {
			held[u] = w.user(u)
		}
		p, err := applyHold(held[u], c.ID, e, w.now)
		if err != nil {
			return false
		}
		held[u] = p
	}
	w.calls[c.ID] = c
	for _, u := range worldUsers {
		if p, ok := held[u]; ok {
			w.save(p)
		}
	}
	for _, e := range effects {
		w.countRing(e)
	}
	return true
}

func holdUser(e Effect) (User, bool) {
	switch e := e.(type) {
	case Hold:
		return e.User, true
	case Take:
		return e.User, true
	case Release:
		return e.User, true
	}
	return User{}, false
}

func applyHold(p Presence, id string, e Effect, now time.Time) (Presence, error) {
	switch e := e.(type) {
	case Hold:
		return p.Hold(id, e.Ringing)
	case Take:
		return p.Take(id), nil
	case Release:
		return p.Release(id, e, now, worldTiming), nil
	}
	return p, nil
}

// countRing keeps what became of each adjuster's rings, and checks that two missed in a row make away.
func (w *world) countRing(e Effect) {
	switch e := e.(type) {
	case Take:
		w.rings[e.User] = append(w.rings[e.User], false)
	case Release:
		p, known := w.users[e.User]
		if !e.Missed || !known || len(p.Sessions) == 0 {
			return
		}
		rings := append(w.rings[e.User], true)
		n := len(rings)
		twice := n >= 2 && rings[n-2]
		if twice != (p.Reason == MissedRings) || twice && p.setting() != Away {
			w.t.Errorf("%s, rings missed %v, is %s, %q", e.User.ID, rings, p.setting(), p.Reason)
		}
		if twice {
			rings = nil
		}
		w.rings[e.User] = rings
	}
}

// tell has a call learn of a presence, and maybe again later.
func (w *world) tell(i int, again bool) {
	b := w.told[i]
	if !again {
		w.told = slices.Delete(w.told, i, i+1)
	}
	w.apply(b.call, b.ev)
}

// tellAll delivers every bell in any order. Each call then knows who is there.
func (w *world) tellAll() {
	order := make([]int, len(w.told))
	for i := range order {
		order[i] = i
	}
	if len(order) > 0 {
		order = rapid.Permutation(order).Draw(w.t, "order")
	}
	for _, i := range order {
		w.tell(i, true)
	}
	w.told = nil
	for _, c := range w.calls {
		for u := range parties(c) {
			want := w.user(u).Online()
			if leg := c.Leg(u.Role); leg.Session != "" {
				want = slices.Contains(w.user(u).OnlineSessions(), leg.Session)
			}
			if got := c.Leg(u.Role).Online; got != want {
				w.t.Errorf("%s of %s is online %v for the call, but in truth %v", u.ID, c.ID, got, want)
			}
		}
	}
}

// next is when the next deadline of anything is, or now when there is none.
func (w *world) next() time.Time {
	var next time.Time
	sooner := func(at time.Time) {
		if !at.IsZero() && (next.IsZero() || at.Before(next)) {
			next = at
		}
	}
	for _, c := range w.calls {
		sooner(c.Deadline)
	}
	for _, p := range w.users {
		sooner(p.Deadline)
	}
	if next.Before(w.now) {
		return w.now
	}
	return next
}

// wait lets time pass and sweeps what is due.
func (w *world) wait(d time.Duration) {
	w.now = w.now.Add(d)
	for _, id := range w.ids() {
		if c := w.calls[id]; c.State != Ended && !c.Deadline.After(w.now) && !w.apply(id, Tick{}) {
			w.t.Errorf("tick of %s refused", id)
		}
	}
	for _, u := range worldUsers {
		before := w.user(u)
		w.change(u, func(p Presence) (Presence, bool) { return p.Expire(w.now, worldTiming) })
		if before.Call != "" && len(w.user(u).Sessions) < len(before.Sessions) {
			w.t.Errorf("%s lost a session in a call", u.ID)
		}
	}
}

// passes lets time pass until nothing more happens. Time alone ends every call, and every wrap-up.
func (w *world) passes() {
	for n := 0; w.next().After(w.now) || n == 0; n++ {
		if w.wait(w.next().Sub(w.now)); n > 100 {
			w.t.Fatal("time passes and things never come to rest")
		}
		w.check()
	}
	for id, c := range w.calls {
		if c.State != Ended {
			w.t.Errorf("%s never ends: %s", id, c.State)
		}
	}
	for u, p := range w.users {
		if a := p.Availability(); a != Available && a != Away && a != Offline {
			w.t.Errorf("%s stays %s for ever", u.ID, a)
		}
	}
}

// check is what must hold at every moment: a call's parties are held by it, and nobody else is by anything.
func (w *world) check() {
	for u, p := range w.users {
		c, known := w.calls[p.Call]
		switch {
		case p.Call == "":
			continue
		case !known || !parties(c)[u]:
			w.t.Errorf("%s is held by %q, a call that is %s with %v", u.ID, p.Call, c.State, parties(c))
		case p.Ringing != (u.Role == Adjuster && c.State == Ringing && c.Caller == Claimant):
			w.t.Errorf("%s is %s in a call that is %s", u.ID, p.Availability(), c.State)
		}
	}
	busy := map[User]string{}
	for id, c := range w.calls {
		for u := range parties(c) {
			if busy[u] != "" {
				w.t.Errorf("%s is in %s and in %s", u.ID, id, busy[u])
			}
			busy[u] = id
			if w.users[u].Call != id {
				w.t.Errorf("%s of %s is held by %q", u.ID, id, w.users[u].Call)
			}
		}
	}
}

// What a call knows of a presence is what the newest version says, in whatever order and however often it heard.
func TestOrderOfPresencesDoesNotMatter(t *testing.T) {
	t.Parallel()
	starts := []func(testing.TB) Call{queued, forsaken, ringing, cut, callerless, invited, connecting, acceptedAlone, active, pushing, background, unreachable}
	rapid.Check(t, func(rt *rapid.T) {
		c := rapid.SampledFrom(starts).Draw(rt, "start")(t)
		u := rapid.SampledFrom([]User{zhang, li}).Draw(rt, "user")
		sets := rapid.SliceOfN(rapid.SliceOfDistinct(
			rapid.SampledFrom([]string{u.ID[:1] + "1", u.ID[:1] + "2"}), rapid.ID[string]), 1, 5).Draw(rt, "presences")
		var inOrder []PresenceChanged
		for i, sessions := range sets {
			inOrder = append(inOrder, online(u, int64(10+i), sessions...))
		}
		anyhow := rapid.Permutation(slices.Concat(inOrder, inOrder)).Draw(rt, "order")
		want, got := hear(c, inOrder), hear(c, anyhow)
		if !same(want, got) {
			rt.Errorf("in order %+v\nanyhow   %+v", want, got)
		}
	})
}

// hear tells c the presences at one time, and takes away what depends on how often they came and went meanwhile.
func hear(c Call, presences []PresenceChanged) Call {
	for _, ev := range presences {
		c, _, _ = Step(c, ev, at(20), worldTiming)
	}
	c.Version, c.JoinFrom, c.Deadline = 0, zeroTime, zeroTime
	for _, side := range []Role{Claimant, Adjuster} {
		if leg := c.Leg(side); !leg.GoneAt.IsZero() {
			leg.GoneAt = at(20)
		}
	}
	return c
}
