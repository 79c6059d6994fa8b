package redisstore

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
	"go.uber.org/zap"

	"github.com/claimcall/claimcall/internal/store"
)

// DefaultRetention is how long records are kept unless Options or the URL say otherwise.
const DefaultRetention = 90 * 24 * time.Hour

// Options of Open. The zero value is good. What is set here goes before what the URL says.
type Options struct {
	Log       *zap.Logger   // nil: none
	Prefix    string        // of all keys; "": DefaultPrefix
	Retention time.Duration // how long ended calls stay; 0: DefaultRetention

	now func() time.Time // in place of the server's clock, for tests that move time
}

// Store is a store.Store. All methods may be called concurrently.
type Store struct {
	client    redis.UniversalClient
	trips     trips
	cluster   bool
	log       *zap.Logger
	keys      keys
	scripts   scripts
	retention time.Duration
	clock     *clock
	fixed     func() time.Time // as in Options
	pulse     pulse

	life context.Context // ends with Close
	end  context.CancelFunc

	mu     sync.Mutex
	seats  map[string]*seat // running Listens by node
	seated sync.WaitGroup
	closed bool
}

var (
	_ store.Store  = (*Store)(nil)
	_ store.Pulsed = (*Store)(nil)
)

// Open connects to the Redis at a URL of one of these forms, and fails if it can't be reached:
//
//	redis://[USER:PASSWORD@]HOST[:6379][/DB]
//	redis+sentinel://[USER:PASSWORD@]HOST[:26379],HOST.../MASTER[/DB]
//	redis+cluster://[USER:PASSWORD@]HOST[:6379],HOST...
//
// With rediss in place of redis connections use TLS. These may follow after a question mark: prefix, retention (such as
// 2160h), and with Sentinel sentinel_user and sentinel_password.
func Open(ctx context.Context, url string, o Options) (*Store, error) {
	where, err := parse(url)
	if err != nil {
		return nil, fmt.Errorf("redisstore: open: %w", err)
	}
	keys, err := newKeys(firstOf(o.Prefix, where.prefix, DefaultPrefix))
	if err != nil {
		return nil, fmt.Errorf("redisstore: open: %w", err)
	}
	s := &Store{
		client: newClient(where), cluster: where.cluster,
		log: firstOf(o.Log, zap.NewNop()), keys: keys, scripts: newScripts(""),
		retention: firstOf(o.Retention, where.retention, DefaultRetention),
		clock:     newClock(), fixed: o.now, seats: map[string]*seat{},
	}
	s.life, s.end = context.WithCancel(context.Background())
	s.trips.client, s.trips.life = s.client, s.life
	if err := s.askTime(ctx); err != nil {
		_ = s.Close()
		return nil, fmt.Errorf("redisstore: open: Redis can't be reached: %w", err)
	}
	return s, nil
}

// firstOf returns the first that is not zero.
func firstOf[T comparable](values ...T) (zero T) {
	for _, v := range values {
		if v != zero {
			return v
		}
	}
	return zero
}

// Now returns the server's time, in UTC and whole microseconds.
func (s *Store) Now() time.Time {
	if s.fixed != nil {
		return s.fixed().UTC().Truncate(time.Microsecond)
	}
	return s.clock.now()
}

// askTime measures the server's clock.
func (s *Store) askTime(ctx context.Context) error {
	asked := s.clock.elapsed()
	at, err := s.client.Time(ctx).Result()
	if err != nil {
		return err
	}
	s.clock.observe(asked, s.clock.elapsed(), at.UnixMicro())
	return nil
}

// given is the time that scripts are to take for the server's; empty for the server's own.
func (s *Store) given() string {
	if s.fixed == nil {
		return ""
	}
	return strconv.FormatInt(s.Now().UnixMicro(), 10)
}

// fail says which operation failed; or ErrClosed, whatever the client says once it is closed.
func (s *Store) fail(operation string, err error) error {
	switch {
	case err == nil:
		return nil
	case s.life.Err() != nil:
		return store.ErrClosed
	}
	return fmt.Errorf("redisstore: %s: %w", operation, err)
}

// Close ends every Listen, waits for them and closes the connections. Nothing is left to write.
func (s *Store) Close() error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return store.ErrClosed
	}
	s.closed = true
	s.mu.Unlock()

	s.end()
	s.seated.Wait()
	err := s.client.Close()
	s.trips.close()
	if err != nil {
		return fmt.Errorf("redisstore: close: %w", err)
	}
	return nil
}
