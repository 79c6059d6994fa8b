package protocol

import (
	"bytes"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const document = "PROTOCOL.md"

func readDocument(t *testing.T) string {
	t.Helper()
	b, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// example is a marker naming a golden file, and the block after it, which may be missing yet.
var example = regexp.MustCompile("<!-- ([a-z]+)/([a-z.]+) -->\n(```json\n(?s:(.*?))```\n)?")

func TestDocumentExamplesAreGolden(t *testing.T) {
	text := readDocument(t)
	if *update {
		text = example.ReplaceAllStringFunc(text, func(found string) string {
			m := example.FindStringSubmatch(found)
			golden := readGolden(t, m[1], m[2])
			return fmt.Sprintf("<!-- %s/%s -->\n```json\n%s```\n", m[1], m[2], golden)
		})
		if err := os.WriteFile(document, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	examples := example.FindAllStringSubmatch(text, -1)
	if blocks := strings.Count(text, "```json\n"); blocks != len(examples) {
		t.Errorf("%d JSON blocks, %d of them marked", blocks, len(examples))
	}
	for _, m := range examples {
		if golden := readGolden(t, m[1], m[2]); !bytes.Equal([]byte(m[4]), golden) {
			t.Errorf("the example %s/%s is not the golden file; run with -update", m[1], m[2])
		}
	}
}

// sections returns the third-level headings below a second-level one, with their text.
func sections(t *testing.T, chapter string) ([]string, map[string]string) {
	t.Helper()
	_, text, ok := strings.Cut(readDocument(t), "\n## "+chapter+"\n")
	if !ok {
		t.Fatalf("no chapter %q", chapter)
	}
	text, _, _ = strings.Cut(text, "\n## ")
	var names []string
	bodies := map[string]string{}
	for _, part := range strings.Split(text, "\n### ")[1:] {
		heading, body, _ := strings.Cut(part, "\n")
		name := strings.Trim(heading, "`")
		names = append(names, name)
		bodies[name] = body
	}
	return names, bodies
}

func TestDocumentHasEveryCommand(t *testing.T) {
	var want []string
	for _, c := range Commands() {
		want = append(want, string(c.Type))
	}
	want = append(want, string(TypeError))
	names, bodies := sections(t, "Commands")
	if !slices.Equal(names, want) {
		t.Errorf("sections %v, want %v", names, want)
	}
	for _, name := range want {
		folder := "command"
		if name == string(TypeError) {
			folder = "answer"
		}
		checkSection(t, bodies[name], folder, name)
	}
}

func TestDocumentHasEveryEvent(t *testing.T) {
	var want []string
	for _, e := range Events() {
		want = append(want, string(e.Type))
	}
	names, bodies := sections(t, "Events")
	if !slices.Equal(names, want) {
		t.Errorf("sections %v, want %v", names, want)
	}
	for _, name := range want {
		checkSection(t, bodies[name], "event", name)
	}
}

// checkSection wants a paragraph and then the example.
func checkSection(t *testing.T, body, folder, name string) {
	t.Helper()
	text, _, ok := strings.Cut(body, fmt.Sprintf("<!-- %s/%s -->", folder, name))
	if !ok {
		t.Errorf("%s %s has no example", folder, name)
	}
	if len(strings.Fields(text)) < 5 {
		t.Errorf("%s %s has no paragraph", folder, name)
	}
}

// TestDocumentHasEveryAnswer wants an example for each payload an answer can have.
func TestDocumentHasEveryAnswer(t *testing.T) {
	shown := map[string]bool{}
	for _, m := range example.FindAllStringSubmatch(readDocument(t), -1) {
		if c, ok := LookupCommand(Type(m[2])); ok && m[1] == "answer" {
			shown[fmt.Sprintf("%T", c.NewAnswer())] = true
		}
	}
	for _, c := range Commands() {
		if kind := fmt.Sprintf("%T", c.NewAnswer()); !shown[kind] {
			t.Errorf("no example of an answer %s, as to %s", kind, c.Type)
		}
	}
}

func TestDocumentHasEveryCode(t *testing.T) {
	rows := regexp.MustCompile("(?m)^\\| `([a-z0-9_]+)` \\| (yes|no) \\| .+ \\|$")
	var have, want []string
	for _, m := range rows.FindAllStringSubmatch(readDocument(t), -1) {
		have = append(have, m[1]+" "+m[2])
	}
	for _, code := range Codes() {
		want = append(want, string(code)+" "+yes(NewError(code).Retry))
	}
	if !slices.Equal(have, want) {
		t.Errorf("the document has codes\n%v, want\n%v", have, want)
	}
}

func TestDocumentHasEveryCloseCode(t *testing.T) {
	rows := regexp.MustCompile("(?m)^\\| (\\d+) \\| `([a-z_]+)` \\| (yes|no) \\| .+ \\|$")
	var have, want []string
	for _, m := range rows.FindAllStringSubmatch(readDocument(t), -1) {
		have = append(have, m[1]+" "+m[2]+" "+m[3])
	}
	for _, c := range CloseCodes() {
		want = append(want, fmt.Sprintf("%d %s %s", int(c), c, yes(c.Reconnect())))
	}
	if !slices.Equal(have, want) {
		t.Errorf("the document has close codes\n%v, want\n%v", have, want)
	}
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

// TestDocumentNamesEveryField finds fields that only the code knows.
func TestDocumentNamesEveryField(t *testing.T) {
	text := readDocument(t)
	for _, field := range allFields(t) {
		if !strings.Contains(text, "`"+field+"`") && !strings.Contains(text, `"`+field+`"`) {
			t.Errorf("the document does not know the field %s", field)
		}
	}
}

func TestDocumentHasTheLimits(t *testing.T) {
	text := readDocument(t)
	for _, row := range []string{
		fmt.Sprintf("| a frame | 32 KiB (%d bytes) |", MaxFrame),
		fmt.Sprintf("| the hello frame | 4 KiB (%d bytes) |", MaxHello),
		fmt.Sprintf("the envelope included | %d |", MaxDepth),
		fmt.Sprintf("one of `skills` | %d characters |", MaxID),
		fmt.Sprintf("| `skills` | %d entries |", MaxSkills),
		fmt.Sprintf("| `note` | %d characters |", MaxNote),
		fmt.Sprintf("| `reason`, `why` | %d characters |", MaxReason),
		fmt.Sprintf("| `user`, `device`, `client` | %d characters |", MaxUser),
		fmt.Sprintf("| `text` | %d characters |", MaxNotes),
		fmt.Sprintf("the first %d", MaxWaiting),
		fmt.Sprintf("its first %d characters", MaxWaitingNote),
		fmt.Sprintf("| `lang` | %d characters |", MaxLang),
		fmt.Sprintf("| `resume` | %d characters |", MaxResume),
		fmt.Sprintf("| `token` | %d bytes |", MaxToken),
		fmt.Sprintf("`%s`", Subprotocol),
	} {
		if !strings.Contains(text, row) {
			t.Errorf("the document lacks %q", row)
		}
	}
	for _, same := range []int{MaxType, MaxCall, MaxRequestID, MaxClaimNo, MaxQueue, MaxSkill} {
		if same != MaxID {
			t.Errorf("the document says all short fields have %d characters; one has %d", MaxID, same)
		}
	}
}
