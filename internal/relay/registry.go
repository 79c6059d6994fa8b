package relay

import "sync"

// registry knows the stream of each name. A stream is entered by its first
// attempt, live or waiting, and leaves when it ends or nobody holds it any more.
type registry struct {
	limits Limits
	notify *notifier

	mu      sync.Mutex
	streams map[string]*stream
	// publishers counts the streams that have one.
	publishers int
	closed     bool
}

func newRegistry(w Watcher, l Limits) *registry {
	return &registry{limits: l, notify: newNotifier(w), streams: map[string]*stream{}}
}

// acquire returns the stream of name, a waiting one if there is none, and one
// that has ended after endAll. The caller releases it.
func (g *registry) acquire(name string) *stream {
	g.mu.Lock()
	defer g.mu.Unlock()
	s := g.streams[name]
	switch {
	case g.closed:
		return endedStream(name, g.limits)
	case s == nil:
		s = newStream(name, g.limits)
		g.streams[name] = s
	}
	s.holders++
	return s
}

// hold makes the caller one more holder of s, which somebody else holds already.
func (g *registry) hold(s *stream) {
	g.mu.Lock()
	defer g.mu.Unlock()
	s.holders++
}

func (g *registry) release(s *stream) {
	g.mu.Lock()
	defer g.mu.Unlock()
	s.holders--
	if s.holders == 0 && g.streams[s.name] == s {
		delete(g.streams, s.name)
	}
}

// claim makes the caller the only publisher that s will ever have. stop is
// called at most once, when the stream ends, and must make the publisher go.
func (g *registry) claim(s *stream, stop func()) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case s.ended:
		return errDropped
	case s.stop != nil:
		return errBusy
	case g.publishers >= g.limits.MaxPublishers:
		return errFull
	}
	s.stop, s.own = stop, s.home == home{}
	g.publishers++
	if s.own {
		g.notify.tell(s.name, true)
	}
	return nil
}

// end closes s for good: it frees the name at once, ends the viewers with
// reason and stops the publisher. Only the first call counts.
func (g *registry) end(s *stream, reason error) {
	g.mu.Lock()
	if s.ended {
		g.mu.Unlock()
		return
	}
	s.ended = true
	if g.streams[s.name] == s {
		delete(g.streams, s.name)
	}
	stop := s.stop
	if stop != nil {
		g.publishers--
		if s.own {
			g.notify.tell(s.name, false)
		}
	}
	g.mu.Unlock()

	s.finish(reason)
	if stop != nil {
		stop()
	}
}

func (g *registry) drop(name string) {
	g.mu.Lock()
	s := g.streams[name]
	g.mu.Unlock()
	if s != nil {
		g.end(s, errDropped)
	}
}

func (g *registry) publishing(name string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	s := g.streams[name]
	return s != nil && s.own
}

// published returns the names that have a publisher and live here.
func (g *registry) published() []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	var names []string
	for name, s := range g.streams {
		if s.own {
			names = append(names, name)
		}
	}
	return names
}

// home is where a stream lives: the addresses of another server to push it to and
// to pull it from, as far as they are known. Empty means here.
type home struct{ push, pull string }

// settle notes what the gate said about s.
func (g *registry) settle(s *stream, action Action, route Route) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if action == Publish {
		s.home.push = route.Remote
	} else {
		s.home.pull = route.Remote
	}
}

// remote returns the addresses of s at another server.
func (g *registry) remote(s *stream) home {
	g.mu.Lock()
	defer g.mu.Unlock()
	return s.home
}

// waits reports whether s may still get a publisher.
func (g *registry) waits(s *stream) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return s.stop == nil && !s.ended
}

func (g *registry) endAll() {
	g.mu.Lock()
	g.closed = true
	all := make([]*stream, 0, len(g.streams))
	for _, s := range g.streams {
		all = append(all, s)
	}
	g.mu.Unlock()
	for _, s := range all {
		g.end(s, errClosed)
	}
}

// wait returns when the watcher has been told everything.
func (g *registry) wait() { g.notify.wg.Wait() }
