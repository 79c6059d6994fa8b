package hub_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/claimcall/claimcall/hub"
	"github.com/claimcall/claimcall/internal/call"
	"github.com/claimcall/claimcall/protocol"
)

var update = flag.Bool("update", false, "rewrite the transcripts in testdata with what happens now")

// TestTranscripts plays every scenario of testdata. A line that begins at the margin is done; the indented lines
// below it are what everybody heard then. See testdata/README.md.
func TestTranscripts(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no transcripts: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got := ""
			inWorld(t, func(w *world) { got = play(w, string(want)) })
			if !*update {
				t.Run("two-nodes", func(t *testing.T) { onTwoNodes(t, string(want)) })
			}
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if got != string(want) {
				t.Errorf("%s: heard something else (rewrite with -update, and read the diff):\n%s", file, firstDifference(string(want), got))
			}
		})
	}
}

// onTwoNodes plays a scenario with the claimants on one node and everybody else on another.
func onTwoNodes(t *testing.T, want string) {
	inWorld(t, func(w *world) {
		other := w.another("b")
		want, got := lasting(want), lasting(play(w, want, other))
		if got != want {
			t.Errorf("heard something else than with one node:\n%s", firstDifference(want, got))
		}
		other.end()
	})
}

// lasting leaves out places in the queue that are over at once: the node that rings the next adjuster may be faster than
// the one that looks up the place for its claimant.
func lasting(transcript string) string {
	lines := strings.Split(transcript, "\n")
	var kept []string
	for i, line := range lines {
		who, _, queued := strings.Cut(line, " < call.queued ")
		if !queued || i+1 == len(lines) || !strings.HasPrefix(lines[i+1], who+" < call.ringing ") {
			kept = append(kept, line)
		}
	}
	return strings.Join(kept, "\n")
}

func firstDifference(want, got string) string {
	w, g := strings.Split(want, "\n"), strings.Split(got, "\n")
	for i := range min(len(w), len(g)) {
		if w[i] != g[i] {
			return fmt.Sprintf("line %d\n want: %s\n  got: %s", i+1, w[i], g[i])
		}
	}
	return fmt.Sprintf("want %d lines, got %d", len(w), len(g))
}

// stage is a transcript being played.
type stage struct {
	*world
	others  []*world // nodes beside the first; adjusters are on the last of them
	start   time.Time
	cast    []*client
	calls   []string // IDs in the order in which they came up: #1, #2, ...
	dropped int      // streams already reported
	leaving bool     // a node is: who hears of whose leaving depends on who leaves first
}

// play does each line of the script and returns it with what was heard.
func play(w *world, script string, others ...*world) string {
	s := &stage{world: w, others: others, start: time.Now()}
	var out strings.Builder
	lines := bufio.NewScanner(strings.NewReader(script))
	for lines.Scan() {
		line := lines.Text()
		s.leaving = line == "node restarts"
		if strings.HasPrefix(line, " ") {
			continue
		}
		out.WriteString(line + "\n")
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		s.do(strings.Fields(line))
		synctest.Wait()
		for _, heard := range s.heard() {
			out.WriteString("  " + heard + "\n")
		}
	}
	return out.String()
}

// do carries out one line.
func (s *stage) do(words []string) {
	switch words[0] {
	case "wait":
		s.wait(words[1])
		return
	case "node":
		s.node(words[1:])
		return
	case "publish", "unpublish":
		s.flow(words[0] == "publish", words[1], append(words[2:], "relay")[0])
		return
	case "providers":
		s.streams.set(&s.streams.providers, words[1:])
		return
	case "down":
		s.streams.set(&s.streams.red, words[1:])
		return
	}
	c := s.who(words[0])
	c.w = s.nodeOf(c, words)
	switch verb := words[1]; verb {
	case "connects":
		c.token = strings.Join(words[2:], "")
		c.connect()
	case "signs-in":
		c.token = strings.Join(words[2:], "")
		c.hello("")
	case "resumes":
		c.hello(c.resume)
	case "reloads":
		c.drops()
		c.hello("")
	case "drops":
		c.drops()
	case "sends":
		c.raw(rawFrame(strings.Join(words[2:], " ")))
	default:
		c.send(protocol.Type(verb), s.data(c, verb, words[2:]))
	}
}

// nodeOf returns the node for a client that is about to do what words say.
func (s *stage) nodeOf(c *client, words []string) *world {
	adjuster := strings.HasPrefix(c.token+strings.Join(words[2:], ""), "adjuster/")
	if len(s.others) == 0 || !adjuster {
		return s.world
	}
	return s.others[len(s.others)-1]
}

