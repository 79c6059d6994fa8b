package bench

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/coder/websocket"

	"github.com/claimcall/claimcall/internal/auth"
	"github.com/claimcall/claimcall/protocol"
)

const (
	// patience bounds the wait for anything that must come. What takes longer is an error.
	patience = 60 * time.Second
	// dialers is how many sockets are opened at a time.
	dialers = 64
	// sources is how many addresses of 127.0.0.0/8 sockets come from, each with ports of its own.
	sources = 16
)

// fleet opens sockets from many addresses of loopback.
type fleet struct {
	signer  *auth.Signer
	clients [sources]*http.Client
}

// newFleet returns a fleet whose phones have tokens of the key.
func newFleet(key []byte) (*fleet, error) {
	hs256, err := auth.HS256(key)
	if err != nil {
		return nil, err
	}
	f := &fleet{signer: auth.NewSigner(auth.Config{Key: hs256})}
	for i := range f.clients {
		from := &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, byte(2+i))}, Timeout: patience}
		f.clients[i] = &http.Client{Transport: &http.Transport{DialContext: from.DialContext}}
	}
	return f, nil
}

// dial opens the i-th socket. It goes on holding what is left of ctx only until then.
func (f *fleet) dial(ctx context.Context, url string, i int) (*websocket.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	ws, response, err := websocket.Dial(ctx, url, &websocket.DialOptions{
		HTTPClient: f.clients[i%sources], Subprotocols: []string{protocol.Subprotocol},
	})
	if err != nil {
		if response != nil {
			return nil, fmt.Errorf("socket %d: %s", i, response.Status)
		}
		return nil, fmt.Errorf("socket %d: %w", i, err)
	}
	ws.SetReadLimit(1 << 20)
	return ws, nil
}

// phone is a signed-in socket. One goroutine at a time uses it.
type phone struct {
	ws     *websocket.Conn
	resume string
	sent   int

	beating sync.Mutex // held for a heartbeat and its answer
}

// signIn opens the i-th socket and says hello, as a new session unless resume is set.
func (f *fleet) signIn(ctx context.Context, url string, i int, role protocol.Role, resume string) (*phone, error) {
	name := fmt.Sprintf("%s-%d", role, i)
	token, err := f.signer.Sign(auth.Claims{Subject: name, Name: name, Role: string(role)}, time.Hour)
	if err != nil {
		return nil, err
	}
	ws, err := f.dial(ctx, url, i)
	if err != nil {
		return nil, err
	}
	p := &phone{ws: ws}
	if err := p.say(ctx, protocol.TypeHello, protocol.Hello{Token: token, Resume: resume}); err != nil {
		return nil, err
	}
	welcome, err := p.hear(ctx, protocol.TypeWelcome)
	if err != nil {
		return nil, err
	}
	p.resume = field(welcome, `"resume":"`)
	return p, nil
}

// signInAll signs in so many.
func (f *fleet) signInAll(ctx context.Context, urls []string, n int, role protocol.Role) ([]*phone, error) {
	phones := make([]*phone, n)
	err := each(ctx, n, dialers, func(ctx context.Context, i int) (err error) {
		phones[i], err = f.signIn(ctx, urls[i%len(urls)], i, role, "")
		return err
	})
	if err != nil {
		return nil, err
	}
	return phones, nil
}

// close hangs the socket up without a word.
func (p *phone) close() { _ = p.ws.CloseNow() }

// say sends a command.
func (p *phone) say(ctx context.Context, t protocol.Type, data any) error {
	p.sent++
	frame, err := protocol.Encode(t, strconv.Itoa(p.sent), data)
	if err != nil {
		return err
	}
	if err := p.ws.Write(ctx, websocket.MessageText, frame); err != nil {
		return fmt.Errorf("%s: %w", t, err)
	}
	return nil
}

// hear reads on until a frame of one of the types comes, and returns it. An error that the server answers with is one.
func (p *phone) hear(ctx context.Context, types ...protocol.Type) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		_, frame, err := p.ws.Read(ctx)
		if err != nil {
			return nil, fmt.Errorf("waiting for %s: %w", types[0], err)
		}
		if isOf(frame, protocol.TypeError) {
			return nil, fmt.Errorf("waiting for %s: %s", types[0], frame)
		}
		for _, t := range types {
			if isOf(frame, t) {
				return frame, nil
			}
		}
	}
}

// isOf reports whether a frame has a type. To parse every frame would take longer than the server took to make it.
func isOf(frame []byte, t protocol.Type) bool {
	rest, ok := bytes.CutPrefix(frame, []byte(`{"type":"`))
	if !ok {
		return false
	}
	name, _, _ := bytes.Cut(rest, []byte{'"'})
	return string(name) == string(t)
}

// field returns the text that follows a key as the server writes it, to the next quotation mark.
func field(frame []byte, key string) string {
	_, rest, _ := bytes.Cut(frame, []byte(key))
	value, _, _ := bytes.Cut(rest, []byte{'"'})
	return string(value)
}

// callOf returns the ID of the call that a frame shows.
func callOf(frame []byte) string { return field(frame, `"call":{"id":"`) }
