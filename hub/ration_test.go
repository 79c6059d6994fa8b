package hub_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/claimcall/claimcall/hub"
	"github.com/claimcall/claimcall/protocol"
)

// errorsOf returns the codes of the error answers among the frames.
func errorsOf(t *testing.T, frames []protocol.Envelope) []protocol.Code {
	var codes []protocol.Code
	for _, env := range frames {
		var e protocol.Error
		if env.Type != protocol.TypeError {
			continue
		}
		if err := json.Unmarshal(env.Data, &e); err != nil {
			t.Fatal(err)
		}
		codes = append(codes, e.Code)
	}
	return codes
}

func TestComingBackEarnsNoNewRation(t *testing.T) {
	inLimitedWorld(t, hub.DefaultLimits(), func(w *world) {
		begun := 0
		var codes []protocol.Code
		for range 4 { // sockets, one after the other, within the same instant
			zhang := w.client("zhang", "claimant/zhang").hello("")
			for i := range 12 {
				zhang.send(protocol.TypeCallRequest, protocol.CallRequest{RequestID: fmt.Sprint(begun, i), ClaimNo: "A1"})
				codes = append(codes, errorsOf(t, zhang.heard())...)
				zhang.send(protocol.TypeCallCancel, protocol.CallRef{Call: zhang.call})
			}
			begun += 12
			zhang.drops()
		}
		if !slices.Contains(codes, protocol.CodeRateLimited) {
			t.Error("a claimant began calls without end by coming back")
		}
	})
}

func TestRationComesBackWithTime(t *testing.T) {
	inLimitedWorld(t, hub.DefaultLimits(), func(w *world) {
		zhang := w.client("zhang", "claimant/zhang").hello("")
		for range 60 {
			zhang.send(protocol.TypePing, protocol.Ping{})
		}
		if codes := errorsOf(t, zhang.heard()); len(codes) != 10 {
			t.Errorf("%d of 60 pings at once were refused, want 10", len(codes))
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		for range 11 {
			zhang.send(protocol.TypePing, protocol.Ping{})
		}
		if codes := errorsOf(t, zhang.heard()); len(codes) != 1 {
			t.Errorf("%d of 11 pings after 2 s were refused, want 1", len(codes))
		}
	})
}

func TestLargeFramesCostMore(t *testing.T) {
	inLimitedWorld(t, hub.DefaultLimits(), func(w *world) {
		zhang := w.client("zhang", "claimant/zhang").hello("")
		for range 6 {
			zhang.raw(hub.ErrTooLarge)
		}
		codes := errorsOf(t, zhang.heard())
		if len(codes) != 6 || codes[4] != protocol.CodeTooLarge || codes[5] != protocol.CodeRateLimited {
			t.Errorf("six frames too large were answered %v", codes)
		}
	})
}
