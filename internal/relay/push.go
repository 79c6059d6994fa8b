package relay

import (
	"context"
	"errors"

	"go.uber.org/zap"
)

var errRemoteEnded = errors.New("relay: the other server did not take the stream, or not any more")

// startPush sends what is published as s to another server, until either ends. A
// publisher whose stream does not arrive there must not believe that it does: it
// ends with the push.
func (r *Relay) startPush(s *stream, remote string) {
	if r.enter() != nil {
		return // the relay is being closed, and so is s
	}
	r.names.hold(s)
	v := s.pin(func() {})
	go func() {
		defer r.leave()
		defer r.names.release(s)
		defer s.unsubscribe(v)
		defer r.recoverConn()
		err := r.push(r.ctx, v, remote)
		r.log.Info("relay: push", zap.String("name", s.name), zap.NamedError("outcome", err))
		r.names.end(s, errRemoteEnded) // which does nothing if the publisher was first
	}()
}

// pin subscribes a viewer that never gives way to others, until it is counted.
func (s *stream) pin(evict func()) *viewer {
	v := newViewer(s, evict)
	v.pinned = true
	s.seat(v)
	return v
}

// push plays v to the server at remote. As with any viewer, what waits to be sent
// is bounded: a slow server loses pictures first, and the push in the end.
func (r *Relay) push(ctx context.Context, v *viewer, remote string) error {
	c, err := r.dialRTMP(ctx, remote)
	if err != nil {
		return err
	}
	defer c.nc.Close()
	defer context.AfterFunc(ctx, func() { _ = c.nc.Close() })()
	if err := c.publish(r.limits.HandshakeTimeout); err != nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	heard := make(chan struct{})
	go func() {
		defer close(heard)
		defer r.recoverConn()
		cancel(c.heed())
	}()
	defer func() {
		_ = c.nc.Close() // ends heed
		<-heard
	}()
	err = v.play(ctx, rtmpOut{c})
	if ended(err) {
		c.goodbye()
	}
	return err
}

// heed answers what the server says until it has had enough of the stream, or is gone.
func (c *rtmpClient) heed() error {
	for {
		m, err := c.read()
		if err != nil {
			return errLost
		}
		if readStatus(m).failed() {
			return errRemoteRefused
		}
	}
}
