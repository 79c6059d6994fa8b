package hub_test

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/claimcall/claimcall/hub"
	"github.com/claimcall/claimcall/internal/call"
	"github.com/claimcall/claimcall/protocol"
)

// TestRefusalsSayWhetherThereWasACall: what is left of an ended call is refused, and so is what no call ever had, but that may
// be somebody else's.
func TestRefusalsSayWhetherThereWasACall(t *testing.T) {
	inWorld(t, func(w *world) {
		zhang, _ := w.inCall()
		own := hub.StreamName{Room: zhang.call, Leg: call.Claimant, Generation: 1}
		foreign := hub.StreamName{Room: strings.Repeat("x", 26), Leg: call.Claimant, Generation: 1}
		ask := func(name hub.StreamName) (refused, unknown bool) {
			err := w.hub.AuthorizeStream(w.t.Context(), "relay", name)
			return errors.Is(err, call.ErrStreamRefused), errors.Is(err, call.ErrStreamUnknown)
		}
		if refused, _ := ask(own); refused {
			t.Error("refuses the stream of a running call")
		}
		if refused, unknown := ask(foreign); !refused || !unknown {
			t.Errorf("of no call: refused %v, unknown %v", refused, unknown)
		}
		zhang.does(protocol.TypeCallHangup)
		synctest.Wait()
		if refused, unknown := ask(own); !refused || unknown {
			t.Errorf("of an ended call: refused %v, unknown %v", refused, unknown)
		}
	})
}
