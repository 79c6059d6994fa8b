package httpapi

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/claimcall/claimcall/hub"
	"github.com/claimcall/claimcall/internal/auth"
	"github.com/claimcall/claimcall/internal/socket"
)

// How a server ends: clients are told to go elsewhere, then open requests may finish, all within 25 s.
const (
	drainLimit    = 20 * time.Second
	shutdownLimit = 3 * time.Second
)

// Bounds on requests. Streams and sockets lift those on their own connections.
const (
	headerLimit    = 5 * time.Second
	readLimit      = 15 * time.Second
	answerLimit    = 60 * time.Second // long enough for a profile
	keepAlive      = 60 * time.Second
	maxHeaderBytes = 16 << 10
)

// Hub is what a Server needs of *hub.Hub.
type Hub interface {
	Serve(c hub.Conn, o hub.Opening)
	Ready(ctx context.Context) error
	Drain(ctx context.Context)
}

// Config is what a Server is made of. Only Hub is required.
type Config struct {
	Hub Hub
	// Records tells of calls. Nil: the API does not.
	Records Records
	// Hooks serves POST /hooks/{provider}/{secret}, Live serves /live/, /whip/ and /whep/, Pages serves the rest. Nil serves nothing there.
	Hooks, Live, Pages http.Handler
	// EndLive ends what Live still serves. It is called while the server shuts down.
	EndLive func()
	// DevSigner, if not nil, gives tokens to anybody who asks.
	DevSigner *auth.Signer
	// Revoker voids what people have signed in with. Nil offers no way to.
	Revoker Revoker
	// Admin administrates calls and people. Nil: nobody can.
	Admin Admin
	// WeChat and OIDC are further ways to sign in; nil offers none.
	WeChat *WeChat
	OIDC   *OIDC
	// Origins of other hosts, as http(s)://HOST[:PORT], on whose pages adjusters may work.
	Origins []string
	// TrustedProxies are believed when they say for whom they ask.
	TrustedProxies []netip.Prefix
	Limits         Limits       // zero fields mean those of DefaultLimits
	Observer       Observer     // nil counts nothing
	Metrics        http.Handler // of what was counted, on the internal listener; nil serves nothing there
	Version        string
	Log            *zap.Logger
}

// Server serves HTTP for one hub. All methods may be called concurrently.
type Server struct {
	Config
	log   *zap.Logger
	gate  *gate
	probe probe

	throttle throttle
	observer Observer
	acceptor *socket.Acceptor

	mu       sync.Mutex
	draining bool
	sockets  sync.WaitGroup // Add only under mu, while not draining
}

// New returns a server that serves nothing until Run, or until one of its handlers is mounted.
func New(c Config) *Server {
	if c.Log == nil {
		c.Log = zap.NewNop()
	}
	if c.Observer == nil {
		c.Observer = unobserved{}
	}
	s := &Server{
		Config: c, log: c.Log, gate: newGate(c.Limits.withDefaults()), observer: c.Observer, acceptor: socket.NewAcceptor(),
	}
	s.probe.ask = func(ctx context.Context) error { return c.Hub.Ready(ctx) }
	return s
}

// Run serves the listeners until ctx ends, then ends in good order: not ready, sockets told to reconnect elsewhere,
// listeners closed. internal may be nil. It closes both listeners, and returns an error only if one broke before ctx
// ended.
func (s *Server) Run(ctx context.Context, public, internal net.Listener) error {
	listeners := []net.Listener{public}
	servers := []*http.Server{s.server(s.Handler())}
	if s.EndLive != nil {
		servers[0].RegisterOnShutdown(s.EndLive)
	}
	if internal != nil {
		listeners = append(listeners, internal)
		servers = append(servers, s.server(s.InternalHandler()))
	}
	broken := make(chan error, len(servers))
	for i, server := range servers {
		go func() { broken <- server.Serve(listeners[i]) }()
	}
	var err error
	select {
	case err = <-broken:
		err = fmt.Errorf("httpapi: serve: %w", err)
	case <-ctx.Done():
	}
	s.end(servers)
	return err
}

func (s *Server) server(h http.Handler) *http.Server {
	errorLog, _ := zap.NewStdLogAt(s.log, zap.WarnLevel) // fails for unknown levels only
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: headerLimit,
		ReadTimeout:       readLimit,
		WriteTimeout:      answerLimit,
		IdleTimeout:       keepAlive,
		MaxHeaderBytes:    maxHeaderBytes,
		ErrorLog:          errorLog,
		ConnContext:       boundSend,
	}
}

// sendBuffer bounds, in bytes, what the kernel holds for a client. Left to itself it takes megabytes, and whoever
// writes a stream does not notice for a long time that nobody reads it.
const sendBuffer = 256 << 10

func boundSend(ctx context.Context, c net.Conn) context.Context {
	if tcp, ok := c.(*net.TCPConn); ok {
		_ = tcp.SetWriteBuffer(sendBuffer) // without it the client is noticed later
	}
	return ctx
}

// end drains the hub while the servers still answer probes, then shuts them down.
func (s *Server) end(servers []*http.Server) {
	s.Drain(context.Background())
	ctx, cancel := context.WithTimeout(context.Background(), shutdownLimit)
	defer cancel()
	var all sync.WaitGroup
	for _, server := range servers {
		all.Go(func() {
			if err := server.Shutdown(ctx); errors.Is(err, context.DeadlineExceeded) {
				_ = server.Close() // somebody holds on to a request
			}
		})
	}
	all.Wait()
}

// Drain refuses new sockets, has the hub send its clients elsewhere, and returns when all sockets are gone, at the
// latest after 20 s.
func (s *Server) Drain(ctx context.Context) {
	s.mu.Lock()
	s.draining = true
	s.mu.Unlock()
	ctx, cancel := context.WithTimeout(ctx, drainLimit)
	defer cancel()
	s.Hub.Drain(ctx)
	gone := make(chan struct{})
	go func() {
		s.sockets.Wait()
		close(gone)
	}()
	select {
	case <-gone:
	case <-ctx.Done():
	}
	s.acceptor.Close()
}

// enter counts a socket in, unless the server drains. Whoever got true calls s.sockets.Done at the end.
func (s *Server) enter() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.draining {
		return false
	}
	s.sockets.Add(1)
	return true
}

func (s *Server) isDraining() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.draining
}
