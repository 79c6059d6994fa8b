package sqlitestore

import (
	"maps"
	"slices"
	"time"

	"github.com/claimcall/claimcall/internal/call"
)

// nodes knows which nodes live, and who has an online session on each node, living or not.
type nodes struct {
	leases map[string]time.Time // end of the lease
	online map[string]map[call.User]struct{}
}

func newNodes() nodes {
	return nodes{map[string]time.Time{}, map[string]map[call.User]struct{}{}}
}

func (n nodes) seat(p *call.Presence) {
	for _, node := range onlineNodes(p) {
		if n.online[node] == nil {
			n.online[node] = map[call.User]struct{}{}
		}
		n.online[node][p.User] = struct{}{}
	}
}

func (n nodes) unseat(p *call.Presence) {
	for _, node := range onlineNodes(p) {
		delete(n.online[node], p.User)
		if len(n.online[node]) == 0 {
			delete(n.online, node)
		}
	}
}

func (n nodes) lives(node string, now time.Time) bool { return n.leases[node].After(now) }

// live returns the nodes with a lease, in order of their names.
func (n nodes) live(now time.Time) []string {
	maps.DeleteFunc(n.leases, func(_ string, end time.Time) bool { return !end.After(now) })
	return slices.Sorted(maps.Keys(n.leases))
}

// stranded returns some users, at most limit, who are online on a node without a lease.
func (n nodes) stranded(now time.Time, limit int) []call.User {
	found := map[call.User]struct{}{}
	for node, users := range n.online {
		if n.lives(node, now) {
			continue
		}
		for u := range users {
			if len(found) >= limit {
				break
			}
			found[u] = struct{}{}
		}
	}
	return slices.Collect(maps.Keys(found))
}
