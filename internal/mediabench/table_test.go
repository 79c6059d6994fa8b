package mediabench

import (
	"fmt"
	"strings"
	"testing"
)

// row is a figure beside its budget, both in the unit.
type row struct {
	what           string
	budget, figure float64
	unit           string
	more           bool // more is better
	load           string
	note           string
}

// table prints figures as Markdown.
type table []row

func (t table) String() string {
	var b strings.Builder
	b.WriteString("| figure | budget | measured | of budget | | load | |\n|---|---|---|---|---|---|---|\n")
	for _, r := range t {
		verdict := "within"
		if r.figure > r.budget != r.more && r.figure != r.budget {
			verdict = "over"
			if r.more {
				verdict = "below"
			}
		}
		fmt.Fprintf(&b, "| %s | %.4g %s | %.4g %s | %.2f | %s | %s | %s |\n",
			r.what, r.budget, r.unit, r.figure, r.unit, r.figure/r.budget, verdict, r.load, r.note)
	}
	return b.String()
}

func TestTableJudges(t *testing.T) {
	for _, tt := range []struct {
		row  row
		want string
	}{
		{row{budget: 10, figure: 5}, "| 0.50 | within |"},
		{row{budget: 10, figure: 10}, "| 1.00 | within |"},
		{row{budget: 10, figure: 11}, "| 1.10 | over |"},
		{row{budget: 10, figure: 12, more: true}, "| 1.20 | within |"},
		{row{budget: 10, figure: 5, more: true}, "| 0.50 | below |"},
	} {
		if got := (table{tt.row}).String(); !strings.Contains(got, tt.want) {
			t.Errorf("want %s in %s", tt.want, got)
		}
	}
}
