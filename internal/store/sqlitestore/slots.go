package sqlitestore

// slots says in which row of the file each document lies. Rows are numbered here, densely, and used again: a few
// hot pages take all the writing, which costs half of what a key of text would.
type slots struct {
	of   map[key]int64
	free []int64 // the last one is used next
	next int64   // never used so far
}

// move is what a change does to the slots.
type move struct {
	key   key
	slot  int64 // 0: the document has none and gets none
	fresh bool  // the slot was taken for this change
	leave bool  // the slot is left with this change
}

func newSlots() slots { return slots{of: map[key]int64{}, next: 1} }

// found notes a slot in use. Slots must be told in their order.
func (s *slots) found(k key, slot int64) {
	s.of[k] = slot
	for ; s.next < slot; s.next++ {
		s.free = append(s.free, s.next)
	}
	s.next = slot + 1
}

// plan finds the slot of each change, and takes new ones for new documents.
func (s *slots) plan(changes []change) []move {
	moves := make([]move, len(changes))
	for i, c := range changes {
		slot, known := s.of[c.key]
		moves[i] = move{key: c.key, slot: slot, leave: known && !c.stays()}
		if !known && c.stays() {
			moves[i] = move{key: c.key, slot: s.take(c.key), fresh: true}
		}
	}
	return moves
}

// undo gives back what plan has taken.
func (s *slots) undo(moves []move) {
	for _, m := range moves {
		if m.fresh {
			s.giveBack(m)
		}
	}
}

// release gives back the slots of documents that are gone.
func (s *slots) release(moves []move) {
	for _, m := range moves {
		if m.leave {
			s.giveBack(m)
		}
	}
}

func (s *slots) take(k key) int64 {
	slot := s.next
	if n := len(s.free); n > 0 {
		slot, s.free = s.free[n-1], s.free[:n-1]
	} else {
		s.next++
	}
	s.of[k] = slot
	return slot
}

func (s *slots) giveBack(m move) {
	delete(s.of, m.key)
	s.free = append(s.free, m.slot)
}
