package mediabench

import (
	"context"
	"encoding/json"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/claimcall/claimcall/protocol"
)

// beatEvery is less than the hub asks for.
const beatEvery = 5 * time.Second

// heard is what of an event or an answer is of interest here.
type heard struct {
	Type protocol.Type
	ID   string
	Data struct {
		Code    string
		Call    *protocol.Call
		Streams *protocol.Streams
	}
}

// party is a signed-in person, kept alive until the test ends. One goroutine at a time uses it.
type party struct {
	t    *testing.T
	role string
	ws   *websocket.Conn
	news chan heard
	sent int
}

func (s *server) party(t *testing.T, role, sub string) *party {
	t.Helper()
	address := "ws" + strings.TrimPrefix(s.url, "http") + "/ws"
	ws, _, err := websocket.Dial(t.Context(), address, &websocket.DialOptions{Subprotocols: []string{protocol.Subprotocol}})
	if err != nil {
		t.Fatal(err)
	}
	ws.SetReadLimit(2 * protocol.MaxFrame)
	t.Cleanup(func() { _ = ws.CloseNow() })
	p := &party{t: t, role: role, ws: ws, news: make(chan heard, 1000)}
	go p.read()
	p.says(protocol.TypeHello, protocol.Hello{Token: s.token(role, sub)})
	p.hears(protocol.TypeWelcome)
	go p.beat()
	return p
}

// read hands on what comes, and ends with the socket. What nobody waits for is lost.
func (p *party) read() {
	defer close(p.news)
	for {
		_, frame, err := p.ws.Read(context.Background())
		if err != nil {
			return
		}
		var h heard
		if json.Unmarshal(frame, &h) != nil || h.Type == protocol.TypePong {
			continue
		}
		select {
		case p.news <- h:
		default:
		}
	}
}

func (p *party) beat() {
	tick := time.NewTicker(beatEvery)
	defer tick.Stop()
	for range tick.C {
		if p.write(protocol.TypePing, "beat", protocol.Ping{}) != nil {
			return
		}
	}
}

func (p *party) write(typ protocol.Type, id string, data any) error {
	frame, err := protocol.Encode(typ, id, data)
	if err != nil {
		return err
	}
	return p.ws.Write(context.Background(), websocket.MessageText, frame)
}

func (p *party) says(typ protocol.Type, data any) {
	p.t.Helper()
	p.sent++
	if err := p.write(typ, strconv.Itoa(p.sent), data); err != nil {
		p.t.Fatalf("%s: %s: %v", p.role, typ, err)
	}
}

// hears returns the next of that type. An error is never right here.
func (p *party) hears(typ protocol.Type) heard {
	p.t.Helper()
	late := time.After(patience)
	for {
		select {
		case h, ok := <-p.news:
			if !ok || h.Type == protocol.TypeError {
				p.t.Fatalf("%s waits for %s: %s", p.role, typ, h.Data.Code)
			}
			if h.Type == typ {
				return h
			}
		case <-late:
			p.t.Fatalf("%s: no %s", p.role, typ)
		}
	}
}

// call is a call in which both have their streams.
type call struct{ claimant, adjuster protocol.Streams }

// call has two people meet whose names end in number.
func (s *server) call(t *testing.T, number int) call {
	t.Helper()
	suffix := strconv.Itoa(number)
	claimant, adjuster := s.party(t, "claimant", "c"+suffix), s.party(t, "adjuster", "a"+suffix)
	adjuster.says(protocol.TypeAvailabilitySet, protocol.AvailabilitySet{State: protocol.AvailabilityAvailable})
	claimant.says(protocol.TypeCallRequest, protocol.CallRequest{RequestID: "r" + suffix, ClaimNo: "PA-" + suffix})
	ref := protocol.CallRef{Call: adjuster.hears(protocol.TypeCallInvite).Data.Call.ID}
	adjuster.says(protocol.TypeCallAccept, ref)
	claimant.hears(protocol.TypeCallAccept)
	adjuster.says(protocol.TypeCallJoin, ref)
	claimant.says(protocol.TypeCallJoin, ref)
	return call{
		*claimant.hears(protocol.TypeCallStreams).Data.Streams,
		*adjuster.hears(protocol.TypeCallStreams).Data.Streams,
	}
}

// by returns the address for the protocol.
func by(t *testing.T, want protocol.StreamProtocol, urls []protocol.StreamURL) string {
	t.Helper()
	for _, u := range urls {
		if u.Protocol == want {
			return u.URL
		}
	}
	t.Fatalf("no address for %s", want)
	return ""
}
