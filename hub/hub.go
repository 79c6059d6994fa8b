package hub

import (
	"context"
	"errors"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/claimcall/claimcall/internal/call"
	"github.com/claimcall/claimcall/internal/store"
	"github.com/claimcall/claimcall/protocol"
)

// Errors of Ready.
var (
	ErrDraining     = errors.New("hub: draining")
	ErrNotListening = errors.New("hub: not yet listening for messages")
)

// storeTimeout bounds every way to the store that a command or a loop takes.
const storeTimeout = 5 * time.Second

// Hub coordinates calls on one node. All methods may be called concurrently.
type Hub struct {
	Config
	log       *zap.Logger
	assigner  *assigner
	sweeper   *sweeper
	positions *positions
	board     *board
	rations   *rations

	revocations *revocations

	life context.Context // ends with Run; what must outlive a command uses it
	end  context.CancelFunc

	mu        sync.Mutex
	sockets   map[call.User][]*socket // signed in or about to be
	signedIn  map[call.Role]int       // how many those are
	count     int                     // of Serve calls under way
	idle      chan struct{}           // closed when count reaches 0 while draining
	draining  bool
	listening bool
}

// New returns a hub. It does nothing by itself until Run.
func New(c Config) (*Hub, error) {
	c, err := c.defaults()
	if err != nil {
		return nil, err
	}
	h := &Hub{Config: c, sockets: map[call.User][]*socket{}, signedIn: map[call.Role]int{}, idle: make(chan struct{})}
	h.log = c.Log.With(zap.String("node", c.Node))
	h.assigner = newAssigner(h)
	h.sweeper = newSweeper(h)
	h.positions = newPositions(h)
	h.board = newBoard(h)
	h.rations = newRations(c.Limits)
	h.revocations = newRevocations(h)
	h.life, h.end = context.WithCancel(context.Background())
	return h, nil
}

// Run does what is not started by a client: it listens for messages, sweeps deadlines, assigns calls. It returns when
// ctx ends, or with an error when the store can't be listened to. Drain first to leave in good order.
func (h *Hub) Run(ctx context.Context) error {
	defer h.end()
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	if err := h.sweeper.begin(ctx); err != nil {
		if ctx.Err() != nil {
			return nil // told to stop before it had begun
		}
		return err
	}
	var loops sync.WaitGroup
	for _, loop := range []func(context.Context){
		h.sweeper.run, h.sweeper.runLease, h.sweeper.runNodes, (&mover{hub: h}).run, h.assigner.run, h.positions.run,
		h.board.run, keeper{h}.run,
		h.revocations.run,
	} {
		loops.Go(func() { loop(ctx) })
	}
	err := h.Store.Listen(ctx, h.Node, h)
	stop()
	loops.Wait()
	h.leave()
	if ctx.Err() != nil && (err == nil || errors.Is(err, context.Canceled)) {
		return nil
	}
	return err
}

// attempt does a part of a loop's work within the time that the store has. What fails is done again later.
func (h *Hub) attempt(ctx context.Context, what string, do func(context.Context) error) {
	bounded, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	if err := do(bounded); err != nil && ctx.Err() == nil {
		h.log.Warn(what+" interrupted; trying again", zap.Error(err))
	}
}

// leave gives the lease back, so that others see at once what this node leaves behind.
func (h *Hub) leave() {
	ctx, cancel := context.WithTimeout(context.Background(), storeTimeout)
	defer cancel()
	if err := h.Store.DropNode(ctx, h.Node); err != nil && !errors.Is(err, store.ErrClosed) {
		h.log.Warn("lease not given back; it runs out by itself", zap.Error(err))
	}
}

// Ready returns nil if calls can go their whole way on this node.
func (h *Hub) Ready(ctx context.Context) error {
	h.mu.Lock()
	draining, listening := h.draining, h.listening
	h.mu.Unlock()
	switch {
	case draining:
		return ErrDraining
	case !listening:
		return ErrNotListening
	case !h.revocations.areKnown():
		return ErrNotKnown
	}
	return h.Store.Check(ctx)
}

// enter counts a socket in, unless the hub drains.
func (h *Hub) enter() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.draining {
		return false
	}
	h.count++
	return true
}

func (h *Hub) drains() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.draining
}

func (h *Hub) exit() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.count--
	if h.draining && h.count == 0 {
		close(h.idle)
	}
}

// register has messages for the user reach the socket, which keeps them back until its welcome is out. It returns
// false when the hub drains: nobody would tell this socket.
func (h *Hub) register(s *socket) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.draining {
		return false
	}
	h.sockets[s.user] = append(h.sockets[s.user], s)
	h.signedIn[s.user.Role]++
	return true
}

func (h *Hub) unregister(s *socket) {
	h.mu.Lock()
	defer h.mu.Unlock()
	rest := h.sockets[s.user]
	for i, other := range rest {
		if other == s {
			rest = append(rest[:i:i], rest[i+1:]...)
			h.signedIn[s.user.Role]--
			break
		}
	}
	if len(rest) == 0 {
		delete(h.sockets, s.user)
		return
	}
	h.sockets[s.user] = rest
}

// socketsOf returns the sockets of a user on this node. The slice is never changed in place.
func (h *Hub) socketsOf(u call.User) []*socket {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.sockets[u]
}

// Drain tells every client to come back elsewhere, spread over a time that grows with their number, and returns when
// all sockets are gone or ctx ends. New sockets are refused from here on.
func (h *Hub) Drain(ctx context.Context) {
	h.mu.Lock()
	if !h.draining {
		h.draining = true
		if h.count == 0 {
			close(h.idle)
		}
	}
	var all []*socket
	for _, sockets := range h.sockets {
		all = append(all, sockets...)
	}
	h.mu.Unlock()
	spread := min(time.Duration(len(all))*time.Millisecond, maxSpread)
	for _, s := range all {
		s.bye(protocol.CloseGoingAway, spread)
	}
	select {
	case <-h.idle:
	case <-ctx.Done():
	}
}

// maxSpread bounds how long a client is told to wait before it comes back.
const maxSpread = 10 * time.Second
