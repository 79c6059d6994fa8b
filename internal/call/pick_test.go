package call

import (
	"testing"
	"time"
)

func skilled(id string, skills ...string) Presence {
	p := signedIn(User{Adjuster, id}, id+"1")
	p.Skills = skills
	return p
}

func TestLongestIdle(t *testing.T) {
	t.Parallel()
	liGlass, wangGlass, chenHail := skilled("li", "glass", "hail"), skilled("wang", "glass"), skilled("chen", "hail")
	rows := []struct {
		name       string
		skills     []string
		rung       []string
		candidates []Presence
		want       int
	}{
		{"nobody", nil, nil, nil, -1},
		{"the first", nil, nil, []Presence{chenHail, wangGlass, liGlass}, 0},
		{"the first with the skill", []string{"glass"}, nil, []Presence{chenHail, wangGlass, liGlass}, 1},
		{"the first with all skills", []string{"glass", "hail"}, nil, []Presence{chenHail, wangGlass, liGlass}, 2},
		{"nobody with the skill", []string{"flood"}, nil, []Presence{chenHail, wangGlass, liGlass}, -1},
		{"one who was not rung before", nil, []string{"chen"}, []Presence{chenHail, wangGlass}, 1},
		{"the skill goes before that", []string{"hail"}, []string{"chen"}, []Presence{chenHail, wangGlass}, 0},
		{"nobody else, so again", nil, []string{"chen", "wang"}, []Presence{wangGlass, chenHail}, 0},
	}
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			c := Call{Skills: r.skills, Rung: r.rung}
			if got := LongestIdle(c, r.candidates); got != r.want {
				t.Errorf("picks %d, want %d", got, r.want)
			}
		})
	}
}

func TestServes(t *testing.T) {
	t.Parallel()
	rows := []struct {
		queues []string
		queue  string
		want   bool
	}{
		{nil, "default", true},
		{nil, "", true},
		{[]string{"motor", "home"}, "home", true},
		{[]string{"motor"}, "home", false},
		{[]string{"motor"}, "", false},
	}
	for _, r := range rows {
		if got := (Presence{Queues: r.queues}).Serves(r.queue); got != r.want {
			t.Errorf("one of %q serves %q: %v", r.queues, r.queue, got)
		}
	}
}

func TestHasSkills(t *testing.T) {
	t.Parallel()
	rows := []struct {
		skills, wanted []string
		want           bool
	}{
		{nil, nil, true},
		{[]string{"glass"}, nil, true},
		{[]string{"glass", "hail"}, []string{"hail", "glass"}, true},
		{[]string{"glass"}, []string{"glass", "hail"}, false},
		{nil, []string{"glass"}, false},
	}
	for _, r := range rows {
		if got := (Presence{Skills: r.skills}).HasSkills(r.wanted); got != r.want {
			t.Errorf("one with %q has %q: %v", r.skills, r.wanted, got)
		}
	}
}

func TestFree(t *testing.T) {
	t.Parallel()
	rows := []struct {
		name   string
		change func(*Presence)
		want   Availability
	}{
		{"available", func(*Presence) {}, Available},
		{"not set yet", func(p *Presence) { p.Setting = "" }, Away},
		{"away", func(p *Presence) { p.Setting = Away }, Away},
		{"without a socket", func(p *Presence) { p.Sessions[0].Online = false }, Offline},
		{"never signed in", func(p *Presence) { p.Sessions = nil }, Offline},
		{"rung", func(p *Presence) { p.Call, p.Ringing = "c1", true }, InRing},
		{"in a call", func(p *Presence) { p.Call = "c1" }, InCall},
		{"in a call without a socket", func(p *Presence) { p.Call, p.Sessions = "c1", nil }, InCall},
		{"wrapping up", func(p *Presence) { p.WrapUpUntil = nine.Add(time.Minute) }, WrapUp},
		{"wrapping up, then away", func(p *Presence) { p.WrapUpUntil, p.Setting = nine, Away }, WrapUp},
	}
	for _, r := range rows {
		p := signedIn(li, "l1")
		r.change(&p)
		if p.Availability() != r.want || p.Free() != (r.want == Available) {
			t.Errorf("%s: %s, free %v", r.name, p.Availability(), p.Free())
		}
	}
	if signedIn(zhang, "z1").Free() {
		t.Error("a claimant is free to be rung")
	}
}
