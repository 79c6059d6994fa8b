package relay

import (
	"sync"
	"time"
)

const (
	// keyEvery is how often a publisher makes a key frame while there are viewers who can't ask for one.
	keyEvery = 2 * time.Second
	// keyPause is the least time between two requests for a key frame: the first one is on its way.
	keyPause = 500 * time.Millisecond
	// openingMS is how long the group of pictures of a publisher who can be asked for key frames is good for newcomers:
	// a fresh key frame comes sooner than they would catch up with a longer one.
	openingMS = 1000
)

// keys asks the publisher of a stream for key frames. The zero value is that of a publisher who can't be asked. All methods
// may be called concurrently.
type keys struct {
	mu    sync.Mutex
	ask   func()
	asked time.Time
	// needy counts the viewers who can't ask.
	needy int
}

// offer says that the publisher can be asked: ask must not wait.
func (k *keys) offer(ask func()) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.ask = ask
}

// want asks for a key frame, unless that was done a moment ago.
func (k *keys) want() { k.wantAfter(keyPause) }

// wantRegularly asks for a key frame if one is due for the viewers who can't.
func (k *keys) wantRegularly() {
	k.mu.Lock()
	needy := k.needy > 0
	k.mu.Unlock()
	if needy {
		k.wantAfter(keyEvery)
	}
}

func (k *keys) wantAfter(pause time.Duration) {
	k.mu.Lock()
	ask := k.ask
	if now := time.Now(); now.Sub(k.asked) < pause {
		ask = nil
	} else if ask != nil {
		k.asked = now
	}
	k.mu.Unlock()
	if ask != nil {
		ask()
	}
}

// need counts in a viewer who can't ask for key frames. The returned function counts it out.
func (k *keys) need() (done func()) {
	k.count(1)
	return func() { k.count(-1) }
}

func (k *keys) count(n int) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.needy += n
}

// takesRequests says that the publisher makes key frames on request: ask asks for one, and must not wait.
func (s *stream) takesRequests(ask func()) {
	s.mu.Lock()
	s.cache.maxSpanMS = openingMS
	s.mu.Unlock()
	s.keys.offer(ask)
}

// wantPicture asks for a key frame if there is none to begin with.
func (s *stream) wantPicture() {
	s.mu.Lock()
	blank := len(s.cache.gop) == 0
	s.mu.Unlock()
	if blank {
		s.keys.want()
	}
}
