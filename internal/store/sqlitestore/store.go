package sqlitestore

import (
	"fmt"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/claimcall/claimcall/internal/store"
)

// DefaultRetention is how long records are kept unless Options say otherwise.
const DefaultRetention = 90 * 24 * time.Hour

// Options of Open. The zero value is good.
type Options struct {
	Log       *zap.Logger      // nil: none
	Retention time.Duration    // how long ended calls stay; 0: DefaultRetention
	Sync      bool             // survive a power cut as well: sync the disk before a commit returns
	Now       func() time.Time // nil: time.Now
}

func (o Options) withDefaults() Options {
	if o.Log == nil {
		o.Log = zap.NewNop()
	}
	if o.Retention == 0 {
		o.Retention = DefaultRetention
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return o
}

// Store is a store.Store. All methods may be called concurrently.
type Store struct {
	log  *zap.Logger
	now  func() time.Time
	file *file
	post post // of the journal goroutine

	bell    chan struct{} // rung when the queue is no longer empty; closed by Close
	closing chan struct{} // closed by Close
	ended   chan struct{} // closed at the end of the journal goroutine

	mu     sync.RWMutex
	memory *memory
	flying map[key]*flight // documents in flight
	queue  []*flight       // not yet taken by the journal
	closed bool
}

var _ store.Store = (*Store)(nil)

// Open opens the store in the file at path, which is created when there is none. With path "" or ":memory:" everything is
// forgotten on Close. It refuses a file that another process has open, one of a newer version of this program,
// and one that is something else.
func Open(path string, o Options) (*Store, error) {
	o = o.withDefaults()
	f, err := openFile(path, o)
	if err != nil {
		return nil, fmt.Errorf("sqlitestore: open %s: %w", path, err)
	}
	s := &Store{
		log: o.Log, file: f, post: post{seats: map[string]*seat{}},
		now:     func() time.Time { return o.Now().UTC().Truncate(time.Microsecond) },
		bell:    make(chan struct{}, 1),
		closing: make(chan struct{}),
		ended:   make(chan struct{}),
		memory:  newMemory(),
		flying:  map[key]*flight{},
	}
	if err := f.load(s.memory); err != nil {
		_ = f.close()
		return nil, fmt.Errorf("sqlitestore: load %s: %w", path, err)
	}
	s.memory.wakeAll(s.now())
	go s.journal()
	return s, nil
}

// Now returns the time of this machine, in UTC and whole microseconds.
func (s *Store) Now() time.Time { return s.now() }

// Close writes what is queued, ends every Listen and closes the file.
func (s *Store) Close() error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return store.ErrClosed
	}
	s.closed = true
	close(s.bell)
	close(s.closing)
	s.mu.Unlock()

	<-s.ended
	if err := s.file.close(); err != nil {
		return fmt.Errorf("sqlitestore: close: %w", err)
	}
	return nil
}
