package protocol

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the golden files and the examples in PROTOCOL.md")

// goldenSets are the folders of testdata/golden with what has to be in them.
func goldenSets() map[string][]sample {
	return map[string][]sample{
		"command": commandSamples, "answer": answerSamples(), "event": eventSamples(),
	}
}

func goldenPath(folder, file string) string {
	return filepath.Join("testdata", "golden", folder, file+".json")
}

func readGolden(t *testing.T, folder, file string) []byte {
	t.Helper()
	b, err := os.ReadFile(goldenPath(folder, file))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func compact(t *testing.T, b []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := json.Compact(&out, b); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// payloadFor is fresh data by the tables, which are thereby tested too.
func payloadFor(t *testing.T, folder, file string) any {
	t.Helper()
	if folder == "answer" && file == "error" {
		return new(ErrorBody)
	}
	if folder == "event" {
		e, ok := LookupEvent(Type(file))
		if !ok {
			t.Fatalf("%s is not in the table of events", file)
		}
		return e.NewData()
	}
	c, ok := LookupCommand(Type(file))
	if !ok {
		t.Fatalf("%s is not in the table of commands", file)
	}
	if folder == "answer" {
		return c.NewAnswer()
	}
	return c.NewData()
}

func TestGolden(t *testing.T) {
	for folder, samples := range goldenSets() {
		for _, s := range samples {
			t.Run(folder+"/"+s.file, func(t *testing.T) {
				frame, err := Encode(s.typ, s.id, s.data)
				if err != nil {
					t.Fatal(err)
				}
				if *update {
					writeGolden(t, folder, s.file, frame)
				}
				golden := compact(t, readGolden(t, folder, s.file))
				if !bytes.Equal(frame, golden) {
					t.Errorf("encoded\n%s\nwant\n%s", frame, golden)
				}
				roundTrip(t, golden, payloadFor(t, folder, s.file))
			})
		}
	}
}

// roundTrip decodes golden into data and wants the same bytes back.
func roundTrip(t *testing.T, golden []byte, data any) {
	t.Helper()
	env, fault := DecodeEnvelope(golden)
	if fault != nil {
		t.Fatal(fault)
	}
	if fault := DecodeData(env.Data, data); fault != nil {
		t.Fatal(fault)
	}
	again, err := Encode(env.Type, env.ID, data)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(again, golden) {
		t.Errorf("read and written again\n%s\nwant\n%s", again, golden)
	}
}

func writeGolden(t *testing.T, folder, file string, frame []byte) {
	t.Helper()
	var out bytes.Buffer
	if err := json.Indent(&out, frame, "", "  "); err != nil {
		t.Fatal(err)
	}
	out.WriteByte('\n')
	path := goldenPath(folder, file)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, out.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestGoldenFilesMatchTables finds messages without a golden file and files without a message.
func TestGoldenFilesMatchTables(t *testing.T) {
	want := tableNames()
	for folder, names := range want {
		files, err := filepath.Glob(goldenPath(folder, "*"))
		if err != nil {
			t.Fatal(err)
		}
		var have []string
		for _, f := range files {
			have = append(have, strings.TrimSuffix(filepath.Base(f), ".json"))
		}
		slices.Sort(names)
		if !slices.Equal(have, names) {
			t.Errorf("%s: have files %v, want %v", folder, have, names)
		}
	}
}

// tableNames are the golden files there must be, by folder.
func tableNames() map[string][]string {
	names := map[string][]string{"answer": {"error"}}
	for _, c := range Commands() {
		names["command"] = append(names["command"], string(c.Type))
		names["answer"] = append(names["answer"], string(c.Type))
	}
	for _, e := range Events() {
		names["event"] = append(names["event"], string(e.Type))
	}
	return names
}

func TestGoldenAnswersHaveTheTypeOfTheTable(t *testing.T) {
	for _, c := range Commands() {
		env, fault := DecodeEnvelope(readGolden(t, "answer", string(c.Type)))
		if fault != nil {
			t.Fatal(fault)
		}
		command, fault := DecodeCommand(readGolden(t, "command", string(c.Type)))
		if fault != nil {
			t.Fatal(fault)
		}
		if env.Type != c.Answer || env.ID != command.ID {
			t.Errorf("%s: answer %s %q, want %s %q", c.Type, env.Type, env.ID, c.Answer, command.ID)
		}
	}
}

// TestGoldenFilesHoldEveryField keeps the examples complete: a field nobody shows is a field
// nobody knows of.
func TestGoldenFilesHoldEveryField(t *testing.T) {
	for _, field := range allFields(t) {
		if optionalAnywhere[field] {
			continue
		}
		if !slices.ContainsFunc(allGoldens(t), func(g []byte) bool {
			return bytes.Contains(g, []byte(`"`+field+`":`))
		}) {
			t.Errorf("no golden file has the field %s", field)
		}
	}
}

// optionalAnywhere are fields that no provider of ours fills today.
var optionalAnywhere = map[string]bool{"min_cache_ms": true, "max_cache_ms": true}

func allGoldens(t *testing.T) [][]byte {
	t.Helper()
	var all [][]byte
	for folder, samples := range goldenSets() {
		for _, s := range samples {
			all = append(all, readGolden(t, folder, s.file))
		}
	}
	return all
}
