package protocol

import (
	"fmt"
	"time"
)

// wireTime is RFC 3339 in UTC with exactly three digits of seconds: always 24 characters,
// so that times also sort as text.
const wireTime = "2006-01-02T15:04:05.000Z"

// Time is a moment on the wire: `2026-11-22T15:04:05.000Z`. Make one with [At], so that what
// is sent and what is read back are equal.
type Time struct{ time.Time }

// At returns t as the wire can carry it: in UTC, without parts of a millisecond. The zero
// time stays zero and is left out of optional fields.
func At(t time.Time) Time {
	if t.IsZero() {
		return Time{}
	}
	return Time{t.UTC().Truncate(time.Millisecond)}
}

// MarshalJSON writes UTC with milliseconds. It fails for years that do not have four digits.
func (t Time) MarshalJSON() ([]byte, error) {
	utc := t.UTC()
	if y := utc.Year(); y < 0 || y > 9999 {
		return nil, fmt.Errorf("protocol: time: year %d does not have four digits", y)
	}
	b := make([]byte, 0, len(wireTime)+2)
	b = append(b, '"')
	b = utc.AppendFormat(b, wireTime)
	return append(b, '"'), nil
}

// UnmarshalJSON reads any RFC 3339 time and keeps what the wire can carry of it.
func (t *Time) UnmarshalJSON(b []byte) error {
	var read time.Time
	if err := read.UnmarshalJSON(b); err != nil {
		return fmt.Errorf("protocol: time: %w", err)
	}
	*t = At(read)
	return nil
}
