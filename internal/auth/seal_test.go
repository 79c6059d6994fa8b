package auth

import (
	"errors"
	"strings"
	"testing"
)

func TestSealedThings(t *testing.T) {
	seal := func(secret []byte, purpose string) *Sealer {
		s, err := NewSealer(secret, purpose)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	s := seal(secret, "session")
	text, err := s.Seal(Claims{Subject: "李", Role: RoleAdjuster})
	if err != nil {
		t.Fatal(err)
	}
	var got Claims
	if err := s.Open(text, &got); err != nil || got.Subject != "李" {
		t.Errorf("got %+v, %v", got, err)
	}
	if again, _ := s.Seal(Claims{Subject: "李", Role: RoleAdjuster}); again == text {
		t.Error("the same thing looks the same twice")
	}
	for name, tt := range map[string]struct {
		by   *Sealer
		text string
	}{
		"another purpose": {seal(secret, "ticket"), text},
		"another secret":  {seal([]byte(strings.Repeat("x", MinSecret)), "session"), text},
		"one bit":         {s, "A" + text[1:]},
		"cut":             {s, text[:len(text)-4]},
		"longer":          {s, text + "AAAA"},
		"nothing":         {s, ""},
		"not base64":      {s, "%%%"},
		"a token":         {s, forge(t, hs256(), good())},
	} {
		if tt.text != text || tt.by != s {
			if err := tt.by.Open(tt.text, new(Claims)); !errors.Is(err, ErrSeal) {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	if _, err := NewSealer(secret[:MinSecret-1], "session"); err == nil {
		t.Error("a short secret is taken")
	}
}
