// Package storetest holds every store to the contract of package store.
//
// The suite takes a deployment as two nodes see it, so that it serves stores of one process, where both are the same,
// as well as stores of many. It waits for conditions, never for time to pass: time is moved by the deployment's
// own hook.
package storetest

import (
	"testing"
	"time"

	"github.com/claimcall/claimcall/internal/store"
)

// Deployment is an empty deployment under test, as two nodes see it.
type Deployment struct {
	A, B store.Store // the same one where there is only one process
	// Advance makes Now of both later by d, with everything that follows from it.
	Advance func(d time.Duration)
}

// close closes both sides.
func (d Deployment) close() {
	_ = d.A.Close()
	_ = d.B.Close() // ErrClosed, when it is the same
}

// Run runs the suite. Each call of open must return a deployment of its own, and arrange for its cleanup;
// the suite may have closed it by then.
func Run(t *testing.T, open func(t *testing.T) Deployment) {
	for name, group := range map[string][]promise{
		"Documents": documents(),
		"Lines":     lines(),
		"Due":       due(),
		"Messages":  messages(),
		"Nodes":     nodes(),
		"Records":   records(),
		"Outbox":    outbox(),
		"Audit":     audit(),
		"Erasure":   erasure(),

		"Credentials": credentials(),
	} {
		t.Run(name, func(t *testing.T) {
			for _, p := range group {
				t.Run(p.says, func(t *testing.T) { p.holds(newTrial(t, open(t))) })
			}
		})
	}
	t.Run("Model", func(t *testing.T) { agreesWithModel(t, open) })
	t.Run("Holds", func(t *testing.T) { holdsAreLinearizable(newTrial(t, open(t))) })
}

// promise is one sentence of the contract.
type promise struct {
	says  string
	holds func(*trial)
}
