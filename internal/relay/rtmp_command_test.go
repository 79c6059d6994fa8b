package relay

import (
	"testing"

	"github.com/bluenviron/gortmplib/pkg/amf0"
)

func connectTo(app, tcURL string) command {
	return command{name: "connect", args: []any{amf0.Object{{Key: "app", Value: app}, {Key: "tcUrl", Value: tcURL}}}}
}

func TestAttemptFromAddress(t *testing.T) {
	tests := map[string]struct {
		app, tcURL, key string
		name, secret    string
	}{
		"query behind the name":          {"live", "rtmp://h/live", "n?txSecret=a&txTime=b", "n", "a"},
		"query behind the application":   {"live?txSecret=a", "rtmp://h/live?txSecret=a", "n", "n", "a"},
		"query in tcUrl only":            {"live", "rtmp://h/live?txSecret=a", "n", "n", "a"},
		"name wins":                      {"live?txSecret=a", "rtmp://h/live?txSecret=b", "n?txSecret=c", "n", "c"},
		"an empty query behind the name": {"live?txSecret=a", "rtmp://h/live", "n?", "n", ""},
		"no query":                       {"live/", "rtmp://h/live", "n", "n", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			place, ok := readConnect(connectTo(tt.app, tt.tcURL))
			if !ok || place.app != "live" {
				t.Fatalf("connect: %+v", place)
			}
			a, err := place.attempt(Publish, command{args: []any{nil, tt.key}})
			if err != nil || a.Name != tt.name || a.Query.Get("txSecret") != tt.secret || a.Action != Publish || a.Protocol != "rtmp" {
				t.Fatalf("%+v, %v", a, err)
			}
			if len(a.Query["txSecret"]) > 1 {
				t.Fatal("queries were mixed")
			}
		})
	}
}

func TestUnusableAddress(t *testing.T) {
	for name, cmd := range map[string]command{
		"no arguments":    {},
		"no object":       {args: []any{1.0}},
		"no application":  {args: []any{amf0.Object{}}},
		"odd application": {args: []any{amf0.Object{{Key: "app", Value: 1.0}}}},
	} {
		if _, ok := readConnect(cmd); ok {
			t.Errorf("%s: accepted", name)
		}
	}
	for name, args := range map[string][]any{
		"no name": {nil}, "odd name": {nil, 1.0}, "bad query": {nil, "n?txSecret=%zz"}, "semicolon": {nil, "n?a;b"},
	} {
		if _, err := (connectPlace{}).attempt(Play, command{args: args}); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestDecodeCommand(t *testing.T) {
	marshal := func(values ...any) []byte {
		b, err := amf0.Data(values).Marshal()
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	good := rtmpMessage{kind: msgCommandAMF0, body: marshal("deleteStream", 4.0, nil, 1.0)}
	cmd, ok := decodeCommand(good)
	if !ok || cmd.name != "deleteStream" || cmd.id != 4 || len(cmd.args) != 2 || !cmd.ends() {
		t.Fatalf("%+v", cmd)
	}
	for name, m := range map[string]rtmpMessage{
		"audio":     {kind: 8, body: good.body},
		"not AMF":   {kind: msgCommandAMF0, body: []byte{0xFF}},
		"no id":     {kind: msgCommandAMF0, body: marshal("play")},
		"odd name":  {kind: msgCommandAMF0, body: marshal(1.0, 1.0)},
		"odd id":    {kind: msgCommandAMF0, body: marshal("play", "1")},
		"too large": {kind: msgCommandAMF0, body: append(marshal("play", 1.0), make([]byte, maxCommand)...)},
	} {
		if _, ok := decodeCommand(m); ok {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestMetadata(t *testing.T) {
	for in, want := range map[string]string{
		amfSetDataFrame + amfOnMetaData + "x": amfOnMetaData + "x",
		amfOnMetaData + "x":                   amfOnMetaData + "x",
		amfSetDataFrame:                       "",
		"\x02\x00\x06onText":                  "",
		"":                                    "",
	} {
		got, ok := metadata([]byte(in))
		if ok != (want != "") || ok && string(got) != want {
			t.Errorf("%q: %q, %v", in, got, ok)
		}
	}
}

func TestValidName(t *testing.T) {
	for name, want := range map[string]bool{
		"a": true, "abc_DEF-123": true, "": false, "a b": false, "a/b": false, "..": false, "ä": false, "a\n": false,
		string(make([]byte, 65)): false,
	} {
		if validName(name) != want {
			t.Errorf("%q: %v", name, !want)
		}
	}
}
