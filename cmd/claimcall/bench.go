package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/claimcall/claimcall/internal/bench"
	"github.com/claimcall/claimcall/internal/config"
)

// benchCmd measures this program, and bare servers beside it, on this machine.
type benchCmd struct {
	What     []string      `arg:"" help:"What to measure: idle, signin, calls, storm, assign, or all."`
	Sessions int           `help:"Sockets to hold (idle, calls, storm) or claimants to queue (assign)." placeholder:"N"`
	Rate     float64       `help:"Heartbeats (idle) or calls (calls) a second." placeholder:"N"`
	Duration time.Duration `help:"Length of each measurement." placeholder:"TIME"`
	Nodes    int           `help:"Nodes: 1 with the embedded store, more share one Redis (default: 1; 2 for storm)." placeholder:"N"`
	Redis    string        `help:"Redis to fill with test data (default: one of its own)." placeholder:"HOST:PORT"`
	JSON     bool          `name:"json" help:"Print JSON, one report a line."`
	Markdown string        `help:"Also write the table to this file." placeholder:"FILE"`
}

// Run measures, and prints each report as soon as it is there.
func (c *benchCmd) Run(ctx context.Context, term terminal) error {
	if slices.Contains(c.What, "all") {
		c.What = bench.Names()
	}
	var reports []bench.Report
	for _, name := range c.What {
		report, err := bench.Run(ctx, name, bench.Options{
			Env: withoutSettings(os.Environ()), Key: []byte(config.DevelopmentKey), Redis: c.Redis,
			Sessions: c.Sessions, Rate: c.Rate, Duration: c.Duration, Nodes: c.Nodes,
			Log: func(text string) { fmt.Fprintf(term.err, "%s: %s\n", name, text) },
		})
		if err != nil {
			return err
		}
		if err := c.print(term, report); err != nil {
			return err
		}
		reports = append(reports, report)
	}
	return c.writeMarkdown(reports)
}

// withoutSettings takes the settings of this program out of an environment.
func withoutSettings(env []string) []string {
	return slices.DeleteFunc(env, func(v string) bool { return strings.HasPrefix(v, "CLAIMCALL_") })
}

func (c *benchCmd) print(term terminal, report bench.Report) error {
	if c.JSON {
		return json.NewEncoder(term.out).Encode(report)
	}
	if err := report.WriteTable(term.out); err != nil {
		return err
	}
	_, err := fmt.Fprintln(term.out)
	return err
}

// writeMarkdown writes all reports as one table.
func (c *benchCmd) writeMarkdown(reports []bench.Report) error {
	if c.Markdown == "" {
		return nil
	}
	file, err := os.Create(c.Markdown)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	if _, err := fmt.Fprint(file, bench.MarkdownHead); err != nil {
		return err
	}
	for _, report := range reports {
		if err := report.WriteMarkdown(file); err != nil {
			return err
		}
	}
	return file.Close()
}

// baselineCmd is a bare server, for bench to hold this program against. Nobody else needs it.
type baselineCmd struct {
	Kind   string `arg:""`
	Listen string `required:""`
	Redis  string
}

// Run serves until it is told to end.
func (c *baselineCmd) Run(ctx context.Context) error {
	l, err := net.Listen("tcp", c.Listen)
	if err != nil {
		return err
	}
	return bench.Baseline(ctx, c.Kind, l, c.Redis)
}
