package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"

	"go.uber.org/zap"

	"github.com/claimcall/claimcall/internal/config"
	"github.com/claimcall/claimcall/internal/stream"
)

// doctorCmd looks for what is wrong with a set-up.
type doctorCmd struct {
	config.Serve
}

// Help is shown below the flags.
func (*doctorCmd) Help() string {
	return "Takes the settings of serve. Run it on the machine of the server, while that runs; it changes nothing. " +
		"It ends with 1 if anything is an error."
}

// errSick says that something was found; it has been told by then.
var errSick = errors.New("something is wrong; see the lines that begin with \"error\"")

// Run looks at one thing after the other, and tells of each as soon as it knows.
func (c *doctorCmd) Run(ctx context.Context, term terminal) error {
	d := doctor{out: term.out, settings: &c.Serve}
	if err := c.Check(); err != nil {
		for line := range strings.SplitSeq(err.Error(), "\n") {
			d.say(stream.Error, "settings", line)
		}
		return d.sum()
	}
	d.lookAtSettings()
	d.lookAtServer(ctx)
	d.lookAtStore()
	for _, name := range c.Providers {
		d.lookAtProvider(ctx, name)
	}
	return d.sum()
}

// doctor tells what it finds.
type doctor struct {
	out              io.Writer
	settings         *config.Serve
	running          bool   // a server answers here
	local            string // http://HOST:PORT of the server on this machine
	errors, warnings int
}

func (d *doctor) say(level stream.Level, subject, text string) {
	switch level {
	case stream.Error:
		d.errors++
	case stream.Warning:
		d.warnings++
	}
	fmt.Fprintf(d.out, "%-8s %s: %s\n", level, subject, text)
}

func (d *doctor) ok(subject, format string, args ...any) {
	d.say(stream.OK, subject, fmt.Sprintf(format, args...))
}

func (d *doctor) warn(subject, format string, args ...any) {
	d.say(stream.Warning, subject, fmt.Sprintf(format, args...))
}

func (d *doctor) fail(subject, format string, args ...any) {
	d.say(stream.Error, subject, fmt.Sprintf(format, args...))
}

// sum ends the report.
func (d *doctor) sum() error {
	fmt.Fprintf(d.out, "\n%s, %s.\n", count(d.errors, "error"), count(d.warnings, "warning"))
	if d.errors > 0 {
		return errSick
	}
	return nil
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

func (d *doctor) lookAtSettings() {
	if d.settings.Dev {
		d.warn("settings", "With --dev the key is public and anybody on this machine can sign in as anybody. Never put it on a network.")
		return
	}
	d.ok("settings", "They are complete.")
	if strings.HasPrefix(d.settings.PublicURL, "http:") {
		d.warn("public-url", "It is plain HTTP. Browsers give camera and microphone to HTTPS pages only, and tokens cross the network unprotected.")
	}
}

// lookAtProvider looks at one media service: its own findings, then its hooks.
func (d *doctor) lookAtProvider(ctx context.Context, name string) {
	p, err := d.provider(name)
	if err != nil {
		d.fail(name, "It can't be set up: %s.", err)
		return
	}
	if name == stream.RelayName && !d.running {
		return // it is part of the server
	}
	if patient, ok := p.(stream.Doctor); ok {
		for _, f := range patient.Diagnose(ctx) {
			d.say(f.Level, f.Subject, f.Text)
		}
	}
	if hooked, ok := p.(stream.Rehearsed); ok && d.running {
		d.lookAtHooks(ctx, hooked)
	}
}

// provider makes a provider as serve does, except that nothing is behind it.
func (d *doctor) provider(name string) (stream.Provider, error) {
	c := d.settings
	keys, err := stream.NewKeys(string(c.StreamSecret), string(c.StreamSecretBackup))
	if err != nil {
		return nil, err
	}
	n := &node{log: zap.NewNop()}
	n.addresses.public, n.addresses.rtmp = c.Public(d.listen(c.Listen), d.listen(c.RTMPListen))
	p, err := n.provider(name, c, keys, &stream.LateAuthority{})
	if n.relay != nil {
		n.relay.Close()
	}
	return p, err
}

// listen is the address of a listener as the server would have it.
func (d *doctor) listen(address string) net.Addr {
	resolved, err := net.ResolveTCPAddr("tcp", address)
	if err != nil {
		return &net.TCPAddr{} // looking at it tells what is wrong
	}
	return resolved
}
