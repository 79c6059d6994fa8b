package protocol

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"sync"
	"unicode/utf8"
)

// Envelope is what every frame holds.
type Envelope struct {
	Type Type `json:"type"`
	// ID is chosen by the client for a command and repeated in its answer. Events have none.
	ID string `json:"id,omitempty"`
	// Data is the payload, an object. Decoded envelopes share it with the frame they came from.
	Data json.RawMessage `json:"data,omitempty"`
}

// Encode returns the frame for data. A nil data is sent as an empty object; an empty id is left out.
// It fails only for data that encoding/json cannot encode, which no payload of this package is,
// unless it holds a time far outside the present.
func Encode(t Type, id string, data any) ([]byte, error) {
	return AppendEnvelope(nil, t, id, data)
}

// AppendEnvelope is [Encode] onto the end of dst. On an error it returns dst unchanged. Data that is
// a json.RawMessage is copied as it stands and must be valid.
func AppendEnvelope(dst []byte, t Type, id string, data any) ([]byte, error) {
	buf := buffers.Get().(*bytes.Buffer)
	defer recycle(buf)
	buf.Reset()
	if err := writeData(buf, data); err != nil {
		return dst, fmt.Errorf("protocol: encode %s: %w", t, err)
	}
	out := dst
	if out == nil {
		out = make([]byte, 0, len(`{"type":"","id":"","data":}`)+len(t)+len(id)+buf.Len())
	}
	out = append(out, `{"type":`...)
	out = appendString(out, string(t))
	if id != "" {
		out = append(out, `,"id":`...)
		out = appendString(out, id)
	}
	out = append(out, `,"data":`...)
	out = append(out, buf.Bytes()...)
	return append(out, '}'), nil
}

// buffers hold data while it is encoded. What is in them never leaves AppendEnvelope.
var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// recycle keeps buf for later, unless one huge payload has blown it up.
func recycle(buf *bytes.Buffer) {
	if buf.Cap() <= 2*MaxFrame {
		buffers.Put(buf)
	}
}

// writeData encodes without escaping & < >: URLs stay readable, and frames never lie in HTML.
func writeData(buf *bytes.Buffer, data any) error {
	switch d := data.(type) {
	case nil:
		buf.WriteString("{}")
		return nil
	case json.RawMessage:
		buf.Write(d)
		return nil
	}
	enc := json.NewEncoder(buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(data); err != nil {
		return err
	}
	buf.Truncate(buf.Len() - 1) // Encode ends with a newline
	return nil
}

// appendString quotes s. Types and ids are nearly always plain, which needs no encoder.
func appendString(dst []byte, s string) []byte {
	if !plain(s) {
		quoted, err := json.Marshal(s)
		if err != nil { // cannot be for a string; a quoted empty one keeps the frame valid
			quoted = []byte(strconv.Quote(""))
		}
		return append(dst, quoted...)
	}
	dst = append(dst, '"')
	dst = append(dst, s...)
	return append(dst, '"')
}

// plain reports whether s means itself between JSON quotes.
func plain(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c == '"' || c == '\\' || c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
