package config

import (
	"fmt"
	"strings"
	"testing"
)

func TestWebhooks(t *testing.T) {
	file := write(t, "whsec_b\n")
	s := checked(t, "--dev", "--webhooks", write(t, fmt.Sprintf(`[
		{"name": "claims", "url": "https://claims.example/hook?x=1", "secrets": ["whsec_a"], "secret_files": [%q], "events": ["call.ended"]},
		{"name": "near-1", "url": "http://10.0.0.7/hook", "secrets": ["whsec_c"], "allow_private": true}
	]`, file)))
	if len(s.Receivers) != 2 {
		t.Fatalf("got %+v", s.Receivers)
	}
	claims, near := s.Receivers[0], s.Receivers[1]
	if len(claims.Secrets) != 2 || string(claims.Secrets[0]) != "whsec_a" || string(claims.Secrets[1]) != "whsec_b" ||
		claims.Events[0] != "call.ended" || claims.AllowPrivate {
		t.Errorf("got %+v", claims)
	}
	if near.Name != "near-1" || !near.AllowPrivate || near.Events != nil {
		t.Errorf("got %+v", near)
	}
	if text := fmt.Sprintf("%+v", s.Receivers); strings.Contains(text, "whsec_") {
		t.Errorf("secrets are shown: %s", text)
	}
	if s := checked(t, "--dev"); s.Receivers != nil {
		t.Errorf("got %+v without a file", s.Receivers)
	}
}

func TestWebhooksRefused(t *testing.T) {
	one := func(changes string) string {
		return `[{"name": "a", "url": "https://a.example/", "secrets": ["whsec_a"], ` + changes + `}]`
	}
	for content, want := range map[string]string{
		`{}`:                                   "can't be understood",
		one(`"event": []`):                     `unknown field "event"`,
		one(`"name": "A b"`):                   `name "A b"`,
		one(`"url": "a.example"`):              "no usable url",
		one(`"url": "ftp://a.example"`):        "no usable url",
		one(`"url": "https://u:p@a/"`):         "no usable url",
		one(`"url": "http://a.example/"`):      "wanted https://",
		one(`"secrets": []`):                   "0 secrets",
		one(`"secrets": ["","","","",""]`):     "5 secrets",
		one(`"secret_files": ["/dev/null/x"]`): "CLAIMCALL_WEBHOOKS",
	} {
		s, err := parse(t, "--dev", "--webhooks", write(t, content))
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Check(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v does not say %q", content, err, want)
		}
	}
	twice := `[{"name": "a", "url": "https://a.example/", "secrets": ["x"]}, {"name": "a", "url": "https://b.example/", "secrets": ["x"]}]`
	many := "[" + strings.Repeat(`{"name": "a", "url": "https://a.example/", "secrets": ["x"]},`, maxWebhooks) +
		`{"name": "b", "url": "https://a.example/", "secrets": ["x"]}]`
	for content, want := range map[string]string{twice: "twice", many: "17 receivers"} {
		s, err := parse(t, "--dev", "--webhooks", write(t, content))
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Check(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not say %q", err, want)
		}
	}
}
