package redisstore

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"go.uber.org/zap"

	"github.com/claimcall/claimcall/internal/call"
)

// standing is a document with the place it was found by.
type standing struct{ place, text string }

// rank is what orders the places of different lines: all after the second word.
func (st standing) rank() string {
	words := strings.SplitN(st.place, " ", 3)
	return words[len(words)-1]
}

// look returns the first documents, at most limit, of each line, whose places begin with its words.
func (s *Store) look(ctx context.Context, limit int, lines ...string) ([]standing, error) {
	args := []any{limit}
	for _, line := range lines {
		args = append(args, line+" ", line+"!") // which comes right after the space
	}
	found, err := s.run(ctx, s.scripts.look, []string{s.keys.places(), s.keys.documents()}, args...).StringSlice()
	if err != nil {
		return nil, err
	}
	standings := make([]standing, 0, len(found)/2)
	for pair := range slices.Chunk(found, 2) {
		standings = append(standings, standing{pair[0], pair[len(pair)-1]})
	}
	return standings, nil
}

// Waiting implements store.Store.
func (s *Store) Waiting(ctx context.Context, queue string, limit int) ([]call.Call, error) {
	found, err := s.look(ctx, limit, waitingIn(queue))
	if err != nil {
		return nil, s.fail("read queue", err)
	}
	return readable(s, found, decodeCall), nil
}

// Free implements store.Store. It merges the line of the queue with the line of those who serve every queue.
func (s *Store) Free(ctx context.Context, queue string, offset, limit int) ([]call.Presence, error) {
	found, err := s.look(ctx, offset+limit, freeIn(queue), free+" "+everywhere)
	if err != nil {
		return nil, s.fail("read free adjusters", err)
	}
	slices.SortFunc(found, func(a, b standing) int { return cmp.Compare(a.rank(), b.rank()) })
	found = found[min(offset, len(found)):min(offset+limit, len(found))]
	return readable(s, found, decodePresence), nil
}

// readable decodes what stands in a line. What can't be read, which none of our programs wrote, must not hold up everybody
// else in the line.
func readable[T any](s *Store, found []standing, decode func(string) (T, error)) []T {
	read := make([]T, 0, len(found))
	for _, f := range found {
		v, err := decode(f.text)
		if err != nil {
			s.log.Error("document in a line can't be read", zap.Error(err))
			continue
		}
		read = append(read, v)
	}
	return read
}

// queuedPage bounds how many waiting calls are returned at once: what unpack can take is limited.
const queuedPage = 1000

// Queued implements store.Store.
func (s *Store) Queued(ctx context.Context, limit int, queues ...string) (total int, first []call.Call, err error) {
	lines := []string{waiting}
	if len(queues) > 0 {
		lines = lines[:0]
	}
	for _, queue := range queues {
		lines = append(lines, waitingIn(queue))
	}
	args := []any{min(limit, queuedPage)}
	for _, line := range lines {
		args = append(args, line+" ", line+"!") // which comes right after the space
	}
	found, err := s.run(ctx, s.scripts.queued, []string{s.keys.places(), s.keys.documents()}, args...).Slice()
	if err != nil {
		return 0, nil, s.fail("read queues", err)
	}
	standings := make([]standing, len(found)-1)
	for i, text := range found[1:] {
		standings[i].text, _ = text.(string)
	}
	count, _ := found[0].(int64)
	return int(count), readable(s, standings, decodeCall), nil
}

// Queues implements store.Store.
func (s *Store) Queues(ctx context.Context) ([]string, error) {
	queues, err := s.run(ctx, s.scripts.words, []string{s.keys.places()}, waiting).StringSlice()
	for i := range queues {
		if err == nil {
			queues[i], err = unescape(queues[i])
		}
	}
	return queues, s.fail("read queues", err)
}

// positionsPage bounds how long one look for positions keeps Redis from anything else.
const positionsPage = 500

// Positions implements store.Store.
func (s *Store) Positions(ctx context.Context, queue string, ids ...string) ([]int, error) {
	positions := make([]int, 0, len(ids))
	for page := range slices.Chunk(ids, positionsPage) {
		args := []any{waitingIn(queue)}
		for _, id := range page {
			args = append(args, headOf(callName(id)))
		}
		found, err := s.run(ctx, s.scripts.positions, []string{s.keys.places(), s.keys.documents()}, args...).Int64Slice()
		if err != nil {
			return nil, s.fail("read positions", err)
		}
		for _, at := range found {
			positions = append(positions, int(at))
		}
	}
	return positions, nil
}
