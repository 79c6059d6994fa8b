package embed_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/coder/websocket"

	"github.com/claimcall/claimcall/hub"
	"github.com/claimcall/claimcall/hub/embed"
	"github.com/claimcall/claimcall/protocol"
)

// A program with a hub in it, and a call from the request to the end.
func Example() {
	server, err := embed.Open(embed.Config{Store: "memory:", Authenticate: byName})
	if err != nil {
		log.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- server.Run(ctx) }()
	web := httptest.NewServer(server.Handler())
	defer web.Close()

	li := connect(web.URL, "li", "adjuster")
	li.says(protocol.TypeAvailabilitySet, protocol.AvailabilitySet{State: protocol.AvailabilityAvailable})
	zhang := connect(web.URL, "zhang", "claimant")
	zhang.says(protocol.TypeCallRequest, protocol.CallRequest{RequestID: "1", ClaimNo: "BX-2026-17"})

	call := li.hears(protocol.TypeCallInvite)
	li.says(protocol.TypeCallAccept, protocol.CallRef{Call: call.ID})
	zhang.hears(protocol.TypeCallAccept)
	zhang.says(protocol.TypeCallJoin, protocol.CallRef{Call: call.ID})
	li.says(protocol.TypeCallJoin, protocol.CallRef{Call: call.ID})
	zhang.hears(protocol.TypeCallStreams)
	li.hears(protocol.TypeCallStreams)

	li.says(protocol.TypeCallHangup, protocol.CallRef{Call: call.ID})
	end := zhang.hears(protocol.TypeCallHangup)
	fmt.Println("over:", end.End.Reason, "by", end.End.By)

	stop()
	fmt.Println("server:", <-done)
	// Output:
	// li (adjuster) is signed in
	// zhang (claimant) is signed in
	// li hears call.invite about BX-2026-17, ringing
	// zhang hears call.accept about BX-2026-17, connecting
	// zhang hears call.streams about BX-2026-17, active
	// li hears call.streams about BX-2026-17, active
	// zhang hears call.hangup about BX-2026-17, ended
	// over: hangup by adjuster
	// server: <nil>
}

// byName takes tokens such as "li/adjuster" at their word. A real program checks a signature, or asks its own users.
func byName(token string) (hub.Identity, error) {
	name, role, ok := strings.Cut(token, "/")
	if !ok || !protocol.Role(role).Valid() {
		return hub.Identity{}, protocol.NewError(protocol.CodeUnauthorized)
	}
	return hub.Identity{User: name, Role: protocol.Role(role), Name: name, Expires: time.Now().Add(time.Hour)}, nil
}

// client is a small client of the wire, which PROTOCOL.md describes.
type client struct {
	name string
	conn *websocket.Conn
	sent int
}

func connect(url, name, role string) *client {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	conn, _, err := websocket.Dial(ctx, url, &websocket.DialOptions{Subprotocols: []string{protocol.Subprotocol}})
	if err != nil {
		log.Fatal(err)
	}
	c := &client{name: name, conn: conn}
	c.says(protocol.TypeHello, protocol.Hello{Token: name + "/" + role})
	c.next(protocol.TypeWelcome)
	fmt.Printf("%s (%s) is signed in\n", name, role)
	return c
}

// says sends a command.
func (c *client) says(t protocol.Type, data any) {
	c.sent++
	frame, err := protocol.Encode(t, fmt.Sprint(c.sent), data)
	if err != nil {
		log.Fatal(err)
	}
	if err := c.conn.Write(context.Background(), websocket.MessageText, frame); err != nil {
		log.Fatal(err)
	}
}

// hears waits for an event and prints it.
func (c *client) hears(t protocol.Type) protocol.Call {
	call := c.next(t)
	fmt.Printf("%s hears %s about %s, %s\n", c.name, t, call.ClaimNo, call.State)
	return call
}

// next reads on until a frame of that type comes, and returns the call in it.
func (c *client) next(t protocol.Type) protocol.Call {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	for {
		_, frame, err := c.conn.Read(ctx)
		if err != nil {
			log.Fatal(err)
		}
		envelope, bad := protocol.DecodeEnvelope(frame)
		if bad != nil {
			log.Fatal(bad)
		}
		if envelope.Type == t {
			var data struct{ Call protocol.Call }
			if err := json.Unmarshal(envelope.Data, &data); err != nil {
				log.Fatal(err)
			}
			return data.Call
		}
	}
}
