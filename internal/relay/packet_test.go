package relay

import (
	"strings"
	"testing"
)

func TestNewPacket(t *testing.T) {
	config := "\x01\x42\x00\x1e\xff\xe1\x00"
	tests := []struct {
		name string
		kind kind
		body string
		want string // letter, or "" for dropped
	}{
		{"empty audio", kindAudio, "", ""},
		{"aac without type", kindAudio, "\xaf", ""},
		{"aac config", kindAudio, "\xaf\x00\x11\x90", "S"},
		{"aac config cut short", kindAudio, "\xaf\x00\x11", ""},
		{"aac frame", kindAudio, "\xaf\x01x", "A"},
		{"aac frame without data", kindAudio, "\xaf\x01", ""},
		{"aac of unknown type", kindAudio, "\xaf\x02x", ""},
		{"mp3", kindAudio, "\x2fxx", "A"},
		{"extended audio config", kindAudio, "\x90Opus", "S"},
		{"extended audio frame", kindAudio, "\x91Opusx", "A"},
		{"extended audio end", kindAudio, "\x92Opus", ""},
		{"avc config", kindVideo, "\x17\x00\x00\x00\x00" + config, "V"},
		{"avc config cut short", kindVideo, "\x17\x00\x00\x00\x00" + config[:6], ""},
		{"key frame", kindVideo, "\x17\x01\x00\x00\x00x", "K"},
		{"inter frame", kindVideo, "\x27\x01\x00\x00\x00x", "I"},
		{"disposable frame", kindVideo, "\x37\x01\x00\x00\x00x", "I"},
		{"frame without data", kindVideo, "\x17\x01\x00\x00\x00", ""},
		{"end of sequence", kindVideo, "\x17\x02\x00\x00\x00", ""},
		{"hevc, the old way", kindVideo, "\x1c\x01\x00\x00\x00x", "K"},
		{"video command", kindVideo, "\x57\x00\x00\x00\x00x", ""},
		{"other codec", kindVideo, "\x14xxxx", "K"},
		{"extended config", kindVideo, "\x90hvc1xxx", "V"},
		{"extended key frame", kindVideo, "\x91hvc1\x00\x00\x00x", "K"},
		{"extended inter frame", kindVideo, "\xa3hvc1x", "I"},
		{"extended end", kindVideo, "\x92hvc1", ""},
		{"short video", kindVideo, "\x17\x01", ""},
		{"data", kindData, "\x02", "M"},
		{"empty data", kindData, "", ""},
		{"too large for a tag", kindAudio, "\xaf\x01" + strings.Repeat("x", maxTagBody), ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p, ok := newPacket(tt.kind, 7, []byte(tt.body))
			got := ""
			if ok {
				got = letter(p)
			}
			if got != tt.want {
				t.Fatalf("got %q, want %q", got, tt.want)
			}
			if ok && (string(p.body()) != tt.body || p.time != 7) {
				t.Fatal("body or time changed")
			}
		})
	}
}
