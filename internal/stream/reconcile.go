package stream

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/claimcall/claimcall/internal/call"
)

// Listed is a Provider that can ask its media service what is being published there. What it tells otherwise, by hooks,
// may be lost or reach another process.
type Listed interface {
	Provider
	// Live returns the streams that are being published now. Those whose names are not ours are left out. It ends with ctx.
	Live(ctx context.Context) ([]call.StreamName, error)
	// News is the guard through which the provider tells what is published.
	News() *Guard
}

const (
	listEvery = 10 * time.Second
	listLimit = 5 * time.Second
	// listFresh is how long a list says something.
	listFresh = 3 * listEvery
	// recent is how much later than a hook its stream may appear in a list.
	recent = 2 * time.Second
	// dropAfter is how often in a row the authority must refuse a stream that is published: a call may be about to take it.
	dropAfter = 2
	// askAgain is how long it is not asked again about a stream that it has not refused: every node asks about each.
	askAgain = time.Minute
)

// list is what a provider said last of what is published.
type list struct {
	mu   sync.Mutex
	at   time.Time
	live map[call.StreamName]bool
}

// reconcile compares, over and over until ctx ends, what the media service says with what the authority was told.
func (s *Set) reconcile(ctx context.Context, p Listed, l *list) {
	log := s.log.With(zap.String("provider", p.Name()))
	silent := false
	for every(ctx, listEvery) {
		asked := time.Now()
		listing, cancel := context.WithTimeout(ctx, listLimit)
		live, err := p.Live(listing)
		cancel()
		switch {
		case err != nil && !silent && ctx.Err() == nil:
			log.Warn("stream: provider does not say what is published", zap.Error(err))
		case err == nil && silent:
			log.Info("stream: provider says again what is published")
		}
		if silent = err != nil; silent {
			continue
		}
		l.take(live, asked)
		for _, name := range p.News().reconcile(ctx, live, asked) {
			log.Warn("stream: published without a call; dropped", zap.Stringer("stream", name))
			s.Drop(ctx, p.Name(), name)
		}
	}
}

func (l *list) take(live []call.StreamName, asked time.Time) {
	names := make(map[call.StreamName]bool, len(live))
	for _, name := range live {
		names[name] = true
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.at, l.live = asked, names
}

// has reports whether the stream was in the last list, if that is fresh.
func (l *list) has(name call.StreamName) (publishing, known bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.live[name], time.Since(l.at) < listFresh
}

// reconcile tells the authority what live, which the media service was asked for at the given time, says otherwise than
// the news so far. It returns the streams that are published though the authority refuses them, and not for the first time.
func (g *Guard) reconcile(ctx context.Context, live []call.StreamName, asked time.Time) (refused []call.StreamName) {
	for _, name := range g.gone(live, asked) {
		g.tell(ctx, name, false)
	}
	for _, name := range live {
		if g.isSettled(name, asked) {
			continue
		}
		err := g.authorize(ctx, name)
		if err != nil && !errors.Is(err, call.ErrStreamRefused) {
			return refused // nothing can be found out now
		}
		if g.refusedAgain(name, err, asked) {
			refused = append(refused, name)
		}
	}
	for _, name := range g.unheard(live, asked) {
		g.tell(ctx, name, true)
	}
	return refused
}

// isSettled reports whether the authority said lately what is to be done about the stream: nothing.
func (g *Guard) isSettled(name call.StreamName, asked time.Time) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	known, ok := g.settled[name]
	return ok && asked.Sub(known.at) < askAgain
}

func (g *Guard) authorize(ctx context.Context, name call.StreamName) error {
	ctx, cancel := context.WithTimeout(ctx, authorizeLimit)
	defer cancel()
	return g.authority.AuthorizeStream(ctx, g.provider, name)
}

// gone returns the streams whose end was not told. What is older than the question, and over, is forgotten.
func (g *Guard) gone(live []call.StreamName, asked time.Time) []call.StreamName {
	there := make(map[call.StreamName]bool, len(live))
	for _, name := range live {
		there[name] = true
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	var gone []call.StreamName
	for name, told := range g.news {
		switch {
		case there[name] || told.at.After(asked.Add(-recent)):
		case told.publishing:
			gone = append(gone, name)
		default:
			delete(g.news, name)
		}
	}
	isOver := func(name call.StreamName) bool { return !there[name] }
	maps.DeleteFunc(g.refused, func(name call.StreamName, _ int) bool { return isOver(name) })
	maps.DeleteFunc(g.settled, func(name call.StreamName, _ settled) bool { return isOver(name) })
	return gone
}

// unheard returns the streams of running calls of which it was not told that they are published.
func (g *Guard) unheard(live []call.StreamName, asked time.Time) []call.StreamName {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(live), func(name call.StreamName) bool {
		told, ok := g.news[name]
		return !g.settled[name].ours || ok && (told.publishing || !told.at.Before(asked.Add(-recent)))
	})
}

// refusedAgain counts refusals in a row, and reports whether there are too many. That nothing is known of the stream is
// none: another deployment may share the media service.
func (g *Guard) refusedAgain(name call.StreamName, answer error, asked time.Time) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if answer == nil || errors.Is(answer, call.ErrStreamUnknown) {
		delete(g.refused, name)
		g.settled[name] = settled{ours: answer == nil, at: asked}
		return false
	}
	delete(g.settled, name)
	g.refused[name]++
	return g.refused[name] >= dropAfter
}

// heard returns what was told last of the stream, if anything.
func (g *Guard) heard(name call.StreamName) (publishing, known bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	told, ok := g.news[name]
	return told.publishing, ok
}
