package redisstore

import (
	"encoding/binary"
	"errors"

	"github.com/claimcall/claimcall/internal/call"
	"github.com/claimcall/claimcall/internal/store"
)

// What is published on a node's channel is either one or more messages, one after the other, or an echo: the node
// hears itself, and so knows that it would hear others.
//
//	echo    := 0 token
//	message := length fields     length in bytes, never 0
//	fields  := role user node session except call state frame version
//	text    := length bytes      each field but the version
//
// Lengths and the version are varints.

// errMessage says that something on a channel is not what this program publishes.
var errMessage = errors.New("redisstore: malformed message")

func encodeEcho(token string) string { return "\x00" + token }

// decodeEcho returns the token of an echo.
func decodeEcho(payload string) (token string, ok bool) {
	if payload == "" || payload[0] != 0 {
		return "", false
	}
	return payload[1:], true
}

func encodeMessage(m store.Message) string {
	fields := make([]byte, 0, 200+len(m.Frame)) // mostly enough
	for _, text := range []string{string(m.To.Role), m.To.ID, m.Node, m.Session, m.Except, m.Call, string(m.State)} {
		fields = appendText(fields, text)
	}
	fields = appendText(fields, m.Frame)
	fields = binary.AppendVarint(fields, m.Version)
	return string(appendText(make([]byte, 0, binary.MaxVarintLen64+len(fields)), fields))
}

func appendText[T string | []byte](to []byte, text T) []byte {
	return append(binary.AppendUvarint(to, uint64(len(text))), text...)
}

// decodeMessages returns the messages of a payload. They share no memory with it.
func decodeMessages(payload string) ([]store.Message, error) {
	rest := []byte(payload)
	var messages []store.Message
	for len(rest) > 0 {
		r := reader{rest: rest}
		fields := reader{rest: r.text()}
		m := fields.message()
		if r.bad || fields.bad || len(fields.rest) > 0 {
			return nil, errMessage
		}
		messages, rest = append(messages, m), r.rest
	}
	return messages, nil
}

// reader takes fields off its rest until one is bad.
type reader struct {
	rest []byte
	bad  bool
}

func (r *reader) message() store.Message {
	m := store.Message{To: call.User{Role: call.Role(r.text()), ID: string(r.text())}}
	m.Node, m.Session, m.Except = string(r.text()), string(r.text()), string(r.text())
	m.Call = string(r.text())
	m.State = call.State(r.text())
	if frame := r.text(); len(frame) > 0 {
		m.Frame = frame
	}
	version, n := binary.Varint(r.rest)
	r.skip(n)
	m.Version = version
	return m
}

// text returns the next text, cut off from what follows it.
func (r *reader) text() []byte {
	length, n := binary.Uvarint(r.rest)
	r.skip(n)
	if r.bad || length > uint64(len(r.rest)) {
		r.bad = true
		return nil
	}
	text := r.rest[:length:length]
	r.rest = r.rest[length:]
	return text
}

// skip drops a varint of n bytes; n is below 1 when there was none.
func (r *reader) skip(n int) {
	if n < 1 {
		r.bad, n = true, 0
	}
	r.rest = r.rest[n:]
}
