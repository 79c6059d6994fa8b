package stream

import (
	"strconv"
	"testing"
	"time"
)

func TestPushesForget(t *testing.T) {
	p, now := newPushes(), time.Unix(1e9, 0)
	p.began("ended", push{"1", now}, now)
	p.cut("ended", push{"1", now}, now)
	p.began("live", push{"2", now}, now)
	p.began("new", push{"3", now}, now.Add(pushMemory+1))
	if _, changes := p.latest("ended"); changes != 0 {
		t.Error("what is over is remembered for ever")
	}
	if live, _ := p.latest("live"); !live {
		t.Error("what is live was forgotten")
	}
	p.began("newer", push{"4", now}, now.Add(pushLife+1))
	if live, _ := p.latest("live"); live {
		t.Error("what is live is remembered for ever")
	}
}

func TestPushesAreBounded(t *testing.T) {
	p, now := newPushes(), time.Unix(1e9, 0)
	for i := range maxPushes {
		p.byName[strconv.Itoa(i)] = pushing{live: true, heard: now}
	}
	p.began("one more", push{"1", now}, now)
	if live, _ := p.latest("one more"); !live || len(p.byName) != maxPushes {
		t.Errorf("%d are remembered", len(p.byName))
	}
}
