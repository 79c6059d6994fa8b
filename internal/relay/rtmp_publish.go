package relay

import (
	"bytes"
	"errors"
	"fmt"
	"time"
)

var (
	errLeft = errors.New("relay: publisher said it ends")
	errLost = errors.New("relay: publisher lost")
)

// publishRTMP lets the peer publish s until it leaves, falls silent or is
// dropped. letIn is called once it counts among the publishers.
func (r *Relay) publishRTMP(c *rtmpConn, s *stream, a Attempt, letIn func()) error {
	p, err := r.publish(s, func() { _ = c.nc.Close() })
	if err != nil {
		c.refuse(a.Action, err)
		return err
	}
	defer p.leave()
	letIn()
	c.in.maxMessage = r.limits.MaxMessage
	if err := c.sendStatus("status", "NetStream.Publish.Start", "publishing"); err != nil {
		return fmt.Errorf("%w: %w", errLost, err)
	}
	r.started(a)
	err = c.receive(p, r.limits.PublisherIdle)
	if why := s.reason(); why != nil { // the closed connection is the effect, not the cause
		return why
	}
	return err
}

// receive hands on media until the connection ends or none came for idle.
// Only whole messages of media count as life.
func (c *rtmpConn) receive(p *publisher, idle time.Duration) error {
	if err := c.nc.SetReadDeadline(time.Now().Add(idle)); err != nil {
		return err
	}
	for {
		m, err := c.read()
		if err != nil {
			return fmt.Errorf("%w: %w", errLost, err)
		}
		if m.kind == msgCommandAMF0 {
			if cmd, ok := decodeCommand(m); ok && cmd.ends() {
				return errLeft
			}
			continue
		}
		if err := c.pass(p, m); err != nil {
			return err
		}
		if err := c.nc.SetReadDeadline(time.Now().Add(idle)); err != nil {
			return err
		}
	}
}

func (c *rtmpConn) pass(p *publisher, m rtmpMessage) error {
	if m.kind == byte(kindData) {
		body, ok := metadata(m.body)
		if !ok {
			return nil
		}
		m.body = body
	}
	return p.write(kind(m.kind), m.time, m.body)
}

// AMF0 strings as they stand at the head of a data message.
const (
	amfSetDataFrame = "\x02\x00\x0d@setDataFrame"
	amfOnMetaData   = "\x02\x00\x0aonMetaData"
)

// metadata returns the onMetaData message inside body, as players want it.
// Other data messages (text, cue points, clock sync) are not passed on.
func metadata(body []byte) ([]byte, bool) {
	body = bytes.TrimPrefix(body, []byte(amfSetDataFrame))
	return body, bytes.HasPrefix(body, []byte(amfOnMetaData))
}
