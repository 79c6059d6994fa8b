package relay

import (
	"context"
	"encoding/binary"
	"errors"
	"time"

	"github.com/bluenviron/gortmplib/pkg/rawmessage"
)

// playRTMP sends s to the peer until the stream ends, the peer leaves or newer
// viewers take its place. letIn is called once it counts among the viewers.
func (r *Relay) playRTMP(ctx context.Context, c *rtmpConn, s *stream, a Attempt, letIn func()) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	v, err := r.watch(s, func() {
		cancel(errEvicted)
		_ = c.nc.Close()
	})
	if err != nil {
		c.refuse(a.Action, err)
		return err
	}
	defer r.unwatch(v)
	letIn()
	if err := c.nc.SetReadDeadline(time.Time{}); err != nil {
		return err
	}
	if err := c.sendPlayStart(); err != nil {
		return err
	}
	listened := make(chan struct{})
	go func() {
		defer close(listened)
		defer cancel(nil)
		defer r.recoverConn()
		c.listen()
	}()
	defer func() {
		_ = c.nc.Close() // ends listen
		<-listened
	}()

	err = v.await(ctx)
	if err == nil {
		r.started(a)
		err = v.play(ctx, rtmpSink{c})
	}
	c.sendPlayEnd(err)
	return err
}

// listen answers the peer's control messages until it closes the stream or the connection.
func (c *rtmpConn) listen() {
	for {
		m, err := c.read()
		if err != nil {
			return
		}
		if cmd, ok := decodeCommand(m); ok && cmd.ends() {
			return
		}
	}
}

func (c *rtmpConn) sendPlayStart() error {
	return errors.Join(
		c.sendControl(msgUserControl, userControl(eventStreamBegin, mediaStreamNumber())),
		c.sendStatus("status", "NetStream.Play.Reset", "reset"),
		c.sendStatus("status", "NetStream.Play.Start", "started"),
	)
}

// sendPlayEnd says why nothing more comes, as far as the connection still takes it.
func (c *rtmpConn) sendPlayEnd(why error) {
	switch {
	case errors.Is(why, errNoPublisher):
		_ = c.sendStatus("error", "NetStream.Play.StreamNotFound", "no such stream")
	case errors.Is(why, errUnpublished), errors.Is(why, errDropped):
		_ = errors.Join(
			c.sendControl(msgUserControl, userControl(eventStreamEOF, mediaStreamNumber())),
			c.sendStatus("status", "NetStream.Play.UnpublishNotify", "stream ended"),
			c.sendStatus("status", "NetStream.Play.Stop", "stopped"))
	}
}

func mediaStreamNumber() []byte { return binary.BigEndian.AppendUint32(nil, mediaStreamID) }

// rtmpSink writes packets as RTMP messages.
type rtmpSink struct{ conn *rtmpConn }

func (s rtmpSink) write(_ context.Context, p packet, ms uint32) error {
	return s.conn.send(&rawmessage.Message{
		ChunkStreamID:   chunkOf(p.kind),
		Timestamp:       time.Duration(ms) * time.Millisecond,
		Type:            byte(p.kind),
		MessageStreamID: mediaStreamWire,
		Body:            p.body(),
	})
}

// chunkOf is the chunk stream on which packets of a kind are sent.
func chunkOf(k kind) byte {
	switch k {
	case kindAudio:
		return chunkAudio
	case kindVideo:
		return chunkVideo
	}
	return chunkStatus
}
