package hub

import (
	"context"
	"errors"

	"github.com/claimcall/claimcall/internal/call"
	"github.com/claimcall/claimcall/internal/store"
)

// StreamProvider returns the provider that carries the stream now, and call.ErrStreamRefused if no running call has it.
// Any other error means that it could not be found out.
func (h *Hub) StreamProvider(ctx context.Context, name StreamName) (string, error) {
	c, err := h.Store.Call(ctx, name.Room)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return "", call.ErrStreamRefused
	case err != nil:
		return "", err
	case !c.CarriesStream(c.ProviderName(), name):
		return "", call.ErrStreamRefused
	}
	return c.ProviderName(), nil
}
