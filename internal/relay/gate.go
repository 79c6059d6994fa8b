package relay

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	"go.uber.org/zap"
)

// Action is what an attempt wants to do with a name.
type Action string

// The two actions.
const (
	Publish Action = "publish"
	Play    Action = "play"
)

// The protocols an Attempt can name.
const (
	protocolRTMP  = "rtmp"
	protocolFLV   = "flv"
	protocolWSFLV = "ws-flv"
)

// Attempt is one wish to publish or play.
type Attempt struct {
	// Name of the stream: 1 to 64 letters, digits, "_" or "-".
	Name   string
	Action Action
	// Query is what the address carried behind "?". It holds signatures: never log it.
	Query url.Values
	// Protocol is "rtmp", "flv", "ws-flv", "whip" or "whep".
	Protocol string
	// Addr is the peer's address as the transport saw it.
	Addr string
}

// Route says where the stream of an attempt lives.
type Route struct {
	// Remote is the RTMP address of the stream at another server, for the action of
	// the attempt; empty means in this relay. It holds a signature: never log it.
	// What is published here is sent on to there, and what is played here comes from
	// there, unless it is published here. Of one name either all attempts have a
	// Remote or none.
	Remote string
}

// Gate decides who may publish and play. Allow is called once for each
// attempt, before any media moves, with a context that ends with the attempt; without
// an error it passes. The text of the error goes to the log and never to
// the peer. Calls are concurrent.
type Gate interface {
	Allow(ctx context.Context, a Attempt) (Route, error)
}

// Watcher is told when a name starts and stops being published: in order and
// one call at a time for each name, concurrently for different names, never
// while the relay holds a lock. A watcher may take its time; media does not wait for it.
// It is not told of names that live at another server, which has its own news of them.
type Watcher interface {
	Published(name string)
	Unpublished(name string)
}

// admit asks the gate about a and returns the stream of that name, which the
// caller must release. The stream is looked up before the gate is asked, so that
// a Drop between its answer and the first packet still ends the attempt.
func (r *Relay) admit(ctx context.Context, a Attempt) (*stream, error) {
	if !validName(a.Name) {
		return nil, errBadName
	}
	s := r.names.acquire(a.Name)
	route, err := r.ask(ctx, a)
	if err != nil {
		r.names.release(s)
		r.noes.tell(a, err, time.Now())
		return nil, err
	}
	r.names.settle(s, a.Action, route)
	return s, nil
}

// admitHTTP is admit for a request, which may be one of too many that wait for the gate: then it gets errFull.
func (r *Relay) admitHTTP(ctx context.Context, a Attempt) (*stream, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer r.asking.enter(closer(func() { cancel(errFull) }), a.Addr)()
	s, err := r.admit(ctx, a)
	if err != nil && errors.Is(context.Cause(ctx), errFull) {
		return nil, errFull
	}
	return s, err
}

// closer is a function that ends something.
type closer func()

// Close calls it.
func (c closer) Close() error {
	c()
	return nil
}

func (r *Relay) ask(ctx context.Context, a Attempt) (Route, error) {
	if r.gate == nil {
		return Route{}, errRefused
	}
	ctx, cancel := context.WithTimeout(ctx, r.limits.HandshakeTimeout)
	defer cancel()
	route, err := r.gate.Allow(ctx, a)
	if err != nil {
		return Route{}, fmt.Errorf("%w: %w", errRefused, err)
	}
	return route, nil
}

// outcome logs what became of an attempt. Its name is valid when this is called.
func (r *Relay) outcome(a Attempt, err error) {
	r.log.Info("relay: "+string(a.Action), zap.String("name", a.Name),
		zap.String("protocol", a.Protocol), zap.String("addr", a.Addr), zap.NamedError("outcome", err))
}

func (r *Relay) started(a Attempt) {
	r.log.Info("relay: "+string(a.Action)+" started", zap.String("name", a.Name),
		zap.String("protocol", a.Protocol), zap.String("addr", a.Addr))
}

// validName accepts what every provider's streams can be called, and what is safe to log.
func validName(name string) bool {
	if len(name) == 0 || len(name) > 64 {
		return false
	}
	for _, c := range []byte(name) {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '_', c == '-':
		default:
			return false
		}
	}
	return true
}
