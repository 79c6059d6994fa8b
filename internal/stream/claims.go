package stream

import (
	"context"
	"time"
)

// claims follows who publishes what at a media service that asks before and tells afterwards, and passes on what
// is true. The hooks of one stream may reach different processes, and hooks may be lost. So where a hook does not fit what
// this process knows, the media service itself is asked.
type claims struct {
	held  *publishers
	guard *Guard
	// publisher asks the media service which connection publishes the name. Empty is none.
	publisher func(ctx context.Context, name string) (client string, err error)
}

// settleLimit bounds asking the media service while it waits for the answer to a hook.
const settleLimit = 2 * time.Second

// begin gives the name to a connection that may publish it, and reports that it does.
func (c *claims) begin(ctx context.Context, name, client string) error {
	err := c.held.claim(name, client, time.Now())
	if err != nil && c.abandoned(ctx, name, client) {
		err = c.held.take(name, client, time.Now())
	}
	if err != nil {
		return err
	}
	c.guard.Published(name)
	if err := ctx.Err(); err != nil { // nobody waits for the answer: the publisher is gone, and its end will not be reported
		c.end(client)
		return err
	}
	return nil
}

// abandoned reports whether nobody else publishes the name. Then the end of its last publisher was told to another
// process, or to nobody.
func (c *claims) abandoned(ctx context.Context, name, client string) bool {
	ctx, cancel := context.WithTimeout(ctx, settleLimit)
	defer cancel()
	now, err := c.publisher(ctx, name)
	return err == nil && (now == "" || now == client)
}

// end reports the end of what a connection published, and whether it published anything as far as this process knows.
func (c *claims) end(client string) bool {
	names := c.held.ending(client)
	for _, name := range names {
		c.report(name, client)
	}
	return len(names) > 0
}

// stray takes in the end of a publisher that this process never admitted: another process did, or this one before a
// restart. It counts if the name is nobody else's, here or by word of the media service; whoever was refused because the
// name was taken ends under it too.
func (c *claims) stray(name, client string) {
	if c.held.adopt(name, client, time.Now()) || c.abandoned(context.Background(), name, client) && c.held.seize(name, client, time.Now()) {
		c.report(name, client)
	}
}

// report tells of the end of a name that is held and ending, unless another connection turns out to publish it.
func (c *claims) report(name, client string) {
	ctx, cancel := context.WithTimeout(context.Background(), settleLimit)
	defer cancel()
	other, err := c.publisher(ctx, name)
	if err == nil && other != "" && other != client {
		c.held.pass(name, other, time.Now())
		return
	}
	c.guard.Unpublished(name)
	c.held.release(name)
}
