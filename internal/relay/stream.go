package relay

import "sync"

// stream carries the packets of one publisher to its viewers. It lives once:
// waiting, then live, then ended.
type stream struct {
	name   string
	limits Limits

	// live is closed when viewers can be served, done when the stream has ended.
	live, done chan struct{}

	// The registry's lock guards these.
	holders int
	stop    func() // set once a publisher claimed the name
	own     bool   // claimed, and not for another server
	home    home
	ended   bool

	keys keys
	// offers holds the browsers that want to publish here and are not connected yet, seats those that want to play.
	offers, seats *lobby

	mu    sync.Mutex
	cache cache
	ready bool
	err   error
	// viewers is replaced, never changed, so that it can be walked without the lock.
	viewers []*viewer
}

// maxOffers is how many browsers may be about to publish one name: it is one that reloads its page or changes its network.
// Without a bound for each name, who may publish one would push all others out of the lobby.
const maxOffers = 4

func newStream(name string, l Limits) *stream {
	return &stream{
		name:   name,
		limits: l,
		live:   make(chan struct{}),
		done:   make(chan struct{}),
		offers: newLobby(maxOffers, maxOffers),
		seats:  newLobby(l.ViewersPerName, l.ViewersPerName),
		cache:  cache{maxBytes: l.GOPBytes, maxPackets: l.GOPPackets},
	}
}

// endedStream is what those get who come after the relay was closed.
func endedStream(name string, l Limits) *stream {
	s := newStream(name, l)
	s.ended = true
	s.finish(errClosed)
	return s
}

// write gives p to all viewers without waiting for any. Only the one publisher calls it.
func (s *stream) write(p packet) error {
	s.mu.Lock()
	if s.err != nil {
		defer s.mu.Unlock()
		return s.err
	}
	fresh := s.cache.add(p)
	wasReady, viewers := s.ready, s.viewers
	s.ready = wasReady || s.cache.ready(p.time)
	opening := s.openingLocked(wasReady, p)
	s.mu.Unlock()

	switch {
	case opening != nil:
		for _, v := range viewers {
			v.seed(opening)
		}
		close(s.live)
	case wasReady && fresh:
		for _, v := range viewers {
			v.push(p)
		}
	}
	return nil
}

// openingLocked is what those who waited get when p makes the stream ready, else nil.
func (s *stream) openingLocked(wasReady bool, p packet) []packet {
	if wasReady || !s.ready {
		return nil
	}
	opening := s.cache.opening()
	if p.frame() && len(s.cache.gop) == 0 {
		opening = append(opening, p)
	}
	return opening
}

// subscribe adds a viewer, who must unsubscribe; the oldest gives way if there
// are too many. It never fails: the viewer of an ended stream is told so by its
// first next.
func (s *stream) subscribe(evict func()) *viewer {
	v := newViewer(s, evict)
	if oldest := s.seat(v); oldest != nil {
		oldest.end(errEvicted)
		oldest.evict()
	}
	return v
}

// count has a pinned viewer be like others from now on: the oldest gives way to it if there are too many.
func (s *stream) count(v *viewer) {
	s.mu.Lock()
	oldest := s.oldestLocked()
	v.pinned = false
	s.viewers = without(s.viewers, oldest)
	s.mu.Unlock()
	if oldest != nil {
		oldest.end(errEvicted)
		oldest.evict()
	}
}

// seat adds v, and returns the viewer that has lost its place to it, if any.
func (s *stream) seat(v *viewer) (oldest *viewer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.err != nil:
		v.err = s.err
		return nil
	case s.ready: // before the publisher can see v, so that nothing comes in between
		v.seed(s.cache.opening())
	}
	if !v.pinned {
		oldest = s.oldestLocked()
	}
	s.viewers = append(without(s.viewers, oldest), v)
	return oldest
}

// oldestLocked is the viewer that has to give way to one more, if there are too many.
func (s *stream) oldestLocked() (oldest *viewer) {
	count := 0
	for _, v := range s.viewers {
		if v.pinned {
			continue
		}
		if count++; count == 1 {
			oldest = v
		}
	}
	if count < s.limits.ViewersPerName {
		return nil
	}
	return oldest
}

func (s *stream) unsubscribe(v *viewer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.viewers = without(s.viewers, v)
}

// without returns a copy of viewers that leaves v out.
func without(viewers []*viewer, v *viewer) []*viewer {
	left := make([]*viewer, 0, len(viewers)+1)
	for _, other := range viewers {
		if other != v {
			left = append(left, other)
		}
	}
	return left
}

// finish ends the viewers with reason. The registry calls it once.
func (s *stream) finish(reason error) {
	s.mu.Lock()
	s.err = reason
	viewers := s.viewers
	s.cache = cache{seen: s.cache.seen} // viewers may still have a queue to play
	s.mu.Unlock()
	for _, v := range viewers {
		v.end(reason)
	}
	close(s.done)
}

// carries says which tracks have been seen so far.
func (s *stream) carries() tracks {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.cache.seen
}

// reason says why the stream ended. It is nil before.
func (s *stream) reason() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}
