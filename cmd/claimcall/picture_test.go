package main

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/claimcall/claimcall/internal/call"
	"github.com/claimcall/claimcall/internal/mediatest"
	"github.com/claimcall/claimcall/internal/stream"
	"github.com/claimcall/claimcall/protocol"
)

// Limits on the ends of publishers and players.
const (
	// overWithin is how soon media ends after the call, which is a promise.
	overWithin = 2 * time.Second
	// refusedWithin is less than the relay lets a player wait for its publisher, so that a player who was let in is not
	// taken for one who was refused.
	refusedWithin = 25 * time.Second
)

// Each side sees and hears the other, only that, and only as long as the call lasts.
func TestEachSideSeesAndHearsTheOther(t *testing.T) {
	rtmp, flv, ws, whep := protocol.StreamRTMP, protocol.StreamFLV, protocol.StreamWSFLV, protocol.StreamWHEP
	phone, page := []protocol.StreamProtocol{rtmp, whep, flv, ws}, []protocol.StreamProtocol{whep, ws, flv, rtmp}
	services := []struct {
		name               string
		serve              func(*testing.T) *server
		claimant, adjuster []protocol.StreamProtocol // to play by, best first
	}{
		{"relay", serveWithRelay, phone, page},
		{"nginx-rtmp", serveWithNginx, phone, page},
	}
	for _, service := range services {
		t.Run(service.name, func(t *testing.T) {
			server := service.serve(t)
			zhang, li := signIn(server, call.Claimant), signIn(server, call.Adjuster)
			zhang.protocols, li.protocols = service.claimant, service.adjuster
			both := pair{zhang, li}

			both.talk()
			both.handed(1)
			zhang.wrongAddressesAreRefused()
			first := both.meet()

			zhang.refreshes(li)
			both.handed(2)
			allEnd(t, "after a refresh", first, patience)
			both.usedAddressesAreRefused("an old generation")
			second := both.meet()

			zhang.says(protocol.TypeCallHangup, protocol.CallRef{Call: zhang.call})
			allEnd(t, "after the call", second, overWithin)
			zhang.sees(protocol.TypeCallHangup)
			li.sees(protocol.TypeCallHangup)
			both.usedAddressesAreRefused("an ended call")

			server.stop()
			if len(secrets(server.written())) > 0 {
				t.Error("the server logs signatures or tokens")
			}
		})
	}
}

// patient keeps sessions that are busy looking at pictures.
func patient() []string { return []string{"--heartbeat-idle", "10m", "--heartbeat-call", "10m"} }

func serveWithRelay(t *testing.T) *server { return serve(t, nil, patient()...) }

// serveWithNginx runs nginx with the configuration for production in front of serve. The two name each other's addresses, so
// one must be known before anybody listens there.
func serveWithNginx(t *testing.T) *server {
	const secret = "hook-secret-of-this-test"
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	public := listener.Addr().String()
	_ = listener.Close()
	nginx := mediatest.StartNginx(t, "../../deploy/nginx-rtmp.conf", public, secret)
	t.Cleanup(func() {
		if nginx.Wrote("txSecret") || nginx.Wrote(secret) {
			t.Error("nginx wrote a secret into its log")
		}
	})
	return serve(t, nil, append(patient(), "--listen", public, "--streams", "nginx-rtmp",
		"--nginx-rtmp-public", nginx.RTMP, "--nginx-rtmp-control", nginx.HTTP, "--nginx-rtmp-hook-secret", secret)...)
}

// actor is one side of a call: a socket, and ffmpeg for the media.
type actor struct {
	*socket
	role      call.Role
	protocols []protocol.StreamProtocol // to play by

	sent      int
	addresses int // that the server has sent so far
	call      string
	streams   protocol.Streams // of now
	used      protocol.Streams // when media last ran
}

func signIn(s *server, role call.Role) *actor {
	s.t.Helper()
	a := &actor{socket: dial(s, nil), role: role}
	a.says(protocol.TypeHello, protocol.Hello{Token: devToken(s.t, string(role), time.Hour)})
	a.sees(protocol.TypeWelcome)
	return a
}

