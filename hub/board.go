package hub

import (
	"bytes"
	"cmp"
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/claimcall/claimcall/internal/call"
	"github.com/claimcall/claimcall/protocol"
)

const (
	boardEvery = time.Second // how often those who watch a queue are shown what has changed
	boardRest  = 9           // how many times as long as it takes to look nobody does
)

// board shows sessions of this node who waits in the queues that they serve. It asks the store only while somebody watches
// here, and once for all who serve the same queues.
type board struct {
	hub *Hub

	mu       sync.Mutex
	watchers map[*socket]*watching
}

// watching is what a socket watches, and was shown last.
type watching struct {
	queues []string // sorted; none means all
	shown  []byte   // the event; never changed in place
}

func newBoard(h *Hub) *board { return &board{hub: h, watchers: map[*socket]*watching{}} }

// add has a socket be shown the queues from now on; shown is what it knows of them, nil for nothing.
func (b *board) add(s *socket, queues []string, shown []byte) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.watchers[s] = &watching{slices.Sorted(slices.Values(queues)), shown}
}

func (b *board) remove(s *socket) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.watchers, s)
}

func (b *board) run(ctx context.Context) {
	regularly := time.NewTicker(boardEvery)
	defer regularly.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-regularly.C:
		}
		begun := time.Now()
		b.hub.attempt(ctx, "queues for who watches", b.showAll)
		rest(ctx, boardRest*time.Since(begun))
	}
}

// showAll looks at the queues that are watched, and shows those of whom somebody has not seen them so.
func (b *board) showAll(ctx context.Context) error {
	for _, queues := range b.watched() {
		_, event, err := b.look(ctx, queues)
		if err != nil {
			return err
		}
		for _, s := range b.unseen(queues, event) {
			s.send(event)
		}
	}
	return nil
}

// watched returns each set of queues that somebody watches.
func (b *board) watched() [][]string {
	b.mu.Lock()
	defer b.mu.Unlock()
	sets := map[string][]string{}
	for _, w := range b.watchers {
		sets[strings.Join(w.queues, "\x00")] = w.queues
	}
	var all [][]string
	for _, queues := range sets {
		all = append(all, queues)
	}
	return all
}

// unseen returns who watches the queues and was shown something else last, and notes that it is shown now.
func (b *board) unseen(queues []string, event []byte) []*socket {
	b.mu.Lock()
	defer b.mu.Unlock()
	var sockets []*socket
	for s, w := range b.watchers {
		if slices.Equal(w.queues, queues) && !bytes.Equal(w.shown, event) {
			w.shown = event
			sockets = append(sockets, s)
		}
	}
	return sockets
}

// look returns who waits in the queues, in all if none is named, and the event that says so.
func (b *board) look(ctx context.Context, queues []string) (protocol.Queue, []byte, error) {
	total, first, err := b.hub.Store.Queued(ctx, protocol.MaxWaiting, queues...)
	if err != nil {
		return protocol.Queue{}, nil, err
	}
	slices.SortStableFunc(first, func(a, b call.Call) int { return a.CreatedAt.Compare(b.CreatedAt) })
	q := protocol.Queue{Total: total, Waiting: make([]protocol.Waiting, len(first))}
	for i, c := range first {
		q.Waiting[i] = waitingView(c)
	}
	for {
		event, err := protocol.Encode(protocol.TypeQueue, "", protocol.QueueEvent{Queue: q})
		if err != nil || len(event) < protocol.MaxFrame-protocol.MaxID*6 || len(q.Waiting) == 0 { // an answer has an id besides
			return q, event, err
		}
		q.Waiting = q.Waiting[:len(q.Waiting)*3/4]
	}
}

func waitingView(c call.Call) protocol.Waiting {
	note := []rune(c.Note)
	return protocol.Waiting{
		Call: c.ID, ClaimNo: c.ClaimNo, Queue: c.Queue, Skills: append([]string{}, c.Skills...), Media: protocol.Media(c.Media),
		Note: string(note[:min(len(note), protocol.MaxWaitingNote)]), Since: protocol.At(c.CreatedAt), Link: protocol.Link(c.Claimant.Link()),
	}
}

// watchQueue begins or ends showing a session who waits. The session keeps that when it is resumed.
func watchQueue(ctx context.Context, s *socket, data any) (any, call.Call, error) {
	on := data.(*protocol.QueueWatch).On
	queues := slices.Clone(s.identity.Queues)
	type seen struct {
		queue protocol.Queue
		event []byte
	}
	look := meanwhile(func() (seen, error) {
		if !on {
			return seen{}, nil
		}
		q, event, err := s.hub.board.look(ctx, queues)
		return seen{q, event}, err
	})
	_, _, err := s.hub.updatePresence(ctx, s.user, func(p call.Presence) (call.Presence, bool) { return p.Watch(s.session, on) })
	now, late := look()
	switch err = cmp.Or(err, late); {
	case err != nil:
		return nil, call.Call{}, err
	case !on:
		s.hub.board.remove(s)
		return protocol.QueueAnswer{}, call.Call{}, nil
	}
	s.hub.board.add(s, queues, now.event)
	return protocol.QueueAnswer{Queue: &now.queue}, call.Call{}, nil
}
