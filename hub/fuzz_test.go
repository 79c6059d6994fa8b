package hub_test

import (
	"testing"
	"testing/synctest"

	"github.com/claimcall/claimcall/protocol"
)

// FuzzServe sends a frame of any bytes into a signed-in session, as each role and in the middle of a call. Nothing panics,
// the socket stays open, and nobody else's is closed.
func FuzzServe(f *testing.F) {
	for _, seed := range []string{
		`{"type":"ping","id":"1"}`,
		`{"type":"call.request","id":"1","data":{"request_id":"r2","claim_no":"A1"}}`,
		`{"type":"call.invite","id":"1","data":{"user":"zhang","claim_no":"A1"}}`,
		`{"type":"call.hangup","id":"1","data":{"call":"x"}}`,
		`{"type":"streams.refresh","id":"1","data":{"call":"x","why":"failed","generation":1}}`,
		`{"type":"streams.report","id":"1","data":{"call":"x","generation":1,"push":{"level":6,"code":-1307},"play":{"fps":1}}}`,
		`{"type":"hello","id":"1","data":{"token":"claimant/chen"}}`,
		`{"type":"token.refresh","id":"1","data":{"token":"claimant/zhang?ttl=-1s"}}`,
		`{"type":"availability.set","id":"1","data":{"state":"away"}}`,
		`{"type":"ping","id":"1","id":"2"}`, `[]`, `{`, "\xff", "",
	} {
		f.Add([]byte(seed), true)
		f.Add([]byte(seed), false)
	}
	f.Fuzz(func(t *testing.T, frame []byte, asAdjuster bool) {
		inWorld(t, func(w *world) {
			zhang, li := w.inCall()
			bystander := w.waits("bystander")
			speaker := zhang
			if asAdjuster {
				speaker = li
			}
			speaker.raw(frame)
			speaker.raw(frame)
			synctest.Wait()
			for _, c := range []*client{zhang, li, bystander} {
				if c == speaker && c.closed() == protocol.CloseTokenExpired {
					return // it has brought a token that ends now
				}
				c.wantsClosed(0)
			}
			for _, env := range speaker.heard() {
				if env.Type == "" {
					t.Errorf("an answer without a type to %q", frame)
				}
			}
			bystander.send(protocol.TypePing, protocol.Empty{})
			bystander.wants("pong")
		})
	})
}
