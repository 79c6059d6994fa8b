package stream

import (
	"errors"

	"github.com/claimcall/claimcall/internal/call"
)

// ErrName refuses a stream name that this program did not hand out.
var ErrName = errors.New("stream: not a stream name")

// maxName is the longest stream name. No media service here takes fewer characters.
const maxName = 64

// parseName reads the name of a stream as a media service reports it.
func parseName(s string) (call.StreamName, error) {
	if len(s) > maxName || !isPlain(s) {
		return call.StreamName{}, ErrName
	}
	name, err := call.ParseStreamName(s)
	if err != nil {
		return call.StreamName{}, ErrName
	}
	return name, nil
}

// isPlain reports whether s can stand in an address, a form and a configuration file as it is.
func isPlain(s string) bool {
	for _, c := range []byte(s) {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '-', c == '_':
		default:
			return false
		}
	}
	return s != ""
}
