package hub

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/claimcall/claimcall/internal/call"
	"github.com/claimcall/claimcall/internal/store"
	"github.com/claimcall/claimcall/protocol"
)

// urlMargin is how much longer than the longest call a stream URL can be opened.
const urlMargin = 10 * time.Minute

// handOut returns what one side is to push and to play in the call's newest generation. The same side gets the same
// URLs however often it asks.
func (h *Hub) handOut(c call.Call, to call.Role) (protocol.Streams, error) {
	own := StreamName{Room: c.ID, Leg: to, Generation: c.Generation}
	expires := c.ActiveAt.Add(h.Timing.MaxCall + urlMargin)
	streams, err := h.Streams.HandOut(c.ProviderName(), own, expires)
	if err != nil {
		return protocol.Streams{}, fmt.Errorf("%w of %s: %w", errHandOut, c.ProviderName(), err)
	}
	streams.Profile = h.profile(c, to, streams.Profile)
	return streams, nil
}

// drop ends the streams of a generation. It does not wait for the media service.
func (h *Hub) drop(c call.Call, d call.DropStreams) {
	for _, name := range c.Streams(d.Generation) {
		h.Streams.Drop(h.life, d.Provider, name)
	}
}

// AuthorizeStream returns nil if a running call has the stream now, and call.ErrStreamRefused if none has: as
// call.ErrStreamUnknown if there is not even a record of the call. Any other error means that it could not be found out.
func (h *Hub) AuthorizeStream(ctx context.Context, provider string, name StreamName) error {
	c, err := h.Store.Call(ctx, name.Room)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return call.ErrStreamUnknown
	case err != nil:
		return err
	case !c.CarriesStream(provider, name):
		return call.ErrStreamRefused
	}
	return nil
}

// StreamChanged tells the call that the media side began or ceased to see a stream. What comes late, or of an
// old generation, changes nothing.
func (h *Hub) StreamChanged(ctx context.Context, provider string, name StreamName, publishing bool) error {
	if err := h.AuthorizeStream(ctx, provider, name); err != nil {
		if errors.Is(err, call.ErrStreamRefused) {
			return nil
		}
		return err
	}
	_, err := h.apply(ctx, name.Room, call.FlowChanged{Leg: name.Leg, Generation: name.Generation, Publishing: publishing})
	return err
}

// observed returns what the media side sees of the call's streams now, as far as it is known.
func (h *Hub) observed(c call.Call) []call.Event {
	watcher, ok := h.Streams.(Watcher)
	if !ok || c.State != call.Active {
		return nil
	}
	var events []call.Event
	for _, name := range c.Streams(c.Generation) {
		if publishing, known := watcher.Publishing(c.ProviderName(), name); known {
			events = append(events, call.FlowChanged{Leg: name.Leg, Generation: name.Generation, Publishing: publishing})
		}
	}
	return events
}

// watchEvery is how often the sweep looks whether the push still flows that stands in for a claimant without a socket.
const watchEvery = 10 * time.Second

// watch returns when to look at a call again whose claimant is there by the push alone: if the news of its end got lost,
// nothing else would end the call before it is as long as a call may be.
func (h *Hub) watch(c call.Call) []store.Wake {
	if _, ok := h.Streams.(Watcher); !ok || c.State != call.Active || c.Claimant.Link() != call.LinkBackground {
		return nil
	}
	return []store.Wake{{Call: c.ID, At: h.Store.Now().Add(watchEvery)}}
}