func (a *actor) says(command protocol.Type, data any) {
	a.t.Helper()
	a.sent++
	frame, err := protocol.Encode(command, strconv.Itoa(a.sent), data)
	if err != nil {
		a.t.Fatal(err)
	}
	a.writes(websocket.MessageText, string(frame))
}

// shown is what of an event or an answer counts here.
type shown struct {
	Call    protocol.Call
	Streams protocol.Streams
	Code    json.RawMessage // of an error
}

// sees reads up to the next event of the type, or the answer to what was said last.
func (a *actor) sees(want protocol.Type) shown {
	a.t.Helper()
	ctx, cancel := context.WithTimeout(a.t.Context(), patience)
	defer cancel()
	for {
		_, frame, err := a.conn.Read(ctx)
		if err != nil {
			a.t.Fatalf("the %s waits for %s: %v", a.role, want, err)
		}
		a.addresses += strings.Count(string(frame), "txSecret=")
		var e struct {
			Type protocol.Type
			ID   string
			Data shown
		}
		if err := json.Unmarshal(frame, &e); err != nil || e.Type == protocol.TypeError {
			a.t.Fatalf("the %s got %s %s instead of %s", a.role, e.Type, e.Data.Code, want)
		}
		if e.Type == want && (e.ID == "" || e.ID == strconv.Itoa(a.sent)) {
			return e.Data
		}
	}
}

// refreshes has both sides get new addresses.
func (a *actor) refreshes(other *actor) {
	a.t.Helper()
	a.says(protocol.TypeStreamsRefresh, protocol.StreamsRefresh{Call: a.call, Why: protocol.WhyNetwork, Generation: a.streams.Generation})
	a.streams = a.sees(protocol.TypeOK).Streams
	other.streams = other.sees(protocol.TypeCallStreams).Streams
}

// name is the stream that the side was told to push last.
func (a *actor) name() call.StreamName {
	return call.StreamName{Room: a.call, Leg: a.role, Generation: a.streams.Generation}
}

// pair is the claimant and the adjuster.
type pair struct{ zhang, li *actor }

// talk brings a call to where media begins. Before both have joined, nobody has any address.
func (p pair) talk() {
	p.zhang.t.Helper()
	p.li.says(protocol.TypeAvailabilitySet, protocol.AvailabilitySet{State: protocol.AvailabilityAvailable})
	p.zhang.says(protocol.TypeCallRequest, protocol.CallRequest{RequestID: newID(), ClaimNo: "BX-1"})
	id := p.li.sees(protocol.TypeCallInvite).Call.ID
	p.zhang.call, p.li.call = id, id
	p.li.says(protocol.TypeCallAccept, protocol.CallRef{Call: id})
	p.zhang.sees(protocol.TypeCallAccept)
	p.zhang.says(protocol.TypeCallJoin, protocol.CallRef{Call: id})
	for _, a := range []*actor{p.zhang, p.li} {
		a.sees(protocol.TypeCallJoined)
		a.says(protocol.TypePing, protocol.Ping{})
		a.sees(protocol.TypePong)
		if a.addresses > 0 {
			a.t.Errorf("the %s has %d addresses before both have joined", a.role, a.addresses)
		}
	}
	p.li.says(protocol.TypeCallJoin, protocol.CallRef{Call: id})
	for _, a := range []*actor{p.zhang, p.li} {
		a.streams = a.sees(protocol.TypeCallStreams).Streams
		if want := len(a.streams.Push) + len(a.streams.Play); a.addresses != want {
			a.t.Errorf("the %s was sent %d addresses, want the %d of its streams", a.role, a.addresses, want)
		}
	}
}

// handed checks that each side may push its own stream and play the other's, and nothing else.
func (p pair) handed(generation int) {
	p.zhang.t.Helper()
	keys := devKeys(p.zhang.t)
	for _, a := range []*actor{p.zhang, p.li} {
		if a.streams.Generation != generation {
			a.t.Fatalf("the %s has generation %d, want %d", a.role, a.streams.Generation, generation)
		}
		push := []protocol.StreamProtocol{protocol.StreamRTMP, protocol.StreamWHIP}
		if a.role == call.Adjuster {
			slices.Reverse(push)
		}
		a.may(keys, stream.Publish, a.name(), a.streams.Push, push...)
		a.may(keys, stream.Play, a.name().Other(), a.streams.Play, a.protocols...)
	}
}

