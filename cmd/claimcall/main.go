// Command claimcall coordinates video calls between people beside damaged cars and insurance adjusters.
//
//	claimcall serve --dev      try it: pages on http://127.0.0.1:8080
//	claimcall token ...        make a token
//	claimcall call ...         take part in a call from the terminal
//	claimcall doctor ...       look for what is wrong with a set-up
//	claimcall admin ...        see and end calls, revoke people, drain nodes
//	claimcall bench ...        measure it on this machine
//
// Every flag has an environment variable: --rtmp-listen is CLAIMCALL_RTMP_LISTEN.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"

	"github.com/claimcall/claimcall/internal/config"
)

// cli is the command line.
type cli struct {
	Serve  serveCmd  `cmd:"" help:"Run the server."`
	Token  tokenCmd  `cmd:"" help:"Print a token."`
	Call   callCmd   `cmd:"" help:"Take part in a call from the terminal: events go to standard output, one JSON object a line."`
	Doctor doctorCmd `cmd:"" help:"Look for what is wrong with the settings, the store and the media services."`
	Admin  adminCmd  `cmd:"" help:"See and end calls, revoke people, drain nodes."`
	Bench  benchCmd  `cmd:"" help:"Measure this program on this machine, beside bare servers."`

	BenchBaseline baselineCmd `cmd:"" hidden:""`

	Version kong.VersionFlag `help:"Print the version." env:"-"`
}

// terminal is where a command writes.
type terminal struct {
	out io.Writer // what was asked for
	err io.Writer // what else is to be said
}

func main() {
	ctx, cancel := context.WithCancel(context.Background())
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		<-signals
		signal.Stop(signals) // before anybody acts on the first: the second ends the process at once
		cancel()
	}()
	os.Exit(run(ctx, os.Args[1:], terminal{os.Stdout, os.Stderr}))
}

// run runs one command and returns the exit code: 0, or 1 for any failure.
func run(ctx context.Context, args []string, term terminal) int {
	parser, err := kong.New(&cli{},
		kong.Name("claimcall"),
		kong.Description("Coordinates video calls between people beside damaged cars and insurance adjusters."),
		kong.Configuration(config.File),
		config.Durations(),
		kong.DefaultEnvars("CLAIMCALL"),
		kong.Vars{"version": version()},
		kong.Writers(term.out, term.err),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.Bind(term),
	)
	if err != nil {
		panic(err) // the structs above are wrong, whatever the arguments
	}
	command, err := parser.Parse(args)
	if err == nil {
		err = command.Run()
	}
	if err != nil {
		fmt.Fprintf(term.err, "claimcall:%s\n", complaint(err))
		return 1
	}
	return 0
}

// complaint is what to say of a failure: one thing on one line, several below each other.
func complaint(err error) string {
	text := err.Error()
	switch {
	case strings.HasPrefix(text, "expected one of "):
		return " " + text + "; see claimcall --help"
	case strings.Contains(text, "\n"):
		return "\n  " + strings.ReplaceAll(text, "\n", "\n  ")
	}
	return " " + text
}

// version is what the build knows of itself.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" {
		return "(devel)"
	}
	return info.Main.Version
}
