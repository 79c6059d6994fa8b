package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"time"
)

// Options say how much to measure. Zero fields take what each command has by itself.
type Options struct {
	Program  string        // the claimcall binary; this one if empty
	Env      []string      // its environment: without settings, so that it is measured as it is by itself
	Key      []byte        // that signs tokens for its --dev
	Sessions int           // sockets that are held
	Rate     float64       // of what begins, per second
	Duration time.Duration // of each measurement
	Nodes    int           // 1 with the embedded store; more share one Redis
	Redis    string        // HOST:PORT of a Redis that may be filled; if empty, one is started where it is needed
	Log      func(string)  // told what is being done; may be nil
}

// Limits of a run.
const (
	maxSessions = 200_000
	maxNodes    = 16
	maxDuration = 10 * time.Minute
)

// command measures one thing.
type command func(ctx context.Context, b *bench) error

// commands are what Run knows by name, in the order in which Names returns them.
var commands = []struct {
	name string
	run  command
}{
	{"idle", idle},
	{"signin", signin},
	{"calls", calls},
	{"storm", storm},
	{"assign", assign},
}

// Names returns the commands that Run takes.
func Names() []string {
	var names []string
	for _, c := range commands {
		names = append(names, c.name)
	}
	return names
}

// bench is one run of one command.
type bench struct {
	Options
	dir     string // for files of the servers; removed at the end
	figures []Figure
}

// Run measures by one command and returns what it found. It ends early, with an error, when ctx ends, when a server
// can't be started, or when what it measures goes wrong: a figure of failing calls is none.
func Run(ctx context.Context, name string, o Options) (Report, error) {
	run, err := find(name)
	if err != nil {
		return Report{}, err
	}
	if o, err = o.complete(); err != nil {
		return Report{}, err
	}
	dir, err := os.MkdirTemp("", "claimcall-bench-")
	if err != nil {
		return Report{}, fmt.Errorf("bench: %w", err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	b := &bench{Options: o, dir: dir}
	begun := time.Now()
	if err := run(ctx, b); err != nil {
		return Report{}, fmt.Errorf("bench: %s: %w", name, err)
	}
	return Report{
		Command: name, Time: begun.UTC(), Seconds: time.Since(begun).Seconds(),
		Cores: runtime.NumCPU(), Go: runtime.Version(), System: runtime.GOOS + "/" + runtime.GOARCH,
		Nodes: max(o.Nodes, 1), Figures: b.figures,
	}, nil
}

func find(name string) (command, error) {
	for _, c := range commands {
		if c.name == name {
			return c.run, nil
		}
	}
	return nil, fmt.Errorf("bench: no command %q; there are %v", name, Names())
}

// complete fills in what is left out, and refuses what would not end.
func (o Options) complete() (Options, error) {
	if o.Sessions < 0 || o.Sessions > maxSessions {
		return o, fmt.Errorf("bench: %d sessions: wanted 0 to %d", o.Sessions, maxSessions)
	}
	if o.Nodes < 0 || o.Nodes > maxNodes {
		return o, fmt.Errorf("bench: %d nodes: wanted 0 to %d", o.Nodes, maxNodes)
	}
	if o.Duration < 0 || o.Duration > maxDuration || o.Rate < 0 {
		return o, errors.New("bench: rate and duration must not be negative, nor the duration above 10m")
	}
	if o.Program == "" {
		program, err := os.Executable()
		if err != nil {
			return o, fmt.Errorf("bench: %w", err)
		}
		o.Program = program
	}
	if o.Log == nil {
		o.Log = func(string) {}
	}
	return o, nil
}

// say tells what is being done.
func (b *bench) say(format string, args ...any) { b.Log(fmt.Sprintf(format, args...)) }

// found adds a figure to the report.
func (b *bench) found(f Figure) { b.figures = append(b.figures, f) }

// or returns value, or what a command has by itself where that is zero.
func or[T int | float64 | time.Duration](value, itself T) T {
	if value == 0 {
		return itself
	}
	return value
}
