package relay

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"go.uber.org/zap"
)

// sendBuffer bounds, in bytes, what the kernel holds for a viewer: beyond it
// the queue decides what to drop.
const sendBuffer = 256 << 10

// ServeRTMP accepts connections on ln, which it closes, until ctx ends or the
// relay is closed. It returns nil then, and only after all its connections
// are closed. It may be called for several listeners.
func (r *Relay) ServeRTMP(ctx context.Context, ln net.Listener) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(r.ctx, cancel)()
	defer context.AfterFunc(ctx, func() { _ = ln.Close() })()

	defer r.listens(ln)()

	var conns sync.WaitGroup
	defer conns.Wait()
	defer cancel() // before the wait
	for {
		nc, err := accept(ctx, ln)
		switch {
		case ctx.Err() != nil:
			if nc != nil {
				_ = nc.Close()
			}
			return nil
		case err != nil:
			_ = ln.Close()
			return fmt.Errorf("relay: serve RTMP: %w", err)
		}
		if err := r.enter(); err != nil {
			_ = nc.Close() // the relay is being closed, and ctx ends with it
			continue
		}
		leave := r.lobby.enter(nc, nc.RemoteAddr().String())
		conns.Go(func() {
			defer r.leave()
			defer leave()
			r.serveConn(ctx, nc, leave)
		})
	}
}

// accept waits a little after errors that pass, like too many open files.
func accept(ctx context.Context, ln net.Listener) (net.Conn, error) {
	for wait := 5 * time.Millisecond; ; wait = min(2*wait, time.Second) {
		nc, err := ln.Accept()
		if err == nil || ctx.Err() != nil || errors.Is(err, net.ErrClosed) || !passing(err) {
			return nc, err
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

func passing(err error) bool {
	var ne net.Error
	//lint:ignore SA1019 net/http relies on it in the same place: nothing else tells these errors apart
	return errors.As(err, &ne) && ne.Temporary() //nolint:staticcheck
}

// serveConn runs one connection to its end. letIn is called when it may stay.
func (r *Relay) serveConn(ctx context.Context, nc net.Conn, letIn func()) {
	defer nc.Close()
	defer context.AfterFunc(ctx, func() { _ = nc.Close() })()
	defer r.recoverConn()
	tune(nc)
	if err := r.converse(ctx, nc, letIn); err != nil {
		r.log.Debug("relay: RTMP connection ended early", zap.Error(err))
	}
}

// recoverConn is deferred in each goroutine that reads from the network. It is
// the last line against a mistake of ours: only that connection ends.
func (r *Relay) recoverConn() {
	if v := recover(); v != nil {
		r.log.Error("relay: panic in RTMP connection", zap.Any("panic", v), zap.Stack("stack"))
	}
}

// tune finds dead peers within half a minute. Go sets TCP_NODELAY by itself.
func tune(nc net.Conn) {
	tcp, ok := nc.(*net.TCPConn)
	if !ok {
		return
	}
	_ = tcp.SetKeepAliveConfig(net.KeepAliveConfig{Enable: true, Idle: 10 * time.Second, Interval: 5 * time.Second, Count: 3})
	_ = tcp.SetWriteBuffer(sendBuffer)
}

// converse takes the connection from the handshake to the end of its stream.
// It returns an error only if it never came to an attempt on a stream.
func (r *Relay) converse(ctx context.Context, nc net.Conn, letIn func()) error {
	deadline := time.Now().Add(r.limits.HandshakeTimeout)
	if err := nc.SetReadDeadline(deadline); err != nil {
		return err
	}
	c := newRTMPConn(nc, r.limits.WriteTimeout)
	if err := c.handshake(); err != nil {
		return err
	}
	a, err := c.negotiate(r.app)
	if err != nil {
		return err
	}
	a.Addr = nc.RemoteAddr().String()
	s, err := r.admitBefore(ctx, deadline, a)
	if err != nil {
		c.refuse(a.Action, err)
		return nil
	}
	defer r.names.release(s)
	if a.Action == Publish {
		err = r.publishRTMP(c, s, a, letIn)
	} else {
		err = r.playRTMP(ctx, c, s, a, letIn)
	}
	r.outcome(a, err)
	return nil
}

func (r *Relay) admitBefore(ctx context.Context, deadline time.Time, a Attempt) (*stream, error) {
	ctx, cancel := context.WithDeadline(ctx, deadline)
	defer cancel()
	return r.admit(ctx, a)
}

// refuse tells the peer that it may not, in words that give nothing away.
func (c *rtmpConn) refuse(action Action, why error) {
	code, text := "NetStream.Play.Failed", "not allowed"
	switch {
	case action == Publish && errors.Is(why, errRefused):
		code = "NetStream.Publish.Denied"
	case action == Publish:
		code, text = "NetStream.Publish.BadName", "name is not available"
	}
	_ = c.sendStatus("error", code, text)
	c.linger()
}

// linger lets the peer read our last words: closing while its data is unread
// would reset the connection and lose them.
func (c *rtmpConn) linger() {
	tcp, ok := c.nc.(*net.TCPConn)
	if !ok || tcp.CloseWrite() != nil {
		return
	}
	_ = tcp.SetReadDeadline(time.Now().Add(time.Second))
	var discard [4096]byte
	for range 64 {
		if _, err := tcp.Read(discard[:]); err != nil {
			return
		}
	}
}