// rawFrame returns what a client that does not know better sends.
func rawFrame(text string) any {
	switch text {
	case "binary":
		return hub.ErrNotText
	case "oversize":
		return hub.ErrTooLarge
	case "oversize-hello":
		return []byte(`{"type":"hello","id":"x","data":{"device":"` + strings.Repeat("x", protocol.MaxHello) + `"}}`)
	case "not-utf8":
		return []byte("{\"type\":\"ping\",\"id\":\"\xff\"}")
	}
	return []byte(text)
}

// wait lets time pass while every client beats as it was told, in one-second steps.
func (s *stage) wait(d string) {
	pause, err := time.ParseDuration(d)
	if err != nil {
		s.t.Fatal(err)
	}
	for ; pause > 0; pause -= time.Second {
		time.Sleep(min(pause, time.Second))
		synctest.Wait()
		for _, c := range s.cast {
			if !c.silent() && time.Since(s.start)%(5*time.Second) < time.Second {
				c.raw([]byte(`{"type":"ping","id":"beat"}`))
			}
		}
	}
}

func (c *client) silent() bool {
	select {
	case <-c.conn.gone:
		return true
	default:
		return c.resume == "" || strings.HasPrefix(c.name, "mute")
	}
}

// node drains the hub and starts another on the same store; or has it die without a word, and perhaps be away for a while.
func (s *stage) node(words []string) {
	nodes := append([]*world{s.world}, s.others...)
	switch what := words[0]; what {
	case "restarts":
		for _, w := range nodes {
			w.end()
			w.start("b")
		}
	case "dies", "is-away":
		for _, w := range nodes {
			w.die()
		}
		for _, c := range s.cast {
			c.drops()
		}
		if what == "is-away" {
			s.wait(words[1])
		}
		for _, w := range nodes {
			w.start("b")
		}
	default:
		s.t.Fatalf("node %s?", what)
	}
}

// flow has a provider report a stream, given as c-g1.
func (s *stage) flow(publishing bool, stream, provider string) {
	name, err := call.ParseStreamName(s.calls[len(s.calls)-1] + "-" + stream)
	if err != nil {
		s.t.Fatal(err)
	}
	if err := s.hub.StreamChanged(s.t.Context(), provider, name, publishing); err != nil {
		s.t.Fatal(err)
	}
}

func (s *stage) who(name string) *client {
	for _, c := range s.cast {
		if c.name == name {
			return c
		}
	}
	c := s.client(name, "")
	c.conn = newPipe()
	s.cast = append(s.cast, c)
	return c
}

// data builds the data of a command from key=value words. A command on a call is about the one that the client heard
// of last, unless the words say otherwise.
func (s *stage) data(c *client, verb string, words []string) map[string]any {
	data := map[string]any{}
	if onCall := []string{
		"call.accept", "call.reject", "call.join", "call.cancel", "call.hangup", "streams.refresh", "streams.report", "call.note",
	}; slices.Contains(onCall, verb) {
		data["call"] = c.call
	}
	for _, word := range words {
		key, value, _ := strings.Cut(word, "=")
		switch {
		case key == "call" && strings.HasPrefix(value, "#"):
			data[key] = s.calls[int(value[1]-'1')]
		case key == "skills":
			data[key] = strings.Split(value, ",")
		case key == "generation" || key == "on":
			data[key] = json.RawMessage(value)
		case key == "push" || key == "play":
			data[key] = map[string]json.RawMessage{"level": json.RawMessage(value)}
		default:
			data[key] = value
		}
	}
	return data
}

// heard returns a line for each frame that anybody got, and for each stream that was dropped.
func (s *stage) heard() []string {
	var lines []string
	for _, c := range s.cast {
		all := c.heard()
		slices.SortStableFunc(all, answersFirst) // events may come before or after the answer: both is right
		for _, env := range all {
			if env.ID != "beat" && (!s.leaving || env.Type == protocol.TypeBye) {
				lines = append(lines, c.name+" < "+s.describe(env))
			}
		}
		if code := c.closed(); code != 0 {
			lines = append(lines, fmt.Sprintf("%s closed %d %s", c.name, code, code))
		}
	}
	s.streams.mu.Lock()
	defer s.streams.mu.Unlock()
	for _, name := range s.streams.dropped[s.dropped:] {
		lines = append(lines, "dropped "+s.rename(name))
	}
	s.dropped = len(s.streams.dropped)
	return lines
}

func answersFirst(a, b protocol.Envelope) int {
	switch {
	case a.ID != "" && b.ID == "":
		return -1
	case a.ID == "" && b.ID != "":
		return 1
	}
	return 0
}

// closed returns the close code once.
func (c *client) closed() protocol.CloseCode {
	c.conn.mu.Lock()
	defer c.conn.mu.Unlock()
	code := c.conn.code
	c.conn.code = 0
	if code == 1006 {
		return 0
	}
	return code
}

