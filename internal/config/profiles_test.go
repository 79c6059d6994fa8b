package config

import (
	"strings"
	"testing"
)

func TestProfiles(t *testing.T) {
	s := checked(t, "--dev", "--profiles", write(t, `{
		"default": {"max_bitrate_kbps": 600},
		"trucks": {"min_bitrate_kbps": 400, "max_bitrate_kbps": 1200, "fps": 20, "width": 540, "height": 960, "audio_quality": "low"}
	}`))
	if len(s.ByQueue) != 2 || s.ByQueue["default"] != (Profile{MaxBitrateKbps: 600}) ||
		s.ByQueue["trucks"] != (Profile{400, 1200, 20, 540, 960, "low"}) {
		t.Errorf("got %+v", s.ByQueue)
	}
	if s := checked(t, "--dev"); s.ByQueue != nil {
		t.Errorf("got %+v without a file", s.ByQueue)
	}
}

func TestProfilesRefused(t *testing.T) {
	for content, want := range map[string]string{
		`{"default": {"max_bitrate": 600}}`: "max_bitrate",
		`[]`:                                "can't be understood",
		`{"default": {"fps": "15"}}`:        "can't be understood",
		`{"q": {"fps": 61}}`:                `fps 61 for queue "q": wanted 1 to 60`,
		`{"q": {"width": 10}}`:              "width 10",
		`{"q": {"height": 5000}}`:           "height 5000",
		`{"q": {"max_bitrate_kbps": -1}}`:   "max_bitrate_kbps -1",
		`{"q": {"min_bitrate_kbps": 49}}`:   "50 to 10000",
		`{"q": {"min_bitrate_kbps": 900, "max_bitrate_kbps": 800}}`: "at most max_bitrate_kbps",
		`{"q": {"audio_quality": "middling"}}`:                      "high or low",
	} {
		s, err := parse(t, "--dev", "--profiles", write(t, content))
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Check(); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "CLAIMCALL_PROFILES") {
			t.Errorf("%s: %v does not say %q", content, err, want)
		}
	}
	s, err := parse(t, "--dev", "--profiles", "/nowhere/profiles.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Check(); err == nil || !strings.Contains(err.Error(), "can be read") {
		t.Errorf("a file that is not there: %v", err)
	}
}
