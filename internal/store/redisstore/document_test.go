package redisstore

import (
	"cmp"
	"errors"
	"math"
	"testing"

	"pgregory.net/rapid"

	"github.com/claimcall/claimcall/internal/call"
)

func TestSortableKeepsTheOrder(t *testing.T) {
	numbers := rapid.OneOf(rapid.Int64(), rapid.SampledFrom([]int64{math.MinInt64, -1, 0, 1, math.MaxInt64}))
	rapid.Check(t, func(t *rapid.T) {
		a, b := numbers.Draw(t, "a"), numbers.Draw(t, "b")
		if cmp.Compare(sortable(a), sortable(b)) != cmp.Compare(a, b) {
			t.Fatalf("%d is %s, %d is %s", a, sortable(a), b, sortable(b))
		}
	})
}

func TestNamesComeBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringN(1, 20, -1).Draw(t, "id")
		id, _, err := parseName(callName(text))
		if err != nil || id != text {
			t.Fatalf("call %q came back as %q, %v", text, id, err)
		}
		want := call.User{Role: rapid.SampledFrom([]call.Role{call.Claimant, call.Adjuster}).Draw(t, "role"), ID: text}
		id, u, err := parseName(userName(want))
		if err != nil || id != "" || u != want {
			t.Fatalf("user %q came back as %q, %v", want, u, err)
		}
	})
}

func TestOtherNamesAreRefused(t *testing.T) {
	for _, name := range []string{"", "call", "call:", "call:%zz"} {
		if id, u, err := parseName(name); !errors.Is(err, errDocument) {
			t.Errorf("%q is taken for %q, %v", name, id, u)
		}
	}
}
