package config

import (
	"strings"
	"testing"
	"time"
)

func TestKeep(t *testing.T) {
	s := checked(t, "--dev", "--keep-records", "8760h", "--keep-texts", "1h")
	if s.KeepRecords != 8760*time.Hour || s.KeepTexts != time.Hour {
		t.Errorf("got %s and %s", s.KeepRecords, s.KeepTexts)
	}
	for _, flag := range []string{"keep-records", "keep-texts"} {
		s, err := parse(t, "--dev", "--"+flag, "59m")
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Check(); err == nil || !strings.Contains(err.Error(), flag) || !strings.Contains(err.Error(), "at least 1h") {
			t.Errorf("%s: %v", flag, err)
		}
	}
}
