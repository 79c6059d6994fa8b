package store

import (
	"context"
	"errors"
	"time"

	"github.com/claimcall/claimcall/internal/call"
)

// Errors of every store.
var (
	// ErrStale refuses a commit because a document changed since it was loaded: load again.
	ErrStale = errors.New("store: document changed meanwhile")
	// ErrNotFound says that there is no such call.
	ErrNotFound = errors.New("store: not found")
	// ErrClosed is returned once the store is closed.
	ErrClosed = errors.New("store: closed")
)

// Store is what a deployment remembers. All methods may be called concurrently. Documents go in and
// come out as copies: nobody shares memory with a store. Any other error than the ones named means that
// the store can't be reached or can't write, and that the call may be tried again.
type Store interface {
	// Now returns the deployment's time. It neither blocks nor fails.
	Now() time.Time

	// Call returns a call, running or ended and not yet past its retention. ErrNotFound if there is none.
	Call(ctx context.Context, id string) (call.Call, error)
	// Presences returns the presence of each user, in order; one of Version 0 where nothing is stored.
	Presences(ctx context.Context, users ...call.User) ([]call.Presence, error)
	// Commit takes over a change as a whole or, with ErrStale, nothing of it. A nil error means that the
	// change is as safe as the store makes anything.
	Commit(ctx context.Context, c Commit) error
	// Running returns calls that have a deadline, as all do until they end, in the order of their IDs, at most limit of those
	// whose ID is greater than after. A page may be shorter when calls end meanwhile.
	Running(ctx context.Context, after string, limit int) ([]call.Call, error)
	// Requested returns the ID of the call that a claimant's request led to, or ErrNotFound.
	Requested(ctx context.Context, claimant, requestID string) (string, error)

	// Waiting returns calls in state queued of one queue, in their order, at most limit.
	Waiting(ctx context.Context, queue string, limit int) ([]call.Call, error)
	// Queued returns how many calls are in state queued in the named queues, in all if none is named, and the first of
	// them, at most limit: those that stand before all others by their rank.
	Queued(ctx context.Context, limit int, queues ...string) (total int, first []call.Call, err error)
	// Queues returns the names of the queues in which a call waits.
	Queues(ctx context.Context) ([]string, error)
	// Positions returns where each call stands in the queue, from 1; 0 for one that is not waiting there.
	Positions(ctx context.Context, queue string, ids ...string) ([]int, error)
	// Free returns free adjusters who serve the queue, longest idle first, after skipping the first offset
	// ones, at most limit.
	Free(ctx context.Context, queue string, offset, limit int) ([]call.Presence, error)

	// Due returns what has a deadline or a wake at or before Now. What it returns is leased: it
	// is not returned again, to anyone, before lease has passed or a commit has set a new deadline.
	Due(ctx context.Context, limit int, lease time.Duration) (Due, error)

	// KeepNode says that a node lives. Its lease ends ttl after the last such call.
	KeepNode(ctx context.Context, node string, ttl time.Duration) error
	// DropNode ends the lease of a node that leaves in good order.
	DropNode(ctx context.Context, node string) error
	// Stranded returns users, at most limit, who have an online session on a node without a lease.
	Stranded(ctx context.Context, limit int) ([]call.User, error)
	// LiveNodes returns the nodes that have a lease.
	LiveNodes(ctx context.Context) ([]string, error)

	// Listen hands the messages for a node's sessions to l until ctx ends. It returns early only
	// with an error that trying again can't mend.
	Listen(ctx context.Context, node string, l Listener) error

	// Records returns a page of ended calls, newest end first, and among equals the smaller ID.
	Records(ctx context.Context, f Filter) (Page, error)
	// Amend replaces the record of an ended call, made from version was, by one with the same parties, claim and end.
	// ErrStale if it is of another version by now, ErrNotFound if there is none.
	Amend(ctx context.Context, c call.Call, was int64) error
	Credentials
	Outbox
	AuditLog

	// Erase takes the record of an ended call out of the store, or replaces it by one that says less: with a party or texts
	// left out, and otherwise the same. It must still be of the version of old. ErrStale and ErrNotFound are as in Amend. What
	// was erased is not left in what the store has written before, as far as the store can see to that.
	Erase(ctx context.Context, old call.Call, next *call.Call) error
	// Check goes the way that calls go and returns nil if all of it works.
	Check(ctx context.Context) error
	// Close writes what is not yet written and frees everything. Methods called later return ErrClosed.
	Close() error
}

// Commit is one change, taken over as a whole.
type Commit struct {
	// Call, if not nil, replaces the call of that ID. It was made from version CallWas; 0 for a new one.
	// A new call with a RequestID is found by Requested. An ended call becomes a record.
	Call    *call.Call
	CallWas int64
	// Presences replace those of their users. One that is Unused is forgotten.
	Presences []Presence
	// Wake has calls returned by Due at that time, if their own deadline is not earlier.
	Wake []Wake
	// Events are kept until their receivers have been told.
	Events []Event
	// Messages follow once the rest is taken over.
	Messages []Message
}

// Presence is a changed presence with the version that it was made from; 0 where nothing was stored.
// A user's versions never repeat, not even after the presence was forgotten: NextVersion sees to it.
type Presence struct {
	call.Presence
	Was int64
}

// NextVersion returns the version of a presence that is made from one of version was. A first one begins at the
// time in microseconds, which is beyond any version that the user had before.
func NextVersion(was int64, now time.Time) int64 {
	if was == 0 {
		return now.UnixMicro()
	}
	return was + 1
}

// Wake asks for a look at a call that the commit does not change.
type Wake struct {
	Call string
	At   time.Time
}

// Message goes to all nodes on which the user has a session with a socket, as of the same commit.
type Message struct {
	To call.User
	// Node, if set, is where it goes, whatever sessions the user has. The user's other nodes hear nothing.
	Node    string `json:",omitempty"`
	Session string `json:",omitempty"` // if set, only for this session
	Except  string `json:",omitempty"` // if set, for every session but this one
	// Call, Version and State are of the call that it tells of; empty if it tells of none.
	Call    string     `json:",omitempty"`
	Version int64      `json:",omitempty"`
	State   call.State `json:",omitempty"`
	// Frame is what the session is sent, ready to write. Without one, only the node is told.
	Frame []byte `json:",omitempty"`
}

// Listener takes in messages. Its methods must not block.
type Listener interface {
	Deliver(Message)
	// Resync is called once listening has begun, and again after every time in which messages may have been
	// lost. Sessions need views afresh.
	Resync()
}

// Due is what Store.Due found.
type Due struct {
	Calls []string
	Users []call.User
	Next  time.Time // of the earliest entry that is not due yet; zero when there is none
}
