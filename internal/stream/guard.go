package stream

import (
	"context"
	"fmt"
	"net/url"
	"sync"
	"time"

	"github.com/claimcall/claimcall/internal/call"
)

// Limits on how long the authority may take. Together they are less than what nginx waits for a hook.
const (
	authorizeLimit = 3 * time.Second
	changedLimit   = 5 * time.Second
)

// Guard decides for one provider who may publish and play, and passes on what is published. With a few lines of
// adapter it is the embedded relay's gate and watcher. It may be used concurrently.
type Guard struct {
	provider  string
	keys      Keys
	authority Authority

	mu sync.Mutex
	// news is what the authority was told last of each stream. Of those that are listed, refused is how often in a row it
	// refused one, and settled what it said last otherwise.
	news    map[call.StreamName]news
	refused map[call.StreamName]int
	settled map[call.StreamName]settled
}

// news is whether a stream was being published, and when that was said.
type news struct {
	publishing bool
	at         time.Time
}

// settled is that a stream is of a running call or, if it is not ours, of no call at all, and when that was asked.
type settled struct {
	ours bool
	at   time.Time
}

// NewGuard returns the guard of a provider.
func NewGuard(provider string, keys Keys, authority Authority) *Guard {
	return &Guard{
		provider: provider, keys: keys, authority: authority,
		news: map[call.StreamName]news{}, refused: map[call.StreamName]int{}, settled: map[call.StreamName]settled{},
	}
}

// Allow returns nil if query, the signature of an address, is good for this name and direction, and the name is of a
// running call. [IsRefusal] tells a refusal from a failure. No error holds any part of the query.
func (g *Guard) Allow(ctx context.Context, d Direction, name string, query url.Values) error {
	parsed, err := g.signed(d, name, query)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, authorizeLimit)
	defer cancel()
	if err := g.authority.AuthorizeStream(ctx, g.provider, parsed); err != nil {
		return fmt.Errorf("stream: authorize: %w", err)
	}
	return nil
}

// signed returns the name if the query is good for it, whatever its call is doing.
func (g *Guard) signed(d Direction, name string, query url.Values) (call.StreamName, error) {
	parsed, err := parseName(name)
	if err != nil {
		return parsed, err
	}
	return parsed, g.keys.Verify(d, name, query, time.Now())
}

// Published tells the authority that a stream began.
func (g *Guard) Published(name string) { g.changed(name, true) }

// Unpublished tells the authority that a stream ended.
func (g *Guard) Unpublished(name string) { g.changed(name, false) }

func (g *Guard) changed(name string, publishing bool) {
	parsed, err := parseName(name)
	if err != nil {
		return // never admitted, so nobody waits for news of it
	}
	ctx, cancel := context.WithTimeout(context.Background(), changedLimit)
	defer cancel()
	g.tell(ctx, parsed, publishing)
}

// tell passes the news on, and remembers it unless it got lost.
func (g *Guard) tell(ctx context.Context, name call.StreamName, publishing bool) {
	if g.authority.StreamChanged(ctx, g.provider, name, publishing) != nil {
		return // the authority has said why; reconcile tells it again
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.news[name] = news{publishing: publishing, at: time.Now()}
}
