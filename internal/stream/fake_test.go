package stream

import (
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/claimcall/claimcall/internal/call"
)

var errDeaf = errors.New("test: not now")

// fakeHub is an Authority that says what it was told to, and remembers what it heard.
type fakeHub struct {
	answer  error
	carrier string // the provider of all streams
	deaf    bool   // takes no news in
	during  func() // runs while the hub is told of a change

	mu    sync.Mutex
	asked []string
	news  []string
}

func (h *fakeHub) AuthorizeStream(_ context.Context, provider string, name call.StreamName) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.asked = append(h.asked, provider+" "+name.String())
	return h.answer
}

func (h *fakeHub) StreamProvider(_ context.Context, name call.StreamName) (string, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.asked = append(h.asked, "? "+name.String())
	return h.carrier, h.answer
}

func (h *fakeHub) StreamChanged(_ context.Context, provider string, name call.StreamName, publishing bool) error {
	if h.during != nil {
		h.during()
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	sign := " -"
	if publishing {
		sign = " +"
	}
	if h.deaf {
		return errDeaf
	}
	h.news = append(h.news, provider+sign+name.String())
	return nil
}

func (h *fakeHub) heard() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.news)
}
