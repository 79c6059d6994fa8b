package metrics

import (
	"context"
	"errors"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/claimcall/claimcall/internal/call"
	"github.com/claimcall/claimcall/internal/store"
)

// stores counts ways to the store.
type stores struct {
	took      *prometheus.HistogramVec
	failures  *prometheus.CounterVec
	conflicts prometheus.Counter
	heard     prometheus.Counter
}

func (s *stores) register(r prometheus.Registerer) {
	s.took = times(r, "store_seconds", "How long the store took.", machineTimes(), "op")
	s.failures = counters(r, "store_errors_total", "Ways to the store that failed.", "op")
	s.conflicts = counter(r, "store_conflicts_total", "Commits that were made again because somebody else was faster.")
	s.heard = counter(r, "messages_received_total", "Messages from the store for users of this node.")
}

// Store returns a store that does what s does, and counts.
func (m *Metrics) Store(s store.Store) store.Store {
	op := func(name string) way {
		return way{m.took.WithLabelValues(name), m.failures.WithLabelValues(name), m.conflicts}
	}
	return counted{
		Store: s, heard: m.heard,
		call: op("call"), presences: op("presences"), commit: op("commit"), waiting: op("waiting"), free: op("free"),
		due: op("due"), keepNode: op("keep_node"), records: op("records"), check: op("check"),
	}
}

// way counts one kind of ways to the store.
type way struct {
	took      prometheus.Observer
	failures  prometheus.Counter
	conflicts prometheus.Counter
}

// done counts one that began at a time. What the store has answered well is no failure, nor what nobody waits for.
func (w way) done(begun time.Time, err error) {
	w.took.Observe(time.Since(begun).Seconds())
	switch {
	case err == nil, errors.Is(err, store.ErrNotFound), errors.Is(err, store.ErrClosed), errors.Is(err, context.Canceled):
	case errors.Is(err, store.ErrStale):
		w.conflicts.Inc()
	default:
		w.failures.Inc()
	}
}

// counted is a store whose ways are counted, as far as calls need them. The others are its own.
type counted struct {
	store.Store
	heard prometheus.Counter

	call, presences, commit, waiting, free, due, keepNode, records, check way
}

func (c counted) Call(ctx context.Context, id string) (call.Call, error) {
	begun := time.Now()
	got, err := c.Store.Call(ctx, id)
	c.call.done(begun, err)
	return got, err
}

func (c counted) Presences(ctx context.Context, users ...call.User) ([]call.Presence, error) {
	begun := time.Now()
	got, err := c.Store.Presences(ctx, users...)
	c.presences.done(begun, err)
	return got, err
}

func (c counted) Commit(ctx context.Context, change store.Commit) error {
	begun := time.Now()
	err := c.Store.Commit(ctx, change)
	c.commit.done(begun, err)
	return err
}

func (c counted) Waiting(ctx context.Context, queue string, limit int) ([]call.Call, error) {
	begun := time.Now()
	got, err := c.Store.Waiting(ctx, queue, limit)
	c.waiting.done(begun, err)
	return got, err
}

func (c counted) Free(ctx context.Context, queue string, offset, limit int) ([]call.Presence, error) {
	begun := time.Now()
	got, err := c.Store.Free(ctx, queue, offset, limit)
	c.free.done(begun, err)
	return got, err
}

func (c counted) Due(ctx context.Context, limit int, lease time.Duration) (store.Due, error) {
	begun := time.Now()
	got, err := c.Store.Due(ctx, limit, lease)
	c.due.done(begun, err)
	return got, err
}

func (c counted) KeepNode(ctx context.Context, node string, ttl time.Duration) error {
	begun := time.Now()
	err := c.Store.KeepNode(ctx, node, ttl)
	c.keepNode.done(begun, err)
	return err
}

func (c counted) Records(ctx context.Context, f store.Filter) (store.Page, error) {
	begun := time.Now()
	got, err := c.Store.Records(ctx, f)
	c.records.done(begun, err)
	return got, err
}

func (c counted) Check(ctx context.Context) error {
	begun := time.Now()
	err := c.Store.Check(ctx)
	c.check.done(begun, err)
	return err
}

func (c counted) Listen(ctx context.Context, node string, l store.Listener) error {
	return c.Store.Listen(ctx, node, listener{l, c.heard})
}

// listener counts messages on their way.
type listener struct {
	store.Listener
	heard prometheus.Counter
}

func (l listener) Deliver(m store.Message) {
	l.heard.Inc()
	l.Listener.Deliver(m)
}
