package protocol

import (
	"bytes"
	"encoding/json"
	"slices"
	"sync"
)

// scanner walks one JSON text once and finds what encoding/json lets pass: keys given twice, keys
// that match a field only in other case, and nesting without a bound. It allocates only for what
// honest clients do not send: escaped keys, and objects with very many of them.
//
// Faults come in two kinds. One that leaves the structure readable (a key twice) is noted, and the
// walk goes on, so that an id that stands further back is still found. Any other ends the walk.
type scanner struct {
	buf   []byte
	pos   int
	depth int
	fault *Error // the first one found

	keys [][]byte // of all open objects, innermost last

	outer   bool     // whether to take the members of the outermost object
	env     Envelope // into here
	seenID  bool
	own     bool   // whether to collect
	foreign []span // the keys that no field of the wire can have
}

// span is a part of buf.
type span struct{ from, to int }

// scanners are kept for the room their keys have.
var scanners = sync.Pool{New: func() any { return &scanner{keys: make([][]byte, 0, 32)} }}

// scan returns a scanner for buf. Who is done with it calls release.
func scan(buf []byte) *scanner {
	s := scanners.Get().(*scanner)
	s.buf = buf
	return s
}

// release forgets everything that belongs to a frame and gives the scanner back, unless an
// object with very many keys has blown it up.
func (s *scanner) release() {
	const most = 256
	if cap(s.keys) > most {
		return
	}
	clear(s.keys[:cap(s.keys)])
	*s = scanner{keys: s.keys[:0]}
	scanners.Put(s)
}

// document reads one object and nothing after it.
func (s *scanner) document() bool {
	s.space()
	if s.peek() != '{' {
		return s.bad()
	}
	if !s.value() {
		return false
	}
	s.space()
	if s.pos != len(s.buf) {
		return s.bad()
	}
	return s.fault == nil
}

// value reads any value. pos stands on its first byte before, behind its last one after.
func (s *scanner) value() bool {
	switch c := s.peek(); c {
	case '{':
		return s.enter() && s.leave(s.object())
	case '[':
		return s.enter() && s.leave(s.array())
	case '"':
		_, ok := s.text()
		return ok
	case 't':
		return s.literal("true")
	case 'f':
		return s.literal("false")
	case 'n':
		return s.literal("null")
	}
	return s.number()
}

// enter steps over an opening bracket.
func (s *scanner) enter() bool {
	if s.depth == MaxDepth {
		s.note(CodeTooDeep)
		return false
	}
	s.depth++
	s.pos++
	return true
}

// leave undoes enter once the closing bracket is read, or passes on that it was not.
func (s *scanner) leave(ok bool) bool {
	s.depth--
	return ok
}

func (s *scanner) array() bool {
	if s.empty(']') {
		return true
	}
	for {
		s.space()
		if !s.value() {
			return false
		}
		if more, ok := s.comma(']'); !more {
			return ok
		}
	}
}

func (s *scanner) object() bool {
	if s.empty('}') {
		return true
	}
	first := len(s.keys)
	for {
		if !s.member() {
			return false
		}
		more, ok := s.comma('}')
		if more {
			continue
		}
		if repeated(s.keys[first:]) {
			s.note(CodeDuplicateKey)
		}
		s.keys = s.keys[:first]
		return ok
	}
}

// member reads a key and its value.
func (s *scanner) member() bool {
	s.space()
	key, ok := s.key()
	if !ok {
		return false
	}
	s.keys = append(s.keys, key)
	s.space()
	if s.peek() != ':' {
		return s.bad()
	}
	s.pos++
	s.space()
	start := s.pos
	if !s.value() {
		return false
	}
	if s.depth == 1 && s.outer {
		s.take(key, s.buf[start:s.pos])
	}
	return true
}

// key reads a key and returns what it means.
func (s *scanner) key() ([]byte, bool) {
	if s.peek() != '"' {
		return nil, s.bad()
	}
	start := s.pos
	escaped, ok := s.text()
	if !ok {
		return nil, false
	}
	key := s.buf[start+1 : s.pos-1]
	if escaped {
		key = []byte(unquote(s.buf[start:s.pos]))
	}
	if s.own && !fieldName(key) {
		s.foreign = append(s.foreign, span{start + 1, s.pos - 1})
	}
	return key, true
}

