package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/claimcall/claimcall/protocol"
)

// stage is a party without a server: what it is told is made up, what it sends is kept.
type stage struct {
	t     *testing.T
	party *party
	out   bytes.Buffer
	notes []string
	sent  []protocol.Type
}

func newStage(t *testing.T, w wish) *stage {
	t.Helper()
	s := &stage{t: t}
	note := func(text string) { s.notes = append(s.notes, text) }
	s.party = &party{want: w, out: &printer{out: &s.out}, note: note, media: newMedia("", "", note)}
	return s
}

func (s *stage) send(t protocol.Type, _ any) (string, error) {
	s.sent = append(s.sent, t)
	return "1", nil
}

func (s *stage) tell(t protocol.Type, data any) error {
	s.t.Helper()
	b, err := json.Marshal(data)
	if err != nil {
		s.t.Fatal(err)
	}
	return s.party.handle(protocol.Envelope{Type: t, Data: b}, s.send)
}

// wantSent compares what was sent since the last look.
func (s *stage) wantSent(want ...protocol.Type) {
	s.t.Helper()
	if !slices.Equal(s.sent, want) {
		s.t.Errorf("sent %v, want %v", s.sent, want)
	}
	s.sent = nil
}

// view is the call c1 as one side sees it.
func view(version int64, state protocol.State, you protocol.LegName, joined bool) protocol.Call {
	c := protocol.Call{ID: "c1", Version: version, State: state, You: you}
	leg := protocol.Leg{User: "x", Joined: joined}
	c.Legs.Claimant = leg
	c.Legs.Adjuster = &leg
	return c
}

func ended(version int64, reason protocol.Reason) protocol.CallHangup {
	c := view(version, protocol.StateEnded, protocol.LegClaimant, true)
	c.End = &protocol.End{Reason: reason}
	return protocol.CallHangup{Call: c, Reason: reason}
}

// A media service that can't be reached is reported, but not what broke together with the socket.
func TestAPartyReportsTheMediaService(t *testing.T) {
	s := newStage(t, wish{})
	if err := s.tell(protocol.TypeCallJoined, protocol.CallJoined{Call: view(1, protocol.StateActive, protocol.LegClaimant, true)}); err != nil {
		t.Fatal(err)
	}
	s.wantSent(protocol.TypeCallJoin)
	s.party.media.report(1)
	s.party.disconnected(errors.New("gone"))
	select {
	case <-s.party.troubles():
		t.Error("reports what broke with the socket")
	default:
	}
	s.party.media.report(2)
	if err := s.party.troubled(<-s.party.troubles(), s.send); err != nil {
		t.Fatal(err)
	}
	s.wantSent(protocol.TypeStreamsRefresh)
}

func TestAClaimantGoesThroughACall(t *testing.T) {
	s := newStage(t, wish{hangUpAfter: time.Minute})
	me := protocol.LegClaimant
	steps := []struct {
		event protocol.Type
		data  any
		want  []protocol.Type
	}{
		{protocol.TypeWelcome, protocol.Welcome{}, []protocol.Type{protocol.TypeCallRequest}},
		{protocol.TypeCallQueued, protocol.CallQueued{Call: view(1, protocol.StateQueued, me, false)}, nil},
		{protocol.TypeCallRinging, protocol.CallEvent{Call: view(2, protocol.StateRinging, me, false)}, nil},
		{protocol.TypeCallAccept, protocol.CallEvent{Call: view(3, protocol.StateConnecting, me, false)}, []protocol.Type{protocol.TypeCallJoin}},
		{protocol.TypeOK, protocol.CallAnswer{Call: view(4, protocol.StateConnecting, me, true)}, nil},
		{protocol.TypeCallRinging, protocol.CallEvent{Call: view(2, protocol.StateRinging, me, false)}, nil}, // late
		{protocol.TypeCallStreams, protocol.CallStreams{Call: view(5, protocol.StateActive, me, true)}, nil},
	}
	for _, step := range steps {
		if err := s.tell(step.event, step.data); err != nil {
			t.Fatalf("%s: %v", step.event, err)
		}
		s.wantSent(step.want...)
	}
	if left := time.Until(s.party.deadline()); left < 50*time.Second || left > time.Minute {
		t.Errorf("hangs up in %v", left)
	}
	if err := s.party.expired(s.send); err != nil {
		t.Error(err)
	}
	s.wantSent(protocol.TypeCallHangup)
	if err := s.tell(protocol.TypeCallHangup, ended(6, protocol.ReasonHangup)); !errors.Is(err, errDone) {
		t.Errorf("got %v", err)
	}
}