// describe writes a frame in one line: type, the call in short, and the other fields by name.
func (s *stage) describe(env protocol.Envelope) string {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(env.Data, &fields); err != nil {
		s.t.Fatal(err)
	}
	words := []string{string(env.Type)}
	if v, ok := fields["call"]; ok {
		words = append(words, s.describeCall(v))
	}
	if v, ok := fields["streams"]; ok {
		words = append(words, s.describeStreams(v))
	}
	if v, ok := fields["queue"]; ok {
		words = append(words, s.describeQueue(v))
	}
	if v, ok := fields["profile"]; ok {
		words = append(words, s.describeProfile(v))
	}
	for _, key := range slices.Sorted(func(yield func(string) bool) {
		for key := range fields {
			if !yield(key) {
				return
			}
		}
	}) {
		if !slices.Contains([]string{"call", "streams", "profile", "queue", "session", "resume", "time", "message", "after_ms"}, key) {
			words = append(words, key+"="+s.short(fields[key]))
		}
	}
	return s.rename(strings.Join(words, " "))
}

var isTime = regexp.MustCompile(`^"\d{4}-\d\d-\d\dT`)

// short writes a value without quotes, and a time as what it is after the start.
func (s *stage) short(v json.RawMessage) string {
	if isTime.Match(v) {
		var at protocol.Time
		if err := json.Unmarshal(v, &at); err != nil {
			s.t.Fatal(err)
		}
		return at.Sub(s.start.Truncate(time.Millisecond)).String()
	}
	return strings.ReplaceAll(string(v), `"`, "")
}

func (s *stage) describeCall(raw json.RawMessage) string {
	var c protocol.Call
	if err := json.Unmarshal(raw, &c); err != nil {
		s.t.Fatal(err)
	}
	if !slices.Contains(s.calls, c.ID) && c.ID != "" {
		s.calls = append(s.calls, c.ID)
	}
	leg := func(l protocol.Leg) string {
		text := l.User + ":" + string(l.Link)
		if l.Joined {
			text += "+joined"
		}
		if l.Quality != "" {
			text += "+" + string(l.Quality)
		}
		return text
	}
	text := fmt.Sprintf("%s %s %s", c.ID, c.State, leg(c.Legs.Claimant))
	if c.Legs.Adjuster != nil {
		text += " " + leg(*c.Legs.Adjuster)
	}
	if c.Notes != "" {
		text += " notes=" + c.Notes
	}
	if c.End != nil {
		text += fmt.Sprintf(" end=%s/%s", c.End.Reason, c.End.By)
	}
	return text
}

func (s *stage) describeQueue(raw json.RawMessage) string {
	var q protocol.Queue
	if err := json.Unmarshal(raw, &q); err != nil {
		s.t.Fatal(err)
	}
	text := fmt.Sprint("queue=", q.Total)
	for _, w := range q.Waiting {
		if !slices.Contains(s.calls, w.Call) {
			s.calls = append(s.calls, w.Call)
		}
		since := w.Since.Sub(s.start.Truncate(time.Millisecond))
		text += fmt.Sprintf(" [%s %s %s %v %s since %v, %s]", w.Call, w.ClaimNo, w.Queue, w.Skills, w.Media, since, w.Link)
	}
	return text
}

func (s *stage) describeStreams(raw json.RawMessage) string {
	var streams protocol.Streams
	if err := json.Unmarshal(raw, &streams); err != nil {
		s.t.Fatal(err)
	}
	return fmt.Sprintf("[%s g%d %s %s]", streams.Provider, streams.Generation, streams.Push[0].URL, streams.Play[0].URL)
}

func (s *stage) describeProfile(raw json.RawMessage) string {
	var p protocol.Profile
	if err := json.Unmarshal(raw, &p); err != nil {
		s.t.Fatal(err)
	}
	return fmt.Sprintf("[%d..%d kbit/s %d fps %dx%d]", p.MinBitrateKbps, p.MaxBitrateKbps, p.FPS, p.Width, p.Height)
}

// rename writes #1 for the first call, and so on.
func (s *stage) rename(text string) string {
	for i, id := range s.calls {
		text = strings.ReplaceAll(text, id, fmt.Sprintf("#%d", i+1))
	}
	return text
}

// TestTranscriptLanguage makes sure that a wrong transcript can't pass.
func TestTranscriptLanguage(t *testing.T) {
	inWorld(t, func(w *world) {
		got := play(w, "zhang signs-in claimant/zhang\n  zhang < something else\n")
		if !strings.Contains(got, "zhang < welcome") || strings.Contains(got, "something else") {
			t.Errorf("played: %q", got)
		}
	})
	if firstDifference("a\nb", "a\nc") == "" || !errors.Is(rawFrame("binary").(error), hub.ErrNotText) {
		t.Error("differences go unnoticed")
	}
}
