package redisstore

import (
	"fmt"
	"net/url"
	"regexp"

	"github.com/claimcall/claimcall/internal/call"
)

// DefaultPrefix begins the keys of a deployment that is given no other name.
const DefaultPrefix = "claimcall"

// keys names everything that a deployment has in Redis. All of it carries one hash tag, so that in a cluster all
// of it lies on one node, where a script can reach it.
type keys struct{ tag string }

func newKeys(prefix string) (keys, error) {
	if !regexp.MustCompile(`^[A-Za-z0-9_.-]{1,64}$`).MatchString(prefix) {
		return keys{}, fmt.Errorf("prefix %q: want up to 64 letters, digits, dots, dashes and underscores", prefix)
	}
	return keys{"{" + prefix + "}:"}, nil
}

// documents is a HASH of running calls and presences, as JSON, by name, and of their heads by headOf.
func (k keys) documents() string { return k.tag + "documents" }

// places is a ZSET in which documents stand in order; see package comment.
func (k keys) places() string { return k.tag + "places" }

// due is a ZSET of document names by the time at which they want to be looked at.
func (k keys) due() string { return k.tag + "due" }

// nodes is a ZSET of nodes by the end of their lease.
func (k keys) nodes() string { return k.tag + "nodes" }

// record is an ended call.
func (k keys) record(id string) string { return k.tag + "record:" + escape(id) }

// records is a ZSET of the IDs of all ended calls.
func (k keys) records() string { return k.tag + "records" }

// recordsOf is a ZSET of the IDs of a party's ended calls.
func (k keys) recordsOf(u call.User) string { return k.tag + "records:" + userName(u) }

// recordsOn is a ZSET of the IDs of the ended calls about a claim.
func (k keys) recordsOn(claimNo string) string { return k.tag + "records:claim:" + escape(claimNo) }

// request is the ID of the call that a claimant's request led to.
func (k keys) request(claimant, requestID string) string {
	return k.tag + "request:" + escape(claimant) + ":" + escape(requestID)
}

// revoked is a ZSET of users by the time at which their tokens were revoked.
func (k keys) revoked() string { return k.tag + "revoked" }

// spent is until when, in microseconds, a name is spent.
func (k keys) spent(name string) string { return k.tag + "spent:" + escape(name) }

// eventDue is a ZSET of the calls of which a receiver is to be told, by the time when to.
func (k keys) eventDue(receiver string) string { return k.tag + "events-due:" + escape(receiver) }

// eventOrder is a ZSET of the names of a receiver's events.
func (k keys) eventOrder(receiver string) string { return k.tag + "events-order:" + escape(receiver) }

// eventBodies is a HASH of a receiver's events by name.
func (k keys) eventBodies(receiver string) string { return k.tag + "events:" + escape(receiver) }

// stopped is a SET of the receivers that are to be told nothing.
func (k keys) stopped() string { return k.tag + "events-stopped" }

// audit is a LIST of administrative acts, the oldest first.
func (k keys) audit() string { return k.tag + "audit" }

// channel carries the messages for a node's sessions.
func (k keys) channel(node string) string { return k.channels() + escape(node) }

// channels is what every channel begins with.
func (k keys) channels() string { return k.tag + "node:" }

// escape makes one word without spaces and colons of any text, the same for the same.
func escape(text string) string { return url.QueryEscape(text) }

// unescape undoes escape.
func unescape(word string) (string, error) { return url.QueryUnescape(word) }
