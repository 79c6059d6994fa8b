package relay

import (
	"errors"
	"fmt"
	"time"
)

var (
	errBitrate = errors.New("relay: publisher exceeds the bitrate")
	errConfig  = errors.New("relay: sequence header or metadata too large")
)

// maxConfig bounds sequence headers and metadata in bytes: every viewer's
// queue keeps the newest of them beyond its bound.
const maxConfig = 64 << 10

// publisher is the writing end of a stream, whatever the transport. One goroutine uses it.
type publisher struct {
	names  *registry
	stream *stream
	clock  clock
	meter  meter
}

// publish claims s, and sends it on if it lives at another server. stop is called
// once when the stream ends for any reason, such as that server's; it must not wait.
// The caller calls leave.
func (r *Relay) publish(s *stream, stop func()) (*publisher, error) {
	p, err := r.claim(s, stop)
	if err != nil {
		return nil, err
	}
	if to := r.names.remote(s).push; to != "" {
		r.startPush(s, to)
	}
	return p, nil
}

func (r *Relay) claim(s *stream, stop func()) (*publisher, error) {
	if err := r.names.claim(s, stop); err != nil {
		return nil, err
	}
	return &publisher{names: r.names, stream: s, meter: meter{limit: r.limits.MaxBitrate}}, nil
}

// write hands on one payload in FLV form with the publisher's own time in
// milliseconds. It keeps a copy of body. An error is the end of the publisher.
func (p *publisher) write(k kind, ms uint32, body []byte) error {
	if !p.meter.allow(len(body), time.Now()) {
		return errBitrate
	}
	pkt, ok := newPacket(k, p.clock.at(ms), body)
	if !ok {
		return nil
	}
	if !pkt.frame() && len(body) > maxConfig {
		return fmt.Errorf("%w: %d bytes", errConfig, len(body))
	}
	return p.stream.write(pkt)
}

// leave ends the stream; its viewers still get what they have queued.
func (p *publisher) leave() { p.names.end(p.stream, errUnpublished) }

// maxGapMS is the longest step of a publisher's clock that is believed.
const maxGapMS = 10_000

// clock turns a publisher's 32-bit times into stream time, which starts at
// zero, does not wrap, and does not jump when the publisher's clock does.
type clock struct {
	started bool
	last    uint32
	now     int64
}

func (c *clock) at(ms uint32) int64 {
	if !c.started {
		c.started, c.last = true, ms
	}
	step := int64(int32(ms - c.last))
	if step > maxGapMS || step < -maxGapMS {
		step = 0
	}
	c.last = ms
	c.now += step
	return c.now
}

// meterWindow is the time over which a bitrate is averaged.
const meterWindow = 5 * time.Second

// meter watches the bitrate of a publisher.
type meter struct {
	limit int64 // bits per second, none unless positive
	since time.Time
	bits  int64
}

func (m *meter) allow(bytes int, now time.Time) bool {
	if m.limit <= 0 {
		return true
	}
	if now.Sub(m.since) >= meterWindow {
		m.since, m.bits = now, 0
	}
	m.bits += int64(bytes) * 8
	return m.bits <= m.limit*int64(meterWindow/time.Second)
}
