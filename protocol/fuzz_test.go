package protocol

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"unicode/utf8"
)

func addGoldens(f *testing.F) {
	f.Helper()
	files, err := filepath.Glob(goldenPath("*", "*"))
	if err != nil || len(files) == 0 {
		f.Fatalf("golden files: %v, %v", files, err)
	}
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
}

// FuzzDecodeEnvelope compares with encoding/json: what we accept it reads the same way, and what it
// reads we accept, unless one of our own rules speaks against it.
func FuzzDecodeEnvelope(f *testing.F) {
	addGoldens(f)
	for _, seed := range []string{
		`{"type":"a","id":"\ud800\u0041","x":[-0.1e-7,{"":{"":null}}]}`, `{"type":"a","type":"b"}`,
		`{"Type":"a","type":"b"}`, `{"t\u0079pe":"a"}`, `[[[[[[[[[[[[[[[[[[`, `{"type":"a","data":{}} `, "{\"type\":\"\x00\"}",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, frame []byte) {
		before := bytes.Clone(frame)
		env, fault := DecodeEnvelope(frame)
		if !bytes.Equal(frame, before) {
			t.Fatal("the frame was changed")
		}
		if fault != nil {
			checkRefusal(t, frame, fault)
			return
		}
		var members map[string]json.RawMessage // exact keys, unlike a struct
		if err := json.Unmarshal(frame, &members); err != nil {
			t.Fatalf("accepted, but encoding/json says %v", err)
		}
		if string(env.Type) != meaning(members["type"]) || env.ID != meaning(members["id"]) {
			t.Fatalf("read %q %q, encoding/json %s %s", env.Type, env.ID, members["type"], members["id"])
		}
		if !bytes.Equal(env.Data, members["data"]) {
			t.Fatalf("data %s, encoding/json %s", env.Data, members["data"])
		}
		w := walker{dec: json.NewDecoder(bytes.NewReader(frame))}
		if w.value(0); w.twice || w.deepest > MaxDepth {
			t.Fatalf("accepted with a key twice (%v) or %d deep", w.twice, w.deepest)
		}
		checkWriting(t, env)
	})
}

// checkRefusal wants a reason, found by other means, for every refusal of a frame that is one valid
// JSON object in UTF-8.
func checkRefusal(t *testing.T, frame []byte, fault *Error) {
	t.Helper()
	if !json.Valid(frame) || bytes.TrimLeft(frame, " \t\r\n")[0] != '{' || !utf8.Valid(frame) || len(frame) > MaxFrame {
		return
	}
	w := walker{dec: json.NewDecoder(bytes.NewReader(frame))}
	w.dec.UseNumber()
	w.value(0)
	switch fault.Code {
	case CodeDuplicateKey:
		if !w.twice {
			t.Fatalf("%s: no key stands twice", frame)
		}
	case CodeTooDeep:
		if w.deepest <= MaxDepth {
			t.Fatalf("%s: only %d deep", frame, w.deepest)
		}
	case CodeBadEnvelope:
	default:
		t.Fatalf("%s: %v of a valid object", frame, fault)
	}
}

// walker finds by encoding/json's tokens what the scanner finds by itself.
type walker struct {
	dec     *json.Decoder
	twice   bool
	deepest int
}

func (w *walker) value(depth int) {
	open, err := w.dec.Token()
	delim, nested := open.(json.Delim)
	if err != nil || !nested {
		return
	}
	w.deepest = max(w.deepest, depth+1)
	seen := map[json.Token]bool{}
	for w.dec.More() {
		if delim == '{' {
			key, err := w.dec.Token()
			if err != nil {
				return
			}
			w.twice = w.twice || seen[key]
			seen[key] = true
		}
		w.value(depth + 1)
	}
	_, _ = w.dec.Token() // the closing bracket, there because the frame is valid
}

// checkWriting wants to read back what is written.
func checkWriting(t *testing.T, env Envelope) {
	t.Helper()
	frame, err := Encode(env.Type, env.ID, data(env))
	if err != nil {
		t.Fatal(err)
	}
	if len(frame) > MaxFrame {
		return // escapes may have grown
	}
	again, fault := DecodeEnvelope(frame)
	if fault != nil {
		t.Fatalf("wrote %s: %v", frame, fault)
	}
	if again.Type != env.Type || again.ID != env.ID || string(again.Data) != string(data(env)) {
		t.Fatalf("wrote %+v, read %+v", env, again)
	}
}

func data(env Envelope) json.RawMessage {
	if env.Data == nil {
		return json.RawMessage("{}")
	}
	return env.Data
}

func meaning(raw json.RawMessage) string {
	var s string
	if raw == nil || json.Unmarshal(raw, &s) != nil {
		return ""
	}
	return s
}

// FuzzDecodeData reads every payload from anything: it must not panic, must not change what it
// reads, and what it accepts must be readable again when written.
func FuzzDecodeData(f *testing.F) {
	for _, samples := range goldenSets() {
		for _, s := range samples {
			raw, err := json.Marshal(s.data)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(raw)
		}
	}
	f.Add([]byte(`{"Call":"a","call":"b","C\u0061ll":"c"}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		before := bytes.Clone(raw)
		for _, c := range Commands() {
			into := c.NewData()
			if fault := DecodeData(raw, into); fault != nil {
				if fault.Message == "" || fault.Code == "" {
					t.Fatalf("%s: an empty fault", c.Type)
				}
				continue
			}
			written, err := json.Marshal(into)
			if err != nil {
				t.Fatal(err)
			}
			if fault := DecodeData(written, c.NewData()); fault != nil {
				t.Fatalf("%s: %s was accepted, then written as %s: %v", c.Type, raw, written, fault)
			}
		}
		if !bytes.Equal(raw, before) {
			t.Fatal("the data was changed")
		}
	})
}
