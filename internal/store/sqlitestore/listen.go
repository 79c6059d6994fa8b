package sqlitestore

import (
	"bytes"
	"context"
	"errors"

	"github.com/claimcall/claimcall/internal/store"
)

// ErrReplaced ends a Listen whose node listens again from elsewhere.
var ErrReplaced = errors.New("sqlitestore: node listens again from elsewhere")

// letter is a message with the nodes that it goes to.
type letter struct {
	store.Message
	nodes []string
}

// seat is one running Listen.
type seat struct {
	store.Listener
	replaced chan struct{}
}

// post hands letters to the listeners. Only the journal goroutine uses it, so that each listener is
// called by one goroutine, in the order of the commits.
type post struct{ seats map[string]*seat }

func (p post) deliver(letters []letter) {
	for _, l := range letters {
		for i, node := range l.nodes {
			p.hand(node, l.Message, i == len(l.nodes)-1)
		}
	}
}

// hand gives m to the listener of a node: the frame itself to the last one, copies to those before.
func (p post) hand(node string, m store.Message, last bool) {
	s := p.seats[node]
	if s == nil {
		return
	}
	if !last {
		m.Frame = bytes.Clone(m.Frame)
	}
	s.Deliver(m)
}

func (p post) join(node string, s *seat) {
	if old := p.seats[node]; old != nil {
		close(old.replaced)
	}
	p.seats[node] = s
	s.Resync()
}

func (p post) leave(node string, s *seat) {
	if p.seats[node] == s {
		delete(p.seats, node)
	}
}

// Listen implements store.Store. It returns nil when ctx has ended, ErrClosed when the store is closed, and ErrReplaced
// when the same node listens again. After it has returned, l is not called any more.
func (s *Store) Listen(ctx context.Context, node string, l store.Listener) error {
	own := &seat{l, make(chan struct{})}
	// Not ctx: a seat that is taken must be left again.
	if err := s.submit(context.WithoutCancel(ctx), func() { s.post.join(node, own) }); err != nil {
		return err
	}
	select {
	case <-ctx.Done():
	case <-own.replaced:
		return ErrReplaced
	case <-s.closing:
	}
	err := s.submit(context.WithoutCancel(ctx), func() { s.post.leave(node, own) })
	if errors.Is(err, store.ErrClosed) {
		<-s.ended
	}
	if ctx.Err() != nil {
		return nil
	}
	return err
}
