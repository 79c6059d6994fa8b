package sqlitestore

import (
	"github.com/tidwall/btree"

	"github.com/claimcall/claimcall/internal/call"
)

// freeList keeps the free adjusters, longest idle first: those who serve every queue in one line, the others in
// the line of each queue they serve.
type freeList struct {
	everywhere line
	byQueue    lines
}

func newFreeList() freeList {
	return freeList{everywhere: newLine(), byQueue: lines{}}
}

func (fl freeList) add(p *call.Presence) {
	at := idleOf(p)
	if len(p.Queues) == 0 {
		fl.everywhere.add(at)
	}
	for _, q := range p.Queues {
		fl.byQueue.add(q, at)
	}
}

func (fl freeList) remove(p *call.Presence) {
	at := idleOf(p)
	if len(p.Queues) == 0 {
		fl.everywhere.remove(at)
	}
	for _, q := range p.Queues {
		fl.byQueue.remove(q, at)
	}
}

func idleOf(p *call.Presence) place {
	return place{p.IdleSince.UnixMicro(), userKey(p.User)}
}

// serving returns the users who serve the queue from offset on, at most limit: both lines merged in order.
func (fl freeList) serving(queue string, offset, limit int) []call.User {
	own, ok := fl.byQueue[queue]
	if !ok {
		own = newLine()
	}
	a, b := fl.everywhere.tree.Iter(), own.tree.Iter()
	moreA, moreB := a.First(), b.First()
	var users []call.User
	for n := 0; len(users) < limit && (moreA || moreB); n++ {
		var next place
		if next, moreA, moreB = earlier(&a, &b, moreA, moreB); n >= offset {
			users = append(users, next.key.user())
		}
	}
	return users
}

// earlier takes the place that comes first from the two iterators. At least one must have more.
func earlier(a, b *btree.IterG[place], moreA, moreB bool) (next place, stillA, stillB bool) {
	if !moreB || moreA && a.Item().before(b.Item()) {
		next = a.Item()
		return next, a.Next(), moreB
	}
	next = b.Item()
	return next, moreA, b.Next()
}
