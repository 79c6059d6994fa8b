// Package embed puts a whole call coordinator into another Go program: a hub with its store, and an http.Handler to
// mount wherever clients are to find it.
//
//	server, err := embed.Open(embed.Config{Store: "calls.db", Authenticate: mine})
//	...
//	http.Handle("/ws", server.Handler())
//	go http.ListenAndServe(":8080", nil)
//	err = server.Run(ctx)
//
// Who may sign in is the program's own business: Authenticate is given what the client sent as its token, whatever that
// is, and says who it stands for. So is where media goes: without Streams, calls are set up and ended as always, and
// the two sides are handed no addresses.
package embed

import (
	"context"
	"errors"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/claimcall/claimcall/hub"
	"github.com/claimcall/claimcall/hub/storage"
	"github.com/claimcall/claimcall/internal/httpapi"
	"github.com/claimcall/claimcall/protocol"
)

// Config is what a Server is made of. Store and Authenticate are required.
type Config struct {
	// Store says where calls are remembered, in a form that package hub/storage knows: a file, or "memory:".
	Store        string
	Authenticate hub.Authenticate
	Streams      hub.Streams // nil for calls without media
	Node         string      // name of this node; made up if empty
	Timing       hub.Timing  // zero means hub.DefaultTiming
	Limits       hub.Limits  // zero means hub.DefaultLimits
	Pick         hub.Pick    // nil means the longest idle adjuster with the wanted skills
	// Profiles are what devices push with, by queue: see hub.Config.
	Profiles map[string]protocol.Profile
	// Origins of other hosts, as http(s)://HOST[:PORT], on whose pages adjusters may work.
	Origins []string
	// TrustedProxies are believed when they say for whom they ask.
	TrustedProxies []netip.Prefix
	Log            *zap.Logger
}

// Server is a hub together with its store. All methods may be called concurrently; Run once.
type Server struct {
	// Hub is for what goes beyond serving sockets, such as Ready.
	Hub *hub.Hub

	store   hub.Store
	sockets *httpapi.Server
	ready   chan struct{} // closed when calls can be made
	once    sync.Once
}

// Open opens the store and makes the hub. Nothing happens until Run, which also closes the store.
func Open(c Config) (*Server, error) {
	if c.Authenticate == nil {
		return nil, errors.New("embed: Config needs Authenticate")
	}
	if c.Streams == nil {
		c.Streams = NoStreams{}
	}
	store, err := storage.Open(c.Store, c.Log)
	if err != nil {
		return nil, err
	}
	h, err := hub.New(hub.Config{
		Store: store, Authenticate: c.Authenticate, Streams: c.Streams,
		Node: c.Node, Timing: c.Timing, Limits: c.Limits, Pick: c.Pick, Profiles: c.Profiles, Log: c.Log,
	})
	if err != nil {
		return nil, errors.Join(err, store.Close())
	}
	return &Server{
		Hub:     h,
		store:   store,
		sockets: httpapi.New(httpapi.Config{Hub: h, Origins: c.Origins, TrustedProxies: c.TrustedProxies, Log: c.Log}),
		ready:   make(chan struct{}),
	}, nil
}

// Handler serves the socket that clients connect to, at whatever path it is mounted. Clients that come before Run is
// under way wait for it.
func (s *Server) Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-s.ready:
			s.sockets.ServeSocket(w, r)
		case <-r.Context().Done():
		}
	})
}

// Run coordinates calls until ctx ends. Then it tells clients to come back later, waits for their sockets to end, at most
// 20 s, and closes the store. It fails when the store does.
func (s *Server) Run(ctx context.Context) error {
	running, end := context.WithCancel(context.WithoutCancel(ctx))
	defer end()
	failed := make(chan error, 1)
	go func() { failed <- s.Hub.Run(running) }()
	go s.whenReady(running)

	var err error
	select {
	case err = <-failed:
	case <-ctx.Done():
		s.sockets.Drain(running)
		end()
		err = <-failed
	}
	return errors.Join(err, s.store.Close())
}

// whenReady lets clients in once calls can be made.
func (s *Server) whenReady(ctx context.Context) {
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for s.Hub.Ready(ctx) != nil {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
	s.once.Do(func() { close(s.ready) })
}
