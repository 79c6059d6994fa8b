package relay

import (
	"cmp"
	"time"

	"go.uber.org/zap"
)

// Config is what New needs. Only Gate is required.
type Config struct {
	Gate    Gate
	Watcher Watcher
	Log     *zap.Logger
	// App is the first path segment of every address. Default "live".
	App string
	// WebRTC lets browsers publish by WHIP and play by WHEP. Nil: they can't.
	WebRTC *WebRTC
	Limits Limits
}

// Limits bound what peers may use. A zero field means its default.
type Limits struct {
	// MaxPublishers and MaxViewers are counted apart, from the gate's yes on, so
	// that viewers never keep a publisher out. Defaults 2048 each.
	MaxPublishers, MaxViewers int
	// ViewersPerName is how many may watch one name; one more ends the oldest of
	// them, so that a phone that comes back gets in. Default 8.
	ViewersPerName int
	// MaxHandshakes counts RTMP connections that have not been let in yet; one
	// more closes the oldest of them. TCP connections for WebRTC, browsers that
	// have not connected yet, and HTTP requests that wait for the gate have the same bound, each kind
	// for itself. Default 256.
	MaxHandshakes int
	// HandshakesPerHost is how many of them may come from one address, and how many HTTP requests from there may wait for
	// the gate. Default 64.
	HandshakesPerHost int
	// HandshakeTimeout runs from the first byte until the gate has answered. Default 5 s.
	HandshakeTimeout time.Duration
	// WaitPublisher is how long a viewer waits for the first frame. Default 30 s.
	WaitPublisher time.Duration
	// PublisherIdle ends a publisher that sends no media. Default 10 s.
	PublisherIdle time.Duration
	// WriteTimeout ends a viewer that takes nothing. Default 5 s.
	WriteTimeout time.Duration
	// SlowAfter ends a viewer whose queue overflows for this long without ever being empty. Default 10 s.
	SlowAfter time.Duration
	// QueueBytes bounds the media waiting for one viewer. Default 512 KiB.
	QueueBytes int
	// MaxMessage bounds one message of a publisher in bytes. Default 1 MiB, at most 16 MiB - 1.
	MaxMessage int
	// MaxBitrate bounds a publisher in bits per second, averaged over 5 s. Default 20 million; negative: no bound.
	MaxBitrate int64
	// GOPBytes and GOPPackets bound what is kept since the last key frame;
	// beyond them newcomers wait for the next one. Defaults 4 MiB and 2000.
	GOPBytes   int
	GOPPackets int
}

func (c Config) withDefaults() Config {
	c.App = cmp.Or(c.App, "live")
	if c.Log == nil {
		c.Log = zap.NewNop()
	}
	c.Limits = c.Limits.withDefaults()
	return c
}

func (l Limits) withDefaults() Limits {
	l.MaxPublishers = cmp.Or(l.MaxPublishers, 2048)
	l.MaxViewers = cmp.Or(l.MaxViewers, 2048)
	l.ViewersPerName = cmp.Or(l.ViewersPerName, 8)
	l.MaxHandshakes = cmp.Or(l.MaxHandshakes, 256)
	l.HandshakesPerHost = cmp.Or(l.HandshakesPerHost, 64)
	l.HandshakeTimeout = cmp.Or(l.HandshakeTimeout, 5*time.Second)
	l.WaitPublisher = cmp.Or(l.WaitPublisher, 30*time.Second)
	l.PublisherIdle = cmp.Or(l.PublisherIdle, 10*time.Second)
	l.WriteTimeout = cmp.Or(l.WriteTimeout, 5*time.Second)
	l.SlowAfter = cmp.Or(l.SlowAfter, 10*time.Second)
	l.QueueBytes = cmp.Or(l.QueueBytes, 512<<10)
	l.MaxMessage = min(cmp.Or(l.MaxMessage, 1<<20), maxTagBody)
	l.MaxBitrate = cmp.Or(l.MaxBitrate, 20_000_000)
	l.GOPBytes = cmp.Or(l.GOPBytes, 4<<20)
	l.GOPPackets = cmp.Or(l.GOPPackets, 2000)
	return l
}
