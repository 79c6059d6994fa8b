package call

import (
	"errors"
	"testing"
)

func TestStreamName(t *testing.T) {
	t.Parallel()
	for text, name := range map[string]StreamName{
		"abc-c-g1":   {"abc", Claimant, 1},
		"abc-a-g120": {"abc", Adjuster, 120},
	} {
		if name.String() != text {
			t.Errorf("%+v is written %q", name, name)
		}
		if got, err := ParseStreamName(text); got != name || err != nil {
			t.Errorf("%q is read as %+v, %v", text, got, err)
		}
		if got := name.Other(); got.Leg != name.Leg.Other() || got.Other() != name {
			t.Errorf("the other stream of %q is %q", name, got)
		}
	}
	for _, text := range []string{
		"", "-", "abc", "abc-c", "abc-c-g", "abc-c-g0", "abc-c-g-1", "abc-c-g01", "abc-c-g+1", "abc-b-g1", "-c-g1",
		"abc-c-g1-g2", "abc-c-g1 ", "abc-claimant-g1", "abc-c-G1", "abc-c-g99999999999999999999",
	} {
		if got, err := ParseStreamName(text); !errors.Is(err, ErrStreamName) {
			t.Errorf("%q is read as %+v, %v", text, got, err)
		}
	}
}
