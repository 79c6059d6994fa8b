package bench

import (
	"strings"
	"testing"
	"time"
)

func TestFigureMeetsItsBudget(t *testing.T) {
	for name, test := range map[string]struct {
		figure Figure
		met    bool
	}{
		"no budget":         {Figure{Value: 1e9}, true},
		"below":             {Figure{Value: 9_000, Budget: 9_500}, true},
		"above":             {Figure{Value: 9_501, Budget: 9_500}, false},
		"ratio below":       {Figure{Value: 150, Base: 100, Budget: 1.6, OfRatio: true}, true},
		"ratio above":       {Figure{Value: 170, Base: 100, Budget: 1.6, OfRatio: true}, false},
		"enough":            {Figure{Value: 2_000, Budget: 2_000, Least: true}, true},
		"not enough":        {Figure{Value: 1_999, Budget: 2_000, Least: true}, false},
		"ratio enough":      {Figure{Value: 70, Base: 100, Budget: 0.6, OfRatio: true, Least: true}, true},
		"ratio not enough":  {Figure{Value: 50, Base: 100, Budget: 0.6, OfRatio: true, Least: true}, false},
		"ratio without any": {Figure{Value: 50, Budget: 0.6, OfRatio: true, Least: true}, false},
	} {
		if got := test.figure.Met(); got != test.met {
			t.Errorf("%s: met is %v, want %v", name, got, test.met)
		}
	}
}

func report() Report {
	return Report{
		Command: "idle", Time: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC), Seconds: 12.3, Cores: 2, Go: "go1.26", System: "linux/amd64", Nodes: 1,
		Figures: []Figure{
			{Name: "memory", Value: 9_800, Unit: "bytes", Base: 25_000, Against: Echo, Budget: 9_500},
			{Name: "wait", Value: 1.234, Unit: "s"},
		},
	}
}

func TestTableIsReadable(t *testing.T) {
	var b strings.Builder
	if err := report().WriteTable(&b); err != nil {
		t.Fatal(err)
	}
	want := `claimcall bench idle: 1 nodes, 2 cores, go1.26, linux/amd64; took 12 s
what    measured    bare          ratio  budget
memory  9800 bytes  25000 (echo)  0.39   ≤ 9500  missed
wait    1.23 s                           
`
	if b.String() != want {
		t.Errorf("got\n%s\nwant\n%s", b.String(), want)
	}
}

func TestMarkdownRows(t *testing.T) {
	var b strings.Builder
	if err := report().WriteMarkdown(&b); err != nil {
		t.Fatal(err)
	}
	want := "| memory | 9800 bytes | 25000 (echo) | 0.39 | ≤ 9500  missed |\n| wait | 1.23 s |  |  |  |\n"
	if b.String() != want {
		t.Errorf("got\n%s\nwant\n%s", b.String(), want)
	}
	columns := func(line string) int { return strings.Count(line, "|") }
	if head, _, _ := strings.Cut(MarkdownHead, "\n"); columns(head) != columns(strings.SplitN(want, "\n", 2)[0]) {
		t.Error("head and rows differ in columns")
	}
}
