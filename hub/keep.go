package hub

import (
	"context"
	"time"

	"github.com/claimcall/claimcall/internal/call"
	"github.com/claimcall/claimcall/internal/store"
)

// Keep says for how long what is kept, by kind. Zero means as long as the store keeps records.
type Keep struct {
	Records time.Duration // of calls that are over
	Texts   time.Duration // names and free texts in them
}

const (
	keepEvery = time.Hour // how often what is too old is looked for
	keepPage  = 100       // records that are looked at in one go
)

// keeper removes what is too old. Every node may: what one has removed the others do not find.
type keeper struct{ hub *Hub }

func (k keeper) run(ctx context.Context) {
	if k.hub.Keep == (Keep{}) {
		return
	}
	for ctx.Err() == nil {
		for more := true; more && ctx.Err() == nil; {
			more = false
			k.hub.attempt(ctx, "removal of what is too old", func(ctx context.Context) (err error) {
				more, err = k.removeSome(ctx)
				return err
			})
		}
		rest(ctx, keepEvery)
	}
}

// removeSome removes what it finds on one page of each kind, and reports whether that was anything.
func (k keeper) removeSome(ctx context.Context) (more bool, err error) {
	for _, kind := range []struct {
		keep  time.Duration
		after func(call.Call) (next *call.Call, changed bool)
	}{
		{k.hub.Keep.Records, func(call.Call) (*call.Call, bool) { return nil, true }},
		{k.hub.Keep.Texts, withoutTexts},
	} {
		if kind.keep <= 0 {
			continue
		}
		page, err := k.hub.Store.Records(ctx, store.Filter{Before: k.hub.Store.Now().Add(-kind.keep), Limit: keepPage})
		if err != nil {
			return false, err
		}
		for _, c := range page.Calls {
			next, changed := kind.after(c)
			if !changed {
				continue
			}
			if err := ignoreStale(k.hub.Store.Erase(ctx, c, next)); err != nil {
				return false, err
			}
			more = true
		}
	}
	return more, nil
}

// ignoreStale passes over what somebody else has changed or removed: it is looked at again.
func ignoreStale(err error) error {
	if staleIfGone(err) == store.ErrStale {
		return nil
	}
	return err
}

// withoutTexts returns a call without names and free texts, if it has any.
func withoutTexts(c call.Call) (*call.Call, bool) {
	if c.Claimant.Name+c.Adjuster.Name+c.Note+c.Notes == "" && len(c.Declined) == 0 {
		return nil, false
	}
	c = c.Clone()
	c.Version++
	c.Claimant.Name, c.Adjuster.Name, c.Note, c.Notes, c.Declined = "", "", "", "", nil
	return &c, true
}