// may checks that the addresses are for one direction of one stream.
func (a *actor) may(keys stream.Keys, d stream.Direction, name call.StreamName, addresses []protocol.StreamURL, want ...protocol.StreamProtocol) {
	a.t.Helper()
	var protocols []protocol.StreamProtocol
	for _, address := range addresses {
		protocols = append(protocols, address.Protocol)
		u := parse(a.t, address.URL)
		if got := strings.TrimSuffix(path.Base(u.Path), ".flv"); got != name.String() {
			a.t.Errorf("the %s may %s %s by %s, want %s", a.role, d, got, address.Protocol, name)
		}
		if err := keys.Verify(d, name.String(), u.Query(), time.Now()); err != nil {
			a.t.Errorf("the %s may not %s by %s: %v", a.role, d, address.Protocol, err)
		}
	}
	if !slices.Equal(protocols, want) {
		a.t.Errorf("the %s may %s by %v, want %v", a.role, d, protocols, want)
	}
}

// meet has both sides push, and looks until each has seen and heard the other by all its addresses. It returns everything
// that goes on then.
func (p pair) meet() []flow {
	p.zhang.t.Helper()
	p.zhang.used, p.li.used = p.zhang.streams, p.li.streams
	all := []flow{p.zhang.pushes(p.zhang.streams, mediatest.ClaimantScene()), p.li.pushes(p.li.streams, mediatest.AdjusterScene())}
	seenByZhang, seenByLi := p.zhang.plays(p.zhang.streams), p.li.plays(p.li.streams)
	p.zhang.watches(seenByZhang, mediatest.AdjusterScene())
	p.li.watches(seenByLi, mediatest.ClaimantScene())
	all = append(append(all, seenByZhang...), seenByLi...)
	for _, m := range all {
		select {
		case <-m.ended:
			p.zhang.t.Fatalf("%s has ended", m.what)
		default:
		}
	}
	return all
}

// usedAddressesAreRefused tries again what media ran by.
func (p pair) usedAddressesAreRefused(why string) {
	p.zhang.t.Helper()
	for _, a := range []*actor{p.zhang, p.li} {
		a.isRefused(why, a.used)
	}
}

// flow is a publisher or a player that runs.
type flow struct {
	what   string
	ended  <-chan struct{}
	player *mediatest.Player // nil for a publisher
}

func (a *actor) pushes(s protocol.Streams, scene mediatest.Scene) flow {
	a.t.Helper()
	publisher := mediatest.Publish(a.t, forFFmpeg(s.Push)[0].URL, scene)
	return flow{what: "the publisher of the " + string(a.role), ended: publisher.Ended()}
}

// forFFmpeg leaves out WebRTC, which it does not speak.
func forFFmpeg(all []protocol.StreamURL) (some []protocol.StreamURL) {
	for _, address := range all {
		if address.Protocol != protocol.StreamWHIP && address.Protocol != protocol.StreamWHEP {
			some = append(some, address)
		}
	}
	return some
}

// plays begins to play by every address that ffmpeg can use.
func (a *actor) plays(s protocol.Streams) (all []flow) {
	a.t.Helper()
	for _, address := range forFFmpeg(s.Play) {
		player := mediatest.Play(a.t, playable(a.t, address))
		what := "the player of the " + string(a.role) + " by " + string(address.Protocol)
		all = append(all, flow{what: what, ended: player.Ended(), player: player})
	}
	return all
}

func (a *actor) watches(players []flow, scene mediatest.Scene) {
	a.t.Helper()
	ctx, cancel := context.WithTimeout(a.t.Context(), patience)
	defer cancel()
	for _, m := range players {
		if err := m.player.Sees(ctx, scene); err != nil {
			a.t.Fatalf("%s: %v", m.what, err)
		}
	}
}

// allEnd waits until all have ended.
func allEnd(t *testing.T, when string, all []flow, limit time.Duration) {
	t.Helper()
	over := time.After(limit)
	for _, m := range all {
		select {
		case <-m.ended:
		case <-over:
			t.Fatalf("%s goes on %v %s", m.what, limit, when)
		}
	}
}

