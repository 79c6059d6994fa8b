package redisstore

import (
	"context"
	"time"

	"github.com/claimcall/claimcall/internal/call"
	"github.com/claimcall/claimcall/internal/store"
)

// change is one document that a commit replaces.
type change struct {
	name string
	was  int64
	due  time.Time // zero: never
	document
	gone bool // no document takes the place of the old one
}

// write is a command that changes more than the documents. It takes effect only with the commit.
type write struct {
	command string
	key     string
	args    []string
}

// letter is a message for the nodes of whoever has the document of that name, or for certain nodes.
type letter struct {
	name  string   // empty: for nodes
	nodes []string // escaped
	text  string
}

// letterOf addresses and encodes a message.
func letterOf(m store.Message) letter {
	if m.Node != "" {
		return letter{nodes: []string{escape(m.Node)}, text: encodeMessage(m)}
	}
	return letter{name: userName(m.To), text: encodeMessage(m)}
}

// batch is what the commit script takes.
type batch struct {
	changes []change
	wakes   []store.Wake
	writes  []write
	letters []letter
}

// Commit implements store.Store. A new call must have an ID that no call ever had: only running calls are compared with
// it. With an error other than ErrStale and ErrClosed the commit may have been taken over, or be taken over until commitLimit
// after it began, but no later, however long a server was frozen or a network held it back. Whoever tries again must load
// again.
func (s *Store) Commit(ctx context.Context, c store.Commit) error {
	b, err := s.newBatch(c)
	if err != nil {
		return s.fail("commit", err)
	}
	return s.commit(ctx, b)
}

// commitLimit bounds how long a commit may take, and with it how late one can be whose caller has given up.
const commitLimit = 3 * time.Second

// What the scripts that change documents answer.
const (
	refused = 0
	late    = 2
	missing = 3 // of amend
)

// commit has Redis take over a batch.
func (s *Store) commit(ctx context.Context, b batch) error {
	ctx, cancel := context.WithTimeout(ctx, commitLimit)
	defer cancel()
	keys, args := s.commitArguments(b)
	answer, err := s.run(ctx, s.scripts.commit, keys, pointers(args)...).Int()
	switch {
	case err != nil:
		return s.fail("commit", err)
	case answer == refused:
		return store.ErrStale
	case answer == late:
		return s.tooLate(ctx)
	}
	return nil
}

// tooLate asks for the time, in case another server took over whose clock is ahead, and has the caller try again.
func (s *Store) tooLate(ctx context.Context) error {
	if err := s.askTime(ctx); err != nil {
		return s.fail("commit", err)
	}
	return store.ErrStale
}

// newBatch derives everything from the documents.
func (s *Store) newBatch(c store.Commit) (batch, error) {
	b := batch{wakes: c.Wake}
	b.letters = make([]letter, 0, len(c.Messages))
	b.changes = make([]change, 0, 1+len(c.Presences))
	if c.Call != nil {
		if err := s.addCall(&b, *c.Call, c.CallWas); err != nil {
			return b, err
		}
	}
	for _, p := range c.Presences {
		d, err := presenceDocument(p.Presence)
		if err != nil {
			return b, err
		}
		ch := change{name: userName(p.User), was: p.Was, due: p.Deadline, document: d, gone: p.Unused()}
		b.changes = append(b.changes, ch)
	}
	for _, e := range c.Events {
		b.writes = append(b.writes, s.eventWrites(e)...)
	}
	for _, m := range c.Messages {
		b.letters = append(b.letters, letterOf(m))
	}
	return b, nil
}

// addCall puts a call into the batch: as a document while it runs, as a record once it has ended.
func (s *Store) addCall(b *batch, c call.Call, was int64) error {
	d, err := callDocument(c)
	if err != nil {
		return err
	}
	ended := c.State == call.Ended
	b.changes = append(b.changes, change{name: callName(c.ID), was: was, due: c.Deadline, document: d, gone: ended})
	if was == 0 && c.RequestID != "" {
		b.writes = append(b.writes, write{"SET", s.keys.request(c.Claimant.User, c.RequestID), []string{c.ID}})
	}
	if ended {
		b.writes = append(b.writes, s.recordWrites(c, d.body)...)
	}
	return nil
}
