package config

import (
	"bytes"
	"encoding/json"
	"os"
)

// Profiles says with what picture and sound the calls of each queue are made.
type Profiles struct {
	File    string             `name:"profiles" env:"CLAIMCALL_PROFILES" help:"JSON file with the picture and sound of each queue, by its name; those of \"default\" are for all that are not named." placeholder:"FILE"`
	ByQueue map[string]Profile `kong:"-"` // what Check reads from File
}

// Profile is what devices push with in one queue while all is well. What is zero stays as the media service has it.
type Profile struct {
	MinBitrateKbps int    `json:"min_bitrate_kbps"`
	MaxBitrateKbps int    `json:"max_bitrate_kbps"`
	FPS            int    `json:"fps"`
	Width          int    `json:"width"`
	Height         int    `json:"height"`
	AudioQuality   string `json:"audio_quality"`
}

// read reads the file, in which an unknown key is an error.
func (p *Profiles) read() error {
	if p.File == "" {
		return nil
	}
	text, err := os.ReadFile(p.File)
	if err != nil {
		return wrong("profiles", "is %q: wanted a file that can be read", p.File)
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&p.ByQueue); err != nil {
		return wrong("profiles", `is a file that can't be understood (%w): wanted {"QUEUE": {"max_bitrate_kbps": 800, ...}, ...}`, err)
	}
	for queue, profile := range p.ByQueue {
		if err := profile.check(queue); err != nil {
			return err
		}
	}
	return nil
}

func (p Profile) check(queue string) error {
	for _, n := range []struct {
		name              string
		value, least, max int
	}{
		{"min_bitrate_kbps", p.MinBitrateKbps, 50, 10_000}, {"max_bitrate_kbps", p.MaxBitrateKbps, 50, 10_000},
		{"fps", p.FPS, 1, 60}, {"width", p.Width, 120, 1920}, {"height", p.Height, 120, 1920},
	} {
		if n.value != 0 && (n.value < n.least || n.value > n.max) {
			return wrong("profiles", "has %s %d for queue %q: wanted %d to %d", n.name, n.value, queue, n.least, n.max)
		}
	}
	if p.MaxBitrateKbps != 0 && p.MinBitrateKbps > p.MaxBitrateKbps {
		return wrong("profiles", "has a least bit rate above the greatest for queue %q: wanted min_bitrate_kbps at most max_bitrate_kbps", queue)
	}
	if a := p.AudioQuality; a != "" && a != "high" && a != "low" {
		return wrong("profiles", "has audio_quality %q for queue %q: wanted high or low", a, queue)
	}
	return nil
}