// isRefused tries to push and to play by all addresses, which nobody publishes under.
func (a *actor) isRefused(why string, s protocol.Streams) {
	a.t.Helper()
	all := append(a.plays(s), a.pushes(s, mediatest.Scene{Picture: mediatest.Blue, Hz: 440}))
	allEnd(a.t, "with "+why, all, refusedWithin)
	for _, m := range all {
		if m.player != nil && m.player.Frames() > 0 {
			a.t.Errorf("%s saw something with %s", m.what, why)
		}
	}
}

// wrongAddressesAreRefused tries addresses that differ in one thing from those that the side was handed. It does so while
// nobody publishes: then it is not because a name is taken that a publisher is refused.
func (a *actor) wrongAddressesAreRefused() {
	a.t.Helper()
	push := a.falsified(stream.Publish, a.name(), a.streams.Push)
	play := a.falsified(stream.Play, a.name().Other(), a.streams.Play)
	for why := range push {
		a.isRefused(why, protocol.Streams{Push: push[why], Play: play[why]})
	}
}

// falsified returns what can be wrong with addresses, each time by all of them.
func (a *actor) falsified(d stream.Direction, name call.StreamName, addresses []protocol.StreamURL) map[string][]protocol.StreamURL {
	a.t.Helper()
	all := map[string][]protocol.StreamURL{}
	for _, address := range addresses {
		u := parse(a.t, address.URL)
		for _, w := range wrongs(a.t, d, name, u.RawQuery) {
			wrong := *u
			wrong.Path, wrong.RawQuery = strings.Replace(u.Path, name.String(), w.name.String(), 1), w.query
			all[w.why] = append(all[w.why], protocol.StreamURL{Protocol: address.Protocol, URL: wrong.String()})
		}
	}
	return all
}

// wrong is a name and a query that do not go together.
type wrong struct {
	why   string
	name  call.StreamName
	query string
}

func wrongs(t *testing.T, d stream.Direction, name call.StreamName, query string) []wrong {
	t.Helper()
	forged, err := stream.NewKeys(strings.Repeat("f", 32), "")
	if err != nil {
		t.Fatal(err)
	}
	sign := func(k stream.Keys, d stream.Direction, name call.StreamName, life time.Duration) string {
		query, err := k.Sign(d, name.String(), time.Now().Add(life))
		if err != nil {
			t.Fatal(err)
		}
		return query
	}
	ours := devKeys(t)
	opposite := map[stream.Direction]stream.Direction{stream.Publish: stream.Play, stream.Play: stream.Publish}[d]
	elsewhere, later := name, name
	elsewhere.Room = strings.Repeat("a", len(name.Room))
	later.Generation++
	signature, _, _ := strings.Cut(query, "&txTime=")
	return []wrong{
		{"no signature", name, ""},
		{"a forged signature", name, sign(forged, d, name, time.Hour)},
		{"an expired signature", name, sign(ours, d, name, -time.Minute)},
		{"a time put off", name, signature + "&txTime=FFFFFFFF"},
		{"the signature of the other direction", name, sign(ours, opposite, name, time.Hour)},
		{"another name", name.Other(), query},
		{"a call that is none", elsewhere, sign(ours, d, elsewhere, time.Hour)},
		{"a generation that is to come", later, sign(ours, d, later, time.Hour)},
	}
}

// devKeys are those of serve --dev.
func devKeys(t *testing.T) stream.Keys {
	t.Helper()
	keys, err := stream.NewKeys(string(settings(t).StreamSecret), "")
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

// parse keeps the address, which is a secret, out of the error.
func parse(t *testing.T, address string) *url.URL {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal("an address can't be read")
	}
	return u
}

// playable is an address that ffmpeg can play, which does not speak WebSocket: the messages become the body of an answer.
func playable(t *testing.T, address protocol.StreamURL) string {
	t.Helper()
	if address.Protocol != protocol.StreamWSFLV {
		return address.URL
	}
	bridge := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, _, err := websocket.Dial(r.Context(), address.URL, nil)
		if err != nil {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		defer func() { _ = conn.CloseNow() }()
		conn.SetReadLimit(-1)
		for {
			_, message, err := conn.Read(r.Context())
			if err != nil {
				return
			}
			_, _ = w.Write(message)
			_ = http.NewResponseController(w).Flush()
		}
	}))
	t.Cleanup(bridge.Close)
	return bridge.URL
}
