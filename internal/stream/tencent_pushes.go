package stream

import (
	"maps"
	"sync"
	"time"
)

// push is one run of a publisher at Tencent. The callbacks of its begin and of its cut bear the same sequence.
type push struct {
	sequence string
	since    time.Time // zero if unknown
}

// pushes remembers what this process has heard of pushes. Callbacks may come late, twice, in any order, and at another node
// than the one before; and a name can be pushed again while its former push has not been cut yet: the new one wins, and the
// cut of the old one follows.
type pushes struct {
	mu     sync.Mutex
	byName map[string]pushing
}

// pushing is the latest push of a name.
type pushing struct {
	push
	live    bool
	heard   time.Time // when it was last heard of
	changes int
}

// How long a push is remembered: while a call can last, and for as long as Tencent repeats itself after the end.
const (
	pushLife   = publisherLife
	pushMemory = 20 * time.Minute
	maxPushes  = 1 << 16 // with more of them, any one is forgotten for each that is new
)

// verdict says what the cut of a push means for the stream.
type verdict int

const (
	void     verdict = iota // nothing: it is old, or known
	over                    // the stream is over
	probable                // the stream is over, unless another push began that this process has not heard of
)

func newPushes() *pushes { return &pushes{byName: map[string]pushing{}} }

// began takes note of a push, unless it is over or older than another one.
func (p *pushes) began(name string, with push, now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if known, ok := p.byName[name]; ok && (known.sequence == with.sequence || with.since.Before(known.since)) {
		return
	}
	p.noteLocked(name, with, true, now)
}

// judge says what the cut of a push would mean.
func (p *pushes) judge(name string, with push) verdict {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.judgeLocked(name, with)
}

func (p *pushes) judgeLocked(name string, with push) verdict {
	known, ok := p.byName[name]
	switch {
	case ok && known.sequence == with.sequence && known.live:
		return over
	case ok && (known.sequence == with.sequence || !with.since.After(known.since)):
		return void
	}
	return probable
}

// cut takes note of the end of a push, if that still means anything.
func (p *pushes) cut(name string, with push, now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.judgeLocked(name, with) != void {
		p.noteLocked(name, with, false, now)
	}
}

func (p *pushes) noteLocked(name string, with push, live bool, now time.Time) {
	maps.DeleteFunc(p.byName, func(_ string, old pushing) bool {
		age := now.Sub(old.heard)
		return age > pushLife || !old.live && age > pushMemory
	})
	known, ok := p.byName[name]
	if !ok && len(p.byName) >= maxPushes {
		p.forgetOneLocked()
	}
	p.byName[name] = pushing{push: with, live: live, heard: now, changes: known.changes + 1}
}

func (p *pushes) forgetOneLocked() {
	for name := range p.byName {
		delete(p.byName, name)
		return
	}
}

// latest returns whether the name is being pushed, and a number that grows with each change of that.
func (p *pushes) latest(name string) (live bool, changes int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	known := p.byName[name]
	return known.live, known.changes
}
