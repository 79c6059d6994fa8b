package hub_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/claimcall/claimcall/hub"
	"github.com/claimcall/claimcall/internal/call"
	"github.com/claimcall/claimcall/protocol"
)

// trip is how long one way to the distant store and back takes. Nothing else takes any time.
const trip = time.Millisecond

// distant is a store at a distance: what is asked of it one after the other takes one trip each, what is asked at the
// same time takes one together. As on Redis, an ended call is found by the second look.
type distant struct{ *faulty }

func (d distant) Call(ctx context.Context, id string) (call.Call, error) {
	c, err := d.faulty.Call(ctx, id)
	if err == nil && c.State == call.Ended {
		_, err = d.faulty.Call(ctx, id)
	}
	return c, err
}

// inDistantWorld runs do in a world whose store can be moved away.
func inDistantWorld(t *testing.T, do func(w *world, f *faulty)) {
	t.Helper()
	f := &faulty{}
	inWorldWith(t, func(s hub.Store) hub.Store { f.Store = s; return distant{f} }, func(w *world) {
		defer f.has(nil, nil)
		do(w, f)
	})
}

// TestRoundTrips pins how many round trips to the store lie between a command and its answer: what is not needed for
// the answer must not delay it, and what can be asked at once must be.
func TestRoundTrips(t *testing.T) {
	on := func(c *client, t protocol.Type) func() { return func() { c.does(t) } }
	for name, tt := range map[string]struct {
		want int
		// prepare returns who sends the command, and what sends it.
		prepare func(w *world) (*client, func())
	}{
		"sign-in": {2, func(w *world) (*client, func()) {
			zhang := w.client("zhang", "claimant/zhang").connect()
			return zhang, func() { zhang.send(protocol.TypeHello, protocol.Hello{Token: zhang.token}) }
		}},
		"return": {2, func(w *world) (*client, func()) { return w.waits("zhang").returning() }},
		"return into a waiting call": {3, func(w *world) (*client, func()) {
			zhang := w.waits("zhang")
			zhang.requests("r1")
			return zhang.returning()
		}},
		"return into a call": {3, func(w *world) (*client, func()) {
			zhang, _ := w.inCall()
			return zhang.returning()
		}},
		"return after the end of a call": {3, func(w *world) (*client, func()) {
			zhang, li := w.inCall()
			li.does(protocol.TypeCallHangup)
			return zhang.returning()
		}},
		"availability": {2, func(w *world) (*client, func()) {
			li := w.works("li")
			return li, func() {
				li.send(protocol.TypeAvailabilitySet, protocol.AvailabilitySet{State: protocol.AvailabilityAway})
			}
		}},
		"request": {2, func(w *world) (*client, func()) {
			zhang := w.waits("zhang")
			return zhang, func() { zhang.requests("r1") }
		}},
		"request long after another call": {2, func(w *world) (*client, func()) {
			zhang, li := w.inCall()
			zhang.does(protocol.TypeCallHangup)
			w.pass(2*time.Minute, zhang, li)
			return zhang, func() { zhang.requests("r2") }
		}},
		"request again": {2, func(w *world) (*client, func()) {
			zhang := w.waits("zhang")
			zhang.requests("r1")
			return zhang, func() { zhang.requests("r1") }
		}},
		"request again after the end": {3, func(w *world) (*client, func()) {
			zhang := w.waits("zhang")
			zhang.requests("r1")
			zhang.heard()
			zhang.does(protocol.TypeCallCancel)
			return zhang, func() { zhang.requests("r1") }
		}},
		"invite": {2, func(w *world) (*client, func()) {
			w.waits("zhang")
			li := w.works("li")
			return li, li.invites
		}},
		"invite of one who waits": {3, func(w *world) (*client, func()) {
			w.waits("zhang").requests("r1")
			li := w.client("li", "adjuster/li").hello("")
			return li, li.invites
		}},
		"invite of one who talks": {3, func(w *world) (*client, func()) {
			w.inCall()
			wang := w.client("wang", "adjuster/wang").hello("")
			return wang, wang.invites
		}},
		"accept": {2, func(w *world) (*client, func()) {
			_, li := w.rings()
			return li, on(li, protocol.TypeCallAccept)
		}},
		"accept of an invite": {3, func(w *world) (*client, func()) {
			zhang, li := w.waits("zhang"), w.works("li")
			li.invites()
			zhang.heard()
			return zhang, on(zhang, protocol.TypeCallAccept)
		}},
		"reject": {2, func(w *world) (*client, func()) {
			_, li := w.rings()
			return li, func() { li.send(protocol.TypeCallReject, protocol.CallReject{Call: li.call}) }
		}},
		"cancel in the queue": {3, func(w *world) (*client, func()) {
			zhang := w.waits("zhang")
			zhang.requests("r1")
			zhang.heard()
			return zhang, on(zhang, protocol.TypeCallCancel)
		}},
		"cancel of a ring": {3, func(w *world) (*client, func()) {
			zhang, _ := w.rings()
			return zhang, on(zhang, protocol.TypeCallCancel)
		}},
		"first join": {2, func(w *world) (*client, func()) {
			zhang, li := w.rings()
			li.does(protocol.TypeCallAccept)
			return zhang, on(zhang, protocol.TypeCallJoin)
		}},
		"second join": {2, func(w *world) (*client, func()) {
			zhang, li := w.rings()
			li.does(protocol.TypeCallAccept)
			zhang.does(protocol.TypeCallJoin)
			return li, on(li, protocol.TypeCallJoin)
		}},
		"refresh": {2, func(w *world) (*client, func()) {
			zhang, _ := w.inCall()
			return zhang, on(zhang, protocol.TypeStreamsRefresh)
		}},
		"first report": {1, func(w *world) (*client, func()) {
			zhang, _ := w.inCall()
			return zhang, func() { zhang.measures(4, 1) }
		}},
		"notes in a call": {2, func(w *world) (*client, func()) {
			_, li := w.inCall()
			return li, func() { li.send(protocol.TypeCallNote, protocol.CallNote{Call: li.call, Text: "dent"}) }
		}},
		"notes after a call": {3, func(w *world) (*client, func()) {
			_, li := w.inCall()
			li.does(protocol.TypeCallHangup)
			return li, func() { li.send(protocol.TypeCallNote, protocol.CallNote{Call: li.call, Text: "dent"}) }
		}},
		"watching": {2, func(w *world) (*client, func()) {
			li := w.works("li")
			return li, func() { li.send(protocol.TypeQueueWatch, protocol.QueueWatch{On: true}) }
		}},
		"sign-out": {2, func(w *world) (*client, func()) {
			li := w.works("li")
			return li, func() { li.send(protocol.TypeSessionEnd, protocol.SessionEnd{}) }
		}},
		"report that changes nothing": {0, func(w *world) (*client, func()) {
			zhang, _ := w.inCall()
			zhang.report(1, 2, 1)
			return zhang, func() { zhang.measures(4, 1) }
		}},
		"report of a change": {2, func(w *world) (*client, func()) {
			zhang, _ := w.inCall()
			zhang.report(1, 4, 1)
			return zhang, func() { zhang.measures(4, 1) }
		}},
		"hangup": {3, func(w *world) (*client, func()) {
			zhang, _ := w.inCall()
			return zhang, on(zhang, protocol.TypeCallHangup)
		}},
		"late hangup": {2, func(w *world) (*client, func()) {
			zhang, li := w.inCall()
			li.does(protocol.TypeCallHangup)
			return zhang, on(zhang, protocol.TypeCallHangup)
		}},
		// These four steps follow from each other: presence of the claimant, call, presence of the adjuster, commit.
		"request while being invited": {4, func(w *world) (*client, func()) {
			zhang, li := w.waits("zhang"), w.works("li")
			li.invites()
			return zhang, func() { zhang.requests("r1") }
		}},
		"invite of one who rings elsewhere": {4, func(w *world) (*client, func()) {
			w.rings()
			wang := w.client("wang", "adjuster/wang").hello("")
			return wang, wang.invites
		}},
		// The same, and the call before may have been begun by this very request: an ended call takes two.
		"request right after another call": {4, func(w *world) (*client, func()) {
			zhang, _ := w.inCall()
			zhang.does(protocol.TypeCallHangup)
			return zhang, func() { zhang.requests("r2") }
		}},
	} {
		t.Run(name, func(t *testing.T) {
			inDistantWorld(t, func(w *world, f *faulty) {
				c, command := tt.prepare(w)
				time.Sleep(500 * time.Millisecond) // between the ticks of the loops
				c.heard()
				f.has(slow(trip), nil)
				command()
				if got := c.tripsToAnswer(); got != tt.want {
					t.Errorf("%d round trips before the answer, want %d", got, tt.want)
				}
			})
		})
	}
}

// tripsToAnswer returns how many trips go by until the command that was sent last is answered.
func (c *client) tripsToAnswer() int {
	want := string(rune('a'+(c.lastID-1)%26)) + "1"
	for trips := range 20 {
		for _, env := range c.heard() {
			if env.ID == want && env.Type != protocol.TypeError {
				return trips
			}
		}
		time.Sleep(trip)
		synctest.Wait()
	}
	return -1
}

// returning has the client lose its socket. It returns the client and what signs it in again.
func (c *client) returning() (*client, func()) {
	c.heard()
	c.drops()
	c.connect()
	return c, func() { c.send(protocol.TypeHello, protocol.Hello{Token: c.token, Resume: c.resume}) }
}

// rings has a claimant's call ring at an adjuster.
func (w *world) rings() (zhang, li *client) {
	li, zhang = w.works("li"), w.waits("zhang")
	zhang.requests("r1")
	zhang.heard()
	li.heard()
	return zhang, li
}

// invites has an adjuster invite zhang.
func (c *client) invites() {
	c.send(protocol.TypeCallInvite, map[string]string{"user": "zhang", "claim_no": "A1"})
	c.heard()
}
