package stream

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
)

// service is a media service of which several nodes hear, each by some of the hooks.
type service struct {
	publisher string // the connection that has the name
	away      bool
}

func (s *service) ask(context.Context, string) (string, error) {
	if s.away {
		return "", errAway
	}
	return s.publisher, nil
}

// nodes returns what two processes know, who tell one authority.
func (s *service) nodes(t *testing.T) (a, b *claims, hub *fakeHub) {
	t.Helper()
	hub = &fakeHub{}
	of := func() *claims {
		return &claims{held: newPublishers(), guard: NewGuard(NginxRTMPName, testKeys(t), hub), publisher: s.ask}
	}
	return of(), of(), hub
}

func told(t *testing.T, hub *fakeHub, want string) {
	t.Helper()
	var got []string
	for _, news := range hub.heard() {
		got = append(got, strings.TrimPrefix(news, NginxRTMPName+" ")[:1])
	}
	if text := strings.Join(got, ""); text != want {
		t.Errorf("the hub was told %q, want %q", text, want)
	}
}

func begins(t *testing.T, s *service, c *claims, client string) {
	t.Helper()
	if err := c.begin(t.Context(), streamA, client); err != nil {
		t.Fatalf("%s: %v", client, err)
	}
	if s.publisher == "" { // nginx attaches it after the answer, unless somebody was faster
		s.publisher = client
	}
}

func ends(s *service, c *claims, client string) {
	if s.publisher == client {
		s.publisher = ""
	}
	if !c.end(client) {
		c.stray(streamA, client)
	}
}

// TestADuplicateAtAnotherNode: one node admits the publisher, another a second one, which nginx refuses by itself and
// whose end it reports under the same name. Only the end of the first one counts, wherever it is reported.
func TestADuplicateAtAnotherNode(t *testing.T) {
	for name, ending := range map[string]func(a, b *claims) *claims{
		"reported where it began":    func(a, _ *claims) *claims { return a },
		"reported at the other node": func(_, b *claims) *claims { return b },
	} {
		t.Run(name, func(t *testing.T) {
			s := &service{}
			a, b, hub := s.nodes(t)
			begins(t, s, a, "7")
			begins(t, s, b, "9")
			ends(s, ending(b, a), "9")
			told(t, hub, "++")
			if s.publisher != "7" {
				t.Fatal("the service lost its publisher")
			}
			ends(s, ending(a, b), "7")
			told(t, hub, "++-")
		})
	}
}

// TestANameThatWasGivenBackElsewhere: a node believes in a publisher whose end another node was told of.
func TestANameThatWasGivenBackElsewhere(t *testing.T) {
	s := &service{}
	a, b, hub := s.nodes(t)
	begins(t, s, a, "7")
	ends(s, b, "7")
	begins(t, s, a, "8")
	told(t, hub, "+-+")
	if err := a.begin(t.Context(), streamA, "9"); !errors.Is(err, ErrPublished) {
		t.Errorf("a duplicate: %v", err)
	}
	ends(s, a, "8")
	told(t, hub, "+-+-")
}

// TestTheServiceIsAway: then what this process knows is all there is.
func TestTheServiceIsAway(t *testing.T) {
	s := &service{}
	a, _, hub := s.nodes(t)
	begins(t, s, a, "7")
	s.away = true
	if err := a.begin(t.Context(), streamA, "8"); !errors.Is(err, ErrPublished) {
		t.Errorf("got %v", err)
	}
	ends(s, a, "7")
	told(t, hub, "+-")
}

// TestTwoAtOnce: a second one is admitted before the first one is attached, and takes its name over here. nginx keeps the
// first, and so does the name in the end.
func TestTwoAtOnce(t *testing.T) {
	s := &service{}
	a, _, hub := s.nodes(t)
	for _, client := range []string{"7", "8"} {
		if err := a.begin(t.Context(), streamA, client); err != nil {
			t.Fatal(err)
		}
	}
	s.publisher = "7"
	ends(s, a, "8")
	told(t, hub, "++")
	ends(s, a, "7")
	told(t, hub, "++-")
}

// TestTakingWaitsForNews: a name is not taken over while its end is being told.
func TestTakingWaitsForNews(t *testing.T) {
	s := &service{}
	a, _, hub := s.nodes(t)
	begins(t, s, a, "7")
	hub.during = func() {
		if err := a.begin(t.Context(), streamA, "8"); !errors.Is(err, ErrPublished) {
			t.Errorf("got %v", err)
		}
	}
	ends(s, a, "7")
	if heard := hub.heard(); !slices.Equal(heard, []string{"nginx-rtmp +room-c-g1", "nginx-rtmp -room-c-g1"}) {
		t.Errorf("the hub heard %v", heard)
	}
}
