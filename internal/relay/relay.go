package relay

import (
	"context"
	"errors"
	"net"
	"sync"

	"go.uber.org/zap"
)

// Why a connection, an attempt or a stream came to its end. They stay inside
// the package: a peer is told by the means of its protocol.
var (
	errBadName     = errors.New("relay: not a stream name")
	errRefused     = errors.New("relay: refused by the gate")
	errBusy        = errors.New("relay: name is already being published")
	errNoPublisher = errors.New("relay: no publisher came")
	errUnpublished = errors.New("relay: publisher left")
	errDropped     = errors.New("relay: dropped")
	errSlow        = errors.New("relay: viewer too slow")
	errEvicted     = errors.New("relay: newer viewers took the place")
	errFull        = errors.New("relay: too many connections")
	errClosed      = errors.New("relay: closed")
)

// Relay takes streams from publishers and hands them to viewers. All its
// methods may be called concurrently.
type Relay struct {
	gate   Gate
	log    *zap.Logger
	noes   refusals
	app    string
	limits Limits
	names  *registry
	lobby  *lobby // of RTMP
	asking *lobby // of HTTP
	pulls  *pulls
	web    *webRTC // nil without WebRTC

	// ctx ends with Close.
	ctx    context.Context
	cancel context.CancelFunc
	wg     sync.WaitGroup

	mu      sync.Mutex
	conns   int // all, let in or not
	viewers int
	closed  bool
	// listening is replaced, never changed.
	listening []net.Addr
}

// New returns a relay that serves nothing until ServeRTMP is called or its
// Handler is mounted. Without a gate it refuses every attempt.
func New(c Config) *Relay {
	c = c.withDefaults()
	ctx, cancel := context.WithCancel(context.Background())
	r := &Relay{
		gate:   c.Gate,
		log:    c.Log,
		noes:   refusals{log: c.Log},
		app:    c.App,
		limits: c.Limits,
		names:  newRegistry(c.Watcher, c.Limits),
		lobby:  newLobby(c.Limits.MaxHandshakes, c.Limits.HandshakesPerHost),
		asking: newLobby(c.Limits.MaxHandshakes, c.Limits.HandshakesPerHost),
		ctx:    ctx,
		cancel: cancel,
	}
	r.pulls = newPulls(r)
	if c.WebRTC != nil {
		web, err := newWebRTC(*c.WebRTC, c.Limits)
		if err != nil { // a mistake of ours: addresses come parsed
			r.log.Error("relay: no WHIP and no WHEP", zap.Error(err))
		}
		r.web = web
	}
	return r
}

// Drop ends the publisher and all viewers of name, and every attempt on it
// that is under way: media still queued is discarded. A later attempt starts
// afresh if the gate lets it. Dropping a name that nobody uses does nothing.
func (r *Relay) Drop(name string) { r.names.drop(name) }

// Publishing reports whether name has a publisher now and lives here.
func (r *Relay) Publishing(name string) bool { return r.names.publishing(name) }

// Published returns the names that have a publisher now and live here.
func (r *Relay) Published() []string { return r.names.published() }

// Close ends all connections and streams and waits until every goroutine of
// the relay, its HTTP handlers and the last call to the watcher have returned.
func (r *Relay) Close() {
	r.mu.Lock()
	r.closed = true
	r.mu.Unlock()
	r.cancel()
	r.names.endAll()
	r.wg.Wait()
	if r.web != nil {
		r.web.close()
	}
	r.names.wait()
}

// enter counts a connection in, of whom nothing is known yet: what bounds those
// is the lobby, or net/http. Whoever got nil calls leave at the end.
func (r *Relay) enter() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return errClosed
	}
	r.conns++
	r.wg.Add(1)
	return nil
}

func (r *Relay) leave() {
	r.mu.Lock()
	r.conns--
	r.mu.Unlock()
	r.wg.Done()
}
