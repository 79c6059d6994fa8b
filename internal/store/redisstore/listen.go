package redisstore

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
	"go.uber.org/zap"

	"github.com/claimcall/claimcall/internal/store"
)

// Errors of listening.
var (
	// ErrReplaced ends a Listen whose node listens again by the same store.
	ErrReplaced = errors.New("redisstore: node listens again from elsewhere")
	// ErrSilent says that messages for this node do not arrive at present.
	ErrSilent = errors.New("redisstore: own messages do not come back")
)

const (
	beatEvery = time.Second             // between echoes
	silence   = 2500 * time.Millisecond // without one, after which nothing is trusted any more: two were missed
)

// seat is one running Listen.
//
// The library subscribes again by itself when a connection breaks, but does not say so, and it takes a connection for
// good as long as writing to it works: with a frozen server, or a network that swallows, it stays silent for minutes.
// So a subscription is used here only as long as the own echoes come back by it. After that it is thrown away.
type seat struct {
	*Store
	channel  string
	listener store.Listener
	token    string // of the own echoes
	end      context.CancelCauseFunc

	mu     sync.Mutex
	live   bool                     // subscribed, and not silent
	awaits map[string]chan struct{} // by token; closed when the echo comes
}

// Listen implements store.Store. It returns nil when ctx has ended, ErrClosed when the store is closed, and ErrReplaced
// when the same node listens again by this store. After it has returned, l is not called any more.
func (s *Store) Listen(ctx context.Context, node string, l store.Listener) error {
	listening, end := context.WithCancelCause(ctx)
	defer end(nil)
	own := &seat{
		Store: s, channel: s.keys.channel(node), listener: l, token: rand.Text(),
		end: end, awaits: map[string]chan struct{}{},
	}
	if !s.sit(node, own) {
		return store.ErrClosed
	}
	defer s.leave(node, own)
	defer context.AfterFunc(s.life, func() { end(store.ErrClosed) })()
	own.listen(listening)
	if ctx.Err() != nil {
		return nil
	}
	return context.Cause(listening)
}

func (s *Store) sit(node string, own *seat) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	if old := s.seats[node]; old != nil {
		old.end(ErrReplaced)
	}
	s.seats[node] = own
	s.seated.Add(1)
	return true
}

func (s *Store) leave(node string, own *seat) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.seats[node] == own {
		delete(s.seats, node)
	}
	s.seated.Done()
}

// listen goes from one subscription to the next until ctx ends.
func (l *seat) listen(ctx context.Context) {
	var o outage
	for ctx.Err() == nil {
		begun := time.Now()
		err := l.subscription(ctx)
		l.setLive(false)
		if ctx.Err() != nil {
			return
		}
		o.failed(time.Since(begun))
		if o.worthTelling(time.Now()) {
			l.log.Warn("not listening; subscribing again", zap.Error(err))
		}
		select {
		case <-time.After(o.wait()):
		case <-ctx.Done():
		}
	}
}

func (l *seat) setLive(live bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.live = live
}

// subscription listens by one subscription until it breaks or falls silent.
func (l *seat) subscription(ctx context.Context) error {
	bounded, cancel := context.WithTimeout(ctx, silence)
	sub, err := l.subscribe(bounded, l.channel)
	cancel()
	defer sub.Close()
	if err != nil {
		return err
	}
	defer context.AfterFunc(ctx, func() { _ = sub.Close() })() // receiving does not see ctx end
	if err := confirmed(ctx, sub); err != nil {
		return err
	}
	l.setLive(true)
	l.log.Info("listening")
	l.listener.Resync()

	beating, stop := context.WithCancel(ctx)
	var beats sync.WaitGroup
	defer beats.Wait()
	defer stop()
	beats.Go(func() { l.beat(beating) })
	return l.receive(ctx, sub)
}

// confirmed waits for the server's word that from here on everything published comes.
func confirmed(ctx context.Context, sub *redis.PubSub) error {
	answer, err := sub.ReceiveTimeout(ctx, silence)
	if err != nil {
		return err
	}
	if _, ok := answer.(*redis.Subscription); !ok {
		return fmt.Errorf("%w: %T in answer to a subscription", errMessage, answer)
	}
	return nil
}

// beat publishes the own echo again and again. That one can't be published is noticed by its absence.
func (l *seat) beat(ctx context.Context) {
	regularly := time.NewTicker(beatEvery)
	defer regularly.Stop()
	for ctx.Err() == nil {
		bounded, cancel := context.WithTimeout(ctx, beatEvery)
		l.pulse.sends()
		_ = l.publish(bounded, l.channel, encodeEcho(l.token))
		cancel()
		select {
		case <-regularly.C:
		case <-ctx.Done():
		}
	}
}

// receive takes in what comes until the own echoes are missed or the connection breaks.
func (l *seat) receive(ctx context.Context, sub *redis.PubSub) error {
	heard := time.Now()
	for {
		left := silence - time.Since(heard)
		if left <= 0 {
			return ErrSilent
		}
		received, err := sub.ReceiveTimeout(ctx, left)
		if err != nil {
			return err
		}
		if m, ok := received.(*redis.Message); ok && l.take(m.Payload) {
			heard = time.Now()
			l.pulse.hears()
		}
	}
}

// take takes in one payload, and reports whether it was the own echo.
func (l *seat) take(payload string) bool {
	if token, ok := decodeEcho(payload); ok {
		l.answer(token)
		return token == l.token
	}
	messages, err := decodeMessages(payload)
	if err != nil {
		l.log.Error("message dropped", zap.Error(err)) // by nodes of another version, at most
		return false
	}
	for _, m := range messages {
		l.listener.Deliver(m)
	}
	return false
}

// await returns a channel that is closed when the echo of a token comes; false while none would.
func (l *seat) await(token string) (<-chan struct{}, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.live {
		return nil, false
	}
	l.awaits[token] = make(chan struct{})
	return l.awaits[token], true
}

// answer tells whoever awaits the token.
func (l *seat) answer(token string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if awaits := l.awaits[token]; awaits != nil {
		close(awaits)
		delete(l.awaits, token)
	}
}

// forget ends the wait for a token.
func (l *seat) forget(token string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.awaits, token)
}
