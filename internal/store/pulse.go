package store

import "time"

// Pulsed is what a Store may be besides, if its messages leave the process: it sends itself one every second that it
// listens.
type Pulsed interface {
	// Pulse returns when the last of these came, and how long it was on its way. A zero time says that none has come yet. It
	// does not block.
	Pulse() (last time.Time, lag time.Duration)
}