func TestAnAdjusterAnswers(t *testing.T) {
	s := newStage(t, wish{answer: true})
	me := protocol.LegAdjuster
	steps := []struct {
		event protocol.Type
		data  any
		want  []protocol.Type
	}{
		{protocol.TypeWelcome, protocol.Welcome{Availability: protocol.AvailabilityAway}, []protocol.Type{protocol.TypeAvailabilitySet}},
		{protocol.TypeOK, protocol.AvailabilityAnswer{}, nil},
		{protocol.TypeAvailability, protocol.AvailabilityEvent{State: protocol.AvailabilityRinging}, nil},
		{protocol.TypeCallInvite, protocol.CallInvited{Call: view(2, protocol.StateRinging, me, false)}, []protocol.Type{protocol.TypeCallAccept}},
		{protocol.TypeCallWithdrawn, protocol.CallWithdrawn{Call: view(3, protocol.StateQueued, me, false)}, nil},
		{protocol.TypeCallInvite, protocol.CallInvited{Call: view(4, protocol.StateRinging, me, false)}, []protocol.Type{protocol.TypeCallAccept}},
		{protocol.TypeCallAccept, protocol.CallEvent{Call: view(5, protocol.StateConnecting, me, false)}, []protocol.Type{protocol.TypeCallJoin}},
	}
	for _, step := range steps {
		if err := s.tell(step.event, step.data); err != nil {
			t.Fatalf("%s: %v", step.event, err)
		}
		s.wantSent(step.want...)
	}
}

func TestAClaimantAnswersAnInvite(t *testing.T) {
	s := newStage(t, wish{})
	if err := s.tell(protocol.TypeCallInvite, protocol.CallInvited{Call: view(1, protocol.StateRinging, protocol.LegClaimant, false)}); err != nil {
		t.Fatal(err)
	}
	s.wantSent(protocol.TypeCallAccept)
}

func TestComingBack(t *testing.T) {
	joined := view(5, protocol.StateActive, protocol.LegClaimant, true)
	waiting := view(3, protocol.StateConnecting, protocol.LegClaimant, false)
	ringing := view(2, protocol.StateRinging, protocol.LegAdjuster, false)
	tests := []struct {
		name    string
		want    wish
		welcome protocol.Welcome
		sent    []protocol.Type
	}{
		{"the same session, joined", wish{}, protocol.Welcome{Resumed: true, Call: &joined}, nil},
		{"a new session of the same person", wish{}, protocol.Welcome{Call: &joined}, []protocol.Type{protocol.TypeCallJoin}},
		{"the join was lost", wish{}, protocol.Welcome{Resumed: true, Call: &waiting}, []protocol.Type{protocol.TypeCallJoin}},
		{"it still rings", wish{answer: true}, protocol.Welcome{Resumed: true, Call: &ringing}, []protocol.Type{protocol.TypeCallAccept}},
		{"the request was lost", wish{}, protocol.Welcome{Resumed: true}, []protocol.Type{protocol.TypeCallRequest}},
		{"still available", wish{answer: true}, protocol.Welcome{Availability: protocol.AvailabilityAvailable}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := newStage(t, tt.want)
			s.party.joined = true
			if err := s.tell(protocol.TypeWelcome, tt.welcome); err != nil {
				t.Fatal(err)
			}
			s.wantSent(tt.sent...)
		})
	}
}

func TestTheCallEndedWhileAway(t *testing.T) {
	s := newStage(t, wish{})
	s.party.call = view(5, protocol.StateActive, protocol.LegClaimant, true)
	if err := s.tell(protocol.TypeWelcome, protocol.Welcome{Resumed: true}); err != nil {
		t.Fatal(err)
	}
	s.wantSent() // no second call
	var failed *callError
	if err := s.tell(protocol.TypeCallHangup, ended(6, protocol.ReasonLost)); !errors.As(err, &failed) {
		t.Errorf("got %v", err)
	}
}

