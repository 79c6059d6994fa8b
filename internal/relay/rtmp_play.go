package relay

import (
	"context"
	"encoding/binary"
	"errors"
	"time"

	"github.com/bluenviron/gortmplib/pkg/rawmessage"
)

// playRTMP sends s to the peer until the stream ends or the peer leaves.
func (r *Relay) playRTMP(ctx context.Context, c *rtmpConn, s *stream, a Attempt) error {
	v := s.subscribe()
	defer s.unsubscribe(v)
	if err := c.nc.SetReadDeadline(time.Time{}); err != nil {
		return err
	}
	if err := c.sendPlayStart(); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	listened := make(chan struct{})
	go func() {
		defer close(listened)
		defer cancel()
		defer r.recoverConn()
		c.listen()
	}()
	defer func() {
		_ = c.nc.Close() // ends listen
		<-listened
	}()

	err := v.await(ctx)
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
	id := byte(chunkStatus)
	switch p.kind {
	case kindAudio:
		id = chunkAudio
	case kindVideo:
		id = chunkVideo
	}
	return s.conn.send(&rawmessage.Message{
		ChunkStreamID:   id,
		Timestamp:       time.Duration(ms) * time.Millisecond,
		Type:            byte(p.kind),
		MessageStreamID: mediaStreamWire,
		Body:            p.body(),
	})
}
