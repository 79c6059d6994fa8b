package sqlitestore

import (
	"time"
)

// deadlines keeps the moment at which each document wants to be looked at next.
type deadlines struct {
	line line
	at   map[key]int64 // in microseconds, as in line
}

func newDeadlines() deadlines { return deadlines{newLine(), map[key]int64{}} }

// set replaces the moment of a document. A zero time removes it.
func (d deadlines) set(k key, t time.Time) {
	if old, ok := d.at[k]; ok {
		d.line.remove(place{old, k})
		delete(d.at, k)
	}
	if !t.IsZero() {
		d.put(k, moment(t))
	}
}

// wake moves the moment of a document to t unless it is earlier already.
func (d deadlines) wake(k key, t time.Time) {
	if old, ok := d.at[k]; !ok || moment(t) < old {
		d.set(k, t)
	}
}

func (d deadlines) put(k key, at int64) {
	d.at[k] = at
	d.line.add(place{at, k})
}

// moment rounds up, so that nothing is due before its time.
func moment(t time.Time) int64 { return t.Add(time.Microsecond - 1).UnixMicro() }

// due returns documents whose moment has come, the earliest first, and moves each to the end of its lease.
func (d deadlines) due(now time.Time, limit int, lease time.Duration) []key {
	var keys []key
	d.line.each(func(p place) bool {
		if p.rank > now.UnixMicro() || len(keys) >= limit {
			return false
		}
		keys = append(keys, p.key)
		return true
	})
	for _, k := range keys {
		d.set(k, now.Add(lease))
	}
	return keys
}

// next returns the earliest moment after now; zero if there is none.
func (d deadlines) next(now time.Time) (next time.Time) {
	after := place{rank: now.UnixMicro() + 1}
	d.line.tree.Ascend(after, func(p place) bool {
		next = time.UnixMicro(p.rank).UTC()
		return false
	})
	return next
}
