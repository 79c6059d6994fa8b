package main

import (
	"net"
	"strings"
	"testing"
)

// What people read when something is not right: whole lines, as they are told.
func TestWhatIsSaid(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	for _, tt := range []struct{ args, want string }{
		{"", `claimcall: expected one of "serve", "token", "call", "doctor", "admin", ...; see claimcall --help` + "\n"},
		{"serve --ring soon", `claimcall: --ring: wanted a duration such as 30s, not "soon"` + "\n"},
		{"serve --auth-key short --ring 0s", "claimcall:\n  --auth-key (CLAIMCALL_AUTH_KEY) has 5 bytes"},
		{"serve --auth-key short --ring 0s", "\n  --ring (CLAIMCALL_RING) is 0s"},
		{"serve --dev --ring 0s", "claimcall: --ring (CLAIMCALL_RING) is 0s"},
		{"serve --config /nowhere.json", "claimcall: --config /nowhere.json: no such file or directory\n"},
		{"serve --dev --streams a,b", `claimcall: --streams (CLAIMCALL_STREAMS) has "a": wanted some of relay, nginx-rtmp, `},
		{"serve --dev --listen " + taken.Addr().String(), "in use; choose another with --listen 127.0.0.1:PORT\n"},
		{"call --dev --url ws://127.0.0.1:1/ws", "claimcall: can't reach ws://127.0.0.1:1/ws: connection refused; " +
			`is "claimcall serve --dev" running?` + "\n"},
		{"call --dev --url ws://127.0.0.1:1/ws?secret", "claimcall: can't reach ws://127.0.0.1:1/ws?[secret]: connection refused; "},
		{"call --auth-key-file /nowhere", "--auth-key-file (CLAIMCALL_AUTH_KEY_FILE) wanted a file"},
		{"token --dev --role claimant --sub " + strings.Repeat("x", 129), "claimcall: --sub is longer than 128 characters\n"},
	} {
		_, stderr, code := output(t, nil, strings.Fields(tt.args)...)
		if code != 1 || !strings.Contains(stderr, tt.want) || strings.Contains(stderr, "config:") {
			t.Errorf("%s: ended with %d and %q, want %q", tt.args, code, stderr, tt.want)
		}
	}
}

func TestHelpShowsWhatToWrite(t *testing.T) {
	for command, wants := range map[string][]string{
		"serve": {"--streams=NAME,...", "(default: relay)", "(default: claimcall.db)"},
		"token": {"--role=ROLE"},
		"call":  {"(default: ws://127.0.0.1:8080/ws)", "(default: TEST-1)", "--auth-key-file=FILE"},
	} {
		stdout, _, _ := output(t, nil, command, "--help")
		text := strings.Join(strings.Fields(stdout), " ")
		for _, want := range wants {
			if !strings.Contains(text, want) {
				t.Errorf("%s --help lacks %q", command, want)
			}
		}
		if strings.Contains(text, ",...,...") {
			t.Errorf("%s --help repeats itself", command)
		}
	}
}

func TestTheGuideNamesTheButtons(t *testing.T) {
	s := serve(t, nil)
	for _, want := range []string{"中文", "同意并呼叫 (Agree and call)", "接听 (Accept)", "推流测试 (Test publishing)", "rtmp     rtmp://127.0.0.1:"} {
		s.says(want)
	}
}
