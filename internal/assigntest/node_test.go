package assigntest

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/claimcall/claimcall/hub"
	"github.com/claimcall/claimcall/protocol"
)

// node is a running hub and its way to the store.
type node struct {
	hub   *hub.Hub
	way   *way
	stop  context.CancelFunc
	ended chan error
}

// startNode runs a hub on a store, and returns when it is ready: one that can't begin ends, which is not for these tests.
func startNode(s hub.Store, l *ledger, name string, timing hub.Timing, limits hub.Limits) (*node, error) {
	w := &way{Store: s, ledger: l}
	h, err := hub.New(hub.Config{
		Store: w, Authenticate: authenticate, Streams: streams{}, Node: name, Timing: timing, Limits: limits,
	})
	if err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(context.Background())
	n := &node{hub: h, way: w, stop: stop, ended: make(chan error, 1)}
	go func() { n.ended <- h.Run(ctx) }()
	if !within(patience, func() bool { return h.Ready(ctx) == nil }) {
		return nil, fmt.Errorf("node %s does not get ready", name)
	}
	return n, nil
}

// leaves ends the node in good order, as SIGTERM does, which waits for sockets only so long.
func (n *node) leaves() error {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	n.hub.Drain(ctx)
	n.stop()
	return <-n.ended
}

// dies ends the node as kill -9 does: nothing that it still does reaches the store.
func (n *node) dies() {
	n.way.dead.Store(true)
	n.stop()
	<-n.ended
	n.hub.Drain(context.Background()) // cuts the lines; nobody goes on about their ends
}

// generous are limits that nobody here meets.
func generous() hub.Limits {
	l := hub.DefaultLimits()
	l.Commands, l.Burst, l.Calls, l.CallsBurst = 1e5, 1e5, 1e5, 1e5
	return l
}

// authenticate takes tokens of the form role/user or role/user?queue,queue.
func authenticate(token string) (hub.Identity, error) {
	who, queues, bound := strings.Cut(token, "?")
	role, user, _ := strings.Cut(who, "/")
	id := hub.Identity{User: user, Role: protocol.Role(role), Name: user}
	if bound {
		id.Queues = strings.Split(queues, ",")
	}
	return id, nil
}

// streams stands for media that nobody here sends.
type streams struct{}

func (streams) Providers() []string { return []string{"relay"} }

func (streams) HandOut(provider string, own hub.StreamName, expires time.Time) (protocol.Streams, error) {
	return protocol.Streams{Provider: provider, Generation: own.Generation, ExpiresAt: protocol.At(expires)}, nil
}

func (streams) Drop(context.Context, string, hub.StreamName) {}
