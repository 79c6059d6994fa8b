package stream

import (
	"errors"
	"strings"
	"testing"

	"github.com/claimcall/claimcall/internal/call"
)

func TestParseName(t *testing.T) {
	want := call.StreamName{Room: "abc234", Leg: call.Adjuster, Generation: 12}
	if got, err := parseName("abc234-a-g12"); err != nil || got != want {
		t.Errorf("got %v, %v", got, err)
	}
	for _, s := range []string{
		"", "room", "room-c", "room-c-g", "room-x-g1", "room-c-g0", "room-c-g01", "room-c-g-1", "-c-g1", "room-c-g1 ",
		"ro/om-c-g1", "ro?om-c-g1", "ro\x00om-c-g1", "räum-c-g1", "room-c-g1&name=x", "../live-c-g1",
		strings.Repeat("a", 60) + "-c-g1",
	} {
		if _, err := parseName(s); !errors.Is(err, ErrName) {
			t.Errorf("%q: got %v", s, err)
		}
	}
}

// FuzzParseStreamName looks for a name that is read and not written back, or that could mean something in an address.
func FuzzParseStreamName(f *testing.F) {
	for _, seed := range []string{"room-c-g1", "abc234-a-g12", "room-c-g01", "r-c-g1-c-g1", "a/b-c-g1", "room-c-g9223372036854775808"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		name, err := parseName(s)
		if err != nil {
			return
		}
		if name.String() != s || name.Other().Other() != name || name.Other().String() == s {
			t.Errorf("%q became %v", s, name)
		}
		if strings.ContainsAny(s, "/?&=#%+ \x00") || len(s) > maxName {
			t.Errorf("accepted %q", s)
		}
	})
}
