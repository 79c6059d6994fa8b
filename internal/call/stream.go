package call

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Errors about streams.
var (
	// ErrStreamName refuses a stream name that no call ever had.
	ErrStreamName = errors.New("call: not a stream name")
	// ErrStreamRefused says that no running call has the stream now. Any other error of asking means that it
	// could not be found out.
	ErrStreamRefused = errors.New("call: stream is not of a running call's newest generation")
	// ErrStreamUnknown is an ErrStreamRefused for want of any such call, running or ended: the stream may be somebody
	// else's, who shares the media service.
	ErrStreamUnknown = fmt.Errorf("%w: no such call", ErrStreamRefused)
)

// StreamName names the one-way stream that a leg pushes in one generation. As text it is
// {room}-{c|a}-g{n}, which fits every media server's rules for names.
type StreamName struct {
	Room       string // ID of the call
	Leg        Role
	Generation int
}

// Other returns the stream that comes the other way in the same generation.
func (n StreamName) Other() StreamName {
	n.Leg = n.Leg.Other()
	return n
}

func (n StreamName) String() string {
	return n.Room + "-" + string(n.Leg[:1]) + "-g" + strconv.Itoa(n.Generation)
}

// ParseStreamName reads what String writes, and nothing else.
func ParseStreamName(s string) (StreamName, error) {
	room, rest, ok := strings.Cut(s, "-")
	leg, number, ok2 := strings.Cut(rest, "-g")
	n, err := strconv.Atoi(number)
	name := StreamName{Room: room, Leg: legOf(leg), Generation: n}
	if !ok || !ok2 || err != nil || n < 1 || room == "" || name.Leg == "" || name.String() != s {
		return StreamName{}, ErrStreamName
	}
	return name, nil
}

// CarriesStream reports whether the stream is one of the two that the call has handed out last.
func (c Call) CarriesStream(provider string, n StreamName) bool {
	return c.State == Active && c.ID == n.Room && c.Generation == n.Generation && c.ProviderName() == provider
}

// Streams returns the names of both streams of a generation.
func (c Call) Streams(generation int) [2]StreamName {
	n := StreamName{Room: c.ID, Leg: Claimant, Generation: generation}
	return [2]StreamName{n, n.Other()}
}

func legOf(letter string) Role {
	switch letter {
	case "c":
		return Claimant
	case "a":
		return Adjuster
	}
	return ""
}
