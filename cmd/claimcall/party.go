package main

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/claimcall/claimcall/protocol"
)

// farewell is how long a party that was interrupted waits for the hub to confirm the end of the call.
const farewell = 2 * time.Second

// wish is what a party wants of its call.
type wish struct {
	answer      bool                 // be the adjuster
	request     protocol.CallRequest // of a claimant
	hangUpAfter time.Duration        // after both have joined; 0 for never
}

// callError is a call that was not held.
type callError struct{ reason string }

func (e *callError) Error() string { return "no call: " + e.reason }

// party takes part in one call by itself: it requests or accepts, joins, and hangs up.
type party struct {
	want  wish
	out   *printer
	note  func(string)
	media *media

	call    protocol.Call // the newest view; empty before there is one
	joined  bool          // our session has sent call.join
	leaving bool
	wake    time.Time // when to act without being told: hang up, or stop waiting for the end
}

// handle shows what came and does what follows from it.
func (p *party) handle(e protocol.Envelope, send sender) error {
	p.out.print(e)
	switch e.Type {
	case protocol.TypeWelcome:
		return p.welcomed(e.Data, send)
	case protocol.TypeError:
		return p.refused(e.Data)
	case protocol.TypeCallWithdrawn:
		p.call = protocol.Call{} // not ours any more; the next one may ring
		return nil
	}
	var body struct {
		Call    *protocol.Call    `json:"call"`
		Streams *protocol.Streams `json:"streams"`
	}
	if err := json.Unmarshal(e.Data, &body); err != nil {
		return fmt.Errorf("%s: %w", e.Type, err)
	}
	if body.Call == nil {
		return nil
	}
	return p.saw(*body.Call, body.Streams, e.Type == protocol.TypeCallInvite, send)
}

// welcomed goes on with the running call, or begins one.
func (p *party) welcomed(data json.RawMessage, send sender) error {
	var w protocol.Welcome
	if err := json.Unmarshal(data, &w); err != nil {
		return fmt.Errorf("welcome: %w", err)
	}
	p.call.Version = 0 // a store that lost its last moments shows the call as it was before them
	if w.Call != nil {
		p.joined = w.Resumed && joined(*w.Call) // a new session joins anew, and so does one whose join was lost
		return p.saw(*w.Call, w.Streams, p.want.answer, send)
	}
	var err error
	switch {
	case p.call.ID != "" && p.call.State != protocol.StateEnded:
		// It ended while we were away. The event that says how follows.
	case p.want.answer && w.Availability == protocol.AvailabilityAway:
		_, err = send(protocol.TypeAvailabilitySet, protocol.AvailabilitySet{State: protocol.AvailabilityAvailable})
	case !p.want.answer:
		_, err = send(protocol.TypeCallRequest, p.want.request) // the same request again is the same call
	}
	return err
}

// refused ends the party when the hub would not do what it needs. What a late or repeated command gets is no harm.
func (p *party) refused(data json.RawMessage) error {
	var e protocol.Error
	if err := json.Unmarshal(data, &e); err != nil {
		return fmt.Errorf("error: %w", err)
	}
	late := []protocol.Code{
		protocol.CodeCallEnded, protocol.CodeWithdrawn, protocol.CodeAnsweredElsewhere, protocol.CodeWrongState,
		protocol.CodeNotYourCall, protocol.CodeUnknownCall,
	}
	for _, code := range late {
		if e.Code == code && p.call.ID != "" {
			return nil
		}
	}
	return &callError{string(e.Code) + ": " + e.Message}
}

// saw takes in a view of the call, unless a newer one is known, and does the next step. rings is whether the call is put
// to us, as opposed to somebody else.
func (p *party) saw(c protocol.Call, streams *protocol.Streams, rings bool, send sender) error {
	if c.ID == p.call.ID && c.Version < p.call.Version {
		return nil
	}
	p.call = c
	if c.State == protocol.StateEnded {
		return p.ended(c)
	}
	if streams != nil {
		p.media.use(*streams)
	}
	if c.State == protocol.StateActive && p.wake.IsZero() && p.want.hangUpAfter > 0 {
		p.wake = time.Now().Add(p.want.hangUpAfter)
	}
	return p.step(c, rings, send)
}

// step sends the command that the state of the call wants of us.
func (p *party) step(c protocol.Call, rings bool, send sender) error {
	var err error
	switch {
	case p.leaving:
	case c.State == protocol.StateRinging && rings:
		_, err = send(protocol.TypeCallAccept, protocol.CallRef{Call: c.ID})
	case accepted(c) && !p.joined:
		p.joined = true
		_, err = send(protocol.TypeCallJoin, protocol.CallRef{Call: c.ID})
	}
	return err
}

func accepted(c protocol.Call) bool {
	return c.State == protocol.StateConnecting || c.State == protocol.StateActive
}

// joined reports whether a device of our side has joined.
func joined(c protocol.Call) bool {
	if c.You == protocol.LegClaimant {
		return c.Legs.Claimant.Joined
	}
	return c.Legs.Adjuster != nil && c.Legs.Adjuster.Joined
}

// ended judges how the call went.
func (p *party) ended(c protocol.Call) error {
	p.media.stop()
	if c.End == nil {
		return errDone
	}
	switch c.End.Reason {
	case protocol.ReasonHangup, protocol.ReasonMaxDuration, protocol.ReasonEndedByAdmin:
		return errDone
	case protocol.ReasonCanceled:
		if p.leaving {
			return errDone
		}
	}
	return &callError{string(c.End.Reason)}
}

func (p *party) deadline() time.Time { return p.wake }

// expired hangs up, or stops waiting for the end.
func (p *party) expired(send sender) error {
	if p.leaving {
		return errDone
	}
	return p.leave(send)
}

// interrupted leaves the call in good order.
func (p *party) interrupted(send sender) error { return p.leave(send) }

// leave hangs up, which before accept means to cancel, and waits a moment for the end.
func (p *party) leave(send sender) error {
	p.leaving = true
	p.wake = time.Now().Add(farewell)
	if p.call.ID == "" || p.call.State == protocol.StateEnded {
		return errDone
	}
	if _, err := send(protocol.TypeCallHangup, protocol.CallRef{Call: p.call.ID}); err != nil {
		return err
	}
	p.media.stop()
	return nil
}

func (p *party) troubles() <-chan int { return p.media.failed }

// troubled reports that the media service can't be reached. The hub has another one, or ends the call.
func (p *party) troubled(generation int, send sender) error {
	if p.leaving || p.call.State != protocol.StateActive {
		return nil
	}
	_, err := send(protocol.TypeStreamsRefresh, protocol.StreamsRefresh{
		Call: p.call.ID, Why: protocol.WhyFailed, Generation: generation,
	})
	return err
}

// disconnected says so. Media goes on: it has connections of its own. If it failed with the socket, that is the network's
// doing, or the server's as a whole, and no news of the media service.
func (p *party) disconnected(why error) {
	select {
	case <-p.media.failed:
	default:
	}
	p.note("disconnected, coming back: " + innermost(why).Error())
}
