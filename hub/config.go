package hub

import (
	"crypto/rand"
	"errors"
	"time"

	"go.uber.org/zap"

	"github.com/claimcall/claimcall/internal/call"
	"github.com/claimcall/claimcall/internal/store"
	"github.com/claimcall/claimcall/protocol"
)

// Names from the packages below, for those who embed a hub.
type (
	// Store is what a deployment remembers. Package hub/storage opens one.
	Store = store.Store
	// Timing holds every duration that decides over calls and sessions.
	Timing = call.Timing
	// Pick chooses the adjuster for a waiting call.
	Pick = call.Pick
	// StreamName names the stream that one leg pushes in one generation.
	StreamName = call.StreamName
)

// DefaultTiming returns the settings of the design.
func DefaultTiming() Timing { return call.DefaultTiming() }

// Config is what a hub is made of. Store, Authenticate and Streams are required.
type Config struct {
	Store        Store
	Authenticate Authenticate
	Streams      Streams
	Node         string // name of this node; made up if empty
	Timing       Timing // zero means DefaultTiming
	Limits       Limits // zero means DefaultLimits
	// Profiles are what devices push with while all is well, by queue; that of DefaultQueue is for all others. What is zero
	// in one stays as Streams hands it out.
	Profiles map[string]protocol.Profile
	// Keep says for how long what is kept.
	Keep Keep
	// Tell lists who is told of calls, by events in the store's outbox. OnEvents, if not nil, is called when there are new ones;
	// it must not block.
	Tell     []Receiver
	OnEvents func()
	Pick     Pick     // nil means the longest idle adjuster with the wanted skills
	Observer Observer // nil counts nothing
	Log      *zap.Logger
}

// Limits bound what one client may cost.
type Limits struct {
	Hello         time.Duration // from the upgrade to the end of hello
	HeartbeatIdle time.Duration // between pings without a call
	HeartbeatCall time.Duration // between pings in a call
	Queue         int           // bytes that may wait to be written to one socket
	Commands      float64       // commands per second of one user on one node, over time
	Burst         int           // commands at once
	Calls         float64       // calls begun per second by one user on one node, over time
	CallsBurst    int           // calls begun at once
}

// DefaultLimits returns the settings of the design.
func DefaultLimits() Limits {
	return Limits{
		Hello:         5 * time.Second,
		HeartbeatIdle: 30 * time.Second,
		HeartbeatCall: 10 * time.Second,
		Queue:         256 << 10,
		Commands:      5,
		Burst:         50,
		Calls:         1,
		CallsBurst:    30,
	}
}

// defaults fills in what is left out, and refuses what can't be.
func (c Config) defaults() (Config, error) {
	if c.Store == nil || c.Authenticate == nil || c.Streams == nil {
		return c, errors.New("hub: Config needs Store, Authenticate and Streams")
	}
	if c.Timing == (Timing{}) {
		c.Timing = DefaultTiming()
	}
	if c.Limits == (Limits{}) {
		c.Limits = DefaultLimits()
	}
	if c.Pick == nil {
		c.Pick = call.LongestIdle
	}
	if c.Observer == nil {
		c.Observer = unobserved{}
	}
	if c.Log == nil {
		c.Log = zap.NewNop()
	}
	if c.Node == "" {
		c.Node = "node"
	}
	c.Node += "-" + rand.Text()[:8] // a restarted node is another one: its old sockets are gone
	return c, nil
}
