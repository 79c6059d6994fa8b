package redisstore

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/claimcall/claimcall/internal/call"
)

// errDocument says that something in Redis is not what this program writes there.
var errDocument = errors.New("redisstore: malformed document")

// document is a call or a presence with its head, whose form is told at the head of commit.lua.
type document struct {
	version int64
	nodes   []string // escaped
	places  []string
	body    string // JSON
}

// tail returns how the head ends; timed says that the document wants to be looked at some time.
func (d document) tail(timed bool) string {
	tail := "\n" + strings.Join(d.nodes, " ") + "\n" + strings.Join(d.places, "\t") + "\n"
	if timed {
		tail += "+"
	}
	return tail
}

func decodeCall(body string) (c call.Call, err error) { return c, decode(body, &c) }

func decodePresence(body string) (p call.Presence, err error) { return p, decode(body, &p) }

func decode(body string, v any) error {
	if err := json.Unmarshal([]byte(body), v); err != nil {
		return fmt.Errorf("%w: %w", errDocument, err)
	}
	return nil
}

// callDocument returns what is kept of a running call.
func callDocument(c call.Call) (document, error) {
	body, err := json.Marshal(c)
	d := document{version: c.Version, body: string(body)}
	if c.State == call.Queued {
		d.places = []string{waitingIn(c.Queue) + " " + sortable(c.QueueRank()) + " " + callName(c.ID)}
	}
	return d, err
}

// presenceDocument returns what is kept of a presence.
func presenceDocument(p call.Presence) (document, error) {
	body, err := json.Marshal(p)
	d := document{version: p.Version, body: string(body), nodes: onlineNodes(p)}
	for _, node := range d.nodes {
		d.places = append(d.places, online+" "+node+" "+userName(p.User))
	}
	if p.Free() {
		for _, line := range freeLines(p) {
			d.places = append(d.places, line+" "+sortable(p.IdleSince.UnixMicro())+" "+userName(p.User))
		}
	}
	return d, err
}

// onlineNodes returns the nodes on which the user has a session with a socket, each once.
func onlineNodes(p call.Presence) []string {
	var nodes []string
	for _, s := range p.Sessions {
		if node := escape(s.Node); s.Online && !slices.Contains(nodes, node) {
			nodes = append(nodes, node)
		}
	}
	return nodes
}

// First words of places.
const (
	waiting = "waiting" // queue, rank, call
	free    = "free"    // queue or everywhere, since when idle, user
	online  = "online"  // node, user
)

// everywhere stands for every queue. No escaped name looks like it.
const everywhere = "*"

func waitingIn(queue string) string { return waiting + " " + escape(queue) }
func freeIn(queue string) string    { return free + " " + escape(queue) }

// freeLines returns how the places of a free adjuster begin.
func freeLines(p call.Presence) []string {
	if len(p.Queues) == 0 {
		return []string{free + " " + everywhere}
	}
	var lines []string
	for _, queue := range p.Queues {
		lines = append(lines, freeIn(queue))
	}
	return lines
}

// sortable writes a number so that the order of the texts is that of the numbers.
func sortable(n int64) string { return fmt.Sprintf("%016x", uint64(n)^(1<<63)) }

// moment returns a time in microseconds, rounded up, so that nothing is due before its time.
func moment(t time.Time) int64 { return t.Add(time.Microsecond - 1).UnixMicro() }

const callPrefix = "call:"

// headOf returns the field of a document's head. No document's name looks like it.
func headOf(name string) string { return "head:" + name }

func callName(id string) string   { return callPrefix + escape(id) }
func userName(u call.User) string { return string(u.Role) + ":" + escape(u.ID) }

// parseName returns the call or, with an empty ID, the user that a name stands for.
func parseName(name string) (id string, u call.User, err error) {
	kind, word, found := strings.Cut(name, ":")
	text, err := unescape(word)
	switch {
	case !found || err != nil || text == "":
		return "", call.User{}, fmt.Errorf("%w: name %q", errDocument, name)
	case kind+":" == callPrefix:
		return text, call.User{}, nil
	}
	return "", call.User{Role: call.Role(kind), ID: text}, nil
}
