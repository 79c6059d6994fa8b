package protocol

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"unicode/utf8"
)

// DecodeEnvelope reads a frame. It refuses frames larger than [MaxFrame], bytes that are not UTF-8, a
// key that stands twice in one object, nesting deeper than [MaxDepth], anything after the object, a
// type or id that is no string of at most [MaxType] or [MaxID] characters, a missing type, and
// data that is no object. Other members are ignored, and so are "Type" or "ID": only exact names count.
//
// When it fails, the envelope still holds the id if one could be told, so that the error can be
// answered. Data is a part of frame, not a copy.
func DecodeEnvelope(frame []byte) (Envelope, *Error) {
	s := scan(frame)
	defer s.release()
	s.outer = true
	if len(frame) > MaxFrame {
		s.note(CodeTooLarge)
		s.buf = frame[:MaxFrame]
	} else if !utf8.Valid(frame) {
		s.note(CodeBadUTF8)
	}
	s.document()
	if s.fault == nil && s.env.Type == "" {
		s.fault = Errorf(CodeBadEnvelope, "The envelope needs a type.")
	}
	return s.env, s.fault
}

// DecodeCommand is [DecodeEnvelope] for frames from a client, which also need an id.
func DecodeCommand(frame []byte) (Envelope, *Error) {
	env, fault := DecodeEnvelope(frame)
	if fault == nil && env.ID == "" {
		fault = Errorf(CodeBadEnvelope, "A command needs an id.")
	}
	return env, fault
}

// take puts a member of the outermost object into the envelope. value is well-formed JSON.
func (s *scanner) take(key, value []byte) {
	switch string(key) {
	case "type":
		text, ok := s.short("type", value, MaxType)
		if ok && len(text) == 0 {
			s.envelope("type: must not be empty")
		}
		s.env.Type = knownType(text)
	case "id":
		text, ok := s.short("id", value, MaxID)
		if s.seenID || !ok {
			text = nil // two ids, or half a one, are none
		}
		s.seenID = true
		s.env.ID = string(text)
	case "data":
		if value[0] != '{' {
			s.envelope("data: want an object")
		}
		s.env.Data = value
	}
}

// short returns the meaning of a string of at most limit characters.
func (s *scanner) short(field string, value []byte, limit int) ([]byte, bool) {
	if value[0] != '"' {
		s.envelope(field + ": want a string")
		return nil, false
	}
	text := value[1 : len(value)-1]
	if bytes.IndexByte(text, '\\') >= 0 {
		text = []byte(unquote(value))
	}
	if utf8.RuneCount(text) > limit {
		s.envelope(field + ": too long")
		return nil, false
	}
	return text, utf8.Valid(text)
}

// envelope notes a fault of the envelope.
func (s *scanner) envelope(message string) {
	if s.fault == nil {
		s.fault = Errorf(CodeBadEnvelope, "%s", message)
	}
}

// knownType returns text as a Type, without a copy if it is a command.
func knownType(text []byte) Type {
	for i := range commandTable {
		if t := commandTable[i].Type; string(text) == string(t) {
			return t
		}
	}
	return Type(text)
}

// validator is a payload with limits.
type validator interface{ Validate() *Error }

// DecodeData reads the data of an envelope into a payload of this package and validates it. Unknown
// fields are ignored, and so are fields whose case is not exactly ours. Missing data counts as
// an empty object. What is wrong comes back as bad_data with the name of the field, or as one of
// the codes of [DecodeEnvelope] for data that did not come through it.
func DecodeData(raw json.RawMessage, into any) *Error {
	if len(raw) == 0 {
		raw = json.RawMessage("{}")
	}
	own, fault := ownFields(raw)
	if fault != nil {
		return fault
	}
	if err := json.Unmarshal(own, into); err != nil {
		return dataError(err)
	}
	if v, ok := into.(validator); ok {
		return v.Validate()
	}
	return nil
}

// ownFields returns raw with every key spoiled that encoding/json would match to a field although
// it is spelled in other case. All fields of the wire are lower case, so no key with anything
// else in it is one of ours; a dash makes sure that it matches none.
func ownFields(raw []byte) ([]byte, *Error) {
	s := scan(raw)
	defer s.release()
	s.own = true
	if !utf8.Valid(raw) {
		s.note(CodeBadUTF8)
	}
	if !s.document() {
		return nil, s.fault
	}
	if len(s.foreign) == 0 {
		return raw, nil
	}
	own := slices.Clone(raw)
	for _, key := range s.foreign {
		for i := key.from; i < key.to; i++ {
			own[i] = '-'
		}
	}
	return own, nil
}

// dataError says which field was wrong and what it should have been.
func dataError(err error) *Error {
	var kind *json.UnmarshalTypeError
	if !errors.As(err, &kind) {
		return Errorf(CodeBadData, "A time or another field has the wrong form.")
	}
	field := kind.Field
	if field == "" {
		field = "data"
	}
	return BadData(field, "want "+wanted(kind.Type)+", got "+kind.Value)
}

// wanted names the JSON kind of t.
func wanted(t reflect.Type) string {
	switch t.Kind() {
	case reflect.String:
		return "a string"
	case reflect.Bool:
		return "true or false"
	case reflect.Slice:
		return "a list"
	case reflect.Struct, reflect.Pointer:
		return "an object"
	}
	return "a whole number"
}
