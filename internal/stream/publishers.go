package stream

import (
	"errors"
	"maps"
	"sync"
	"time"
)

// ErrPublished refuses a second publisher of a name.
var ErrPublished = errors.New("stream: already published")

// publisherLife is when a publisher whose end was never reported is forgotten. No call lasts that long.
const publisherLife = 24 * time.Hour

// publishers remembers which connection of a media service publishes which name.
//
// A media service may report the end of a connection that never published: of one that it refused because the name was
// taken, with that very name. And it may report an end under the wrong name, that of a stream which the same connection
// plays. So a name belongs to one connection, and its end is the end of that connection, whatever name comes with it.
//
// What is remembered may be wrong: the end may have been reported to another process, or to nobody because the media
// service died. See claims.
type publishers struct {
	mu     sync.Mutex
	byName map[string]publisher
}

type publisher struct {
	client string // the media service's number of the connection
	since  time.Time
	ending bool
}

func newPublishers() *publishers { return &publishers{byName: map[string]publisher{}} }

// claim gives the name to the client, unless it belongs to another one.
func (p *publishers) claim(name, client string, now time.Time) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	maps.DeleteFunc(p.byName, func(_ string, old publisher) bool { return now.Sub(old.since) > publisherLife })
	if old, ok := p.byName[name]; ok && (old.client != client || old.ending) {
		return ErrPublished
	}
	p.byName[name] = publisher{client: client, since: now}
	return nil
}

// take gives the name to the client, although it belonged to another one, unless the end of that is being reported.
func (p *publishers) take(name, client string, now time.Time) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.byName[name].ending {
		return ErrPublished
	}
	p.byName[name] = publisher{client: client, since: now}
	return nil
}

// pass gives the name, whose publisher's end is being reported, to the one that has it.
func (p *publishers) pass(name, client string, now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.byName[name] = publisher{client: client, since: now}
}

// adopt takes a name that belongs to nobody here, for a client whose end is being reported. It is taken until release.
func (p *publishers) adopt(name, client string, now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, taken := p.byName[name]; taken {
		return false
	}
	p.byName[name] = publisher{client: client, since: now, ending: true}
	return true
}

// seize takes a name from whom it belongs to here, for a client whose end is being reported, unless the end of the other is.
// It is taken until release.
func (p *publishers) seize(name, client string, now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.byName[name].ending {
		return false
	}
	p.byName[name] = publisher{client: client, since: now, ending: true}
	return true
}

// ending returns the names that the client publishes, if this is the first report of its end. They stay taken until
// release, so that news of the next publisher cannot overtake news of this end.
func (p *publishers) ending(client string) []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var names []string
	for name, old := range p.byName {
		if old.client == client && !old.ending {
			old.ending = true
			p.byName[name] = old
			names = append(names, name)
		}
	}
	return names
}

// release frees the name.
func (p *publishers) release(name string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.byName, name)
}