func TestHowItEnded(t *testing.T) {
	for reason, good := range map[protocol.Reason]bool{
		protocol.ReasonHangup: true, protocol.ReasonMaxDuration: true, protocol.ReasonEndedByAdmin: true,
		protocol.ReasonNoAdjuster: false, protocol.ReasonLost: false, protocol.ReasonJoinTimeout: false,
		protocol.ReasonMediaFailed: false, protocol.ReasonCanceled: false, protocol.ReasonRejected: false,
	} {
		err := newStage(t, wish{}).tell(protocol.TypeCallHangup, ended(9, reason))
		if errors.Is(err, errDone) != good {
			t.Errorf("%s: got %v", reason, err)
		}
	}
}

func TestErrorsThatMatter(t *testing.T) {
	s := newStage(t, wish{})
	if err := s.tell(protocol.TypeError, protocol.NewError(protocol.CodeInCall)); err == nil {
		t.Error("a refused request did not end the party")
	}
	s.party.call = view(1, protocol.StateRinging, protocol.LegClaimant, false)
	if err := s.tell(protocol.TypeError, protocol.NewError(protocol.CodeWithdrawn)); err != nil {
		t.Errorf("a late accept ended the party: %v", err)
	}
}

func TestLeaving(t *testing.T) {
	s := newStage(t, wish{})
	if err := s.party.interrupted(s.send); !errors.Is(err, errDone) {
		t.Errorf("without a call: got %v", err)
	}
	s = newStage(t, wish{})
	s.party.call = view(1, protocol.StateQueued, protocol.LegClaimant, false)
	if err := s.party.interrupted(s.send); err != nil {
		t.Error(err)
	}
	s.wantSent(protocol.TypeCallHangup)
	if err := s.tell(protocol.TypeCallHangup, ended(2, protocol.ReasonCanceled)); !errors.Is(err, errDone) {
		t.Errorf("canceled: got %v", err)
	}
	if err := s.party.expired(s.send); !errors.Is(err, errDone) {
		t.Errorf("nobody confirmed: got %v", err)
	}
}

func TestEventsAreShownWithoutSecrets(t *testing.T) {
	s := newStage(t, wish{})
	url := "rtmp://127.0.0.1/live/c1-c-g1?txSecret=abc&txTime=5C271099"
	if err := s.tell(protocol.TypeWelcome, protocol.Welcome{Resume: "very-secret"}); err != nil {
		t.Fatal(err)
	}
	streams := protocol.CallStreams{Call: view(1, protocol.StateActive, protocol.LegClaimant, true)}
	streams.Streams = protocol.Streams{Generation: 1, Push: []protocol.StreamURL{{Protocol: protocol.StreamRTMP, URL: url}}}
	if err := s.tell(protocol.TypeCallStreams, streams); err != nil {
		t.Fatal(err)
	}
	text := s.out.String()
	if strings.Contains(text, "very-secret") || len(secrets(text)) > 0 || !strings.Contains(text, `live/c1-c-g1?[secret]"`) {
		t.Errorf("got %s", text)
	}
	for line := range strings.Lines(text) {
		if !json.Valid([]byte(line)) {
			t.Errorf("%q is no JSON", line)
		}
	}
	var shown bytes.Buffer
	b, err := json.Marshal(streams)
	if err != nil {
		t.Fatal(err)
	}
	(&printer{out: &shown, showURLs: true}).print(protocol.Envelope{Type: protocol.TypeCallStreams, Data: b})
	if !strings.Contains(shown.String(), url) {
		t.Errorf("with --show-urls: got %s", shown.String())
	}
}

func TestDisconnectedSaysTheCauseOnly(t *testing.T) {
	s := newStage(t, wish{})
	s.party.disconnected(errors.Join(errors.New("x")))
	if len(s.notes) != 1 || !strings.Contains(s.notes[0], "coming back") {
		t.Errorf("got %v", s.notes)
	}
}
