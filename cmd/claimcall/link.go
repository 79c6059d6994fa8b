package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/coder/websocket"

	"github.com/claimcall/claimcall/protocol"
)

// link is one socket of a client. A goroutine reads it; the rest belongs to the goroutine that serves it.
type link struct {
	ws     *websocket.Conn
	frames <-chan []byte
	err    error         // why frames was closed; read it after that
	done   chan struct{} // closed when nobody serves any more

	sent     int
	welcomed bool
	waiting  bool // for a pong
	beat     *time.Timer
	alarm    *time.Timer
}

func newLink(ws *websocket.Conn) *link {
	frames := make(chan []byte)
	l := &link{ws: ws, frames: frames, done: make(chan struct{}), beat: time.NewTimer(answerLimit), alarm: time.NewTimer(0)}
	l.alarm.Stop()
	go l.read(frames)
	return l
}

// read passes frames on until the socket is gone.
func (l *link) read(frames chan<- []byte) {
	defer close(frames)
	for {
		_, frame, err := l.ws.Read(context.Background())
		if err != nil {
			l.err = fmt.Errorf("socket: %w", err)
			return
		}
		select {
		case frames <- frame:
		case <-l.done:
			return
		}
	}
}

// send sends a command.
func (l *link) send(t protocol.Type, data any) (string, error) {
	l.sent++
	id := strconv.Itoa(l.sent)
	frame, err := protocol.Encode(t, id, data)
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(context.Background(), answerLimit)
	defer cancel()
	if err := l.ws.Write(ctx, websocket.MessageText, frame); err != nil {
		return "", fmt.Errorf("send %s: %w", t, err)
	}
	return id, nil
}

// ping sends a heartbeat. When the one before was not answered, the socket is dead though nobody said so.
func (l *link) ping() error {
	if l.waiting || !l.welcomed {
		return errors.New("the server does not answer")
	}
	l.waiting = true
	l.beat.Reset(answerLimit)
	_, err := l.send(protocol.TypePing, protocol.Ping{})
	return err
}

// pong takes in the answer to a ping, which says when the next is due.
func (l *link) pong(e protocol.Envelope) error {
	var p protocol.Pong
	if err := json.Unmarshal(e.Data, &p); err != nil {
		return fmt.Errorf("pong: %w", err)
	}
	l.waiting = false
	l.nextBeat(p.NextMS)
	return nil
}

func (l *link) nextBeat(ms int64) { l.beat.Reset(time.Duration(ms) * time.Millisecond) }

// alarmAt sets the handler's own timer.
func (l *link) alarmAt(t time.Time) {
	if t.IsZero() {
		l.alarm.Stop()
		return
	}
	l.alarm.Reset(time.Until(t))
}

// end frees what a link holds besides its socket.
func (l *link) end() {
	close(l.done)
	l.beat.Stop()
	l.alarm.Stop()
}
