package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/claimcall/claimcall/internal/bench"
)

// Each command measures something, beside its bare server where it has one. How much is the machine's affair.
func TestBenchMeasures(t *testing.T) {
	for _, test := range []struct {
		args []string
		want []string // names of figures
	}{
		{[]string{"idle", "--sessions", "50", "--rate", "1000", "--duration", "1s"}, []string{"memory of an idle session, held", "processor time of a heartbeat"}},
		{[]string{"signin", "--duration", "100ms"}, []string{"sign-ins"}},
		{[]string{"calls", "--sessions", "40", "--rate", "20", "--duration", "1s"}, []string{"accept to call.accept, p99", "whole calls"}},
		{[]string{"calls", "--sessions", "40", "--rate", "20", "--duration", "1s", "--nodes", "2"}, []string{"accept to call.accept, p50", "whole calls"}},
		{[]string{"storm", "--sessions", "40"}, []string{"all sessions back after"}},
		{[]string{"assign", "--sessions", "20"}, []string{"available to call.invite with 20 waiting, p50"}},
	} {
		stdout, stderr, code := output(t, []string{"CLAIMCALL_DB=/nonexistent/never"}, append([]string{"bench", "--json"}, test.args...)...)
		if code != 0 {
			t.Fatalf("%v: exit code %d: %s", test.args, code, stderr)
		}
		var report bench.Report
		if err := json.Unmarshal([]byte(stdout), &report); err != nil {
			t.Fatalf("%v: %v in %s", test.args, err, stdout)
		}
		for _, name := range test.want {
			if !measured(report, name) {
				t.Errorf("%v: nothing measured of %q: %+v", test.args, name, report.Figures)
			}
		}
	}
}

func measured(r bench.Report, name string) bool {
	for _, f := range r.Figures {
		if f.Name == name {
			return f.Value > 0 && (f.Against == "" || f.Base > 0)
		}
	}
	return false
}

func TestBenchWritesATable(t *testing.T) {
	file := filepath.Join(t.TempDir(), "table.md")
	stdout, stderr, code := output(t, nil, "bench", "storm", "--sessions", "20", "--markdown", file)
	if code != 0 || !strings.Contains(stdout, "all sessions back after") {
		t.Fatalf("exit code %d: %s%s", code, stdout, stderr)
	}
	table, err := os.ReadFile(file)
	if err != nil || !strings.HasPrefix(string(table), bench.MarkdownHead) {
		t.Errorf("table is %q, %v", table, err)
	}
}

func TestBenchRefusals(t *testing.T) {
	for _, args := range [][]string{{"bench"}, {"bench", "speed"}, {"bench", "idle", "--sessions", "-1"}, {"bench-baseline", "echo"}} {
		if _, stderr, code := output(t, nil, args...); code != 1 || !strings.HasPrefix(stderr, "claimcall:") {
			t.Errorf("%v: exit code %d, %q", args, code, stderr)
		}
	}
}
