package store

import (
	"context"
	"fmt"
	"time"
)

// Outbox keeps events until their receivers have been told. It is part of Store.
//
// A Commit writes them together with the change that they tell of. The events of one call for one receiver are told one
// after the other in the order of Seq; what can't be told holds up the rest of that call, and of no other. Receivers
// are kept apart: whoever does not know one leaves its events alone.
type Outbox interface {
	// TakeEvents returns the first event of each call whose time has come for a receiver, at most limit. What it returns is
	// leased: until lease has passed nobody is given an event of that call for that receiver.
	TakeEvents(ctx context.Context, receiver string, limit int, lease time.Duration) ([]Event, error)
	// EventTold removes an event. The next one of the same call, if there is one, comes back, leased. An event that is gone
	// already leads to none.
	EventTold(ctx context.Context, e Event, lease time.Duration) (next Event, more bool, err error)
	// EventFailed counts a failure of the event, and puts it and those behind it off until a time.
	EventFailed(ctx context.Context, e Event, until time.Time) error
	// DropEvents removes all events about the calls for a receiver, or all for that receiver if no call is named.
	// It returns how many there were.
	DropEvents(ctx context.Context, receiver string, calls ...string) (int, error)
	// StopReceiver remembers that a receiver is to be told nothing any more, or that it is again.
	StopReceiver(ctx context.Context, receiver string, stopped bool) error
	// StoppedReceivers returns the receivers that are to be told nothing. Taking and telling events does not look at that.
	StoppedReceivers(ctx context.Context) ([]string, error)
}

// Event is news of a call for one receiver.
type Event struct {
	Receiver string
	Call     string
	Seq      int64  // orders the events of the call, and names this one among them
	Body     []byte // ready to send
	Tries    int    // that have failed; kept by the store
}

// ID names the event, for every receiver alike. It stays when the event is told again.
func (e Event) ID() string { return fmt.Sprintf("%s.%d", e.Call, e.Seq) }
