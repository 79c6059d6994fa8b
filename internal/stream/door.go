package stream

import (
	"context"
	"fmt"
	"net/url"
	"time"

	"github.com/claimcall/claimcall/internal/call"
)

// Bridged is a Provider whose streams the relay reaches by RTMP, for those who speak other protocols.
type Bridged interface {
	Provider
	// Remote returns the signed RTMP address of the stream for the relay itself. It is a secret.
	Remote(d Direction, name call.StreamName) (string, error)
}

// Door decides for the relay who may publish and play there: its own streams, and those of the services that it is the
// bridge to. All are signed with the same keys, and names are unique over providers, so it asks the authority where a
// stream lives. It may be used concurrently.
type Door struct {
	keys      Keys
	authority Authority
	bridged   map[string]Bridged
}

// NewDoor returns the door to the relay and to these services.
func NewDoor(keys Keys, authority Authority, bridged ...Bridged) *Door {
	d := &Door{keys: keys, authority: authority, bridged: map[string]Bridged{}}
	for _, b := range bridged {
		d.bridged[b.Name()] = b
	}
	return d
}

// Open returns where a stream lives, if query, the signature of an address, is good for this name and direction and the
// name is of a running call: an RTMP address, which is a secret, or an empty one for the relay itself. [IsRefusal] tells a
// refusal from a failure. No error holds any part of the query.
func (d *Door) Open(ctx context.Context, dir Direction, name string, query url.Values) (remote string, err error) {
	parsed, err := parseName(name)
	if err != nil {
		return "", err
	}
	if err := d.keys.Verify(dir, name, query, time.Now()); err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(ctx, authorizeLimit)
	defer cancel()
	provider, err := d.authority.StreamProvider(ctx, parsed)
	if err != nil {
		return "", fmt.Errorf("stream: authorize: %w", err)
	}
	if provider == RelayName {
		return "", nil
	}
	service, ok := d.bridged[provider]
	if !ok {
		return "", fmt.Errorf("stream: no bridge to %s: %w", provider, call.ErrStreamRefused)
	}
	return service.Remote(dir, parsed)
}

// remoteLife is how long the relay's own addresses can be opened. It opens them at once, and again after an outage.
const remoteLife = 10 * time.Minute

// remote signs the address at which the relay reaches a stream.
func remote(base string, keys Keys, d Direction, name call.StreamName) (string, error) {
	text, err := signed(keys, d, name, time.Now().Add(remoteLife))
	if err != nil {
		return "", fmt.Errorf("stream: remote: %w", err)
	}
	return rtmpURL(base, text).URL, nil
}
