package bench

import (
	"fmt"
	"io"
	"text/tabwriter"
	"time"
)

// Report is what one command found.
type Report struct {
	Command string    `json:"command"`
	Time    time.Time `json:"time"`
	Seconds float64   `json:"seconds"` // that it took
	Cores   int       `json:"cores"`
	Go      string    `json:"go"`
	System  string    `json:"system"`
	Nodes   int       `json:"nodes"`
	Figures []Figure  `json:"figures"`
}

// Figure is one measurement.
type Figure struct {
	Name  string  `json:"name"`
	Value float64 `json:"value"`
	Unit  string  `json:"unit"`
	// Base is the same of the bare server that Against names; 0 without one.
	Base    float64 `json:"base,omitempty"`
	Against string  `json:"against,omitempty"`
	// Budget is what Value, or with OfRatio its ratio to Base, may be at most, or with Least must be at least; 0 without one.
	Budget  float64 `json:"budget,omitempty"`
	OfRatio bool    `json:"of_ratio,omitempty"`
	Least   bool    `json:"least,omitempty"`
}

// Ratio returns Value by Base, or 0 without a base.
func (f Figure) Ratio() float64 {
	if f.Base == 0 {
		return 0
	}
	return f.Value / f.Base
}

// Met reports whether the figure keeps its budget; one without a budget does.
func (f Figure) Met() bool {
	measured := f.Value
	if f.OfRatio {
		measured = f.Ratio()
	}
	switch {
	case f.Budget == 0:
		return true
	case f.Least:
		return measured >= f.Budget
	}
	return measured <= f.Budget
}

// budget is the budget for people, such as "≤ 1.5 ×".
func (f Figure) budget() string {
	if f.Budget == 0 {
		return ""
	}
	sign, times := "≤", ""
	if f.Least {
		sign = "≥"
	}
	if f.OfRatio {
		times = " ×"
	}
	missed := ""
	if !f.Met() {
		missed = "  missed"
	}
	return fmt.Sprintf("%s %s%s%s", sign, number(f.Budget), times, missed)
}

// WriteTable writes the report for people.
func (r Report) WriteTable(w io.Writer) error {
	_, err := fmt.Fprintf(w, "claimcall bench %s: %d nodes, %d cores, %s, %s; took %.0f s\n",
		r.Command, r.Nodes, r.Cores, r.Go, r.System, r.Seconds)
	if err != nil {
		return err
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "what\tmeasured\tbare\tratio\tbudget")
	for _, f := range r.Figures {
		base, ratio := "", ""
		if f.Base != 0 {
			base, ratio = fmt.Sprintf("%s (%s)", number(f.Base), f.Against), fmt.Sprintf("%.2f", f.Ratio())
		}
		fmt.Fprintf(t, "%s\t%s %s\t%s\t%s\t%s\n", f.Name, number(f.Value), f.Unit, base, ratio, f.budget())
	}
	return t.Flush()
}

// WriteMarkdown writes the rows of a table for a document, without its head.
func (r Report) WriteMarkdown(w io.Writer) error {
	for _, f := range r.Figures {
		base, ratio := "", ""
		if f.Base != 0 {
			base, ratio = fmt.Sprintf("%s (%s)", number(f.Base), f.Against), fmt.Sprintf("%.2f", f.Ratio())
		}
		_, err := fmt.Fprintf(w, "| %s | %s %s | %s | %s | %s |\n", f.Name, number(f.Value), f.Unit, base, ratio, f.budget())
		if err != nil {
			return err
		}
	}
	return nil
}

// MarkdownHead is the head of the table whose rows WriteMarkdown writes.
const MarkdownHead = "| what | measured | bare server | ratio | budget |\n|---|---|---|---|---|\n"

// number writes a value with as many digits as it deserves.
func number(v float64) string {
	switch {
	case v >= 100 || v == float64(int64(v)):
		return fmt.Sprintf("%.0f", v)
	case v >= 10:
		return fmt.Sprintf("%.1f", v)
	}
	return fmt.Sprintf("%.2f", v)
}
