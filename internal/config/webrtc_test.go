package config

import (
	"strings"
	"testing"
)

func TestWebRTCListens(t *testing.T) {
	production := []string{"--auth-key", ownKey, "--public-url", "https://call.example.org"}
	tests := []struct {
		args []string
		want string
	}{
		{[]string{"--dev"}, "127.0.0.1:0"},
		{[]string{"--dev", "--webrtc-listen", "127.0.0.1:9000"}, "127.0.0.1:9000"},
		{production, ":8189"},
		{append(production[:4:4], "--webrtc-listen", "off"), ""},
	}
	for _, tt := range tests {
		if got := checked(t, tt.args...).WebRTCListen; got != tt.want {
			t.Errorf("%v: got %q, want %q", tt.args, got, tt.want)
		}
	}
}

func TestWebRTCServersAndAddresses(t *testing.T) {
	s := checked(t, "--dev", "--webrtc-public", "203.0.113.7,2001:db8::7", "--turn-secret", "s",
		"--ice-servers", "stun:stun.example.org,turn:turn.example.org:3478?transport=tcp")
	if addresses, err := s.Addresses(); err != nil || len(addresses) != 2 || len(s.ICEServers) != 2 {
		t.Errorf("got %v, %v, %v", addresses, err, s.ICEServers)
	}
}

func TestWebRTCRefusals(t *testing.T) {
	for args, want := range map[string]string{
		"--webrtc-listen 0.0.0.0:8189":             "CLAIMCALL_WEBRTC_LISTEN",
		"--webrtc-listen 8189":                     "CLAIMCALL_WEBRTC_LISTEN",
		"--webrtc-public call.example.org":         "CLAIMCALL_WEBRTC_PUBLIC",
		"--ice-servers stun.example.org":           "CLAIMCALL_ICE_SERVERS",
		"--ice-servers turn:user@turn.example.org": "CLAIMCALL_ICE_SERVERS",
		`--ice-servers stun:x>;rel="a"`:            "CLAIMCALL_ICE_SERVERS",
		"--ice-servers turn:turn.example.org":      "CLAIMCALL_TURN_SECRET",
		"--turn-secret-file /nowhere/secret":       "CLAIMCALL_TURN_SECRET_FILE",
	} {
		s, err := parse(t, append([]string{"--dev"}, strings.Fields(args)...)...)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Check(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", args, err, want)
		}
	}
}
