package hub

import (
	"context"
	"errors"
	"time"

	"github.com/claimcall/claimcall/protocol"
)

// Errors that a Conn's Read returns for a frame that it skipped. The socket is still good.
var (
	ErrNotText  = errors.New("hub: frame is not text")
	ErrTooLarge = errors.New("hub: frame is too large")
)

// Conn is one socket, after the upgrade. The hub calls Read from one goroutine and Write from one
// at a time; Close may come at any moment, from anywhere, more than once, and must not block.
type Conn interface {
	// Read returns the next text frame. The bytes are good until the next Read. It returns ErrNotText or
	// ErrTooLarge for a frame that was skipped, and any other error when the socket is gone.
	Read() ([]byte, error)
	// Write sends one text frame. It gives up, and the socket with it, when that takes longer than the
	// hub's write limit.
	Write(frame []byte) error
	// Close tells the peer code and reason if it can, and ends Read and Write.
	Close(code protocol.CloseCode, reason string)
}

// Waiter is what a Conn may be besides, if it can wait for a frame without a goroutine. The hub calls Wait from where it
// calls Read.
type Waiter interface {
	// Wait has goOn called once, by a goroutine of its own, when Read is to be called next: something came, or the
	// socket is gone. It returns false, and does not call goOn, when Read is to be called at once.
	Wait(goOn func()) bool
}

// Identity is who a token was made for.
type Identity struct {
	User    string // sub
	Role    protocol.Role
	Name    string
	Skills  []string
	Queues  []string
	ClaimNo string    // a claimant bound to one claim; empty for any
	Issued  time.Time // iat; zero if it is not known, which any revocation of the user voids
	Expires time.Time // when sockets with this token are closed; zero for never
}

// Authenticate returns who a token is for, or a *protocol.Error that tells the client why not.
type Authenticate func(token string) (Identity, error)

// Streams hands out URLs for media. Its methods are called concurrently.
type Streams interface {
	// Providers returns the names of the media services in order of preference.
	Providers() []string
	// HandOut returns what the leg that own belongs to is to push and to play. The URLs can be
	// opened until expires.
	HandOut(provider string, own StreamName, expires time.Time) (protocol.Streams, error)
	// Drop ends a stream: its publisher and its players. It may be called again for the same one, and it
	// retries by itself.
	Drop(ctx context.Context, provider string, name StreamName)
}

// Watcher is what Streams may be besides, if it can tell by itself what flows. The hub asks it where news of a stream
// may have been lost, such as after a crash. Its methods are called concurrently, and must not block.
type Watcher interface {
	// Publishing reports whether a stream is being published now, if that is known.
	Publishing(provider string, name StreamName) (publishing, known bool)
}

// Healthy is what Streams may be besides, if it asks its media services how they are. A call begins with a provider that
// is up, and is taken off one that goes down.
type Healthy interface {
	// Health returns nil if a provider can carry calls, as far as is known, and else why not. It is called concurrently,
	// and must not block.
	Health(provider string) error
}

// Opening is what is known of a socket before its first frame.
type Opening struct {
	Token string // from the Authorization header; empty if there was none
	Addr  string // the client's address, for limits
	// Allowed says whether a role may use this socket, for example because of its Origin. Nil allows all.
	Allowed func(protocol.Role) bool
	// Ended, if not nil, is called when the hub is done with the socket.
	Ended func()
}

func (o Opening) ended() {
	if o.Ended != nil {
		o.Ended()
	}
}
