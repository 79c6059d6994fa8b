package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.uber.org/zap"

	"github.com/claimcall/claimcall/internal/config"
	"github.com/claimcall/claimcall/internal/stream"
)

// serveCmd runs the server.
type serveCmd struct {
	config.Serve
}

// Help is shown below the flags.
func (*serveCmd) Help() string {
	return "Settings can also come from the environment (--rtmp-listen is CLAIMCALL_RTMP_LISTEN) or from a JSON file given " +
		"with --config, whose keys are the long names of the flags. A flag wins over the environment, the environment over the file."
}

// Run serves until ctx ends, then leaves in good order.
func (c *serveCmd) Run(ctx context.Context, term terminal) error {
	if err := c.Check(); err != nil {
		return err
	}
	spareMemory()
	log := newLogger(&c.Serve, term.err)
	defer func() { _ = log.Sync() }()
	if relaysApart(&c.Serve) {
		log.Warn(relaysApartText)
	}
	n, err := assemble(&c.Serve, log)
	if err != nil {
		return err
	}
	return n.run(ctx, func() { c.announce(term, n.addresses) })
}

// relaysApart reports whether parties may come to relays that know nothing of each other.
func relaysApart(c *config.Serve) bool { return c.Redis != "" && c.Uses(stream.RelayName) }

const relaysApartText = "The relay is among --streams, and with --redis there may be several nodes: each relay carries only what " +
	"is pushed to its own node, so parties on different nodes see no picture. Run one node, or take another media service."

// Limits on ending what is left after the web server has drained.
const (
	dropsLimit = time.Second
)

// run serves until ctx ends or a part fails. Parts end in the order in which they need each other: clients go first, then
// the hub, then what it stands on.
func (n *node) run(ctx context.Context, ready func()) error {
	defer n.log.Info("stopped")
	defer n.close()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	hubCtx, endHub := context.WithCancel(context.WithoutCancel(ctx))
	defer endHub()

	hubDone := make(chan struct{})
	go func() {
		defer close(hubDone)
		cancel(n.hub.Run(hubCtx))
	}()
	streamsDone := make(chan struct{})
	go func() {
		defer close(streamsDone)
		n.streams.Run(hubCtx)
	}()
	toldAll := make(chan struct{})
	go func() {
		defer close(toldAll)
		if n.webhooks != nil {
			n.webhooks.Run(hubCtx)
		}
	}()
	for _, keep := range n.keys {
		go keep(hubCtx)
	}
	if n.rtmp != nil {
		go func() {
			if err := n.relay.ServeRTMP(ctx, n.rtmp); err != nil && ctx.Err() == nil {
				cancel(err)
			}
		}()
	}
	go n.whenReady(ctx, ready)
	err := n.serve(ctx)
	endHub()
	<-hubDone
	<-streamsDone
	<-toldAll
	if cause := context.Cause(ctx); err == nil && !errors.Is(cause, context.Canceled) {
		err = cause
	}
	return err
}

// serve answers requests until ctx ends and all clients have been sent elsewhere.
func (n *node) serve(ctx context.Context) error {
	said := make(chan struct{})
	done := context.AfterFunc(ctx, func() {
		defer close(said)
		n.log.Info("ending, draining")
	})
	err := n.web.Run(ctx, n.public, n.internal)
	if !done() {
		<-said
		n.log.Info("drained")
	}
	return err
}

// whenReady calls ready once calls can be made.
func (n *node) whenReady(ctx context.Context, ready func()) {
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for n.hub.Ready(ctx) != nil {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
	ready()
	n.log.Info("ready", zap.String("public", n.addresses.public), zap.String("rtmp", n.addresses.rtmp),
		zap.String("internal", n.addresses.internal))
}

// close frees what outlives the hub.
func (n *node) close() {
	if n.relay != nil {
		n.relay.Close()
	}
	ctx, cancel := context.WithTimeout(context.Background(), dropsLimit)
	defer cancel()
	if err := n.streams.Close(ctx); err != nil {
		n.log.Warn("streams not ended in time", zap.Error(err))
	}
	if err := n.store.Close(); err != nil {
		n.log.Error("store not closed", zap.Error(err))
	}
}

// announce tells where the server is and, with --dev, what to do next.
func (c *serveCmd) announce(term terminal, a addresses) {
	fmt.Fprintf(term.out, "public   %s\n", a.public)
	if a.rtmp != "" {
		fmt.Fprintf(term.out, "rtmp     %s\n", a.rtmp)
	}
	if a.internal != "" {
		fmt.Fprintf(term.out, "internal %s\n", a.internal)
	}
	if c.Dev {
		fmt.Fprintf(term.out, guide, a.public, a.public, self(), a.socket, self(), a.socket)
	}
}

// guide is what a first run says.
const guide = `
ClaimCall runs for DEVELOPMENT. Its key is public, anybody on this machine can sign in as anybody.
Never put it on a network. For real use give it a key of your own: claimcall serve --help

  Console of the adjuster:  %s/console/#demo
  Page of the claimant:     %s/call/#demo

What to do next:
  1. Open both in two windows, and allow camera and microphone when asked. 中文 / English changes the language.
  2. On the claimant's page press 同意并呼叫 (Agree and call). In the console press 接听 (Accept): a video call.
  3. Without a camera, ffmpeg sends a test picture: copy the command under 推流测试 (Test publishing), or let the terminal play a part:
  as the claimant:  %s call --dev --url %s --sub zhang --claim-no TEST-1 --push testsrc
  as the adjuster:  %s call --dev --url %s --sub li --answer --push testsrc --play claimant.flv

`
