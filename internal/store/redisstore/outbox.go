package redisstore

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/claimcall/claimcall/internal/store"
)

// eventName names an event among those of its receiver, so that the order of the names is that of the events of a call.
func eventName(e store.Event) string { return escape(e.Call) + " " + sortable(e.Seq) }

// eventWrites returns what puts an event into the outbox. A call whose events wait or are leased goes on doing so.
func (s *Store) eventWrites(e store.Event) []write {
	name, now := eventName(e), strconv.FormatInt(s.Now().UnixMicro(), 10)
	return []write{
		{"ZADD", s.keys.eventOrder(e.Receiver), []string{"0", name}},
		{"HSET", s.keys.eventBodies(e.Receiver), []string{name, string(e.Body)}},
		{"ZADD", s.keys.eventDue(e.Receiver), []string{"NX", now, escape(e.Call)}},
	}
}

// outboxKeys are what the scripts of the outbox take.
func (s *Store) outboxKeys(receiver string) []string {
	return []string{s.keys.eventDue(receiver), s.keys.eventOrder(receiver), s.keys.eventBodies(receiver)}
}

// TakeEvents implements store.Outbox.
func (s *Store) TakeEvents(ctx context.Context, receiver string, limit int, lease time.Duration) ([]store.Event, error) {
	found, err := s.run(ctx, s.scripts.take, s.outboxKeys(receiver), limit, lease.Microseconds(), s.given()).StringSlice()
	if err != nil {
		return nil, s.fail("take events", err)
	}
	events, err := parseEvents(receiver, found)
	return events, s.fail("take events", err)
}

// EventTold implements store.Outbox.
func (s *Store) EventTold(ctx context.Context, e store.Event, lease time.Duration) (next store.Event, more bool, err error) {
	found, err := s.run(ctx, s.scripts.told, s.outboxKeys(e.Receiver),
		eventName(e), escape(e.Call), lease.Microseconds(), s.given()).StringSlice()
	if err != nil {
		return next, false, s.fail("remove event", err)
	}
	events, err := parseEvents(e.Receiver, found)
	if err != nil || len(events) == 0 {
		return next, false, s.fail("remove event", err)
	}
	return events[0], true, nil
}

// EventFailed implements store.Outbox.
func (s *Store) EventFailed(ctx context.Context, e store.Event, until time.Time) error {
	err := s.run(ctx, s.scripts.failed, s.outboxKeys(e.Receiver), eventName(e), escape(e.Call), micros(until)).Err()
	return s.fail("put event off", err)
}

// dropAtOnce bounds how many events one script removes.
const dropAtOnce = 500

// DropEvents implements store.Outbox.
func (s *Store) DropEvents(ctx context.Context, receiver string, calls ...string) (int, error) {
	if len(calls) == 0 {
		return s.dropRange(ctx, receiver, "-", "+", "")
	}
	count := 0
	for _, call := range calls {
		word := escape(call)
		n, err := s.dropRange(ctx, receiver, "["+word+" ", "("+word+"!", word)
		if err != nil {
			return 0, err
		}
		count += n
	}
	return count, nil
}

// dropRange removes the events whose names are in a range, and the time of a call, or of all if it is empty.
func (s *Store) dropRange(ctx context.Context, receiver, from, beyond, call string) (count int, err error) {
	for {
		n, err := s.run(ctx, s.scripts.drop, s.outboxKeys(receiver), from, beyond, dropAtOnce, call).Int()
		if err != nil {
			return 0, s.fail("drop events", err)
		}
		if count += n; n < dropAtOnce {
			return count, nil
		}
	}
}

// StopReceiver implements store.Outbox.
func (s *Store) StopReceiver(ctx context.Context, receiver string, stopped bool) error {
	change := s.client.SRem
	if stopped {
		change = s.client.SAdd
	}
	return s.fail("stop receiver", change(ctx, s.keys.stopped(), receiver).Err())
}

// StoppedReceivers implements store.Outbox.
func (s *Store) StoppedReceivers(ctx context.Context) ([]string, error) {
	names, err := s.client.SMembers(ctx, s.keys.stopped()).Result()
	slices.Sort(names)
	return names, s.fail("read stopped receivers", err)
}

// parseEvents reads what scripts return: name, body and tries of each event.
func parseEvents(receiver string, found []string) ([]store.Event, error) {
	var events []store.Event
	for ; len(found) >= 3; found = found[3:] {
		word, order, _ := strings.Cut(found[0], " ")
		call, err := unescape(word)
		seq, err2 := strconv.ParseUint(order, 16, 64)
		tries, err3 := strconv.Atoi(found[2])
		if err != nil || err2 != nil || err3 != nil {
			return nil, fmt.Errorf("%w: event %q", errDocument, found[0])
		}
		events = append(events, store.Event{
			Receiver: receiver, Call: call, Seq: int64(seq ^ 1<<63), Body: []byte(found[1]), Tries: tries,
		})
	}
	return events, nil
}
