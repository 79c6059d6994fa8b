package sqlitestore

import (
	"go.uber.org/zap"
)

// journal is the only goroutine of a store, and the only one that writes: to the file, then to memory, then
// to the listeners. It ends when Close has closed the bell and the queue is empty.
func (s *Store) journal() {
	defer close(s.ended)
	for range s.bell {
		s.land(s.take())
	}
	s.land(s.take())
}

// take empties the queue.
func (s *Store) take() []*flight {
	s.mu.Lock()
	defer s.mu.Unlock()
	batch := s.queue
	s.queue = nil
	return batch
}

// land brings a batch into the file, into memory and to the listeners, and lets its owners go on.
func (s *Store) land(batch []*flight) {
	if err := s.file.write(batch, s.now()); err != nil {
		s.log.Error("store can't write", zap.Error(err), zap.Int("commits", len(batch)))
		for _, f := range batch {
			if f.writes() {
				f.err = err
			}
		}
	}
	letters := s.settle(batch)
	for i, f := range batch {
		s.post.deliver(letters[i])
		if f.task != nil {
			f.task()
		}
		close(f.done)
	}
	s.sweep()
}

// settle takes over into memory what the file holds now. It returns the messages of each flight with the nodes that
// they go to.
func (s *Store) settle(batch []*flight) [][]letter {
	letters := make([][]letter, len(batch))
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, f := range batch {
		for _, c := range f.changes {
			delete(s.flying, c.key)
		}
		if f.err != nil {
			continue
		}
		s.memory.apply(f)
		letters[i] = s.memory.address(f.messages)
	}
	return letters
}

// sweep removes records past their retention, a bounded number at a time.
func (s *Store) sweep() {
	if err := s.file.sweep(s.now()); err != nil {
		s.log.Error("store can't remove old records", zap.Error(err))
	}
}
