package hub

import "time"

// admit takes over who the socket is, by its first token or a later one.
func (s *socket) admit(id Identity) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.identity = id
	s.pass = passOf(id)
}

// pass is what a token says about itself.
type pass struct {
	issued  time.Time // zero if it does not say
	expires time.Time // zero for never
}

func passOf(id Identity) pass { return pass{issued: id.Issued, expires: id.Expires} }

// left returns how long the pass is good, at most most.
func (p pass) left(most time.Duration) time.Duration {
	if p.expires.IsZero() {
		return most
	}
	return min(most, max(0, time.Until(p.expires)))
}

// over reports whether the pass has expired. Time here is the node's own, as it is where tokens are checked.
func (p pass) over() bool { return !p.expires.IsZero() && !time.Now().Before(p.expires) }

func (s *socket) issued() issue { return issue(s.passNow().issued) }

func (s *socket) passNow() pass {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.pass
}
