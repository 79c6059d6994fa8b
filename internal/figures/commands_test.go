// Package figures counts what two nodes ask of one Redis: for a whole call, and for sockets that wait. There is nothing
// here but tests; how fast calls are is measured by claimcall bench.
package figures

import (
	"fmt"
	"testing"

	"github.com/claimcall/claimcall/protocol"
)

// Budgets of issue and design.
const (
	mostPerCall = 40 // commands that clients send to Redis for one whole call
	idleSockets = 100
	echo        = `] "publish" ` // what a node sends itself each second
)

func TestIdleSocketsCostNoCommands(t *testing.T) {
	redis := startRedis(t)
	a := startNode(t, redis, "a")
	m := watch(t, redis)
	m.upTo(2, echo) // what a node begins with
	without, _ := m.upTo(5, echo)
	for i := range idleSockets {
		connect(t, a, fmt.Sprint("z", i), protocol.RoleClaimant)
	}
	m = watch(t, redis) // from here on
	m.upTo(1, echo)
	with, _ := m.upTo(5, echo)
	t.Logf("in five seconds: %d commands without sockets, %d with %d", without, with, idleSockets)
	if with > without+idleSockets/4 {
		t.Errorf("%d commands, and %d with %d idle sockets", without, with, idleSockets)
	}
}

func TestCommandsOfACall(t *testing.T) {
	redis := startRedis(t)
	a, b := startNode(t, redis, "a"), startNode(t, redis, "b")
	li := connect(t, a, "li", protocol.RoleAdjuster)
	zhang := connect(t, b, "zhang", protocol.RoleClaimant)
	wholeCall(zhang, li, "first") // Redis learns the scripts
	m := watch(t, redis)
	const calls = 50
	for i := range calls {
		wholeCall(zhang, li, fmt.Sprint("r", i))
	}
	mark(t, redis, "over")
	sent, within := m.upTo(1, "over")
	t.Logf("%.1f commands a call, and %.1f within scripts", float64(sent)/calls, float64(within)/calls)
	if sent > mostPerCall*calls {
		t.Errorf("%d commands for %d calls, want at most %d each", sent, calls, mostPerCall)
	}
}
