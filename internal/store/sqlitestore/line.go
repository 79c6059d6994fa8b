package sqlitestore

import (
	"cmp"
	"maps"
	"slices"
	"sort"

	"github.com/tidwall/btree"
)

// place is where something stands in a line: by rank, and among equals by key, so that the order is total.
type place struct {
	rank int64
	key  key
}

func (p place) before(o place) bool {
	return p.rank < o.rank || p.rank == o.rank && p.key.before(o.key)
}

// line is an ordered set of places.
type line struct{ tree *btree.BTreeG[place] }

func newLine() line {
	return line{btree.NewBTreeGOptions(place.before, btree.Options{NoLocks: true})}
}

func (l line) add(p place)    { l.tree.Set(p) }
func (l line) remove(p place) { l.tree.Delete(p) }
func (l line) len() int       { return l.tree.Len() }

// each calls f in order until it returns false.
func (l line) each(f func(place) bool) { l.tree.Scan(f) }

// position returns how many stand before p, plus one. It asks the tree O(log n) times for the place at an index.
func (l line) position(p place) int {
	return 1 + sort.Search(l.tree.Len(), func(i int) bool {
		at, _ := l.tree.GetAt(i)
		return !at.before(p)
	})
}

// lines are the lines of all queues. A line without anybody in it is not kept.
type lines map[string]line

func (ls lines) add(queue string, p place) {
	l, ok := ls[queue]
	if !ok {
		l = newLine()
		ls[queue] = l
	}
	l.add(p)
}

func (ls lines) remove(queue string, p place) {
	l, ok := ls[queue]
	if !ok {
		return
	}
	l.remove(p)
	if l.len() == 0 {
		delete(ls, queue)
	}
}

// first returns how many stand in the lines of the named queues, in all if none is named, and the first of all of them.
func (ls lines) first(limit int, queues []string) (total int, first []place) {
	if len(queues) == 0 {
		queues = slices.Collect(maps.Keys(ls))
	}
	for _, queue := range queues {
		l, ok := ls[queue]
		if !ok {
			continue
		}
		total += l.len()
		count := 0
		l.each(func(p place) bool {
			if count++; count <= limit {
				first = append(first, p)
			}
			return count < limit
		})
	}
	slices.SortFunc(first, func(a, b place) int {
		return cmp.Or(cmp.Compare(a.rank, b.rank), cmp.Compare(a.key.id, b.key.id))
	})
	return total, first[:min(limit, len(first))]
}
