package webhook

import (
	"context"
	"errors"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/claimcall/claimcall/internal/store"
)

const (
	lookEvery = time.Second      // how often the outbox is looked at without being asked to
	together  = 8                // calls of which one receiver is told at the same time
	lease     = time.Minute      // how long a call that was taken is nobody else's; longer than a try
	tryLimit  = 20 * time.Second // from the connection to the answer
	storeTime = 5 * time.Second  // for one way to the store
)

// DefaultBackoff is how long after each failure an event is tried again: for about three and a half days.
func DefaultBackoff() []time.Duration {
	return []time.Duration{
		5 * time.Second, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 5 * time.Hour, 10 * time.Hour, 14 * time.Hour,
		20 * time.Hour, 24 * time.Hour,
	}
}

// Receiver is told of events.
type Receiver struct {
	Name    string // of its events in the outbox
	URL     string
	Secrets [][]byte // each signs; several while one replaces another
	// AllowPrivate lets its address be one of a private network or of this machine.
	AllowPrivate bool
}

// Outbox is where events come from. It is part of store.Store.
type Outbox interface {
	store.Outbox
	Now() time.Time
}

// Config is what a Teller is made of. Outbox and Receivers are required.
type Config struct {
	Outbox    Outbox
	Receivers []Receiver
	Backoff   []time.Duration // nil means DefaultBackoff
	TryLimit  time.Duration   // of one try, less than a minute; 0 means 20 s
	Resolver  *net.Resolver   // nil means the system's
	// OnTry is told of each try and what came of it: told, failed, or given_up after the last one. It must not block.
	OnTry func(receiver, outcome string)
	Log   *zap.Logger
}

// Teller tells receivers of events. All methods may be called concurrently.
type Teller struct {
	Config
	log       *zap.Logger
	receivers []*receiver
}

// receiver is one Receiver being told.
type receiver struct {
	Receiver
	*Teller
	client *http.Client
	kick   chan struct{} // holds one token while there may be something to take
	slots  chan struct{} // holds one for each call of which it is being told
}

// New returns a Teller. It does nothing until Run.
func New(c Config) (*Teller, error) {
	if c.Outbox == nil || len(c.Receivers) == 0 {
		return nil, errors.New("webhook: Config needs Outbox and Receivers")
	}
	if c.Backoff == nil {
		c.Backoff = DefaultBackoff()
	}
	if c.TryLimit == 0 {
		c.TryLimit = tryLimit
	}
	if c.OnTry == nil {
		c.OnTry = func(string, string) {}
	}
	if c.Log == nil {
		c.Log = zap.NewNop()
	}
	t := &Teller{Config: c, log: c.Log}
	for _, r := range c.Receivers {
		t.receivers = append(t.receivers, &receiver{
			Receiver: r, Teller: t, client: newClient(r, c.TryLimit, c.Resolver),
			kick: make(chan struct{}, 1), slots: make(chan struct{}, together),
		})
	}
	return t, nil
}

// Run tells until ctx ends. What is under way then is told again, by whoever takes it.
func (t *Teller) Run(ctx context.Context) {
	var all sync.WaitGroup
	for _, r := range t.receivers {
		all.Go(func() { r.run(ctx) })
	}
	all.Wait()
}

// Kick says that there are new events.
func (t *Teller) Kick() {
	for _, r := range t.receivers {
		r.wake()
	}
}

func (r *receiver) wake() {
	select {
	case r.kick <- struct{}{}:
	default:
	}
}

// run takes what is due, again and again, and has as many calls told of at the same time as there are slots.
func (r *receiver) run(ctx context.Context) {
	var tellers sync.WaitGroup
	defer tellers.Wait()
	defer r.client.CloseIdleConnections()
	regularly := time.NewTicker(lookEvery)
	defer regularly.Stop()
	for {
		events, err := r.take(ctx)
		if err != nil && ctx.Err() == nil {
			r.log.Warn("events not taken; trying again", zap.String("receiver", r.Name), zap.Error(err))
		}
		for _, e := range events {
			r.slots <- struct{}{} // there is room: only this goroutine fills it
			tellers.Go(func() {
				defer r.wake() // there may be more than there was room for
				defer func() { <-r.slots }()
				r.tellCall(ctx, e)
			})
		}
		select {
		case <-ctx.Done():
			return
		case <-r.kick:
		case <-regularly.C:
		}
	}
}

// take returns events as many as there is room for, and none while the receiver is stopped.
func (r *receiver) take(ctx context.Context) ([]store.Event, error) {
	room := cap(r.slots) - len(r.slots)
	if room == 0 {
		return nil, nil
	}
	bounded, cancel := context.WithTimeout(ctx, storeTime)
	defer cancel()
	events, err := r.Outbox.TakeEvents(bounded, r.Name, room, lease)
	if err != nil || len(events) == 0 {
		return nil, err
	}
	stopped, err := r.Outbox.StoppedReceivers(bounded)
	switch {
	case err != nil:
		return nil, err // the leases end by themselves
	case slices.Contains(stopped, r.Name):
		_, err = r.Outbox.DropEvents(bounded, r.Name)
		return nil, err
	}
	return events, nil
}