// text reads a string and reports whether it has escapes.
func (s *scanner) text() (escaped, ok bool) {
	for s.pos++; s.pos < len(s.buf); s.pos++ {
		switch c := s.buf[s.pos]; {
		case c == '"':
			s.pos++
			return escaped, true
		case c == '\\':
			escaped = true
			if !s.escape() {
				return true, false
			}
		case c < ' ':
			return escaped, s.bad()
		}
	}
	return escaped, s.bad()
}

// escape reads an escape and leaves pos on its last byte.
func (s *scanner) escape() bool {
	s.pos++
	switch s.peek() {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return true
	case 'u':
		for range 4 {
			s.pos++
			if !hex(s.peek()) {
				return s.bad()
			}
		}
		return true
	}
	return s.bad()
}

// number reads a number by the grammar of RFC 8259: no plus, no leading zero, no bare point.
func (s *scanner) number() bool {
	if s.peek() == '-' {
		s.pos++
	}
	if s.peek() == '0' {
		s.pos++
	} else if !s.digits() {
		return s.bad()
	}
	if s.peek() == '.' {
		s.pos++
		if !s.digits() {
			return s.bad()
		}
	}
	if c := s.peek(); c == 'e' || c == 'E' {
		s.pos++
		if c := s.peek(); c == '+' || c == '-' {
			s.pos++
		}
		if !s.digits() {
			return s.bad()
		}
	}
	return true
}

// digits reads at least one digit.
func (s *scanner) digits() bool {
	start := s.pos
	for c := s.peek(); '0' <= c && c <= '9'; c = s.peek() {
		s.pos++
	}
	return s.pos > start
}

func (s *scanner) literal(word string) bool {
	end := s.pos + len(word)
	if end > len(s.buf) || string(s.buf[s.pos:end]) != word {
		return s.bad()
	}
	s.pos = end
	return true
}

// empty reads end if nothing stands before it.
func (s *scanner) empty(end byte) bool {
	s.space()
	if s.peek() != end {
		return false
	}
	s.pos++
	return true
}

// comma reads what follows a member: a comma if there are more, otherwise end.
func (s *scanner) comma(end byte) (more, ok bool) {
	s.space()
	switch s.peek() {
	case ',':
		s.pos++
		return true, true
	case end:
		s.pos++
		return false, true
	}
	return false, s.bad()
}

func (s *scanner) space() {
	for c := s.peek(); c == ' ' || c == '\n' || c == '\r' || c == '\t'; c = s.peek() {
		s.pos++
	}
}

// peek returns the byte at pos, and 0, which is no part of any JSON text, behind the end.
func (s *scanner) peek() byte {
	if s.pos < len(s.buf) {
		return s.buf[s.pos]
	}
	return 0
}

// bad notes that the text is no JSON at pos. It returns false for its callers to return.
func (s *scanner) bad() bool {
	if s.fault == nil {
		s.fault = Errorf(CodeBadJSON, "The frame is not a JSON object: see byte %d.", s.pos)
	}
	return false
}

// note keeps the first fault.
func (s *scanner) note(code Code) {
	if s.fault == nil {
		s.fault = NewError(code)
	}
}

// repeated reports whether two keys are equal. It may reorder them.
func repeated(keys [][]byte) bool {
	const few = 16 // up to here comparing all pairs is faster than sorting
	if len(keys) <= few {
		for i, key := range keys {
			for _, other := range keys[:i] {
				if bytes.Equal(key, other) {
					return true
				}
			}
		}
		return false
	}
	slices.SortFunc(keys, bytes.Compare)
	for i := 1; i < len(keys); i++ {
		if bytes.Equal(keys[i-1], keys[i]) {
			return true
		}
	}
	return false
}

// fieldName reports whether key is spelled like the fields of the wire: lower case, digits and _.
func fieldName(key []byte) bool {
	for _, c := range key {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '_' {
			return false
		}
	}
	return true
}

func hex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

// unquote returns what a quoted string that the scanner has accepted means.
func unquote(quoted []byte) string {
	var s string
	if err := json.Unmarshal(quoted, &s); err != nil {
		return string(quoted) // not for accepted strings
	}
	return s
}
